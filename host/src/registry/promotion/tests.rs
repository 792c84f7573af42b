//! The promotion check of the built-in policies and of policies that misbehave.

mod searched_scenes;

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::FutureExt as _;

use super::*;
use crate::contract::Effect;
use crate::drive::drive;
use crate::engine::tests::{moves_only, policy};
use crate::record::{End, PolicyName};
use crate::replay::Would;
use crate::simulation::check::{OLD_SERVICES, scenes};
use crate::simulation::scenario::{Scenario, built_in};
use crate::simulation::{SimWorld, Violation};

/// The kinds of task for which migrations are simulated.
const MIGRATIONS: [&str; 6] = ["abort", "confirm", "live-migrate", "migrate", "release", "revert-resize"];

/// The names of the scenarios that a policy fails.
fn failed(name: &str) -> BTreeSet<String> {
    let found = conformance(&policy(name));
    assert_eq!(found.passed.len() + found.failed.len(), built_in().len());
    found.failed.into_iter().map(|failed| failed.name).collect()
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

/// A search that found nothing, for the tests of the other parts.
fn searched() -> Searching {
    Searching::Known(SearchReport::default())
}

/// The record of a scenario under a policy.
fn record(id: &str, scenario: &str, policy_name: &str) -> Record {
    let scenario = built_in().iter().find(|one| one.name == scenario).unwrap();
    let (policy, world) = (policy(policy_name), SimWorld::new(scenario));
    let run = drive(&policy, &scenario.task, &world, &mut ()).now_or_never().unwrap();
    Record::new(id.into(), scenario.task.clone(), PolicyName::from(policy.as_ref()), run.history, End::of(&run.end))
}

/// The scenarios of moves, and those of migrations.
fn by_kind() -> (Vec<&'static Scenario>, Vec<&'static Scenario>) {
    built_in().iter().partition(|scenario| !MIGRATIONS.contains(&scenario.task.kind().name()))
}

#[test]
fn every_scenario_has_its_own_name_and_an_allowed_end() {
    let (moves, migrations) = by_kind();
    assert_eq!((moves.len(), migrations.len()), (33, 29));
    let kinds: BTreeSet<&str> = migrations.iter().map(|scenario| scenario.task.kind().name()).collect();
    assert_eq!(kinds, BTreeSet::from(MIGRATIONS));
    let names: BTreeSet<&str> = built_in().iter().map(|scenario| scenario.name.as_str()).collect();
    assert_eq!(names.len(), built_in().len());
    for Scenario { name, allowed, .. } in built_in() {
        let plain = |c: char| c.is_ascii_lowercase() || c == '-';
        assert!(name.chars().all(plain) && !allowed.is_empty(), "{name}");
        // A scenario with the name of a kind of task would be accepted together with that kind.
        assert!(!kinds.contains(name.as_str()), "{name}");
    }
}

#[test]
fn standard_passes() {
    assert_eq!(conformance(&policy("standard")).failed, []);
}

#[test]
fn nova_34_leaks() {
    let expected = names(&[
        "back-to-a-deleted-server",
        "back-to-a-server-deleted-meanwhile",
        "back-to-a-server-that-nova-cannot-tell-of",
        "back-while-nova-is-silent",
        "delete-done-and-unanswered",
        "live-migration-while-the-conductor-is-silent",
        "resize-of-a-server-deleted-meanwhile",
        "resize-whose-failure-is-not-saved",
        "resize-whose-rollback-finds-no-placement",
        "resize-whose-swap-is-done-and-unanswered",
        "resize-while-the-conductor-is-silent",
        "revert-a-resize-of-a-deleted-server",
        "revert-to-a-deleted-server",
        "revert-to-a-server-that-nova-cannot-tell-of",
    ]);
    assert_eq!(failed("nova-34"), expected);
    let found = conformance(&policy("nova-34"));
    let leak = found.failed.iter().find(|failed| failed.name == "revert-to-a-deleted-server").unwrap();
    assert_eq!(leak.expected, "source-deleted or target-deleted, and neither the source nor the target holds anything");
    let held = "2048 MEMORY_MB + 2 VCPU of the source's node + 20 DISK_GB of the shared disks";
    assert_eq!(leak.found, format!("moved; the server holds {held}, the migration record nothing"));
    let leak = found.failed.iter().find(|failed| failed.name == "revert-a-resize-of-a-deleted-server").unwrap();
    assert_eq!(leak.found, "moved; a deleted server holds something");
}

#[test]
fn seed_loses_a_live_servers_allocations() {
    let expected = names(&[
        "abort-before-it-has-begun",
        "abort-of-a-failed-migration",
        "back-to-a-live-server-that-placement-forgot",
        "back-to-a-server-that-nova-cannot-tell-of",
        "back-while-nova-is-silent",
        "live-migration-while-the-conductor-is-silent",
        "live-migration-without-a-fit-host",
        "release-of-a-failed-migration",
        "resize-out-of-alternates",
        "resize-whose-failure-is-not-saved",
        "resize-whose-rollback-finds-no-placement",
        "resize-whose-swap-is-done-and-unanswered",
        "resize-while-the-conductor-is-silent",
        "resize-without-a-host",
        "revert-to-a-live-server-that-placement-forgot",
        "revert-to-a-server-that-nova-cannot-tell-of",
    ]);
    assert_eq!(failed("seed"), expected);
}

#[test]
fn a_policy_that_misbehaves_fails_every_scenario_by_name() {
    for (name, code) in [
        ("loops", "policy-out-of-fuel"),
        ("panics", "policy-trapped"),
        ("grows", "policy-out-of-memory"),
        ("recurses", "policy-stack-overflow"),
        ("floods", "policy-output-too-large"),
        ("means_nothing", "policy-nonsense"),
        ("meddles", "out-of-bounds"),
        ("pauses_for_ever", "history-too-long"),
        ("repeats_itself", "history-too-long"),
        ("changes_its_mind", "history-too-long"),
    ] {
        let found = conformance(&policy(name));
        assert!(found.passed.is_empty(), "{name}: {:?}", found.passed);
        // These policies have rules for the three kinds of moves.
        let (asked, others): (Vec<_>, Vec<_>) = found.failed.into_iter().partition(|failed| failed.offered);
        let (moves, migrations) = by_kind();
        assert_eq!((asked.len(), others.len()), (moves.len(), migrations.len()), "{name}");
        let (by_name, rest) = asked.split_at(if name == "meddles" { asked.len() } else { 3 });
        for failed in by_name {
            assert!(failed.found.starts_with(&format!("failed ({code}): ")), "{name}: {failed:?}");
        }
        assert!(rest.iter().all(|failed| failed.found.starts_with("not called any more")), "{name}: {rest:?}");
    }
}

#[test]
fn kinds_without_rules_are_accepted_one_by_one() {
    let policy = moves_only();
    let check = |accepted: &[&str], refused: &[&str]| {
        let accept_failed = accepted.iter().map(|&name| name.into()).collect();
        let report = judge(&policy, &[], searched(), &Consent { accept_failed, ..Consent::default() });
        let kinds: BTreeSet<&str> = report.conformance.failed.iter().map(|failed| failed.kind.name()).collect();
        assert_eq!(kinds, [&MIGRATIONS[..], &["replace", "revert"]].concat().into_iter().collect());
        assert!(report.conformance.failed.iter().all(|failed| !failed.offered && failed.found.contains("not offered")));
        assert_eq!(report.promoted, refused.is_empty());
        let because = |kind: &&str| report.refused_because.iter().any(|because| because.contains(&format!("`{kind}`")));
        assert_eq!(report.refused_because.len(), refused.len(), "{:?}", report.refused_because);
        assert!(refused.iter().all(because), "{:?}", report.refused_because);
    };
    let with = |kinds: &[&'static str]| [&MIGRATIONS[..], kinds].concat();
    check(&[], &with(&["replace", "revert"]));
    check(&["revert", "replace-made-before"], &with(&["replace"]));
    check(&["replace", "revert"], &MIGRATIONS);
    check(&with(&["replace", "revert"]), &[]);
}

#[test]
fn a_check_for_some_kinds_looks_at_nothing_else() {
    let records = [record("a", "swap", "standard"), record("b", "replace", "standard")];
    let wrong = |name: &str| {
        let (name, violation, found) = (name.to_owned(), None, String::new());
        FailedScene { name, violation, faults: 0, found }
    };
    let searching = Searching::Known(SearchReport { failed: vec![wrong("migrate")], ..SearchReport::default() });
    let check = |names: &str| {
        let kinds: Kinds = names.parse().unwrap();
        judge_for(&kinds, &moves_only(), &records, searching.clone(), &Consent::default())
    };
    let report = check("move");
    assert!(report.promoted, "{:?}", report.refused_because);
    assert_eq!((report.comparison.replayed, report.comparison.same), (1, 1));
    assert!(!report.conformance.passed.is_empty() && report.conformance.failed.is_empty());
    let report = check("move,replace,migrate");
    assert_eq!((report.comparison.replayed, report.offered().unwrap().contain(TaskKind::Migrate)), (2, false));
    let because = |part: &str| report.refused_because.iter().any(|because| because.contains(part));
    assert!(because("the scene `migrate`") && because("by naming `migrate`"), "{:?}", report.refused_because);
    assert!(because("1 of 2 recorded tasks"), "{:?}", report.refused_because);
}

#[test]
fn a_failed_scenario_is_accepted_by_its_name_alone() {
    let all: Vec<String> = failed("seed").into_iter().collect();
    let judged = |accept_failed: &[String]| {
        judge(
            &policy("seed"),
            &[],
            searched(),
            &Consent { accept_failed: accept_failed.to_vec(), ..Consent::default() },
        )
    };
    assert!(judged(&all).promoted);
    let report = judged(&all[1..]);
    assert!(!report.promoted);
    assert_eq!(report.refused_because.len(), 1);
    assert!(report.refused_because[0].contains(&format!("`{}`", all[0])), "{:?}", report.refused_because);
    // Names of passed scenarios and of kinds with rules are allowed; unknown names are not.
    let more = |name: &str| [all.clone(), vec![name.to_owned()]].concat();
    assert!(judged(&more("swap")).promoted);
    assert!(judged(&more("revert")).promoted);
    let report = judged(&more("swop"));
    assert!(!report.promoted && report.refused_because[0].contains("`swop`"), "{:?}", report.refused_because);
}

#[test]
fn differences_are_accepted_by_their_exact_number() {
    let leak = record("a", "revert-to-a-deleted-server", "nova-34");
    let records = [leak.clone(), record("b", "swap", "standard"), Record { id: "c".into(), ..leak }];
    for (accepted, promoted) in [(None, false), (Some(1), false), (Some(2), true), (Some(3), false)] {
        let consent = Consent { accept_differences: accepted, ..Consent::default() };
        let report = judge(&policy("standard"), &records, searched(), &consent);
        assert_eq!((report.comparison.replayed, report.comparison.same), (3, 1));
        assert_eq!(report.promoted, promoted, "{accepted:?}: {:?}", report.refused_because);
        assert!(promoted || report.refused_because[0].starts_with("2 of 3 recorded tasks"));
    }
    for (accepted, promoted) in [(None, true), (Some(0), true), (Some(1), false)] {
        let consent = Consent { accept_differences: accepted, ..Consent::default() };
        assert_eq!(judge(&policy("standard"), &[], searched(), &consent).promoted, promoted, "{accepted:?}");
    }
}

#[test]
fn a_difference_is_told_in_data_and_in_a_line() {
    let leak = record("a-record", "revert-to-a-deleted-server", "nova-34");
    let found = comparison(&policy("standard"), std::slice::from_ref(&leak));
    let [difference] = &found.differences[..] else { panic!("{found:?}") };
    assert_eq!((difference.record.as_str(), difference.index), ("a-record", Some(2)));
    let Some(Would::Perform(effects)) = &difference.would else { panic!("{difference:?}") };
    assert!(matches!(effects[..], [Effect::FindServer(_)]), "{effects:?}");
    for word in ["revert a-record: ", "position 2", "recorded \"POST /allocations", "now \"ask nova", "because: "] {
        assert!(difference.line.contains(word), "{word:?} is missing in {}", difference.line);
    }
    assert!(!difference.line.contains('\n'));
    // The report survives serialization.
    let report = judge(&policy("standard"), &[leak], searched(), &Consent::default());
    let json = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<PromotionReport>(&json).unwrap(), report);
}

#[test]
fn a_candidate_that_breaks_down_differs_in_every_record() {
    let records = [record("a", "swap", "standard"), record("b", "replace", "standard")];
    let check = |policy: &Policy, same: u64, error: &str| {
        let found = comparison(policy, &records);
        assert_eq!((found.replayed, found.same, found.different()), (2, same, 2 - same), "{error}");
        for difference in found.differences {
            assert!(difference.error.unwrap().contains(error) && difference.line.contains(error), "{error}");
        }
    };
    check(&policy("loops"), 0, "units of fuel");
    let found = comparison(&policy("loops"), vec![records[0].clone(); 5]);
    assert_eq!(found.different(), 5);
    assert!(found.differences[4].line.contains("not called any more"), "{}", found.differences[4].line);
    check(&moves_only(), 1, "not offered: the policy has no rules for replace");
}

#[test]
fn differences_are_counted_beyond_those_listed() {
    let records = vec![record("a", "revert-to-a-deleted-server", "nova-34"); 103];
    let found = comparison(&policy("standard"), &records);
    assert_eq!((found.different(), found.differences.len()), (103, 100));
}
