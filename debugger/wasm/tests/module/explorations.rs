//! Explorations: their sizes, and that each path opens as the same fork.

use std::collections::BTreeMap;

use swaparoo_debugger::change::Change;
use swaparoo_debugger::explore::{Explorer, Share};
use swaparoo_debugger::explored_path::ExploredPath;
use swaparoo_debugger::opened_task::OpenedTask;

use super::{history, play, record, rules, scenario, summary};

fn explore(
    opened: &OpenedTask,
    policy: &str,
    changes: &[Change],
    from: usize,
    most: usize,
) -> (usize, usize, Vec<ExploredPath>) {
    explored(Explorer::new(opened, &rules(policy), changes, from, most, Share::WHOLE).unwrap())
}

fn explored(mut explorer: Explorer) -> (usize, usize, Vec<ExploredPath>) {
    let mut paths = Vec::new();
    loop {
        let portion = explorer.run(7).unwrap();
        paths.extend(portion.paths);
        if portion.done {
            assert_eq!(paths.len(), portion.histories);
            return (portion.histories, portion.calls, paths);
        }
    }
}

#[test]
fn as_much_as_ever_is_explored() {
    let expected = [
        ("live-server", "standard", (141, 1_514), [("person", 11), ("right", 130)].as_slice()),
        ("live-server", "nova-34", (101, 231), &[("leak", 8), ("loss", 38), ("right", 55)]),
        ("bug-1848343", "nova-34", (94, 216), &[("leak", 38), ("loss", 11), ("right", 45)]),
        ("lost-answer", "seed", (55, 126), &[("leak", 1), ("loss", 13), ("right", 41)]),
    ];
    let mut differ = Vec::new();
    for (id, policy, counts, verdicts) in expected {
        let (histories, calls, paths) = explore(&scenario(id), policy, &[], 0, 1);
        let found = tally(&paths);
        assert_eq!(found.values().sum::<usize>(), histories);
        if ((histories, calls), &found) != (counts, &BTreeMap::from_iter(verdicts.iter().copied())) {
            differ.push((id, policy, (histories, calls), found));
        }
    }
    assert!(differ.is_empty(), "histories, calls and verdicts now: {differ:?}");
}

#[test]
fn the_shares_of_workers_are_together_the_whole() {
    for (id, policy, from, most) in [("live-server", "standard", 0, 1), ("live-server", "nova-34", 3, 2)] {
        let opened = scenario(id);
        let (histories, calls, mut whole) = explore(&opened, policy, &[], from, most);
        whole.sort();
        for of in [2, 3, 8] {
            let (mut found, mut counted) = (Vec::new(), (0, 0));
            for number in 0..of {
                let share = Share { number, of };
                let part = explored(Explorer::new(&opened, &rules(policy), &[], from, most, share).unwrap());
                assert!(
                    of > 3 || part.0 * of > histories / 2,
                    "{id}: share {number} of {of} has {} of {histories}",
                    part.0
                );
                counted = (counted.0 + part.0, counted.1 + part.1);
                found.extend(part.2);
            }
            found.sort();
            assert_eq!(counted, (histories, calls), "{id}, {of} shares");
            assert!(found == whole, "{id}, {of} shares");
        }
    }
}

/// The number of paths with each verdict.
fn tally(paths: &[ExploredPath]) -> BTreeMap<&'static str, usize> {
    let mut tally = BTreeMap::new();
    for path in paths {
        *tally.entry(path.verdict).or_default() += 1;
    }
    tally
}

/// Opens a path as the page does.
fn opens(opened: &OpenedTask, policy: &str, changes: &[Change], path: &ExploredPath) {
    let events = path.events.iter().map(|event| Change::at(event.effect, event.nth, &event.what));
    let run = play(opened, policy, &changes.iter().cloned().chain(events).collect::<Vec<_>>());
    assert_eq!(
        (run.end.name.as_str(), run.verdict.kind),
        (path.end.as_str(), path.verdict),
        "{policy}: {:#?}",
        path.events
    );
    // A change that does not belong to the path may not be reached any more.
    assert!(run.unused.iter().all(|unused| changes.contains(unused)), "{policy}: {:#?}", path.events);
}

#[test]
fn each_path_of_a_scenario_is_the_fork_that_it_opens() {
    for (id, policy) in
        [("live-server", "standard"), ("bug-1848343", "nova-34"), ("lost-answer", "seed"), ("double-move", "standard")]
    {
        let opened = scenario(id);
        let (.., paths) = explore(&opened, policy, &[], 0, 1);
        // The first is the current run.
        assert_eq!((paths[0].events.len(), paths[0].end.as_str()), (0, play(&opened, policy, &[]).end.name.as_str()));
        paths.iter().for_each(|path| opens(&opened, policy, &[], path));
    }
}

#[test]
fn each_path_of_a_fork_is_the_fork_that_it_opens() {
    let opened = scenario("live-server");
    let fork = [Change::at("select-destinations", 1, "server-deleted")];
    let (.., paths) = explore(&opened, "nova-34", &fork, 9, 1);
    assert!(paths.len() > 10);
    paths.iter().for_each(|path| opens(&opened, "nova-34", &fork, path));
}

#[test]
fn each_path_of_a_record_is_the_fork_that_it_opens() {
    for id in ["lost-answer", "resize"] {
        let recorded = play(&scenario(id), "standard", &[]);
        let opened = record(recorded.task.clone(), history(&recorded));
        let (.., paths) = explore(&opened, "standard", &[], 6, 1);
        assert_eq!(summary(&recorded), summary(&play(&opened, "standard", &[])));
        paths.iter().for_each(|path| opens(&opened, "standard", &[], path));
    }
}

#[test]
fn there_is_no_future_after_the_end() {
    let error = Explorer::new(&scenario("resize"), &rules("standard"), &[], 999, 1, Share::WHOLE).err().unwrap();
    assert_eq!(error, "the task has ended before exchange 999: there is no future to explore");
}
