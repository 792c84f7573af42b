//! Searches the scenes of `swaparoo check` under the native rules `standard`, most of them with at most one fault, and
//! ends with 1 at the first counterexample that is not known, or if a bound is broken. So it judges a mutant of the
//! rules: it is built with the rules and the simulation only, and begins with the searches that take a moment.

#![allow(clippy::expect_used, reason = "a panic ends the judge, and its message says what is wrong with it")]

use std::process::exit;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use swaparoo_contract::{Exchange, Task};
use swaparoo_plugin::policies;
use swaparoo_sim::Violation::{self, DeletedHolds, HeldBeside, Lost, MigrationHolds};
use swaparoo_sim::check::{Counterexample, KNOWN, LeftOut, Limits, Outcome, Scene, check, is_known, scenes};

/// The scenes by their sizes with one fault, the small ones first. Those that are not here come last.
const BY_SIZE: [&str; 45] = [
    "move-to-itself",
    "abort-failed-finish",
    "confirm",
    "confirm-on-one-host",
    "give-back-claimed",
    "release-arrived-on-one-host",
    "release-arrived-without-flavor",
    "release-without-flavor",
    "release-claim",
    "give-back-beside-record",
    "release-confirmed-on-one-host",
    "replace-then-revert",
    "live-migrate-source-down",
    "swap",
    "release-old-beside-migration",
    "abort-old-beside-migration",
    "abort-on-one-host",
    "release-failed-finish",
    "abort",
    "migrate-cells",
    "resize-ports",
    "migrate-on-one-host",
    "migrate",
    "live-migrate",
    "late-scheduler",
    "resize-ports-old-scheduler",
    "live-migrate-unaccounted",
    "live-migrate-forced",
    "reschedule-ports",
    "resize-ports-no-service",
    "reschedule-unaccounted",
    "reschedule",
    "live-migrate-unfit",
    "resize-ports-old-host",
    "resize-ports-pinned",
    "live-migrate-forced-unfit",
    "revert-on-one-host",
    "revert-resize",
    "give-back-local-delete",
    "give-back",
    "abort-cast-arrives",
    "replace-then-revert-deleted",
    "release-on-one-host",
    "release",
    "release-beside-migration",
];
/// With one fault these take minutes, so they are searched without.
const WITHOUT_FAULTS: [&str; 4] = ["migrate-deleted", "abort-deleted", "abort-cast-in-flight", "migrate-then-abort"];

/// This is searched only without lost journals, which takes long enough.
const WITHOUT_LOST_JOURNALS: [&str; 1] = ["release-beside-migration"];

/// The known counterexamples for which a journal must lose its last entries. They hide what is wrong in the same way
/// without that, so these scenes are also searched without this fault.
const OF_LOST_JOURNALS: [(&str, &[Violation]); 8] = [
    ("swap", &[MigrationHolds]),
    ("replace-then-revert-deleted", &[]),
    ("migrate", &[Lost, HeldBeside, MigrationHolds]),
    ("migrate-on-one-host", &[Lost, MigrationHolds]),
    ("late-scheduler", &[Lost, MigrationHolds]),
    ("live-migrate", &[Lost, HeldBeside]),
    ("release", &[DeletedHolds]),
    ("release-beside-migration", &[Lost, HeldBeside]),
];

/// As in `swaparoo check`.
const MOST_STATES: usize = 500_000;
/// A call of the rules takes microseconds.
const LONGEST_CALL: Duration = Duration::from_secs(30);

/// The calls of the rules so far.
static CALLS: AtomicU64 = AtomicU64::new(0);

/// One search.
struct Search {
    scene: Scene,
    faults: u32,
    lost_journals: bool,
}

fn main() {
    thread::spawn(end_a_call_without_end);
    for search in searches() {
        let outcome = search.run();
        if !outcome.is_complete {
            ends(&search, &format!("not complete after {} states", outcome.states));
        }
        if let Some(found) = outcome.counterexamples.iter().find(|found| !search.is_known(found)) {
            let Counterexample { violation, faults, actions, .. } = found;
            ends(&search, &format!("{} ({faults} faults, {} steps)", violation.name(), actions.len()));
        }
        search.missing(&outcome).for_each(|gone| println!("not found any more: {}: {}", search.name(), gone.name()));
    }
}

/// All scenes without faults, and then with one, the small ones first.
fn searches() -> Vec<Search> {
    let mut scenes = scenes().expect("the built-in scenes are possible");
    let size = |scene: &Scene| BY_SIZE.iter().position(|name| *name == scene.name).unwrap_or(BY_SIZE.len());
    scenes.sort_by_key(size);
    let search = |scene: &Scene, faults, lost_journals| Search { scene: scene.clone(), faults, lost_journals };
    let mut all: Vec<_> = scenes.iter().map(|scene| search(scene, 0, false)).collect();
    for scene in scenes.iter().filter(|scene| !WITHOUT_FAULTS.contains(&scene.name)) {
        if of_lost_journals(scene.name).is_some() {
            all.push(search(scene, 1, false));
        }
        if !WITHOUT_LOST_JOURNALS.contains(&scene.name) {
            all.push(search(scene, 1, true));
        }
    }
    all
}

fn of_lost_journals(scene: &str) -> Option<&'static [Violation]> {
    OF_LOST_JOURNALS.iter().find(|(name, _)| *name == scene).map(|(_, violations)| *violations)
}

impl Search {
    fn run(&self) -> Outcome {
        let policy = policies::named("standard").expect("the policy exists");
        let mut native = |task: &Task, history: &[Exchange]| {
            CALLS.fetch_add(1, Ordering::Relaxed);
            swaparoo_plugin::next_step(policy, task, history)
        };
        let scene = self.scene.clone().without(LeftOut { lost_journals: !self.lost_journals, ..LeftOut::default() });
        let limits = Limits { faults: self.faults, states: MOST_STATES, repairs: true };
        check(&mut native, &scene, limits, &mut |_| {})
    }

    fn name(&self) -> String {
        let journals = if self.faults > 0 && !self.lost_journals { ", without lost journals" } else { "" };
        format!("{} with {} faults{journals}", self.scene.name, self.faults)
    }

    fn is_known(&self, found: &Counterexample) -> bool {
        is_known(self.scene.name, found) && (self.lost_journals || self.is_without_lost_journals(found.violation))
    }

    /// The known counterexamples that this search should find and has not found: the change improves the rules.
    fn missing(&self, outcome: &Outcome) -> impl Iterator<Item = Violation> {
        let known = KNOWN.iter().filter(|known| known.scene == self.scene.name && known.faults <= self.faults);
        let expected = known.filter(|known| self.lost_journals || self.is_without_lost_journals(known.violation));
        expected
            .map(|known| known.violation)
            .filter(|known| !outcome.counterexamples.iter().any(|found| found.violation == *known))
    }

    /// Whether a counterexample with this violation exists without lost journals.
    fn is_without_lost_journals(&self, violation: Violation) -> bool {
        !of_lost_journals(self.scene.name).is_some_and(|of| of.contains(&violation))
    }
}

fn ends(search: &Search, what: &str) -> ! {
    println!("wrong: {}: {what}", search.name());
    exit(1)
}

/// The runtime of a component stops such a call, and `check` then says that the policy failed.
fn end_a_call_without_end() {
    let mut before = None;
    loop {
        let calls = CALLS.load(Ordering::Relaxed);
        if before.replace(calls) == Some(calls) {
            println!("wrong: a call of the rules does not end");
            exit(1);
        }
        thread::sleep(LONGEST_CALL);
    }
}
