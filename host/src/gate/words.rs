//! Describes the findings of the promotion check in words.

use std::collections::BTreeMap;

use swaparoo_placement::Resources;

use super::comparison::Comparison;
use super::conformance::Failed;
use super::scenarios::{Allowed, Holds, MIGRATION, NODE, OTHER_NODE, SERVER, Says};
use super::stage::{DISKS, Holdings};
use crate::contract::{Outcome, Reason, TaskKind};
use crate::failure::Failure;
use crate::record::End;
use crate::rehearsal::Wrong;
use crate::replay::{Recorded, Would};
use crate::words;

/// The allowed ends of a scenario of moves.
pub fn expected(allowed: &[Allowed]) -> String {
    let one = |allowed: &Allowed| {
        let says = said(allowed.says);
        let holds = match allowed.holds {
            Holds::AsBefore => "all consumers hold what they held before",
            Holds::Target => "the target holds what the source held, and the source nothing",
            Holds::Nobody => "neither the source nor the target holds anything",
        };
        format!("{says}, and {holds}")
    };
    allowed.iter().map(one).collect::<Vec<_>>().join("; or ")
}

/// The allowed ends of a scenario of migrations.
pub fn expected_of_all(allowed: &[Says]) -> String {
    let ends: Vec<String> = allowed.iter().map(|says| said(*says)).collect();
    format!(
        "{}, and at the end a live server holds its resources once, and other consumers hold nothing",
        ends.join(" or ")
    )
}

/// The actual end, and the violations after everything has finished.
pub fn found_at_rest(end: &Result<Outcome, Failure>, wrongs: &[Wrong]) -> String {
    let wrongs: Vec<&str> = wrongs.iter().map(|wrong| wrong.name()).collect();
    let wrongs = if wrongs.is_empty() { "no violation at the end".to_owned() } else { wrongs.join(", ") };
    format!("{}; {wrongs}", ended(end))
}

fn said(says: Says) -> String {
    match says {
        Says::Finished(names) | Says::Failed(names) => names.join(" or "),
        Says::FinishedAnyhow => "any outcome".to_owned(),
        Says::FailedAnyhow => "any failure that the policy returns".to_owned(),
    }
}

fn ended(end: &Result<Outcome, Failure>) -> String {
    match end {
        Ok(outcome) => outcome.name().to_owned(),
        Err(failure) => format!("failed ({}): {}", failure.code(), failure.detail()),
    }
}

/// The actual end.
pub fn found(end: &Result<Outcome, Failure>, holdings: &Holdings) -> String {
    let says = ended(end);
    let held = |consumer: &str| holdings.get(consumer).map_or_else(|| "nothing".to_owned(), resources);
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
        Recorded::Exchange(exchange) => words::effect(&exchange.effect),
        Recorded::End(end) => self::end(end),
    };
    let would = match would {
        Would::Perform(effects) => effects.iter().map(words::effect).collect::<Vec<_>>().join(", "),
        Would::End(end) => self::end(end),
    };
    let because = reasons.iter().map(words::reason).collect::<Vec<_>>().join("; ");
    let because = if because.is_empty() { String::new() } else { format!(" (because: {because})") };
    format!("at position {index} of the history, recorded \"{recorded}\", now \"{would}\"{because}")
}

/// A scenario failed and was not accepted.
pub fn scenario_failed(failed: &Failed) -> String {
    format!("the scenario `{}` failed: fix the policy, or accept this by the scenario's name", failed.name)
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

fn resources(held: &BTreeMap<String, Resources>) -> String {
    let one = |(provider, resources): (&String, &Resources)| {
        let amounts: Vec<String> = resources.iter().map(|(class, amount)| format!("{amount} {class}")).collect();
        format!("{} of {}", amounts.join(" + "), place(provider))
    };
    held.iter().map(one).collect::<Vec<_>>().join(" + ")
}

fn place(provider: &str) -> &str {
    match provider {
        NODE => "the source's node",
        OTHER_NODE => "the destination",
        DISKS => "the shared disks",
        other => other,
    }
}
