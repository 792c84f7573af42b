//! Playing the built-in scenarios: each is one task, driven as any task is, on a stage of its own.

use futures_util::FutureExt as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::patience::Patience;
use super::scenarios::{Allowed, Holds, Says, Scenario, scenarios};
use super::stage::{Holdings, Stage};
use super::words;
use crate::contract::{self, Outcome, TaskKind};
use crate::drive::drive;
use crate::failure::Failure;
use crate::policy::Policy;

/// How a policy did in the built-in scenarios.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Conformance {
    /// The scenarios that it passed, by name.
    pub passed: Vec<String>,
    /// The others.
    pub failed: Vec<Failed>,
}

/// A scenario that ended as it may not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Failed {
    /// Its name.
    pub name: String,
    /// The kind of its task.
    #[schema(value_type = String)]
    pub kind: TaskKind,
    /// Whether the policy has rules for that kind; if not, the scenario was not played.
    pub offered: bool,
    /// How it may end.
    pub expected: String,
    /// How it did.
    pub found: String,
}

/// Plays all scenarios under `policy`. It blocks as long as the policy's rules run; one that has broken a limit a few
/// times is not played further.
#[must_use]
pub fn conformance(policy: &Policy) -> Conformance {
    let mut report = Conformance { passed: Vec::new(), failed: Vec::new() };
    let mut patience = Patience::default();
    for scenario in scenarios() {
        match play(policy, &scenario, &mut patience) {
            Ok(()) => report.passed.push(scenario.name.to_owned()),
            Err(failed) => report.failed.push(failed),
        }
    }
    report
}

fn play(policy: &Policy, scenario: &Scenario, patience: &mut Patience) -> Result<(), Failed> {
    let kind = scenario.task.kind();
    let offered = policy.has_rules_for(&scenario.task);
    let failed = |found| {
        let expected = words::expected(scenario.allowed);
        Failed { name: scenario.name.to_owned(), kind, offered, expected, found }
    };
    if !offered {
        return Err(failed(words::not_offered(kind)));
    }
    if patience.is_lost() {
        return Err(failed(words::not_asked_again()));
    }
    let stage = Stage::set(scenario).map_err(|invalid| failed(invalid.to_string()))?;
    let before = stage.holdings();
    // The stage answers at once, so the whole task is done when it is first looked at.
    let run = drive(policy, &scenario.task, &stage, &mut ()).now_or_never();
    let end = run.ok_or_else(|| failed(words::waits()))?.end;
    if matches!(end, Err(Failure::Call(_))) {
        patience.lose();
    }
    let after = stage.holdings();
    let may_end_so =
        |allowed: &Allowed| says(allowed.says, &end) && after == due(allowed.holds, scenario, before.clone());
    if scenario.allowed.iter().any(may_end_so) { Ok(()) } else { Err(failed(words::found(&end, &after))) }
}

fn says(says: Says, end: &Result<Outcome, Failure>) -> bool {
    match (says, end) {
        (Says::Finished(outcomes), Ok(outcome)) => outcomes.contains(&outcome.name()),
        (Says::Failed(codes), Err(failure)) => codes.contains(&failure.code().as_str()),
        (Says::FailedAnyhow, Err(Failure::Policy(failure, _))) => {
            !matches!(**failure, contract::Failure::UnsupportedTask(_) | contract::Failure::Diverged(_))
        }
        _ => false,
    }
}

/// What everybody is to hold.
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
