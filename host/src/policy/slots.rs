//! Whose turn it is: no more calls at once than the engine has room for.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// The engine's free places for instances. wasmtime's pool refuses an instance when it is full; a caller waits here
/// instead, for some microseconds, since no call waits for anything itself.
#[derive(Debug)]
pub struct Slots {
    free: Mutex<u32>,
    freed: Condvar,
}

/// A place in the pool; it is free again when this is dropped.
#[derive(Debug)]
pub struct Slot(Arc<Slots>);

impl Slots {
    pub fn new(count: u32) -> Arc<Self> {
        Arc::new(Self { free: Mutex::new(count), freed: Condvar::new() })
    }

    /// Waits for a free place.
    pub fn take(self: &Arc<Self>) -> Slot {
        // The count is right even if a thread panicked while it held the lock: nothing between can panic.
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.freed.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        metrics::gauge!("swaparoo_instances_busy").increment(1);
        Slot(Arc::clone(self))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        metrics::gauge!("swaparoo_instances_busy").decrement(1);
        self.0.freed.notify_one();
    }
}
