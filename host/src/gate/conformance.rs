//! Runs the built-in scenarios: each is one task, driven like a real task in a simulation of its own.

use futures_util::FutureExt as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::patience::Patience;
use super::rehearsals::{Rehearsal, rehearsals};
use super::scenarios::{Allowed, Holds, Says, Scenario, scenarios};
use super::stage::{Holdings, Stage};
use super::words;
use crate::contract::{self, Outcome, Task, TaskKind};
use crate::drive::drive;
use crate::failure::Failure;
use crate::policy::Policy;
use crate::rehearsal;
use crate::world::Outside;

/// The results of a policy in the built-in scenarios.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Conformance {
    /// The names of the scenarios that it passed.
    pub passed: Vec<String>,
    /// The scenarios that it failed, or that were not run.
    pub failed: Vec<Failed>,
}

/// A scenario that did not end in an allowed way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Failed {
    /// Its name.
    pub name: String,
    /// The kind of its task.
    #[schema(value_type = String)]
    pub kind: TaskKind,
    /// Whether the policy has rules for this kind of task; if not, the scenario was not run.
    pub offered: bool,
    /// The allowed ends, in words.
    pub expected: String,
    /// The actual end, in words.
    pub found: String,
}

/// Runs all scenarios under `policy`. This blocks while the policy runs. After the policy has exceeded a limit or
/// trapped a few times, the remaining scenarios are not run.
#[must_use]
pub fn conformance(policy: &Policy) -> Conformance {
    let mut report = Conformance { passed: Vec::new(), failed: Vec::new() };
    let mut patience = Patience::default();
    let mut judged = |name: &str, task: &Task, expected: String, play: &dyn Fn() -> Result<End, String>| {
        let (kind, offered) = (task.kind(), policy.has_rules_for(task));
        match asked(kind, offered, &mut patience, play) {
            Ok(()) => report.passed.push(name.to_owned()),
            Err(found) => report.failed.push(Failed { name: name.to_owned(), kind, offered, expected, found }),
        }
    };
    for scenario in scenarios() {
        judged(scenario.name, &scenario.task, words::expected(scenario.allowed), &|| play(policy, &scenario));
    }
    for rehearsal in rehearsals() {
        let expected = words::expected_of_all(rehearsal.allowed);
        judged(rehearsal.name, &rehearsal.task, expected, &|| rehearse(policy, &rehearsal));
    }
    report
}

/// Whether the call of the policy failed, and the actual end in words if it is not allowed.
struct End {
    broke_down: bool,
    wrong: Option<String>,
}

/// Runs the scenario if the policy has rules for it and has not failed too often.
fn asked(
    kind: TaskKind,
    offered: bool,
    patience: &mut Patience,
    play: &dyn Fn() -> Result<End, String>,
) -> Result<(), String> {
    if !offered {
        return Err(words::not_offered(kind));
    }
    if patience.is_lost() {
        return Err(words::not_asked_again());
    }
    let end = play()?;
    if end.broke_down {
        patience.lose();
    }
    end.wrong.map_or(Ok(()), Err)
}

fn play(policy: &Policy, scenario: &Scenario) -> Result<End, String> {
    let stage = Stage::set(scenario).map_err(|invalid| invalid.to_string())?;
    let before = stage.holdings();
    let end = driven(policy, &scenario.task, &stage)?;
    let after = stage.holdings();
    let may_end_so =
        |allowed: &Allowed| says(allowed.says, &end) && after == due(allowed.holds, scenario, before.clone());
    let right = scenario.allowed.iter().any(may_end_so);
    Ok(End { broke_down: broke_down(&end), wrong: (!right).then(|| words::found(&end, &after)) })
}

fn rehearse(policy: &Policy, rehearsal: &Rehearsal) -> Result<End, String> {
    let cloud = rehearsal.cloud.as_ref().map_err(|invalid| invalid.to_string())?.clone();
    let stage = rehearsal::Stage::set(cloud, rehearsal.meanwhile);
    let end = driven(policy, &rehearsal.task, &stage)?;
    let mut cloud = stage.strike();
    cloud.deliver_late();
    cloud.finish(rehearsal.ending);
    let wrongs = cloud.wrongs();
    let right = wrongs.is_empty() && rehearsal.allowed.iter().any(|allowed| says(*allowed, &end));
    Ok(End { broke_down: broke_down(&end), wrong: (!right).then(|| words::found_at_rest(&end, &wrongs)) })
}

/// Both simulations answer immediately, so the whole task is done when its future is first polled.
fn driven(policy: &Policy, task: &Task, stage: &impl Outside) -> Result<Result<Outcome, Failure>, String> {
    drive(policy, task, stage, &mut ()).now_or_never().map(|run| run.end).ok_or_else(words::waits)
}

fn broke_down(end: &Result<Outcome, Failure>) -> bool {
    matches!(end, Err(Failure::Call(_)))
}

fn says(says: Says, end: &Result<Outcome, Failure>) -> bool {
    match (says, end) {
        (Says::Finished(outcomes), Ok(outcome)) => outcomes.contains(&outcome.name()),
        (Says::FinishedAnyhow, Ok(_)) => true,
        (Says::Failed(codes), Err(failure)) => codes.contains(&failure.code().as_str()),
        (Says::FailedAnyhow, Err(Failure::Policy(failure, _))) => {
            !matches!(**failure, contract::Failure::UnsupportedTask(_) | contract::Failure::Diverged(_))
        }
        _ => false,
    }
}

/// The allocations that all consumers must have at the end.
fn due(holds: Holds, scenario: &Scenario, mut before: Holdings) -> Holdings {
    let (source, target) = (scenario.source(), scenario.target());
    if holds == Holds::AsBefore {
        return before;
    }
    let stake = before.remove(source);
    before.remove(target);
    if let Some(stake) = stake.filter(|_| holds == Holds::Target) {
        before.insert(target.to_owned(), stake);
    }
    before
}
