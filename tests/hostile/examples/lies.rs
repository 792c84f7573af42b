//! Reports a false outcome. The subject's first digit selects which: 0 moved, to a foreign consumer; 1 moved, without
//! any effect; 2 moved, after a read that shows the opposite; 3 moved, with more than the target got; 4 source deleted,
//! without a write; 5 nothing to move, without a read; 6 already moved, while the source holds allocations; 7 started,
//! without a cast.
#![cfg(target_family = "wasm")]

use swaparoo_hostile::{both, finished, held, perform, read_both, subject, swap};
use swaparoo_plugin::contract::{
    Allocation, Exchange, HostNode, Outcome, Removal, ResourceAmount, Started, Step, Task, Transfer,
};

const STRANGER: &str = "99999999-9999-4999-8999-999999999999";
const NODE: &str = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa";

swaparoo_hostile::policy!(next_step);

fn next_step(task: &Task, history: &[Exchange]) -> Step {
    let [source, target] = both(task).map(str::to_owned);
    let moved = |target: &str| Transfer { source: source.clone(), target: target.to_owned(), allocations: some() };
    let reads = matches!(subject(task).as_bytes().first(), Some(b'2' | b'3' | b'6'));
    if reads && history.is_empty() {
        return perform(read_both(task));
    }
    let read = held(history, &source);
    finished(match subject(task).as_bytes().first() {
        Some(b'0') => Outcome::Moved(moved(STRANGER)),
        Some(b'1') => Outcome::Moved(moved(&target)),
        Some(b'2') => Outcome::Moved(Transfer { source, target, allocations: read }),
        Some(b'3') if history.len() == 2 => return perform(vec![swap(task, history)]),
        Some(b'3') => Outcome::Moved(Transfer { source, target, allocations: [read, some()].concat() }),
        Some(b'4') => Outcome::SourceDeleted(Removal { consumer: source, allocations: some() }),
        Some(b'5') => Outcome::NothingToMove,
        Some(b'6') => Outcome::AlreadyMoved(Transfer { source, target, allocations: read }),
        _ => {
            let destination = HostNode { host: "elsewhere".into(), node: "elsewhere".into() };
            Outcome::Started(Started { migration: target, destination, swapped: false })
        }
    })
}

fn some() -> Vec<Allocation> {
    vec![Allocation { provider: NODE.into(), resources: vec![ResourceAmount { class: "VCPU".into(), amount: 7 }] }]
}
