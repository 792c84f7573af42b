//! Every result of every effect of a migration, under each policy: what must hold in the final state, what must be
//! reached, and that the exploration finds faults.

use std::collections::{BTreeMap, BTreeSet};

use swaparoo::contract::Task;
use swaparoo::simulation::Violation;
use swaparoo::simulation::explorer::{Finding, InitialState, Report, migration_states};
use swaparoo_plugin::policies;
use swaparoo_tests::exploration::explore_in_parallel;
use swaparoo_tests::sample::{self, Pairs, nightly, size};

/// The ends of tasks under `standard`: every outcome and failure of a migration's tasks that can be reached here, without
/// those that need a pair of faults.
const ENDS: [&str; 25] = [
    "abandoned",
    "aborted",
    "allocation-delete-failed",
    "allocation-move-failed",
    "cast-unsettled",
    "leaked",
    "malformed-answer",
    "max-retries-exceeded",
    "moved",
    "no-valid-host",
    "not-rolled-back",
    "nothing-held",
    "nothing-to-move",
    "nova-failed",
    "other",
    "reduced",
    "refused",
    "released",
    "source-deleted",
    "started",
    "still-in-use",
    "target-deleted",
    "undecided",
    "unreachable",
    "unsettled",
];

/// The ends that need a pair of faults.
const ENDS_BY_NIGHT: [&str; 1] = ["already-moved"];

/// In CI, a second fault is tried in one of this many places.
const ONE_IN: usize = 24;

/// Explores under a policy, with so many calls at night.
fn explored(policy: &str, by_night: usize) -> Report {
    let found = explore_in_parallel(policies::named(policy).unwrap(), &starts(), &Pairs::sampled(ONE_IN));
    println!("{policy}: {} calls, {} paths, {:#?}", found.calls, found.paths, found.ends);
    let findings = found.findings.iter().map(|of| format!("{} {:?} in {}", of.count, of.violation, of.start));
    println!("{:#?}", findings.collect::<Vec<_>>());
    sample::say(&format!("migrations under {policy}: {} of {} calls", found.calls, by_night));
    for violation in [Violation::StepRefused, Violation::Broken] {
        assert_eq!(found.first(violation), None, "{policy}: {violation:?}");
    }
    found
}

/// The numbers of calls and paths, in CI and at night, fix what is explored, so that a missing rule or result is noticed.
fn check_size(found: &Report, in_ci: [usize; 2], by_night: [usize; 2]) {
    assert_eq!([found.calls, found.paths], size(in_ci, by_night), "calls and paths");
}

fn starts() -> Vec<InitialState> {
    migration_states().unwrap()
}

/// The starts from which an end that says that everything is right leaves this.
fn shown_by(found: &Report, violation: Violation) -> BTreeSet<&'static str> {
    let shown = found.findings.iter().filter(|of| of.property == "settled" && of.violation == violation);
    shown.map(|finding| finding.start).collect()
}

/// What no rule can prevent: in which start, and how many times at night. docs/rules.md names the same, with reasons. A
/// rule that prevents one must change these numbers.
const BEYOND_RULES: [(Violation, &str, usize); 22] = [
    (Violation::Unknowable, "abort, the cast is on its way", 614),
    (Violation::Unknowable, "reschedule", 1),
    (Violation::Unknowable, "resize with a port, first host too old", 1),
    (Violation::Unknowable, "reschedule with a port, first host too old", 1),
    (Violation::Unknowable, "live migration, forced", 1),
    (Violation::BegunMeanwhile, "abort, the cast is on its way", 364),
    (Violation::LostToHeal, "live migration, all hosts unfit", 913),
    (Violation::LostToHeal, "resize with a port, RPC pinned", 463),
    (Violation::LostToHeal, "live migration, forced and unfit", 463),
    (Violation::LostToHeal, "release of a failed migration", 13),
    (Violation::LostToHeal, "abort", 7),
    (Violation::LostToHeal, "abort of a failed migration", 7),
    (Violation::LostToHeal, "resize in a server group", 6),
    (Violation::LostToHeal, "migration", 6),
    (Violation::LostToHeal, "resize, its record is there", 6),
    (Violation::LostToHeal, "reschedule", 6),
    (Violation::LostToHeal, "resize with a port, first host too old", 6),
    (Violation::LostToHeal, "resize with a port, no such service", 6),
    (Violation::LostToHeal, "live migration", 6),
    (Violation::LostToHeal, "reschedule with a port, first host too old", 6),
    (Violation::LostToHeal, "live migration, first host unfit", 6),
    (Violation::LostToHeal, "live migration, forced", 6),
];
/// Their sums by violation in CI.
const BEYOND_RULES_IN_CI: [(Violation, usize); 3] =
    [(Violation::Unknowable, 54), (Violation::LostToHeal, 68), (Violation::BegunMeanwhile, 23)];

#[test]
fn standard_ends_correctly_or_reports_that_a_person_must_look() {
    let found = explored("standard", 4_456_049);
    let (mut named, mut sums) = (BTreeMap::new(), BTreeMap::new());
    let mut violations = Vec::new();
    for Finding { property, violation, start, count, first } in &found.findings {
        *named.entry((*violation, *start)).or_insert(0) += count;
        *sums.entry(*violation).or_insert(0) += count;
        if !BEYOND_RULES.iter().any(|(beyond, within, _)| (beyond, within) == (violation, start)) {
            violations.push(format!("{count} times not {property}: {violation:?} in {start}, first:\n{first}"));
        }
    }
    assert!(violations.is_empty(), "{}", violations.join("\n"));
    match nightly() {
        true => assert_eq!(named, BEYOND_RULES.map(|(violation, start, count)| ((violation, start), count)).into()),
        false => assert_eq!(sums, BTreeMap::from(BEYOND_RULES_IN_CI)),
    }
    let by_night = ENDS.into_iter().chain(ENDS_BY_NIGHT).collect();
    let ends: BTreeSet<&str> = found.ends.keys().copied().collect();
    assert_eq!(ends, size(BTreeSet::from(ENDS), by_night));
    check_size(&found, [212_876, 11_913], [4_456_049, 228_283]);
}

/// docs/rules.md names each case that no rule can prevent, with its number.
#[test]
fn the_documentation_names_what_no_rule_can_prevent() {
    let text = include_str!("../../docs/rules.md");
    for (_, start, count) in BEYOND_RULES {
        assert!(text.contains(&format!("| {start} | {count} |")), "{start}, {count}");
    }
}

#[test]
fn nova_34_loses_and_leaks() {
    let found = explored("nova-34", 260_187);
    check_size(&found, [17_441, 3_572], [260_187, 42_430]);
    assert_eq!(shown_by(&found, Violation::HeldBeside), begun_and(&[DOUBLED]));
    // An answer of a replica that is behind is enough.
    let stale: &[&str] = size(&STALE[2..], &STALE);
    assert_eq!(shown_by(&found, Violation::Lost), begun_and(stale));
    assert_eq!(shown_by(&found, Violation::MigrationHolds), begun_and(&[stale, &[CONFIRMED]].concat()));
    // Bug 1848343, wherever allocations are restored; and, after an answer that is out of date, wherever they are deleted.
    let given_back = [
        "abort",
        "abort of a failed migration",
        "abort of a failed resize on one host",
        "abort, scheduler has claimed",
        "abort, server deleted and claimed for",
        "release of a deleted server",
        "release of a failed migration",
        "release of a failed resize on one host",
        "revert-resize",
        "revert-resize, server deleted",
        "revert-resize, server deleted and claimed for",
    ];
    let at_night = [&given_back[..], &["abort, the cast is on its way"]].concat();
    assert_eq!(shown_by(&found, Violation::DeletedHolds), begun_and(size(&given_back[..], &at_night)));
}

/// Starts in which the migration record has the server's allocations, and a replica does not show it yet. Pairs of faults,
/// which CI does not try everywhere, come first.
const STALE: [&str; 5] = [
    "abort",
    "abort of a failed migration",
    "abort of a failed resize on one host",
    "release of a failed migration",
    "release of a failed resize on one host",
];
/// The record of this migration still has the server's old allocations.
const CONFIRMED: &str = "release of a confirmed resize on one host";
/// A replica does not show the claim yet.
const DOUBLED: &str = "release of a server that a late scheduler doubled";

#[test]
fn seed_loses_the_allocations_of_live_servers() {
    let found = explored("seed", 218_890);
    check_size(&found, [17_435, 3_933], [218_890, 44_675]);
    let given_back = [
        "abort",
        "abort of a failed migration",
        "abort of a failed resize on one host",
        "abort, scheduler has claimed",
        "abort, the cast is on its way",
        "release of a failed migration",
        "release of a failed resize on one host",
        "revert-resize",
    ];
    assert_eq!(shown_by(&found, Violation::Lost), begun_and(&given_back));
    let beside = ["abort, scheduler has claimed", "abort, the cast is on its way", "revert-resize", DOUBLED];
    assert_eq!(shown_by(&found, Violation::HeldBeside), begun_and(size(&beside[2..], &beside)));
    assert_eq!(shown_by(&found, Violation::MigrationHolds), begun_and(&[&STALE[..], &[CONFIRMED]].concat()));
    let claimed_for = [
        "abort, server deleted and claimed for",
        "release of a deleted server",
        "revert-resize, server deleted and claimed for",
    ];
    assert_eq!(shown_by(&found, Violation::DeletedHolds), begun_and(&claimed_for));
}

/// The given starts, and all from which a migration begins.
fn begun_and(others: &[&'static str]) -> BTreeSet<&'static str> {
    let begins = |start: &InitialState| matches!(start.task, Task::Migrate(_) | Task::LiveMigrate(_));
    let begun = starts().into_iter().filter(begins).map(|start| start.name);
    begun.chain(others.iter().copied()).collect()
}
