//! Whose turn it is: no more calls at once than the engine has room for.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// The engine's free places for memories. wasmtime's pool refuses an instance when it is full; a caller waits here
/// instead, for some microseconds, since no call waits for anything itself.
#[derive(Debug)]
pub struct Slots {
    free: Mutex<u32>,
    freed: Condvar,
}

/// An instance's places in the pool; they are free again when this is dropped.
#[derive(Debug)]
pub struct Slot {
    slots: Arc<Slots>,
    places: u32,
}

impl Slots {
    pub fn new(count: u32) -> Arc<Self> {
        Arc::new(Self { free: Mutex::new(count), freed: Condvar::new() })
    }

    /// Waits for so many free places; no more than there are in all.
    pub fn take(self: &Arc<Self>, places: u32) -> Slot {
        // The count is right even if a thread panicked while it held the lock: nothing between can panic.
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.freed.wait_while(free, |free| *free < places).unwrap_or_else(PoisonError::into_inner);
        *free -= places;
        metrics::gauge!("swaparoo_instances_busy").increment(1);
        Slot { slots: Arc::clone(self), places }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        *self.slots.free.lock().unwrap_or_else(PoisonError::into_inner) += self.places;
        metrics::gauge!("swaparoo_instances_busy").decrement(1);
        // Not one only: it might be one that needs more places than there are, while another has enough.
        self.slots.freed.notify_all();
    }
}
