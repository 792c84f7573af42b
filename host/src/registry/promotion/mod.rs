//! The promotion check: what a policy must pass before it may become active. The policy runs the built-in scenarios,
//! whose correct ends are known, and decides recorded tasks again; differences there must be judged by an operator. The
//! scenes of `swaparoo check` are searched for a counterexample that `standard` does not have.
//! Nothing here uses a real Placement or the journal. The engine has loaded the policy before, so it implements this
//! contract.

mod comparison;
mod conformance;
mod describe;
mod failure_budget;
mod isolated;
mod search;
mod search_cache;
#[cfg(test)]
mod tests;

use std::borrow::Borrow;
use std::collections::BTreeSet;

use conformance::conformance_within;
use failure_budget::FailureBudget;
use search::search_within;

pub use comparison::{Comparison, Difference, comparison};
pub use conformance::{Conformance, FailedScenario, conformance, conformance_in};
pub use describe::command;
pub(crate) use describe::parts;
pub use isolated::{SearchBefore, judge_in_worker, judge_isolated};
pub use search::{FailedScene, SearchLimits, SearchReport, search};
pub use search_cache::SearchCache;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::contract::TaskKind;
use crate::engine::Policy;
use crate::record::Record;
use crate::registry::Kinds;
use crate::simulation::check::{Scene, scenes};
use crate::simulation::scenario;

/// The findings that an operator accepts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Consent {
    /// Exactly this many recorded tasks are decided differently.
    pub accept_differences: Option<u64>,
    /// Names of scenarios that fail, and kinds of task (`move`, `migrate`, ...) for which the policy has no rules.
    pub accept_failed: Vec<String>,
    /// Names of scenes of `swaparoo check` that have a counterexample, or were not searched to the end.
    pub accept_counterexamples: Vec<String>,
}

/// The search of a policy: to be done within these limits, or known already.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Searching {
    /// It is to be done.
    Within(SearchLimits),
    /// It was done before.
    Known(SearchReport),
}

/// The result of the promotion check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Report)]
pub struct PromotionReport {
    /// The results of the built-in scenarios of the kinds of task that it is checked for.
    pub conformance: Conformance,
    /// What was found in the scenes of `swaparoo check`, whatever the kinds of their tasks.
    pub search: SearchReport,
    /// The comparison with recorded tasks of the kinds that it is checked for.
    pub comparison: Comparison,
    /// Whether the policy may become active.
    pub promoted: bool,
    /// Why it may not; empty if it may.
    pub refused_because: Vec<String>,
}

impl PromotionReport {
    /// The kinds of task without rules for which there was no acceptance.
    #[must_use]
    pub fn unaccepted_kinds(&self) -> Vec<TaskKind> {
        let is_refused = |kind: &&TaskKind| self.refused_because.contains(&describe::no_rules(**kind));
        TaskKind::ALL.iter().filter(is_refused).copied().collect()
    }

    /// The kinds of task that the policy has rules for, in a check for all kinds; each has a scenario.
    #[must_use]
    pub fn offered(&self) -> Option<Kinds> {
        Kinds::of(|kind| !self.conformance.failed.iter().any(|failed| failed.kind == kind && !failed.offered))
    }

    /// Why the policy may not become active, apart from kinds of task without rules.
    #[must_use]
    pub fn refused_but_for_kinds(&self) -> Vec<&str> {
        let kinds: Vec<String> = self.unaccepted_kinds().into_iter().map(describe::no_rules).collect();
        self.refused_because.iter().filter(|because| !kinds.contains(because)).map(String::as_str).collect()
    }
}

/// Checks a policy. This blocks while the policy runs, which takes seconds for hundreds of records or for a policy that
/// exceeds its limits: call it on a blocking thread, or use [`judge_isolated`].
#[must_use]
pub fn judge(policy: &Policy, records: &[Record], searching: Searching, consent: &Consent) -> PromotionReport {
    judge_for(&Kinds::all(), policy, records, searching, consent)
}

/// The same for these kinds of task: what the policy does in tasks of other kinds is no reason to refuse it.
#[must_use]
pub fn judge_for(
    kinds: &Kinds,
    policy: &Policy,
    records: impl IntoIterator<Item = impl Borrow<Record>>,
    searching: Searching,
    consent: &Consent,
) -> PromotionReport {
    // A policy that fails in each call is not called for the search again.
    let mut budget = FailureBudget::default();
    let scenarios = scenario::built_in().iter().filter(|scenario| kinds.contain(scenario.task.kind()));
    let conformance = conformance_within(policy, scenarios, &mut budget);
    let search = match searching {
        Searching::Within(limits) => search_within(policy, limits, &mut budget),
        Searching::Known(report) => report,
    };
    let records = records.into_iter().filter(|record| kinds.contain(record.borrow().task.kind()));
    let comparison = comparison(policy, records);
    let mut refused_because = unaccepted(&conformance, consent);
    refused_because.extend(unaccepted_scenes(&search, consent, kinds));
    refused_because.extend(describe::miscounted(&comparison, consent.accept_differences));
    let promoted = refused_because.is_empty();
    PromotionReport { conformance, search, comparison, promoted, refused_because }
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

/// The scenes in which something was found, apart from those without a task of these kinds.
fn unaccepted_scenes(search: &SearchReport, consent: &Consent, kinds: &Kinds) -> Vec<String> {
    let accepted = &consent.accept_counterexamples;
    let all = scenes().unwrap_or_default();
    let strangers = accepted.iter().filter(|name| all.iter().all(|scene| scene.name != name.as_str()));
    let is_of_others = |name: &str| {
        let of_scene = all.iter().find(|scene| scene.name == name).map_or_else(Vec::new, Scene::kinds);
        !of_scene.is_empty() && of_scene.iter().all(|kind| !kinds.contain(*kind))
    };
    let failed = search.failed.iter().filter(|failed| !accepted.contains(&failed.name) && !is_of_others(&failed.name));
    strangers.map(|name| describe::no_such_scene(name)).chain(failed.map(describe::scene_failed)).collect()
}

/// Accepted names that are neither a scenario nor a kind of task: a typing error, or a scenario of another version.
fn strangers<'a>(accepted: &BTreeSet<&'a str>) -> Vec<&'a str> {
    let all = scenario::built_in().iter();
    let known: BTreeSet<&str> = all.flat_map(|one| [one.name.as_str(), one.task.kind().name()]).collect();
    accepted.difference(&known).copied().collect()
}
