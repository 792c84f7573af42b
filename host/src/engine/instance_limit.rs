//! Limits the number of calls at the same time to the engine's capacity.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// The engine's free places for memories. wasmtime's pool refuses an instance when it is full, so callers wait here
/// instead. They wait for microseconds, because no call waits for anything else; behind hostile policies for at most the time
/// that a call may take.
#[derive(Debug)]
pub struct InstanceLimit {
    free: Mutex<u32>,
    freed: Condvar,
}

/// The places of an instance in the pool. They become free when this is dropped.
#[derive(Debug)]
pub struct InstancePermit {
    limit: Arc<InstanceLimit>,
    places: u32,
}

impl InstanceLimit {
    pub fn new(count: u32) -> Arc<Self> {
        Arc::new(Self { free: Mutex::new(count), freed: Condvar::new() })
    }

    /// Waits for this many free places, at most the total number.
    pub fn acquire(self: &Arc<Self>, places: u32) -> InstancePermit {
        // The count is right even if a thread panicked with the lock: no code between can panic.
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.freed.wait_while(free, |free| *free < places).unwrap_or_else(PoisonError::into_inner);
        *free -= places;
        metrics::gauge!("swaparoo_instances_busy").increment(1);
        InstancePermit { limit: Arc::clone(self), places }
    }
}

impl Drop for InstancePermit {
    fn drop(&mut self) {
        *self.limit.free.lock().unwrap_or_else(PoisonError::into_inner) += self.places;
        metrics::gauge!("swaparoo_instances_busy").decrement(1);
        // Wake all: the one that is woken might need more places than are free, while another needs fewer.
        self.limit.freed.notify_all();
    }
}
