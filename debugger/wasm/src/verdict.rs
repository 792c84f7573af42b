//! The verdict on a course: right, a leak, a loss, an end that needs a person, or unknown if what it needs was not
//! read.

use serde::Serialize;
use swaparoo_contract::Outcome;
use tsify::Tsify;

use crate::course::EndView;
use crate::known::Fact;
use crate::opening::Opening;
use crate::plan::TaskWorld;
use crate::wrong::{Rest, Wrong};

/// The verdict on the final state of a course.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Tsify)]
pub struct Verdict {
    /// `right`, `leak`, `loss`, `person` (the end says that a person must look), `unknown`, `broken`, or `open`.
    pub kind: &'static str,
    /// What is wrong; empty if the end itself says that a person must look.
    pub wrongs: Vec<Wrong>,
    /// If a person must look: what is not as it should be, as far as it is known.
    pub left: Vec<Wrong>,
    /// What the verdict needs and is not known, one sentence each.
    pub unknown: Vec<String>,
    /// Whether the migration continues after this task, so that the verdict is preliminary.
    pub under_way: bool,
}

/// Judges the final state of a course.
#[must_use]
pub fn judge(opening: &Opening, world: &TaskWorld, end: &EndView, outcome: Option<&Outcome>) -> Verdict {
    if ["open", "broken"].contains(&end.kind) {
        return Verdict { kind: end.kind, ..Verdict::default() };
    }
    let mut verdict = found(opening, world, outcome);
    verdict.kind = if end.needs_person {
        verdict.left = std::mem::take(&mut verdict.wrongs);
        "person"
    } else {
        kind(&verdict)
    };
    verdict
}

fn kind(verdict: &Verdict) -> &'static str {
    let has = |kind: &str| verdict.wrongs.iter().any(|wrong| wrong.kind == kind);
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

fn found(opening: &Opening, world: &TaskWorld, outcome: Option<&Outcome>) -> Verdict {
    let rest = Rest::of(&world.cloud, &opening.task, outcome, opening.due.as_ref());
    let mut verdict = Verdict { under_way: rest.under_way, ..Verdict::default() };
    for id in rest.cloud.servers.keys() {
        server(&mut verdict, opening, world, &rest, id);
    }
    for id in rest.cloud.migrations.keys().filter(|_| !rest.under_way) {
        let fact = world.known.holding(id);
        if fact.is_known() {
            verdict.wrongs.extend(rest.of_migration(id));
        } else {
            verdict.unknown.push(format!("what migration {id} holds {}", fact.words()));
        }
    }
    verdict
}

fn server(verdict: &mut Verdict, opening: &Opening, world: &TaskWorld, rest: &Rest<'_>, id: &str) {
    let (existence, holding) = (world.known.existence(id), world.known.holding(id));
    let alive = rest.cloud.alive(id).is_some();
    if rest.under_way && (alive || !existence.is_known()) {
        return;
    }
    let mut read = true;
    if !holding.is_known() {
        read = false;
        verdict.unknown.push(format!("what server {id} holds {}", holding.words()));
    } else if !opening.due_is_known && (alive || !existence.is_known()) {
        read = false;
        verdict.unknown.push(format!("what server {id} should hold was not read"));
    }
    match (existence.is_known(), read) {
        (true, true) => verdict.wrongs.extend(rest.of_server(id, alive)),
        (true, false) => {}
        (false, true) => either_way(verdict, rest, id, existence),
        (false, false) => verdict.unknown.push(format!("whether server {id} exists {}", existence.words())),
    }
}

/// For a server whose existence is not known: faults that exist in both cases are reported, the rest is unknown.
fn either_way(verdict: &mut Verdict, rest: &Rest<'_>, id: &str, existence: Fact) {
    let (running, deleted) = (rest.of_server(id, true), rest.of_server(id, false));
    let is_in =
        |all: &[Wrong], one: &Wrong| all.iter().any(|other| other.kind == one.kind && other.provider == one.provider);
    if !running.iter().all(|one| is_in(&deleted, one)) || !deleted.iter().all(|one| is_in(&running, one)) {
        let (if_running, if_deleted) = (describe(&running), describe(&deleted));
        verdict.unknown.push(format!(
            "whether server {id} exists {}; if it does, this is {if_running}; if it is deleted, this is {if_deleted}",
            existence.words()
        ));
    }
    verdict.wrongs.extend(running.into_iter().filter(|one| is_in(&deleted, one)));
}

fn describe(wrongs: &[Wrong]) -> &'static str {
    match wrongs {
        [] => "right",
        [first, ..] if first.kind == "loss" => "a loss",
        _ => "a leak",
    }
}
