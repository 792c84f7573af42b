//! The promotion check: what a policy must pass before it may become active. The policy runs the built-in scenarios,
//! whose correct ends are known, and decides recorded tasks again; differences there must be judged by an operator.
//! Nothing here uses a real Placement or the journal. The engine has loaded the policy before, so it implements this
//! contract.

mod comparison;
mod conformance;
mod describe;
mod failure_budget;
mod isolated;
#[cfg(test)]
mod tests;

use std::borrow::Borrow;
use std::collections::BTreeSet;

pub use comparison::{Comparison, Difference, comparison};
pub use conformance::{Conformance, FailedScenario, conformance};
pub(crate) use describe::parts;
pub use isolated::{judge_in_worker, judge_isolated};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::engine::Policy;
use crate::record::Record;
use crate::simulation::scenario;

/// The findings that an operator accepts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Consent {
    /// Exactly this many recorded tasks are decided differently.
    pub accept_differences: Option<u64>,
    /// Names of scenarios that fail, and kinds of task (`move`, `migrate`, ...) for which the policy has no rules.
    pub accept_failed: Vec<String>,
}

/// The result of the promotion check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Report)]
pub struct PromotionReport {
    /// The results of the built-in scenarios.
    pub conformance: Conformance,
    /// The comparison with recorded tasks.
    pub comparison: Comparison,
    /// Whether the policy may become active.
    pub promoted: bool,
    /// Why it may not; empty if it may.
    pub refused_because: Vec<String>,
}

/// Checks a policy. This blocks while the policy runs, which takes seconds for hundreds of records or for a policy that
/// exceeds its limits: call it on a blocking thread, or use [`judge_isolated`].
#[must_use]
pub fn judge(policy: &Policy, records: &[Record], consent: &Consent) -> PromotionReport {
    judged(policy, records, consent)
}

fn judged(
    policy: &Policy,
    records: impl IntoIterator<Item = impl Borrow<Record>>,
    consent: &Consent,
) -> PromotionReport {
    let conformance = conformance(policy);
    let comparison = comparison(policy, records);
    let mut refused_because = unaccepted(&conformance, consent);
    refused_because.extend(describe::miscounted(&comparison, consent.accept_differences));
    PromotionReport { conformance, comparison, promoted: refused_because.is_empty(), refused_because }
}

fn unaccepted(conformance: &Conformance, consent: &Consent) -> Vec<String> {
    let accepted: BTreeSet<&str> = consent.accept_failed.iter().map(String::as_str).collect();
    let mut refused: Vec<String> = strangers(&accepted).into_iter().map(describe::no_such_scenario).collect();
    // A kind without rules is accepted once, not once for each of its scenarios.
    let mut without = BTreeSet::new();
    for failed in &conformance.failed {
        if failed.offered && !accepted.contains(failed.name.as_str()) {
            refused.push(describe::scenario_failed(failed));
        }
        if !failed.offered && without.insert(failed.kind.name()) && !accepted.contains(failed.kind.name()) {
            refused.push(describe::no_rules(failed.kind));
        }
    }
    refused
}

/// Accepted names that are neither a scenario nor a kind of task: a typing error, or a scenario of another version.
fn strangers<'a>(accepted: &BTreeSet<&'a str>) -> Vec<&'a str> {
    let all = scenario::built_in().iter();
    let known: BTreeSet<&str> = all.flat_map(|one| [one.name.as_str(), one.task.kind().name()]).collect();
    accepted.difference(&known).copied().collect()
}
