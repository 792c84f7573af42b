//! Writes that a task has lost and that may still arrive. Placement refuses such a write while the consumer has another
//! generation than the write names. But a consumer that was emptied and filled again starts at the first generation again,
//! so a later task must move the consumer past the generations that lost writes of earlier tasks name.

use std::collections::BTreeSet;

use crate::contract::{Effect, ForeignAnswer, Holding, NewHolding, PutAllocations, Reply};

/// Whether a write with this reply may still arrive, as the rules see it.
#[must_use]
pub fn is_lost(reply: &Reply) -> bool {
    match reply {
        Reply::Lost(_) => true,
        Reply::Foreign(ForeignAnswer { status, .. }) => !(400..500).contains(status),
        _ => false,
    }
}

/// The generation of the consumer that a write names; `None` if Placement creates the consumer.
#[must_use]
pub fn generation(write: &Effect, consumer: &str) -> Option<u32> {
    let of = |entry: &NewHolding| (entry.consumer == consumer).then_some(entry.generation).flatten();
    match write {
        Effect::PostAllocations(post) => post.consumers.iter().find_map(of),
        Effect::PutAllocations(put) => of(&put.holding),
        Effect::DeleteAllocations(delete) => (delete.consumer == consumer).then_some(delete.generation),
        _ => None,
    }
}

/// The write of the same allocations, which moves the consumer past its generation, if a lost write names that one.
#[must_use]
pub fn rewrite(now: &Holding, lost: &BTreeSet<u32>) -> Option<Effect> {
    let owner = now.owner.as_ref().filter(|owner| lost.contains(&owner.generation) && !now.allocations.is_empty())?;
    let holding = NewHolding {
        consumer: now.consumer.clone(),
        project: owner.project.clone(),
        user: owner.user.clone(),
        generation: Some(owner.generation),
        allocations: now.allocations.clone(),
    };
    Some(Effect::PutAllocations(PutAllocations { holding, mappings: Vec::new(), version: "1.28".into() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{DeleteAllocations, PostAllocations, Silence};

    fn new(consumer: &str, generation: Option<u32>) -> NewHolding {
        let [consumer, project, user] = [consumer, "p", "u"].map(str::to_owned);
        NewHolding { consumer, project, user, generation, allocations: Vec::new() }
    }

    #[test]
    fn a_write_may_arrive_late_unless_it_was_refused() {
        let foreign = |status| Reply::Foreign(ForeignAnswer { status, body: String::new() });
        let silence = || Silence { detail: String::new() };
        for reply in [Reply::Lost(silence()), foreign(502), foreign(200)] {
            assert!(is_lost(&reply), "{reply:?}");
        }
        for reply in [Reply::Written, Reply::Unreachable(silence()), foreign(413)] {
            assert!(!is_lost(&reply), "{reply:?}");
        }
    }

    #[test]
    fn the_generation_that_a_write_names_is_found_in_each_kind_of_write() {
        let post = Effect::PostAllocations(PostAllocations { consumers: vec![new("a", Some(1)), new("b", None)] });
        let holding = new("a", Some(2));
        let put = Effect::PutAllocations(PutAllocations { holding, mappings: Vec::new(), version: "1.28".into() });
        let [consumer, project, user] = ["a", "p", "u"].map(str::to_owned);
        let delete = Effect::DeleteAllocations(DeleteAllocations { consumer, project, user, generation: 3 });
        assert_eq!([&post, &put, &delete].map(|write| generation(write, "a")), [Some(1), Some(2), Some(3)]);
        assert_eq!([&post, &put, &delete].map(|write| generation(write, "b")), [None; 3]);
    }
}
