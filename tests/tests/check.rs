//! The search of all states, with the native rules: what it finds in nova's rules and in the first change, which scenes
//! `standard` passes, and the size of each search.

use swaparoo::simulation::check::{
    Counterexample, KNOWN, LARGE, LeftOut, Limits, OtherAction, Outcome, Scene, Transcript, check, scenes,
};
use swaparoo::simulation::{SimEvent, Violation};
use swaparoo_plugin::policies;
use swaparoo_tests::exploration::native;
use swaparoo_tests::sample::nightly;

fn scene(name: &str) -> Scene {
    let found = scenes().unwrap().into_iter().find(|scene| scene.name == name);
    found.unwrap_or_else(|| panic!("there is no scene {name}"))
}

fn searched(policy: &str, scene: &Scene, faults: u32) -> Outcome {
    let limits = Limits { faults, states: 500_000, repairs: true };
    check(&mut native(policies::named(policy).unwrap()), scene, limits, &mut |_| {})
}

/// What is wrong, with the number of faults and of steps to it.
fn wrong(outcome: &Outcome) -> Vec<(Violation, u32, usize)> {
    outcome.counterexamples.iter().map(|found| (found.violation, found.faults, found.actions.len())).collect()
}

fn text(policy: &str, scene: &Scene, found: &Counterexample) -> String {
    Transcript::of(&mut native(policies::named(policy).unwrap()), scene, found).text()
}

/// What others did, as the transcript shows it.
fn others(actions: &Counterexample) -> Vec<OtherAction> {
    use swaparoo::simulation::check::Action::Other;
    let others = actions.actions.iter().filter_map(|action| match action {
        Other { action, .. } => Some(*action),
        _ => None,
    });
    others.collect()
}

/// Bug 1848343, as its shortest counterexample: no fault, only a deletion before the write.
#[test]
fn nova_34_leaks_without_any_fault() {
    let scene = scene("give-back");
    let outcome = searched("nova-34", &scene, 1);
    let stale = [(Violation::Lost, 1, 2), (Violation::MigrationHolds, 1, 2)];
    assert_eq!(wrong(&outcome), [&[(Violation::DeletedHolds, 0, 6)][..], &stale].concat());
    let found = &outcome.counterexamples[0];
    use OtherAction::{AllocationsDeleted, Deleting, Gone};
    assert_eq!(others(found), [Deleting, Gone, AllocationsDeleted]);
    let text = text("nova-34", &scene, found);
    assert!(text.contains("  finished: S holds what M1 held"), "{text}");
    assert!(text.contains("server S does not exist and holds 2048 MEMORY_MB + 2 VCPU on source"), "{text}");
}

#[test]
fn nova_34_takes_a_swap_whose_answer_was_lost_for_not_done() {
    let scene = scene("swap");
    let outcome = searched("nova-34", &scene, 1);
    assert_eq!(wrong(&outcome), [(Violation::Lost, 1, 5), (Violation::MigrationHolds, 1, 5)]);
    let text = text("nova-34", &scene, &outcome.counterexamples[0]);
    assert!(text.contains("    ! done, and the answer lost\n      POST /allocations"), "{text}");
    assert!(text.contains("server S is on source and holds nothing"), "{text}");
}

/// One read of a replica that is behind, and nova ends without a write.
#[test]
fn nova_34_takes_a_stale_read_for_the_truth() {
    let scene = scene("give-back");
    let found = searched("nova-34", &scene, 1).counterexamples.into_iter().find(|found| found.faults == 1);
    let text = text("nova-34", &scene, &found.expect("a counterexample"));
    assert!(
        text.contains("    ! answered from before the last commit\n      GET /allocations/M1\n        -> nothing"),
        "{text}"
    );
    assert!(text.contains("server S is on source and holds nothing"), "{text}");
}

#[test]
fn seed_loses_the_allocations_of_a_live_server() {
    let outcome = searched("seed", &scene("give-back"), 1);
    assert_eq!(wrong(&outcome), [(Violation::Lost, 0, 3), (Violation::MigrationHolds, 1, 2)]);
    assert_eq!(outcome.counterexamples[0].actions.iter().filter(|action| action.is_fault()).count(), 0);
}

/// The scenes that take at most seconds, each with the states and calls of its search.
const SIZES: [(&str, [usize; 2]); 45] = [
    ("swap", [650, 565]),
    ("give-back", [5_329, 6_065]),
    ("give-back-local-delete", [3_877, 4_424]),
    ("give-back-claimed", [117, 243]),
    ("replace-then-revert", [368, 576]),
    ("replace-then-revert-deleted", [6_681, 7_814]),
    ("migrate", [1_345, 1_153]),
    ("late-scheduler", [1_366, 1_169]),
    ("live-migrate", [1_386, 1_237]),
    ("confirm", [96, 188]),
    ("revert-resize", [4_660, 4_968]),
    ("release", [6_768, 7_398]),
    ("release-beside-migration", [12_468, 15_826]),
    ("abort", [1_212, 1_346]),
    ("abort-old-beside-migration", [931, 1_484]),
    ("release-old-beside-migration", [785, 2_163]),
    ("abort-failed-finish", [27, 172]),
    ("release-failed-finish", [1_034, 1_790]),
    ("migrate-on-one-host", [1_335, 1_151]),
    ("confirm-on-one-host", [96, 188]),
    ("revert-on-one-host", [4_660, 4_968]),
    ("release-confirmed-on-one-host", [246, 595]),
    ("abort-on-one-host", [830, 980]),
    ("release-on-one-host", [6_711, 7_726]),
    ("give-back-beside-record", [241, 475]),
    ("move-to-itself", [4, 6]),
    ("reschedule", [2_161, 1_936]),
    ("reschedule-ports", [1_812, 1_660]),
    ("reschedule-unaccounted", [2_243, 2_111]),
    ("live-migrate-unfit", [2_365, 2_176]),
    ("live-migrate-forced", [1_798, 1_671]),
    ("live-migrate-forced-unfit", [3_240, 2_948]),
    ("live-migrate-source-down", [447, 345]),
    ("live-migrate-unaccounted", [1_715, 1_452]),
    ("resize-ports", [1_258, 1_126]),
    ("resize-ports-old-host", [2_669, 2_519]),
    ("resize-ports-old-scheduler", [1_525, 1_370]),
    ("resize-ports-pinned", [2_777, 2_557]),
    ("resize-ports-no-service", [1_843, 1_680]),
    ("abort-cast-arrives", [5_577, 5_028]),
    ("release-claim", [163, 399]),
    ("release-without-flavor", [160, 309]),
    ("release-arrived-on-one-host", [33, 151]),
    ("release-arrived-without-flavor", [58, 133]),
    ("migrate-cells", [1_060, 974]),
];

/// What is known to be wrong under `standard` in a scene with so many faults.
fn known(scene: &str, faults: u32) -> Vec<(Violation, u32, usize)> {
    let known = KNOWN.iter().filter(|known| known.scene == scene && known.faults <= faults);
    known.map(|known| (known.violation, known.faults, known.steps)).collect()
}

/// The scenes that the promotion check searches without faults.
#[test]
fn the_large_scenes_have_more_than_2000_states_with_one_fault() {
    let with_one = SIZES
        .into_iter()
        .chain(AT_NIGHT.into_iter().filter(|(_, faults, _)| *faults == 1).map(|(name, _, size)| (name, size)));
    let mut large: Vec<_> = with_one.filter(|(_, [states, _])| *states > 2_000).map(|(name, _)| name).collect();
    large.sort_unstable();
    let mut expected = LARGE;
    expected.sort_unstable();
    assert_eq!(large, expected);
}

#[test]
fn standard_is_right_except_in_the_known_cases() {
    let expected = SIZES.map(|(name, size)| (name, known(name, 1), size));
    let found = expected.clone().map(|(name, ..)| {
        let outcome = searched("standard", &scene(name), 1);
        assert!(outcome.is_complete, "{name}");
        (name, wrong(&outcome), [outcome.states, outcome.calls])
    });
    let differ: Vec<_> = found.iter().filter(|found| !expected.contains(found)).collect();
    assert!(differ.is_empty(), "violations, states and calls now: {differ:#?}");
}

/// The longer searches, with the faults, the states and the calls of each.
const AT_NIGHT: [(&str, u32, [usize; 2]); 10] = [
    ("abort-cast-in-flight", 1, [380_348, 315_127]),
    ("migrate-then-abort", 1, [391_525, 324_067]),
    ("migrate-deleted", 1, [58_264, 56_908]),
    ("abort-deleted", 1, [253_225, 245_689]),
    ("confirm", 2, [584, 899]),
    ("swap", 2, [7_796, 8_247]),
    ("revert-resize", 2, [122_830, 142_857]),
    ("replace-then-revert", 2, [6_255, 8_471]),
    ("release-failed-finish", 2, [7_910, 12_783]),
    ("migrate", 2, [95_745, 81_032]),
];

#[test]
fn standard_is_right_in_long_searches_except_in_the_known_cases() {
    let searches = AT_NIGHT.into_iter().filter(|_| nightly());
    let expected: Vec<_> = searches.map(|(name, faults, size)| (name, faults, known(name, faults), size)).collect();
    let found = expected.iter().map(|(name, faults, ..)| {
        let outcome = searched("standard", &scene(name), *faults);
        assert!(outcome.is_complete, "{name}");
        (*name, *faults, wrong(&outcome), [outcome.states, outcome.calls])
    });
    let differ: Vec<_> = found.filter(|found| !expected.contains(found)).collect();
    assert!(differ.is_empty(), "violations, states and calls now: {differ:#?}");
}

/// Without stale reads and lost journals, pairs of faults have one wrong end in a swap: Placement forgets the consumer that
/// the write created, the PUT that makes it again is late, the server is deleted, and the PUT arrives after the end.
#[test]
fn after_a_forgotten_consumer_a_lost_write_arrives_too_late() {
    let scene = scene("swap").without(LeftOut { stale_reads: true, lost_journals: true });
    let outcome = searched("standard", &scene, 2);
    assert_eq!(wrong(&outcome), [(Violation::MigrationHolds, 2, 20)]);
    let text = text("standard", &scene, &outcome.counterexamples[0]);
    let forgets = text.find("! done, and Placement answers 500 and forgets the new consumer").expect(&text);
    let lost = text.find("! no answer; the request arrives later").expect(&text);
    let arrives = text.find("* a delayed request: arrives: PUT").expect(&text);
    assert!(forgets < lost && lost < arrives, "{text}");
}

/// A write is late, and of the reads after it one is of before, one of after it arrived, so both consumers look empty. They
/// are read once more.
#[test]
fn a_torn_read_after_a_late_write_is_noticed() {
    let scene = scene("swap").without(LeftOut { lost_journals: true, ..LeftOut::default() });
    let outcome = searched("standard", &scene, 2);
    let late_after_the_end = (Violation::MigrationHolds, 2, 20);
    assert_eq!(wrong(&outcome), [late_after_the_end]);
}

#[test]
fn two_searches_find_the_same() {
    let scene = scene("replace-then-revert-deleted");
    assert_eq!(searched("nova-34", &scene, 1), searched("nova-34", &scene, 1));
}

#[test]
fn the_normal_answer_is_no_fault() {
    let outcome = searched("standard", &scene("confirm"), 0);
    assert_eq!(wrong(&outcome), []);
    assert!(!SimEvent::ANSWERED.is_rare());
}

#[test]
fn each_known_counterexample_is_in_a_scene_that_is_searched() {
    let searched: Vec<_> =
        SIZES.iter().map(|(name, _)| (*name, 1)).chain(AT_NIGHT.map(|(name, faults, _)| (name, faults))).collect();
    for known in KNOWN {
        assert!(searched.iter().any(|(name, faults)| *name == known.scene && known.faults <= *faults), "{known:?}");
    }
}
