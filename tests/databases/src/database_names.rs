//! The names of the databases of one server.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Gives each new database of a server a name that it does not have yet.
#[derive(Debug, Default)]
pub struct DatabaseNames(AtomicUsize);

impl DatabaseNames {
    /// A name that this value has not given before.
    pub fn next(&self) -> String {
        format!("t{}", self.0.fetch_add(1, Ordering::Relaxed))
    }
}
