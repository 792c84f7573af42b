//! The verdict on a run: right, a leak, a loss, an end that needs a person, or unknown if what it needs was not
//! read.

use serde::Serialize;
use swaparoo_contract::Outcome;
use tsify::Tsify;

use crate::answer_plan::TaskWorld;
use crate::known_facts::FactState;
use crate::opened_task::OpenedTask;
use crate::run_view::EndView;
use crate::violation_view::{FinalState, ViolationView};

/// The failure of a task that has left a running migration alone.
const STILL_IN_USE: &str = "still-in-use";

/// The verdict on the final state of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Tsify)]
pub struct Verdict {
    /// `right`, `leak`, `loss`, `person` (the end says that a person must look), `unknown`, `broken`, or `open`.
    pub kind: &'static str,
    /// What is wrong; empty if the end itself says that a person must look.
    pub violations: Vec<ViolationView>,
    /// If a person must look: what is not as it should be, as far as it is known.
    pub remaining: Vec<ViolationView>,
    /// What the verdict needs and is not known, one sentence each.
    pub unknown: Vec<String>,
    /// Whether the migration continues after this task, so that the verdict is preliminary.
    pub under_way: bool,
}

/// Judges the final state of a run.
#[must_use]
pub fn judge(opened: &OpenedTask, world: &TaskWorld, end: &EndView, outcome: Option<&Outcome>) -> Verdict {
    if ["open", "broken"].contains(&end.kind) {
        return Verdict { kind: end.kind, ..Verdict::default() };
    }
    let mut verdict = found(opened, world, end, outcome);
    verdict.kind = if end.needs_person {
        verdict.remaining = std::mem::take(&mut verdict.violations);
        "person"
    } else {
        kind(&verdict)
    };
    verdict
}

fn kind(verdict: &Verdict) -> &'static str {
    let has = |kind: &str| verdict.violations.iter().any(|violation| violation.kind == kind);
    if has("loss") {
        "loss"
    } else if has("leak") {
        "leak"
    } else if verdict.unknown.is_empty() {
        "right"
    } else {
        "unknown"
    }
}

fn found(opened: &OpenedTask, world: &TaskWorld, end: &EndView, outcome: Option<&Outcome>) -> Verdict {
    let mut state = FinalState::of(&world.cloud, &opened.task, outcome, opened.due.as_ref());
    // The rules say that the migration is running, so what its record holds is no leak.
    state.under_way |= end.name == STILL_IN_USE;
    let mut verdict = Verdict { under_way: state.under_way, ..Verdict::default() };
    for id in state.cloud.servers.keys() {
        server(&mut verdict, opened, world, &state, id);
    }
    for id in state.cloud.migrations.keys().filter(|_| !state.under_way) {
        let fact = world.known.holding(id);
        if fact.is_known() {
            verdict.violations.extend(state.of_migration(id));
        } else {
            verdict.unknown.push(format!("what migration {id} holds {}", fact.text()));
        }
    }
    verdict
}

fn server(verdict: &mut Verdict, opened: &OpenedTask, world: &TaskWorld, state: &FinalState<'_>, id: &str) {
    let (existence, holding) = (world.known.existence(id), world.known.holding(id));
    let alive = state.cloud.alive(id).is_some();
    if state.under_way && (alive || !existence.is_known()) {
        return;
    }
    let mut read = true;
    if !holding.is_known() {
        read = false;
        verdict.unknown.push(format!("what server {id} holds {}", holding.text()));
    } else if !opened.due_is_known && (alive || !existence.is_known()) {
        read = false;
        verdict.unknown.push(format!("what server {id} should hold was not read"));
    }
    match (existence.is_known(), read) {
        (true, true) => verdict.violations.extend(state.of_server(id, alive)),
        (true, false) => {}
        (false, true) => either_way(verdict, state, id, existence),
        (false, false) => verdict.unknown.push(format!("whether server {id} exists {}", existence.text())),
    }
}

/// For a server whose existence is not known: faults that exist in both cases are reported, the rest is unknown.
fn either_way(verdict: &mut Verdict, state: &FinalState<'_>, id: &str, existence: FactState) {
    let (running, deleted) = (state.of_server(id, true), state.of_server(id, false));
    let is_in = |all: &[ViolationView], one: &ViolationView| {
        all.iter().any(|other| other.kind == one.kind && other.provider == one.provider)
    };
    if !running.iter().all(|one| is_in(&deleted, one)) || !deleted.iter().all(|one| is_in(&running, one)) {
        let (if_running, if_deleted) = (describe(&running), describe(&deleted));
        verdict.unknown.push(format!(
            "whether server {id} exists {}; if it does, this is {if_running}; if it is deleted, this is {if_deleted}",
            existence.text()
        ));
    }
    verdict.violations.extend(running.into_iter().filter(|one| is_in(&deleted, one)));
}

fn describe(violations: &[ViolationView]) -> &'static str {
    match violations {
        [] => "right",
        [first, ..] if first.kind == "loss" => "a loss",
        _ => "a leak",
    }
}
