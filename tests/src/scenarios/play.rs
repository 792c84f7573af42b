//! Plays a scenario under a policy: the rules run natively, in the scenario's environment.

use std::collections::BTreeMap;

use serde_json::Value;
use swaparoo::contract::{Exchange, Reason, Step, Task};
use swaparoo_plugin::policies;

use super::stage::{Holds, Stage};
use super::{Scenario, cast, lines};
use crate::native::Native;
use crate::objection::objection;

/// A limit above the steps of every scenario.
const MOST: usize = 200;

/// The result.
pub struct Played {
    /// The task.
    pub task: Task,
    /// The effects, one step a line.
    pub asks: Vec<String>,
    /// `finished` or `failed`, with the fields of the outcome or failure, and with names instead of ids.
    pub ends: BTreeMap<String, Value>,
    /// The allocations at the end.
    pub holds: Holds,
    /// The rules that decided.
    pub reasons: Vec<Reason>,
    /// The history.
    pub history: Vec<Exchange>,
    /// The answers and faults of the scenario that were not used.
    pub unasked: Vec<String>,
}

/// Plays a scenario.
///
/// # Panics
/// If the policy is not one of the three, does not end, or makes a step that the host would refuse.
#[expect(clippy::panic, clippy::expect_used, reason = "a test helper: the message names the scenario")]
pub fn play(scenario: &Scenario, named: &str) -> Played {
    let policy = policies::named(named).expect("one of the three policies");
    let task = cast::task(&scenario.task);
    let (mut stage, mut native) = (Stage::set(scenario), Native::new(policy, &task));
    let (mut asks, mut reasons, mut history) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..MOST {
        let step = native.step();
        if let Some(why) = objection(&task, &history, &step) {
            panic!("{}: the host refuses a step of {named}: {why}", scenario.title);
        }
        let (effects, end) = match step {
            Step::Perform(perform) => {
                reasons.extend(perform.reasons);
                (perform.effects, None)
            }
            Step::Finished(finished) => {
                reasons.extend(finished.reasons);
                (Vec::new(), Some(ended("finished", serde_json::to_value(&finished.outcome))))
            }
            Step::Failed(failed) => {
                reasons.extend(failed.reasons);
                (Vec::new(), Some(ended("failed", serde_json::to_value(&failed.failure))))
            }
        };
        if let Some(ends) = end {
            let (holds, unasked) = (stage.holds(), stage.unasked());
            return Played { task, asks, ends, holds, reasons, history, unasked };
        }
        asks.push(lines::line(&effects));
        let answer = |effect| {
            let reply = stage.answer(&effect);
            Exchange::new(effect, reply)
        };
        let exchanges: Vec<Exchange> = effects.into_iter().map(answer).collect();
        native = native.after(&exchanges);
        history.extend(exchanges);
    }
    panic!("{} did not end within {MOST} steps: {asks:#?}", scenario.title);
}

fn ended(how: &str, value: serde_json::Result<Value>) -> BTreeMap<String, Value> {
    let text = cast::named(&value.unwrap_or_default().to_string());
    let mut ends: BTreeMap<String, Value> = serde_json::from_str(&text).unwrap_or_default();
    let kind = ends.remove("kind").unwrap_or_default();
    ends.insert(how.to_owned(), kind);
    ends
}
