//! The connections of each peer, counted, so that the pool does not walk through all connections for each new one.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

/// Numbers of connections by peer. A number says when its connection arrived: a lower one is older.
#[derive(Debug, Default)]
pub struct PeerConnections {
    of: HashMap<IpAddr, BTreeSet<u64>>,
    /// Each peer by the number of its connections and its oldest connection.
    crowds: BTreeMap<(usize, u64), IpAddr>,
    count: usize,
}

impl PeerConnections {
    pub fn add(&mut self, peer: IpAddr, number: u64) {
        self.change(peer, |numbers| numbers.insert(number));
    }

    pub fn remove(&mut self, peer: IpAddr, number: u64) {
        self.change(peer, |numbers| numbers.remove(&number));
    }

    /// The number of all connections.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The number of this peer's connections.
    pub fn count_of(&self, peer: IpAddr) -> usize {
        self.of.get(&peer).map_or(0, BTreeSet::len)
    }

    /// The most connections that a peer has, and the oldest connection of the peers with so many.
    pub fn largest_crowd(&self) -> Option<(usize, u64)> {
        let ((most, _), _) = self.crowds.last_key_value()?;
        self.crowds.range((*most, 0)..).next().map(|(key, _)| *key)
    }

    fn change(&mut self, peer: IpAddr, change: impl FnOnce(&mut BTreeSet<u64>) -> bool) {
        let numbers = self.of.entry(peer).or_default();
        let (before, oldest) = (numbers.len(), numbers.first().copied());
        if let Some(oldest) = oldest {
            self.crowds.remove(&(before, oldest));
        }
        change(numbers);
        let (now, oldest) = (numbers.len(), numbers.first().copied());
        self.count = self.count.saturating_sub(before).saturating_add(now);
        if let Some(oldest) = oldest {
            self.crowds.insert((now, oldest), peer);
        } else {
            self.of.remove(&peer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_crowd_with_the_oldest_connection_is_found() {
        let mut connections = PeerConnections::default();
        let [one, two] = ["10.0.0.1", "10.0.0.2"].map(|address| address.parse().unwrap());
        assert_eq!(connections.largest_crowd(), None);
        connections.add(two, 1);
        connections.add(one, 2);
        assert_eq!(connections.largest_crowd(), Some((1, 1)), "both have one, and this is the older one");
        connections.add(one, 3);
        assert_eq!(connections.largest_crowd(), Some((2, 2)));
        assert_eq!((connections.count(), connections.count_of(one), connections.count_of(two)), (3, 2, 1));
        connections.remove(one, 2);
        connections.remove(two, 1);
        connections.remove(two, 1);
        assert_eq!((connections.largest_crowd(), connections.count()), (Some((1, 3)), 1));
        connections.remove(one, 3);
        assert_eq!((connections.largest_crowd(), connections.count()), (None, 0));
        assert!(connections.of.is_empty() && connections.crowds.is_empty());
    }
}
