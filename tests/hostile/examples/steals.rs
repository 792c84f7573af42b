//! Reads both consumers and gives the target something that the source does not hold. The subject's first digit selects
//! the fault: 0 the node, 1 the amount, 2 the class, 3 the project, 4 the user, 5 the project of the emptied
//! consumer.
#![cfg(target_family = "wasm")]

use swaparoo_hostile::{both, perform, read_both, subject, swap};
use swaparoo_plugin::contract::{DeleteAllocations, Effect, Exchange, NewHolding, PostAllocations, Step, Task};

const OTHER_NODE: &str = "99999999-9999-4999-8999-999999999999";
const STOLEN: &str = "stolen-project";

swaparoo_hostile::policy!(next_step);

fn next_step(task: &Task, history: &[Exchange]) -> Step {
    if history.is_empty() {
        return perform(read_both(task));
    }
    let [source, target] = both(task);
    if subject(task).starts_with('5') {
        let (consumer, project, user) = (source.to_owned(), STOLEN.to_owned(), "u".to_owned());
        let delete = DeleteAllocations { consumer, project, user, generation: 1 };
        return perform(vec![Effect::DeleteAllocations(delete)]);
    }
    let mut write = swap(task, history);
    if let Effect::PostAllocations(PostAllocations { consumers }) = &mut write {
        consumers.iter_mut().filter(|entry| entry.consumer == target).for_each(|entry| falsify(task, entry));
    }
    perform(vec![write])
}

fn falsify(task: &Task, entry: &mut NewHolding) {
    match (subject(task).as_bytes().first(), entry.allocations.first_mut()) {
        (Some(b'3'), _) => entry.project = STOLEN.into(),
        (Some(b'4'), _) => entry.user = "another-user".into(),
        (Some(b'0'), Some(allocation)) => allocation.provider = OTHER_NODE.into(),
        (Some(b'1'), Some(allocation)) => allocation.resources.iter_mut().for_each(|resource| resource.amount = 7),
        (_, Some(allocation)) => allocation.resources.iter_mut().for_each(|resource| resource.class.insert(0, 'X')),
        _ => {}
    }
}
