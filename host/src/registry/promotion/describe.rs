//! Describes the findings of the promotion check in words.

use std::collections::BTreeMap;
use std::time::Duration;

use swaparoo_placement::Resources;

use super::comparison::Comparison;
use super::conformance::FailedScenario;
use super::search::FailedScene;
use crate::contract::{Outcome, Reason, TaskKind};
use crate::describe;
use crate::failure::Failure;
use crate::record::End;
use crate::replay::{Recorded, Would};
use crate::simulation::check::fault_count;
use crate::simulation::fixture::{DESTINATION, MIGRATION, SERVER, SOURCE};
use crate::simulation::scenario::{AllowedEnd, DISKS, ExpectedEnd, ExpectedHoldings};
use crate::simulation::{SimCloud, Violation};

/// All allocations: consumer, provider, resource class, amount.
pub type HeldByConsumer = BTreeMap<String, BTreeMap<String, Resources>>;

/// The allowed ends of a scenario.
pub fn expected(allowed: &[AllowedEnd]) -> String {
    let (settled, others): (Vec<_>, Vec<_>) =
        allowed.iter().partition(|allowed| allowed.holds == ExpectedHoldings::Settled);
    let mut all: Vec<String> = others.into_iter().map(one_expected).collect();
    if !settled.is_empty() {
        let ends: Vec<String> = settled.into_iter().map(|allowed| expected_end(&allowed.end)).collect();
        let holds = "at the end a live server holds its resources once, and other consumers hold nothing";
        all.push(format!("{}, and {holds}", ends.join(" or ")));
    }
    all.join("; or ")
}

fn one_expected(allowed: &AllowedEnd) -> String {
    let holds = match allowed.holds {
        ExpectedHoldings::AsBefore => "all consumers hold what they held before",
        ExpectedHoldings::Target => "the target holds what the source held, and the source nothing",
        ExpectedHoldings::Neither | ExpectedHoldings::Settled => "neither the source nor the target holds anything",
    };
    format!("{}, and {holds}", expected_end(&allowed.end))
}

/// The actual end, and the violations after everything has finished.
pub fn found_at_rest(end: &Result<Outcome, Failure>, violations: &[Violation]) -> String {
    let violations: Vec<&str> = violations.iter().map(|wrong| wrong.name()).collect();
    let violations = if violations.is_empty() { "no violation at the end".to_owned() } else { violations.join(", ") };
    format!("{}; {violations}", actual_end(end))
}

fn expected_end(end: &ExpectedEnd) -> String {
    match end {
        ExpectedEnd::Finished(names) | ExpectedEnd::Failed(names) => names.join(" or "),
        ExpectedEnd::FinishedAnyhow => "any outcome".to_owned(),
        ExpectedEnd::FailedAnyhow => "any failure that the policy returns".to_owned(),
    }
}

fn actual_end(end: &Result<Outcome, Failure>) -> String {
    match end {
        Ok(outcome) => outcome.name().to_owned(),
        Err(failure) => format!("failed ({}): {}", failure.own_code(), failure.detail()),
    }
}

/// The actual end.
pub fn found(end: &Result<Outcome, Failure>, holdings: &HeldByConsumer, cloud: &SimCloud) -> String {
    let says = actual_end(end);
    let held =
        |consumer: &str| holdings.get(consumer).map_or_else(|| "nothing".to_owned(), |held| resources(held, cloud));
    format!("{says}; the server holds {}, the migration record {}", held(SERVER), held(MIGRATION))
}

/// The policy has no rules for this kind of task.
pub fn not_offered(kind: TaskKind) -> String {
    format!("not offered: the policy has no rules for {}", kind.name())
}

/// The policy failed too often.
pub fn not_asked_again() -> String {
    "not called any more: the policy has failed too often".to_owned()
}

/// A simulated task never waits. If one does, that is a bug in the simulation.
pub fn waits() -> String {
    "the task did not end: it waits for something".to_owned()
}

/// The difference between a candidate and a record.
pub fn parts(index: usize, recorded: &Recorded, would: &Would, reasons: &[Reason]) -> String {
    let recorded = match recorded {
        Recorded::Exchange(exchange) => describe::effect(&exchange.effect),
        Recorded::End(end) => self::end(end),
    };
    let would = match would {
        Would::Perform(effects) => effects.iter().map(describe::effect).collect::<Vec<_>>().join(", "),
        Would::End(end) => self::end(end),
    };
    let because = reasons.iter().map(describe::reason).collect::<Vec<_>>().join("; ");
    let because = if because.is_empty() { String::new() } else { format!(" (because: {because})") };
    format!("at position {index} of the history, recorded \"{recorded}\", now \"{would}\"{because}")
}

/// A scenario failed and was not accepted.
pub fn scenario_failed(failed: &FailedScenario) -> String {
    format!("the scenario `{}` failed: fix the policy, or accept this by the scenario's name", failed.name)
}

/// A violation that a search has found.
pub fn counterexample(violation: &str, faults: u32) -> String {
    format!("with {}, {violation}", fault_count(faults))
}

/// A search has visited the most states.
pub fn too_many_states(states: usize) -> String {
    format!("not searched to the end: it has more than {states} states")
}

/// A search has used up its time.
pub fn time_used_up(time: Duration) -> String {
    format!(
        "not searched to the end: all scenes together need more than {time:?} of processor time, half of policies.worker_time"
    )
}

/// The command that shows what a search has found in a scene.
pub fn command(failed: &FailedScene) -> String {
    format!("swaparoo check FILE.wasm --scenes {} --faults {}", failed.name, failed.faults)
}

/// A scene has a counterexample, and this was not accepted.
pub fn scene_failed(failed: &FailedScene) -> String {
    let FailedScene { name, found, .. } = failed;
    let command = command(failed);
    format!("the scene `{name}`, {found}: `{command}` shows it; fix the policy, or accept this by the scene's name")
}

/// An accepted name is no scene.
pub fn no_such_scene(name: &str) -> String {
    format!("`{name}` was accepted with its counterexample, but no scene of `swaparoo check` has that name")
}

/// The policy has no rules for a kind of task, and this was not accepted.
pub fn no_rules(kind: TaskKind) -> String {
    let kind = kind.name();
    format!("the policy has no rules for {kind}, so such a task would fail: accept this by naming `{kind}`")
}

/// An accepted name does not exist.
pub fn no_such_scenario(name: &str) -> String {
    format!("`{name}` was accepted as failed, but no scenario and no kind of task has that name")
}

/// The number of differences is not the accepted one.
pub fn miscounted(comparison: &Comparison, accepted: Option<u64>) -> Option<String> {
    let (different, replayed) = (comparison.different(), comparison.replayed);
    let found = format!("{different} of {replayed} recorded tasks would be decided differently");
    match accepted {
        Some(accepted) if accepted == different => None,
        None if different == 0 => None,
        Some(accepted) => Some(format!("{found}, and {accepted} were accepted: look at the differences again")),
        None => Some(format!("{found}: look at the differences, and accept them by their number, {different}")),
    }
}

fn end(end: &End) -> String {
    let (state, value, name) = match end {
        End::Finished(value) => ("finished", value, "kind"),
        End::Failed(value) => ("failed", value, "code"),
    };
    format!("{state}: {}", value.get(name).and_then(|name| name.as_str()).unwrap_or("?"))
}

fn resources(held: &BTreeMap<String, Resources>, cloud: &SimCloud) -> String {
    let one = |(provider, resources): (&String, &Resources)| {
        let amounts: Vec<String> = resources.iter().map(|(class, amount)| format!("{amount} {class}")).collect();
        format!("{} of {}", amounts.join(" + "), place(provider, cloud))
    };
    held.iter().map(one).collect::<Vec<_>>().join(" + ")
}

fn place<'a>(provider: &'a str, cloud: &SimCloud) -> &'a str {
    let is_of = |host: &str| cloud.node(host).is_some_and(|node| node.provider == provider);
    match provider {
        DISKS => "the shared disks",
        _ if is_of(SOURCE) => "the source's node",
        _ if is_of(DESTINATION) => "the destination",
        other => other,
    }
}
