//! Whether a request of a connection is being handled.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Whether a request is being handled. During that time incoming data is its body, and a pause is not the client's
/// fault. It counts starts and ends, because a short request may start and end between two checks.
#[derive(Debug, Clone, Default)]
pub struct RequestActivity(Arc<Requests>);

#[derive(Debug, Default)]
struct Requests {
    count: AtomicUsize,
    unread: AtomicBool,
}

impl RequestActivity {
    pub fn begin(&self) {
        self.0.count.fetch_add(1, Ordering::Relaxed);
    }

    pub fn end(&self) {
        self.0.count.fetch_add(1, Ordering::Relaxed);
    }

    /// The last response was sent before the request's body was read, so the body may still arrive.
    pub fn leaves_unread(&self) {
        self.0.unread.store(true, Ordering::Relaxed);
    }

    /// Whether the last response was sent before the request's body was read.
    pub fn has_left_unread(&self) -> bool {
        self.0.unread.load(Ordering::Relaxed)
    }

    /// The number of starts and ends.
    pub fn count(&self) -> usize {
        self.0.count.load(Ordering::Relaxed)
    }

    /// Whether a request is being handled now.
    pub fn now(&self) -> bool {
        self.count() % 2 == 1
    }
}
