//! Virtual time: what happens next, in the order of times.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// All that will happen, in milliseconds since the beginning.
#[derive(Debug)]
pub struct Schedule<T> {
    now: u64,
    number: u64,
    due: BinaryHeap<Due<T>>,
    busy: usize,
}

#[derive(Debug)]
struct Due<T> {
    at: u64,
    number: u64,
    /// Whether the fleet is not at rest before this has happened.
    busy: bool,
    /// In a box, since the heap moves its elements often.
    what: Box<T>,
}

impl<T> Schedule<T> {
    pub fn new() -> Self {
        Self { now: 0, number: 0, due: BinaryHeap::new(), busy: 0 }
    }

    pub fn now(&self) -> u64 {
        self.now
    }

    /// Whether only regular events, such as beats, are due.
    pub fn is_quiet(&self) -> bool {
        self.busy == 0
    }

    /// This happens so many milliseconds from now.
    pub fn after(&mut self, ms: u64, what: T) {
        self.add(ms, true, what);
    }

    /// The same for an event that repeats, such as a beat: the history may end before it.
    pub fn regularly(&mut self, ms: u64, what: T) {
        self.add(ms, false, what);
    }

    fn add(&mut self, ms: u64, busy: bool, what: T) {
        self.number += 1;
        self.busy += usize::from(busy);
        self.due.push(Due { at: self.now + ms, number: self.number, busy, what: Box::new(what) });
    }

    /// The next one; it is its time then.
    pub fn pop(&mut self) -> Option<T> {
        let Due { at, busy, what, .. } = self.due.pop()?;
        self.now = at;
        self.busy -= usize::from(busy);
        Some(*what)
    }
}

impl<T> Ord for Due<T> {
    /// The heap gives the largest first, which is the earliest here.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.number).cmp(&(self.at, self.number))
    }
}

impl<T> PartialOrd for Due<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Due<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<T> Eq for Due<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_happen_in_the_order_of_their_times_and_then_of_their_entry() {
        let mut schedule = Schedule::new();
        schedule.after(20, "third");
        schedule.after(10, "first");
        schedule.regularly(10, "second");
        let order: Vec<_> = std::iter::from_fn(|| schedule.pop().map(|what| (what, schedule.now()))).collect();
        assert_eq!(order, [("first", 10), ("second", 10), ("third", 20)]);
    }

    #[test]
    fn regular_events_do_not_keep_it_busy() {
        let mut schedule = Schedule::new();
        schedule.regularly(1, "beat");
        assert!(schedule.is_quiet());
        schedule.after(2, "answer");
        assert!(!schedule.is_quiet());
        assert_eq!([schedule.pop(), schedule.pop()], [Some("beat"), Some("answer")]);
        assert!(schedule.is_quiet());
    }
}
