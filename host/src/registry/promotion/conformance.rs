//! Runs the built-in scenarios: each is one task, driven like a real task in a simulation of its own.

use futures_util::FutureExt as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::describe;
use super::failure_budget::FailureBudget;
use super::migration_scenarios::{MigrationScenario, migration_scenarios};
use super::move_scenarios::{AllowedEnd, ExpectedEnd, ExpectedHoldings, Scenario, move_scenarios};
use super::scenario_world::{HeldByConsumer, ScenarioWorld};
use crate::contract::{self, Outcome, Task, TaskKind};
use crate::drive::drive;
use crate::engine::Policy;
use crate::executor::Executor;
use crate::failure::Failure;
use crate::simulation;

/// The results of a policy in the built-in scenarios.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Conformance {
    /// The names of the scenarios that it passed.
    pub passed: Vec<String>,
    /// The scenarios that it failed, or that were not run.
    pub failed: Vec<FailedScenario>,
}

/// A scenario that did not end in an allowed way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Failed)]
pub struct FailedScenario {
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
    let mut budget = FailureBudget::default();
    let mut judged = |name: &str, task: &Task, expected: String, play: &dyn Fn() -> Result<ScenarioEnd, String>| {
        let (kind, offered) = (task.kind(), policy.has_rules_for(task));
        match asked(kind, offered, &mut budget, play) {
            Ok(()) => report.passed.push(name.to_owned()),
            Err(found) => report.failed.push(FailedScenario { name: name.to_owned(), kind, offered, expected, found }),
        }
    };
    for scenario in move_scenarios() {
        judged(scenario.name, &scenario.task, describe::expected(scenario.allowed), &|| play(policy, &scenario));
    }
    for scenario in migration_scenarios() {
        let expected = describe::expected_of_all(scenario.allowed);
        judged(scenario.name, &scenario.task, expected, &|| play_migration(policy, &scenario));
    }
    report
}

/// Whether the call of the policy failed, and the actual end in words if it is not allowed.
struct ScenarioEnd {
    broke_down: bool,
    wrong: Option<String>,
}

/// Runs the scenario if the policy has rules for it and has not failed too often.
fn asked(
    kind: TaskKind,
    offered: bool,
    budget: &mut FailureBudget,
    play: &dyn Fn() -> Result<ScenarioEnd, String>,
) -> Result<(), String> {
    if !offered {
        return Err(describe::not_offered(kind));
    }
    if budget.is_spent() {
        return Err(describe::not_asked_again());
    }
    let end = play()?;
    if end.broke_down {
        budget.spend();
    }
    end.wrong.map_or(Ok(()), Err)
}

fn play(policy: &Policy, scenario: &Scenario) -> Result<ScenarioEnd, String> {
    let world = ScenarioWorld::new(scenario).map_err(|invalid| invalid.to_string())?;
    let before = world.holdings();
    let end = driven(policy, &scenario.task, &world)?;
    let after = world.holdings();
    let may_end_so =
        |allowed: &AllowedEnd| ends_so(allowed.says, &end) && after == due(allowed.holds, scenario, before.clone());
    let right = scenario.allowed.iter().any(may_end_so);
    Ok(ScenarioEnd { broke_down: broke_down(&end), wrong: (!right).then(|| describe::found(&end, &after)) })
}

fn play_migration(policy: &Policy, scenario: &MigrationScenario) -> Result<ScenarioEnd, String> {
    let cloud = scenario.cloud.as_ref().map_err(|invalid| invalid.to_string())?.clone();
    let world = simulation::SimWorld::new(cloud, scenario.injector);
    let end = driven(policy, &scenario.task, &world)?;
    let mut cloud = world.into_inner();
    cloud.deliver_late();
    cloud.finish(scenario.ending);
    let violations = cloud.violations();
    let right = violations.is_empty() && scenario.allowed.iter().any(|allowed| ends_so(*allowed, &end));
    Ok(ScenarioEnd {
        broke_down: broke_down(&end),
        wrong: (!right).then(|| describe::found_at_rest(&end, &violations)),
    })
}

/// Both simulations answer immediately, so the whole task is done when its future is first polled.
fn driven(policy: &Policy, task: &Task, world: &impl Executor) -> Result<Result<Outcome, Failure>, String> {
    drive(policy, task, world, &mut ()).now_or_never().map(|run| run.end).ok_or_else(describe::waits)
}

fn broke_down(end: &Result<Outcome, Failure>) -> bool {
    matches!(end, Err(Failure::Call(_)))
}

fn ends_so(expected: ExpectedEnd, end: &Result<Outcome, Failure>) -> bool {
    match (expected, end) {
        (ExpectedEnd::Finished(outcomes), Ok(outcome)) => outcomes.contains(&outcome.name()),
        (ExpectedEnd::FinishedAnyhow, Ok(_)) => true,
        (ExpectedEnd::Failed(codes), Err(failure)) => codes.contains(&own_code(failure).as_str()),
        (ExpectedEnd::FailedAnyhow, Err(Failure::Policy(failure, _))) => {
            !matches!(**failure, contract::Failure::UnsupportedTask(_) | contract::Failure::Diverged(_))
        }
        _ => false,
    }
}

/// The failure's code; for a failure that only the policy has, its own.
fn own_code(failure: &Failure) -> String {
    match failure {
        Failure::Policy(said, _) if let contract::Failure::Other(own) = &**said => own.code.clone(),
        failure => failure.code(),
    }
}

/// The allocations that all consumers must have at the end.
fn due(holds: ExpectedHoldings, scenario: &Scenario, mut before: HeldByConsumer) -> HeldByConsumer {
    let (source, target) = (scenario.source(), scenario.target());
    if holds == ExpectedHoldings::AsBefore {
        return before;
    }
    let stake = before.remove(source);
    before.remove(target);
    if let Some(stake) = stake.filter(|_| holds == ExpectedHoldings::Target) {
        before.insert(target.to_owned(), stake);
    }
    before
}
