//! Decides which writes wait and which are merged. It does not send anything.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::contract::PostAllocations;

/// The waiting writes in order of arrival, and the merged writes that were sent.
#[derive(Debug)]
pub struct Lanes<W> {
    /// The largest number of writes to merge.
    most: usize,
    waiting: VecDeque<(LaneKeys, W)>,
    flying: HashMap<u64, LaneKeys>,
    last: u64,
}

/// Merged writes. They block conflicting writes until [`Lanes::landed`].
#[derive(Debug, PartialEq, Eq)]
pub struct Flight<W> {
    pub number: u64,
    pub writes: Vec<W>,
}

/// The consumers and providers of a write.
#[derive(Debug, Clone, Default)]
pub struct LaneKeys {
    consumers: Vec<String>,
    /// The providers in the new allocations. Which providers the consumers give up, only Placement knows.
    providers: Vec<String>,
}

impl LaneKeys {
    pub fn of(post: &PostAllocations) -> Self {
        let allocations = post.consumers.iter().flat_map(|new| &new.allocations);
        Self {
            consumers: post.consumers.iter().map(|new| new.consumer.clone()).collect(),
            providers: allocations.map(|allocation| allocation.provider.clone()).collect(),
        }
    }
}

impl<W> Lanes<W> {
    pub fn for_most(most: usize) -> Self {
        Self { most, waiting: VecDeque::new(), flying: HashMap::new(), last: 0 }
    }

    /// Adds a write, and returns the flights that can start now.
    pub fn came(&mut self, keys: LaneKeys, write: W) -> Vec<Flight<W>> {
        let held_up = self.flying.values().any(|flying| shares(&flying.providers, &keys.providers));
        self.waiting.push_back((keys, write));
        // An optimization: it avoids a search through all waiting writes.
        if held_up { Vec::new() } else { self.start() }
    }

    /// A flight has all its answers; returns the flights that can start now.
    pub fn landed(&mut self, number: u64) -> Vec<Flight<W>> {
        self.flying.remove(&number);
        self.start()
    }

    /// A flight takes too long: from now on it blocks only its own consumers.
    pub fn overdue(&mut self, number: u64) -> Vec<Flight<W>> {
        if let Some(keys) = self.flying.get_mut(&number) {
            keys.providers.clear();
        }
        self.start()
    }

    fn start(&mut self) -> Vec<Flight<W>> {
        std::iter::from_fn(|| self.next()).collect()
    }

    fn next(&mut self) -> Option<Flight<W>> {
        let chosen = self.choose();
        if chosen.is_empty() {
            return None;
        }
        let (mut keys, mut writes) = (LaneKeys::default(), Vec::with_capacity(chosen.len()));
        for (place, (of, write)) in std::mem::take(&mut self.waiting).into_iter().enumerate() {
            if chosen.contains(&place) {
                keys.consumers.extend(of.consumers);
                keys.providers.extend(of.providers);
                writes.push(write);
            } else {
                self.waiting.push_back((of, write));
            }
        }
        self.last += 1;
        self.flying.insert(self.last, keys);
        Some(Flight { number: self.last, writes })
    }

    /// The positions of the writes that go next. A write waits while one of its providers is in use by a flight, and so
    /// do later writes that share a provider with a waiting one, so that no write is overtaken forever. Writes of one
    /// consumer go one after another.
    fn choose(&self) -> HashSet<usize> {
        let flying = self.flying.values();
        let mut providers: HashSet<&str> =
            flying.clone().flat_map(|keys| &keys.providers).map(String::as_str).collect();
        let mut consumers: HashSet<&str> = flying.flat_map(|keys| &keys.consumers).map(String::as_str).collect();
        let mut chosen = HashSet::new();
        for (place, (keys, _)) in self.waiting.iter().enumerate() {
            if chosen.len() == self.most {
                break;
            }
            let provider_is_busy = keys.providers.iter().any(|provider| providers.contains(provider.as_str()));
            let consumer_is_busy = keys.consumers.iter().any(|consumer| consumers.contains(consumer.as_str()));
            consumers.extend(keys.consumers.iter().map(String::as_str));
            if provider_is_busy {
                providers.extend(keys.providers.iter().map(String::as_str));
            } else if !consumer_is_busy {
                chosen.insert(place);
            }
        }
        chosen
    }
}

fn shares(some: &[String], others: &[String]) -> bool {
    others.iter().any(|other| some.contains(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(of: &str) -> LaneKeys {
        let named = |upper| of.split(' ').filter(move |name| name.starts_with(char::is_uppercase) == upper);
        LaneKeys {
            consumers: named(false).map(str::to_owned).collect(),
            providers: named(true).map(str::to_owned).collect(),
        }
    }

    /// Adds writes, each given as its consumers and, in capitals, its providers; returns the flights that started.
    fn come(lanes: &mut Lanes<String>, writes: &[&str]) -> Vec<String> {
        writes.iter().flat_map(|write| flown(&lanes.came(keys(write), (*write).to_owned()))).collect()
    }

    fn flown(flights: &[Flight<String>]) -> Vec<String> {
        flights.iter().map(|flight| format!("{}: {}", flight.number, flight.writes.join(", "))).collect()
    }

    #[test]
    fn waiting_writes_are_sent_together_up_to_the_limit() {
        let mut lanes = Lanes::for_most(3);
        assert_eq!(come(&mut lanes, &["a b A", "c A", "d A", "e A", "f A"]), ["1: a b A"]);
        assert_eq!(flown(&lanes.landed(1)), ["2: c A, d A, e A"]);
        assert_eq!(come(&mut lanes, &["g A"]), [""; 0]);
        assert_eq!(flown(&lanes.landed(2)), ["3: f A, g A"]);
        assert_eq!(flown(&lanes.landed(3)), [""; 0]);
    }

    #[test]
    fn writes_to_other_providers_do_not_wait() {
        let mut lanes = Lanes::for_most(9);
        assert_eq!(come(&mut lanes, &["a A", "b B", "c", "d A", "e B"]), ["1: a A", "2: b B", "3: c"]);
        assert_eq!(flown(&lanes.landed(2)), ["4: e B"]);
        assert_eq!(flown(&lanes.landed(1)), ["5: d A"]);
    }

    #[test]
    fn writes_of_one_consumer_are_sent_one_by_one_in_order() {
        let mut lanes = Lanes::for_most(9);
        assert_eq!(come(&mut lanes, &["a A", "b c A", "c d A", "d A", "e A"]), ["1: a A"]);
        assert_eq!(flown(&lanes.landed(1)), ["2: b c A, e A"]);
        assert_eq!(come(&mut lanes, &["c B", "d B"]), [""; 0]);
        assert_eq!(flown(&lanes.landed(2)), ["3: c d A"]);
        assert_eq!(flown(&lanes.landed(3)), ["4: d A, c B"]);
        assert_eq!(flown(&lanes.landed(4)), ["5: d B"]);
    }

    #[test]
    fn a_write_to_two_providers_is_sent_in_the_end() {
        let mut lanes = Lanes::for_most(9);
        assert_eq!(come(&mut lanes, &["a A", "b B", "c A B", "d A", "e B"]), ["1: a A", "2: b B"]);
        assert_eq!(flown(&lanes.landed(1)), [""; 0], "d would keep A busy when B is free");
        assert_eq!(flown(&lanes.landed(2)), ["3: c A B, d A, e B"]);
    }

    #[test]
    fn a_slow_write_blocks_only_its_own_consumers() {
        let mut lanes = Lanes::for_most(9);
        assert_eq!(come(&mut lanes, &["a A", "a A", "b A"]), ["1: a A"]);
        assert_eq!(flown(&lanes.overdue(1)), ["2: b A"]);
        assert_eq!(flown(&lanes.landed(2)), [""; 0]);
        assert_eq!(flown(&lanes.landed(1)), ["3: a A"]);
    }
}
