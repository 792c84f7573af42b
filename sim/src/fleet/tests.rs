//! Histories of a fleet whose tasks the rules `standard` decide.

use std::time::Instant;

use swaparoo_plugin::policies;

use super::{Counts, Fence, Fleet, Protocol, Takes, Unanswered};
use crate::Violation;
use crate::contract::{Exchange, Step, Task};

fn standard() -> impl FnMut(&Task, &[Exchange]) -> Step {
    let policy = policies::named("standard").unwrap();
    |task, history| swaparoo_plugin::next_step(policy, task, history)
}

/// Runs the histories of these seeds; the first one in which something is wrong ends the test, with its last events.
fn right(protocol: Protocol, seeds: impl IntoIterator<Item = u64>) -> Counts {
    let (fleet, mut policy, mut counts) = (Fleet::new(protocol).unwrap(), standard(), Counts::default());
    for seed in seeds {
        let history = fleet.history(&mut policy, seed);
        assert!(history.found.is_empty(), "{}", fleet.transcript(&mut policy, seed).text());
        counts += history.counts;
    }
    counts
}

#[test]
fn a_sample_of_histories_is_right() {
    let began = Instant::now();
    let counts = right(Protocol::WHOLE, 0..std::env::var("N").map_or(2_000, |n| n.parse().unwrap()));
    println!("{counts:?} in {:?}", began.elapsed());
}

/// The first seed whose history is wrong, of so many.
fn first_wrong(protocol: Protocol, seeds: u64) -> Option<(u64, Vec<Violation>)> {
    let (fleet, mut policy) = (Fleet::new(protocol).unwrap(), standard());
    (0..seeds).find_map(|seed| {
        let history = fleet.history(&mut policy, seed);
        let found: Vec<_> = history.found.iter().map(|(violation, _)| *violation).collect();
        (!found.is_empty()).then_some((seed, found))
    })
}

#[test]
fn without_a_rule_histories_are_wrong() {
    let rules = [
        ("count", Protocol { fence: Fence::Count, ..Protocol::WHOLE }),
        ("no fence", Protocol { fence: Fence::Nothing, ..Protocol::WHOLE }),
        ("no locks", Protocol { locks: false, ..Protocol::WHOLE }),
        ("not done", Protocol { unanswered: Unanswered::NotDone, ..Protocol::WHOLE }),
        ("done", Protocol { unanswered: Unanswered::Done, ..Protocol::WHOLE }),
        ("once", Protocol { takes: Takes::OfMarkedOnce, ..Protocol::WHOLE }),
        ("late", Protocol { passes_late_writes: false, ..Protocol::WHOLE }),
    ];
    for (name, protocol) in rules {
        println!("{name}: {:?}", first_wrong(protocol, 5_000));
    }
}

#[test]
fn experiment() {
    use std::collections::BTreeMap;
    let n: u64 = std::env::var("N").map_or(2_000, |n| n.parse().unwrap());
    let rules = [
        ("behind", Protocol { waits_for_commits: false, ..Protocol::WHOLE }),
        ("whole", Protocol::WHOLE),
        ("count", Protocol { fence: Fence::Count, ..Protocol::WHOLE }),
        ("no fence", Protocol { fence: Fence::Nothing, ..Protocol::WHOLE }),
        ("no locks", Protocol { locks: false, ..Protocol::WHOLE }),
        ("not done", Protocol { unanswered: Unanswered::NotDone, ..Protocol::WHOLE }),
        ("done", Protocol { unanswered: Unanswered::Done, ..Protocol::WHOLE }),
        ("once", Protocol { takes: Takes::OfMarkedOnce, ..Protocol::WHOLE }),
        ("late", Protocol { passes_late_writes: false, ..Protocol::WHOLE }),
    ];
    let only = std::env::var("ONLY").unwrap_or_default();
    for (name, protocol) in rules.into_iter().filter(|(name, _)| only.is_empty() || only.split(',').any(|one| one == *name)) {
        let (fleet, mut policy) = (Fleet::new(protocol).unwrap(), standard());
        let (mut counts, mut found): (Counts, BTreeMap<Violation, (usize, u64)>) = Default::default();
        let began = Instant::now();
        for seed in 0..n {
            let history = fleet.history(&mut policy, seed);
            counts += history.counts;
            if name == "whole" && !history.forgiven.is_empty() {
                println!("{}\n", fleet.transcript(&mut policy, seed).text());
            }
            let kinds: std::collections::BTreeSet<_> = history.found.iter().map(|one| one.0).collect();
            for kind in kinds {
                found.entry(kind).or_insert((0, seed)).0 += 1;
            }
        }
        println!("{name}: {found:?} {:?}\n   {counts:?}", began.elapsed());
    }
}
