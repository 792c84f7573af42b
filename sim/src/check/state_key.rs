//! The key by which states are merged: a hash of 128 bits of all that decides what can happen after a state.
//!
//! Of a task that has not ended this is its whole history, since a policy may use all of it. Of a task that has ended it
//! is only what its end means. Of Placement these are the consumers; the generations of providers are left out, since no
//! reply shows them.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;

use serde::Serialize;

use super::{Actor, State};
use crate::SimCloud;
use crate::contract::{Effect, Exchange};

/// A hash of 128 bits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StateKey([u64; 2]);

/// Makes a [`StateKey`]: two hashes of 64 bits that begin differently.
pub struct KeyHasher([DefaultHasher; 2]);

/// The key of a history, from the key of all its exchanges but the last one.
pub fn with_exchange(before: StateKey, exchange: &Exchange) -> StateKey {
    let mut hasher = KeyHasher::default();
    before.hash(&mut hasher);
    hasher.json(exchange);
    hasher.key()
}

impl State {
    /// The key by which equal states are found.
    #[must_use]
    pub fn key(&self) -> StateKey {
        let mut hasher = KeyHasher::default();
        let SimCloud { placement, servers, migrations, conductor, reach, .. } = &self.cloud;
        placement.consumers().hash(&mut hasher);
        for (id, server) in servers {
            let own = (server.alive, &server.host, &server.flavor, &server.bound, &server.zone, server.unaccounted);
            (id, own).hash(&mut hasher);
        }
        for (id, migration) in migrations {
            let destination = migration.destination.as_ref().map(|node| (&node.host, &node.node));
            (id, &migration.record.status, &migration.new_flavor, destination, &migration.cast_data).hash(&mut hasher);
        }
        (conductor, *reach as u8, self.forgotten, self.has_waited, self.lasting).hash(&mut hasher);
        for (id, was) in self.cloud.stale_consumers() {
            (id, was).hash(&mut hasher);
        }
        self.actors.iter().for_each(|actor| hash_actor(actor, &mut hasher));
        // Requests in flight have no order.
        let mut requests: Vec<StateKey> = self.in_flight.iter().map(request_key).collect();
        requests.sort_unstable();
        requests.hash(&mut hasher);
        hasher.key()
    }
}

fn hash_actor(actor: &Actor, hasher: &mut KeyHasher) {
    match actor {
        Actor::Mover(mover) => mover.key().hash(hasher),
        Actor::Deletion(deletion) => deletion.hash(hasher),
        Actor::Scheduler { has_claimed } => has_claimed.hash(hasher),
        Actor::Compute => {}
    }
}

fn request_key(request: &Effect) -> StateKey {
    let mut hasher = KeyHasher::default();
    hasher.json(request);
    hasher.key()
}

impl Default for KeyHasher {
    fn default() -> Self {
        Self([0_u8, 1].map(|number| {
            let mut hasher = DefaultHasher::new();
            hasher.write_u8(number);
            hasher
        }))
    }
}

impl KeyHasher {
    /// Adds a value by its JSON form.
    pub fn json(&mut self, value: &impl Serialize) {
        // Neither the values nor the writer can fail.
        let _ = serde_json::to_writer(self, value);
    }

    /// The key of all that was added.
    pub fn key(&self) -> StateKey {
        StateKey(self.0.each_ref().map(Hasher::finish))
    }
}

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.iter_mut().for_each(|hasher| hasher.write(bytes));
    }

    fn finish(&self) -> u64 {
        let [first, _] = self.key().0;
        first
    }
}

impl io::Write for &mut KeyHasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Hasher::write(*self, bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
