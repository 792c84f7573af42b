//! Explorations: their sizes, and that each path opens as the same fork.

use std::collections::BTreeMap;

use swaparoo_debugger::change::Change;
use swaparoo_debugger::explore::Explorer;
use swaparoo_debugger::leaf::Leaf;
use swaparoo_debugger::opening::Opening;

use super::{history, play, record, rules, story, told};

fn explore(opening: &Opening, policy: &str, changes: &[Change], from: usize, most: usize) -> (usize, usize, Vec<Leaf>) {
    let mut explorer = Explorer::new(opening, &rules(policy), changes, from, most).unwrap();
    let mut leaves = Vec::new();
    loop {
        let portion = explorer.run(7).unwrap();
        leaves.extend(portion.leaves);
        if portion.done {
            assert_eq!(leaves.len(), portion.histories);
            return (portion.histories, portion.calls, leaves);
        }
    }
}

#[test]
fn as_much_as_ever_is_explored() {
    for (id, policy, counts, verdicts) in [
        ("live-server", "standard", (136, 1_067), [("person", 11), ("right", 125)].as_slice()),
        ("live-server", "nova-34", (91, 216), &[("leak", 8), ("loss", 31), ("right", 52)]),
        ("bug-1848343", "nova-34", (86, 204), &[("leak", 35), ("loss", 9), ("right", 42)]),
        ("lost-answer", "seed", (51, 118), &[("leak", 1), ("loss", 11), ("right", 39)]),
    ] {
        let (histories, calls, leaves) = explore(&story(id), policy, &[], 0, 1);
        assert_eq!(tally(&leaves).values().sum::<usize>(), histories);
        assert_eq!((histories, calls), counts, "{id} under {policy}");
        assert_eq!(tally(&leaves), BTreeMap::from_iter(verdicts.iter().copied()), "{id} under {policy}");
    }
}

/// The number of paths with each verdict.
fn tally(leaves: &[Leaf]) -> BTreeMap<&'static str, usize> {
    let mut tally = BTreeMap::new();
    for leaf in leaves {
        *tally.entry(leaf.verdict).or_default() += 1;
    }
    tally
}

/// Opens a path as the page does.
fn opens(opening: &Opening, policy: &str, changes: &[Change], leaf: &Leaf) {
    let turns = leaf.path.iter().map(|turn| Change::at(turn.effect, turn.nth, &turn.what));
    let course = play(opening, policy, &changes.iter().cloned().chain(turns).collect::<Vec<_>>());
    assert_eq!(
        (course.end.name.as_str(), course.verdict.kind),
        (leaf.end.as_str(), leaf.verdict),
        "{policy}: {:#?}",
        leaf.path
    );
    // A change that does not belong to the path may not be reached any more.
    assert!(course.unused.iter().all(|unused| changes.contains(unused)), "{policy}: {:#?}", leaf.path);
}

#[test]
fn each_future_of_a_story_is_the_fork_that_it_opens() {
    for (id, policy) in
        [("live-server", "standard"), ("bug-1848343", "nova-34"), ("lost-answer", "seed"), ("double-move", "standard")]
    {
        let opening = story(id);
        let (.., leaves) = explore(&opening, policy, &[], 0, 1);
        // The first is the current course.
        assert_eq!((leaves[0].path.len(), leaves[0].end.as_str()), (0, play(&opening, policy, &[]).end.name.as_str()));
        leaves.iter().for_each(|leaf| opens(&opening, policy, &[], leaf));
    }
}

#[test]
fn each_future_of_a_fork_is_the_fork_that_it_opens() {
    let opening = story("live-server");
    let fork = [Change::at("select-destinations", 1, "server-deleted")];
    let (.., leaves) = explore(&opening, "nova-34", &fork, 9, 1);
    assert!(leaves.len() > 10);
    leaves.iter().for_each(|leaf| opens(&opening, "nova-34", &fork, leaf));
}

#[test]
fn each_future_of_a_record_is_the_fork_that_it_opens() {
    for id in ["lost-answer", "resize"] {
        let recorded = play(&story(id), "standard", &[]);
        let opening = record(recorded.task.clone(), history(&recorded));
        let (.., leaves) = explore(&opening, "standard", &[], 6, 1);
        assert_eq!(told(&recorded), told(&play(&opening, "standard", &[])));
        leaves.iter().for_each(|leaf| opens(&opening, "standard", &[], leaf));
    }
}

#[test]
fn there_is_no_future_after_the_end() {
    let error = Explorer::new(&story("resize"), &rules("standard"), &[], 999, 1).err().unwrap();
    assert_eq!(error, "the task has ended before exchange 999: there is no future to explore");
}
