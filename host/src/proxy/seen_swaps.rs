//! The swaps that went through the proxy: which migration record holds, or held, the allocations of which server.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The newest swaps that are remembered. The journal knows older ones, and nova those of servers that it still has.
const MOST: usize = 10_000;

#[derive(Debug, Default)]
pub struct SeenSwaps(Mutex<Swaps>);

#[derive(Debug, Default)]
struct Swaps {
    server_of: HashMap<String, String>,
    order: VecDeque<String>,
}

impl SeenSwaps {
    /// The server's allocations were given to the migration record.
    pub fn note(&self, server: &str, migration: &str) {
        let mut swaps = self.swaps();
        if swaps.server_of.insert(migration.to_owned(), server.to_owned()).is_none() {
            swaps.order.push_back(migration.to_owned());
        }
        while swaps.order.len() > MOST {
            swaps.forget_oldest();
        }
    }

    /// Whether a move between these two is a new swap (true) or the way back of an earlier one; `None` if neither was seen.
    pub fn target_is_new(&self, source: &str, target: &str) -> Option<bool> {
        let swaps = self.swaps();
        let was_swap =
            |server: &str, migration: &str| swaps.server_of.get(migration).is_some_and(|seen| seen == server);
        if was_swap(target, source) { Some(false) } else { was_swap(source, target).then_some(true) }
    }

    fn swaps(&self) -> MutexGuard<'_, Swaps> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Swaps {
    fn forget_oldest(&mut self) {
        if let Some(migration) = self.order.pop_front() {
            self.server_of.remove(&migration);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swap_has_a_way_back() {
        let seen = SeenSwaps::default();
        assert_eq!(seen.target_is_new("server", "record"), None);
        seen.note("server", "record");
        assert_eq!(seen.target_is_new("record", "server"), Some(false));
        assert_eq!(seen.target_is_new("server", "record"), Some(true), "the same record can be used again");
        assert_eq!(seen.target_is_new("server", "other"), None);
        seen.note("server", "other");
        assert_eq!(seen.target_is_new("record", "server"), Some(false));
    }

    #[test]
    fn the_oldest_ones_are_forgotten() {
        let seen = SeenSwaps::default();
        (0..=MOST).for_each(|number| seen.note(&format!("s{number}"), &format!("m{number}")));
        assert_eq!(seen.target_is_new("m0", "s0"), None);
        assert_eq!(seen.target_is_new("m1", "s1"), Some(false));
        assert_eq!(seen.swaps().order.len(), MOST);
    }
}
