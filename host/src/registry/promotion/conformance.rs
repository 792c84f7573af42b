//! Runs scenarios: each is one task, driven like a real task in a simulation of its own.

use futures_util::FutureExt as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::describe::{self, HeldByConsumer};
use super::failure_budget::FailureBudget;
use crate::contract::{self, Outcome, Task, TaskKind};
use crate::drive::drive;
use crate::engine::Policy;
use crate::executor::Executor;
use crate::failure::Failure;
use crate::simulation::scenario::{self, ExpectedEnd, ExpectedHoldings, Scenario};
use crate::simulation::{SimCloud, SimWorld};

/// The results of a policy in scenarios.
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

/// Runs the built-in scenarios under `policy`. This blocks while the policy runs. After the policy has exceeded a limit
/// or trapped a few times, the remaining scenarios are not run.
#[must_use]
pub fn conformance(policy: &Policy) -> Conformance {
    conformance_in(policy, scenario::built_in())
}

/// The same in these scenarios.
#[must_use]
pub fn conformance_in(policy: &Policy, scenarios: &[Scenario]) -> Conformance {
    conformance_within(policy, scenarios.iter(), &mut FailureBudget::default())
}

/// The same with a budget that is used for more.
pub(super) fn conformance_within<'a>(
    policy: &Policy,
    scenarios: impl Iterator<Item = &'a Scenario>,
    budget: &mut FailureBudget,
) -> Conformance {
    let mut report = Conformance { passed: Vec::new(), failed: Vec::new() };
    for scenario in scenarios {
        let (name, kind, offered) = (scenario.name.clone(), scenario.task.kind(), policy.has_rules_for(&scenario.task));
        match asked(policy, scenario, offered, budget) {
            Ok(()) => report.passed.push(name),
            Err(found) => {
                let expected = describe::expected(&scenario.allowed);
                report.failed.push(FailedScenario { name, kind, offered, expected, found });
            }
        }
    }
    report
}

/// Whether the call of the policy failed, and the actual end in words if it is not allowed.
struct ScenarioEnd {
    broke_down: bool,
    wrong: Option<String>,
}

/// Runs the scenario if the policy has rules for it and has not failed too often.
fn asked(policy: &Policy, scenario: &Scenario, offered: bool, budget: &mut FailureBudget) -> Result<(), String> {
    if !offered {
        return Err(describe::not_offered(scenario.task.kind()));
    }
    if budget.is_spent() {
        return Err(describe::not_asked_again());
    }
    let end = play(policy, scenario)?;
    if end.broke_down {
        budget.spend();
    }
    end.wrong.map_or(Ok(()), Err)
}

fn play(policy: &Policy, scenario: &Scenario) -> Result<ScenarioEnd, String> {
    let world = SimWorld::new(scenario);
    let end = driven(policy, &scenario.task, &world)?;
    let run = world.into_inner();
    let (before, after, violations) = (holdings(&scenario.cloud), holdings(&run.cloud), run.at_rest().violations());
    let holds_so = |holds: ExpectedHoldings| match due(holds, &scenario.task, &before) {
        Some(due) => after == due,
        None => violations.is_empty(),
    };
    let right = scenario.allowed.iter().any(|allowed| ends_so(&allowed.end, &end) && holds_so(allowed.holds));
    let at_rest = scenario.allowed.iter().any(|allowed| allowed.holds == ExpectedHoldings::Settled);
    let found = || {
        if at_rest { describe::found_at_rest(&end, &violations) } else { describe::found(&end, &after, &run.cloud) }
    };
    Ok(ScenarioEnd { broke_down: broke_down(&end), wrong: (!right).then(found) })
}

/// The simulation answers immediately, so the whole task is done when its future is first polled.
fn driven(policy: &Policy, task: &Task, world: &impl Executor) -> Result<Result<Outcome, Failure>, String> {
    drive(policy, task, world, &mut ()).now_or_never().map(|run| run.end).ok_or_else(describe::waits)
}

fn broke_down(end: &Result<Outcome, Failure>) -> bool {
    matches!(end, Err(Failure::Call(_)))
}

fn ends_so(expected: &ExpectedEnd, end: &Result<Outcome, Failure>) -> bool {
    let is_in = |names: &[String], name: &str| names.iter().any(|known| known == name);
    match (expected, end) {
        (ExpectedEnd::Finished(outcomes), Ok(outcome)) => is_in(outcomes, outcome.name()),
        (ExpectedEnd::FinishedAnyhow, Ok(_)) => true,
        (ExpectedEnd::Failed(codes), Err(failure)) => is_in(codes, &failure.own_code()),
        (ExpectedEnd::FailedAnyhow, Err(Failure::Policy(failure, _))) => {
            !matches!(**failure, contract::Failure::UnsupportedTask(_) | contract::Failure::Diverged(_))
        }
        _ => false,
    }
}

/// All allocations of a cloud.
fn holdings(cloud: &SimCloud) -> HeldByConsumer {
    cloud.placement.holdings().into_iter().map(|(uuid, held)| (uuid.to_owned(), held.clone())).collect()
}

/// The allocations that all consumers must have at the end; none if the violations at rest decide.
fn due(holds: ExpectedHoldings, task: &Task, before: &HeldByConsumer) -> Option<HeldByConsumer> {
    let (mut due, parties) = (before.clone(), task.parties());
    let ((_, source), (_, target)) = (parties.first()?, parties.last()?);
    match holds {
        ExpectedHoldings::Settled => return None,
        ExpectedHoldings::AsBefore => return Some(due),
        ExpectedHoldings::Target | ExpectedHoldings::Neither => {}
    }
    let stake = due.remove(*source);
    due.remove(*target);
    if let Some(stake) = stake.filter(|_| holds == ExpectedHoldings::Target) {
        due.insert((*target).to_owned(), stake);
    }
    Some(due)
}
