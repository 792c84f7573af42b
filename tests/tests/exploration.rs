//! Every result of every request, under each policy: faults that must never happen, ends that must be reached, and that
//! the exploration finds faults.

use std::collections::BTreeSet;

use swaparoo::simulation::Violation;
use swaparoo::simulation::explorer::{Finding, Report, move_states};
use swaparoo_plugin::policies;
use swaparoo_tests::exploration::explore_all;
use swaparoo_tests::sample::{self, Pairs, size};

/// In CI, a second rare fault is tried in one of this many places.
const ONE_IN: usize = 12;

/// Explores under a policy. The numbers, in CI and at night, fix what is explored, so that a missing rule or result is
/// noticed.
fn check(policy: &str, in_ci: [usize; 2], by_night: [usize; 2]) -> Report {
    let found =
        explore_all(policies::named(policy).unwrap(), &move_states().unwrap(), &Pairs::sampled(ONE_IN), &mut |_, _| {});
    println!("{policy}: {} calls, {} paths, {:#?}", found.calls, found.paths, found.ends);
    sample::say(&format!("moves under {policy}: {} of {} calls", found.calls, by_night[0]));
    assert_eq!([found.calls, found.paths], size(in_ci, by_night), "{policy}: calls and paths");
    for violation in [Violation::StepRefused, Violation::Broken, Violation::Diverged] {
        assert_eq!(found.first(violation), None, "{policy}: {violation:?}");
    }
    found
}

/// The first path that shows it.
fn path(found: &Report, violation: Violation) -> &str {
    found.first(violation).unwrap_or_else(|| panic!("{violation:?} is not found: {:?}", found.findings))
}

#[test]
fn standard_does_nothing_wrong_and_reaches_every_end() {
    let found = check("standard", [322_744, 200_589], [1_815_258, 1_132_046]);
    let first = |of: &Finding| format!("{} times {:?}, first:\n{}", of.count, of.violation, of.first);
    assert!(found.findings.is_empty(), "{}", found.findings.iter().map(first).collect::<String>());
    let ends: BTreeSet<&str> = found.ends.keys().copied().collect();
    let expected = BTreeSet::from([
        "allocation-delete-failed",
        "allocation-move-failed",
        "allocation-retrieval-failed",
        "already-moved",
        "compute-host-not-found",
        "leaked",
        "malformed-answer",
        "moved",
        "not-held",
        "nothing-to-move",
        "orphan-in-the-way",
        "other",
        "refused",
        "source-deleted",
        "target-deleted",
        "undecided",
        "unreachable",
        "unsettled",
    ]);
    assert_eq!(ends, expected);
}

#[test]
fn seed_loses_a_live_servers_allocations() {
    let found = check("seed", [1_436, 1_197], [2_317, 1_992]);
    let lost = |start: &str| found.findings.iter().any(|of| of.violation == Violation::Lost && of.start == start);
    assert!(lost("way back, server alive"), "{:?}", found.findings);
    // As in nova, a write with a lost answer counts as not done.
    path(&found, Violation::HiddenWrite);
    // It takes a deleted server for an existing one if the scheduler has claimed for it.
    let leaked = found.findings.iter().filter(|of| of.violation == Violation::DeletedHolds).map(|of| of.start);
    let deleted = ["way back, server deleted", "revert, server deleted", "revert, server deleted and claimed for"];
    assert_eq!(leaked.collect::<Vec<_>>(), deleted);
}

#[test]
fn nova_34_leaks() {
    let found = check("nova-34", [2_055, 1_696], [3_327, 2_846]);
    let leaked = path(&found, Violation::DeletedHolds);
    assert!(leaked.starts_with("way back, server deleted"), "{leaked}");
    path(&found, Violation::HiddenWrite);
    // nova takes Placement's 500 for a refusal, also after a commit whose new consumer Placement has forgotten.
    let lost = path(&found, Violation::Lost);
    assert!(lost.contains("500 placement.undefined_code"), "{lost}");
}
