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
    let counts = right(Protocol::WHOLE, 0..2_000);
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
