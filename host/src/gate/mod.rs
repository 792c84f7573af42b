//! The gate: what a policy must show before it may become active. It is a policy of this contract already (the engine has
//! loaded it); here it plays the built-in scenarios, which have known right ends, and decides recorded tasks again, whose
//! differences only a person can judge. Nothing here touches a Placement or the journal.

mod apart;
mod comparison;
mod conformance;
mod patience;
mod rehearsals;
mod scenarios;
mod stage;
#[cfg(test)]
mod tests;
mod words;

use std::borrow::Borrow;
use std::collections::BTreeSet;

pub use apart::{judge_apart, judge_in_worker};
pub use comparison::{Comparison, Difference, comparison};
pub use conformance::{Conformance, Failed, conformance};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::policy::Policy;
use crate::record::Record;
use rehearsals::rehearsals;
use scenarios::scenarios;

/// What a person has looked at and takes upon themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Consent {
    /// So many recorded tasks would have gone otherwise, no more and no fewer.
    pub accept_differences: Option<u64>,
    /// These scenarios fail, by name; and the policy has no rules for these kinds of task (`move`, `migrate`, ...).
    pub accept_failed: Vec<String>,
}

/// What the gate found, and whether it lets the policy through.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Report {
    /// The built-in scenarios.
    pub conformance: Conformance,
    /// The recorded tasks.
    pub comparison: Comparison,
    /// It is let through.
    pub promoted: bool,
    /// Why not; empty when it is.
    pub refused_because: Vec<String>,
}

/// Judges a policy. It blocks as long as the policy's rules run, which for hundreds of records, or for a policy that breaks
/// its limits, is seconds: call it where that holds up nobody, or
/// [`judge_apart`].
#[must_use]
pub fn judge(policy: &Policy, records: &[Record], consent: &Consent) -> Report {
    judged(policy, records, consent)
}

fn judged(policy: &Policy, records: impl IntoIterator<Item = impl Borrow<Record>>, consent: &Consent) -> Report {
    let conformance = conformance(policy);
    let comparison = comparison(policy, records);
    let mut refused_because = unaccepted(&conformance, consent);
    refused_because.extend(words::miscounted(&comparison, consent.accept_differences));
    Report { conformance, comparison, promoted: refused_because.is_empty(), refused_because }
}

fn unaccepted(conformance: &Conformance, consent: &Consent) -> Vec<String> {
    let accepted: BTreeSet<&str> = consent.accept_failed.iter().map(String::as_str).collect();
    let mut refused: Vec<String> = strangers(&accepted).into_iter().map(words::no_such_scenario).collect();
    // A kind without rules is one thing to accept, not one a scenario.
    let mut without = BTreeSet::new();
    for failed in &conformance.failed {
        if failed.offered && !accepted.contains(failed.name.as_str()) {
            refused.push(words::scenario_failed(failed));
        }
        if !failed.offered && without.insert(failed.kind.name()) && !accepted.contains(failed.kind.name()) {
            refused.push(words::no_rules(failed.kind));
        }
    }
    refused
}

/// What is accepted and is neither a scenario nor a kind of task: a slip, or a scenario of another version.
fn strangers<'a>(accepted: &BTreeSet<&'a str>) -> Vec<&'a str> {
    let moves = scenarios().into_iter().map(|one| (one.name, one.task.kind()));
    let migrations = rehearsals().into_iter().map(|one| (one.name, one.task.kind()));
    let known: BTreeSet<&str> = moves.chain(migrations).flat_map(|(name, kind)| [name, kind.name()]).collect();
    accepted.difference(&known).copied().collect()
}
