//! Every result of every request, under each policy: faults that must never happen, ends that must be reached, and that
//! the exploration finds faults.

use std::collections::BTreeSet;

use swaparoo_plugin::policies;
use swaparoo_tests::explore::{Found, Wrong, explore};
use swaparoo_tests::sample::{self, Pairs, size};

/// In CI, a second rare fault is tried in one of this many places.
const ONE_IN: usize = 12;

/// Explores under a policy. The numbers, in CI and at night, fix what is explored, so that a missing rule or result is
/// noticed.
fn check(policy: &str, in_ci: [usize; 2], by_night: [usize; 2]) -> Found {
    let found = explore(policies::named(policy).unwrap(), &Pairs::sampled(ONE_IN), &mut |_| {});
    println!("{policy}: {} calls, {} paths, {:#?}", found.nodes, found.paths, found.ends);
    sample::say(&format!("moves under {policy}: {} of {} calls", found.nodes, by_night[0]));
    assert_eq!([found.nodes, found.paths], size(in_ci, by_night), "{policy}: calls and paths");
    let objections = &found.objections;
    assert_eq!(objections.count, 0, "{policy}: the host refuses a step\n{}", objections.first.as_deref().unwrap_or(""));
    found
}

/// The first path that shows it.
fn path(found: &Found, wrong: Wrong) -> &str {
    assert!(found.wrongs.contains_key(&wrong), "{wrong:?} is not found: {:?}", found.wrongs);
    &found.wrongs[&wrong].1
}

#[test]
fn standard_does_nothing_wrong_and_reaches_every_end() {
    let found = check("standard", [68_768, 48_599], [268_009, 185_337]);
    let wrongs: Vec<String> =
        found.wrongs.iter().map(|(wrong, (count, path))| format!("{count} times {wrong:?}, first:\n{path}")).collect();
    assert!(wrongs.is_empty(), "{}", wrongs.join("\n"));
    let ends: BTreeSet<&str> = found.ends.keys().map(String::as_str).collect();
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
    let found = check("seed", [1_037, 842], [1_583, 1_316]);
    let lost = path(&found, Wrong::Lost);
    assert!(lost.starts_with("way back, server alive"), "{lost}");
    // As in nova, a write with a lost answer counts as not done.
    path(&found, Wrong::HiddenWrite);
    assert!(!found.wrongs.contains_key(&Wrong::Leaked), "{:?}", found.wrongs);
}

#[test]
fn nova_34_leaks() {
    let found = check("nova-34", [1_559, 1_256], [2_477, 2_054]);
    let leaked = path(&found, Wrong::Leaked);
    assert!(leaked.starts_with("way back, server deleted"), "{leaked}");
    path(&found, Wrong::HiddenWrite);
    assert!(!found.wrongs.contains_key(&Wrong::Lost), "{:?}", found.wrongs);
}
