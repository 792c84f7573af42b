//! Plays a scenario under a policy: the rules run natively, in the scenario's environment.

use std::collections::BTreeMap;

use serde_json::Value;
use swaparoo::contract::{Exchange, Failed, Finished, Perform, Reason, Reply, Step, Task};
use swaparoo::task::{TaskEnd, TaskRun};
use swaparoo_plugin::policies;

use super::stage::{Holds, Stage};
use super::{Scenario, cast, lines};

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
    let (mut stage, mut run) = (Stage::set(scenario), TaskRun::new(task.clone()));
    let (mut asks, mut reasons) = (Vec::new(), Vec::new());
    while asks.len() < MOST {
        let step = swaparoo_plugin::next_step(policy, &task, run.history());
        let (Step::Perform(Perform { reasons: why, .. })
        | Step::Finished(Finished { reasons: why, .. })
        | Step::Failed(Failed { reasons: why, .. })) = &step;
        reasons.extend(why.iter().cloned());
        run.handle_step(step);
        let ends = match run.poll_end() {
            None => {
                asks.push(lines::line(run.poll_effects()));
                let replies: Vec<Reply> = run.poll_effects().iter().map(|effect| stage.answer(effect)).collect();
                run.handle_replies(replies);
                continue;
            }
            Some(TaskEnd::Finished(outcome)) => ended("finished", serde_json::to_value(&outcome)),
            Some(TaskEnd::Failed(failure)) => ended("failed", serde_json::to_value(&failure)),
            Some(refused) => {
                let why = refused.words(run.history());
                panic!("{}: the host refuses a step of {named}: {why}", scenario.title);
            }
        };
        let (holds, unasked) = (stage.holds(), stage.unasked());
        return Played { task, asks, ends, holds, reasons, history: run.into_history(), unasked };
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
