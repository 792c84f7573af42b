//! How many tasks are open, beside how many may be.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the open tasks.
#[derive(Debug)]
pub struct Room {
    most: usize,
    open: Arc<AtomicUsize>,
}

/// An open task's place, until it is dropped.
#[derive(Debug)]
pub struct Place(Arc<AtomicUsize>);

impl Room {
    pub fn for_most(most: usize) -> Self {
        Self { most, open: Arc::default() }
    }

    /// A place, if there is one left.
    pub fn enter(&self) -> Option<Place> {
        let one_more = |open: usize| (open < self.most).then_some(open + 1);
        let entered = self.open.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more);
        entered.is_ok().then(|| Place(self.open.clone()))
    }

    /// A place in any case: what was open before may be more than is allowed now, and is not dropped for that. Until so
    /// many have ended, nobody else enters.
    pub fn enter_again(&self) -> Place {
        self.open.fetch_add(1, Ordering::Relaxed);
        Place(self.open.clone())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_enters_before_those_who_are_too_many_have_left() {
        let room = Room::for_most(1);
        let mut places = [room.enter_again(), room.enter_again(), room.enter_again()].into_iter();
        for left in (0..3).rev() {
            assert!(room.enter().is_none(), "{} are in", left + 1);
            drop(places.next());
        }
        let place = room.enter();
        assert!(place.is_some() && room.enter().is_none());
        drop(place);
        assert!(room.enter().is_some());
    }
}
