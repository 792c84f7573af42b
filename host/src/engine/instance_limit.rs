//! Limits the number of calls at the same time to the engine's capacity.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use metrics::Gauge;

/// The engine's free places for memories. wasmtime's pool refuses an instance when it is full, so callers wait here
/// instead. They wait for microseconds, because no call waits for anything else; behind hostile policies for at most the time
/// that a call may take.
pub struct InstanceLimit {
    places: Mutex<Places>,
    freed: Condvar,
    /// Looked up once: to look it up in each call would cost as much as the rest of this.
    busy: Gauge,
}

#[derive(Debug)]
struct Places {
    free: u32,
    /// How many callers wait. A wake-up is a system call even if no caller waits.
    waiting: u32,
}

/// The places of an instance in the pool. They become free when this is dropped.
pub struct InstancePermit {
    limit: Arc<InstanceLimit>,
    places: u32,
}

impl InstanceLimit {
    /// The metrics must be installed before.
    pub fn new(count: u32) -> Arc<Self> {
        let places = Mutex::new(Places { free: count, waiting: 0 });
        Arc::new(Self { places, freed: Condvar::new(), busy: metrics::gauge!("swaparoo_instances_busy") })
    }

    /// Waits for this many free places, at most the total number.
    pub fn acquire(self: &Arc<Self>, places: u32) -> InstancePermit {
        let mut all = self.places();
        if all.free < places {
            all.waiting += 1;
            all = self.freed.wait_while(all, |all| all.free < places).unwrap_or_else(PoisonError::into_inner);
            all.waiting -= 1;
        }
        all.free -= places;
        self.busy.increment(1);
        InstancePermit { limit: Arc::clone(self), places }
    }

    /// The counts are right even if a thread panicked with the lock: no code between can panic.
    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for InstancePermit {
    fn drop(&mut self) {
        let mut all = self.limit.places();
        all.free += self.places;
        let waiting = all.waiting;
        drop(all);
        self.limit.busy.decrement(1);
        if waiting > 0 {
            // Wake all: the one that is woken might need more places than are free, while another needs fewer.
            self.limit.freed.notify_all();
        }
    }
}
