//! A journal in a PostgreSQL or MariaDB database that an operator has already, with Galera or without. One runner at a time
//! uses it (`lease.rs`), and the next one takes the tasks of one that has died.
//!
//! Each append is fenced: it is committed only if the task still belongs to this runner and has as many entries as the
//! runner knows. So a runner that was cut off or stopped cannot send a write that its successor does not find in the
//! journal. A commit without an answer is looked for, and neither assumed nor repeated blindly.

mod append;
mod beat;
mod changes;
mod check;
mod connections;
mod failure;
mod import;
mod lease;
mod look;
mod open;
mod options;
mod order;
mod prune;
mod read;
mod schema;
mod settings;
mod statement;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

pub use check::{Finding, check};
pub use import::{Imported, import};
pub use lease::WhenHeld;
pub use options::{OptionsError, ServerOptions};
pub use schema::sync;

use beat::Beat;
use connections::Connections;
use order::Order;

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// PostgreSQL.
    Postgres,
    /// MariaDB or MySQL.
    MySql,
}

/// An open journal. Other runners cannot open it until this is closed, or does not beat any more.
#[derive(Debug)]
pub struct Server {
    connections: Arc<Connections>,
    /// The id of this runner, new at each start.
    me: String,
    /// The epochs of the tasks that belong to this runner and have not ended.
    epochs: Mutex<HashMap<String, i64>>,
    order: Order,
    /// Becomes true when another runner has taken the journal.
    lost: watch::Sender<bool>,
    beat: Beat,
}

impl Server {
    /// Returns when another runner has taken this journal, because it did not hear from this one for long.
    pub async fn lost(&self) {
        let _ = self.lost.subscribe().wait_for(|lost| *lost).await;
    }

    /// Checks that no other runner can have taken the tasks.
    pub fn is_held(&self) -> bool {
        !*self.lost.borrow() && self.beat.is_fresh()
    }

    /// Gives the journal to the next runner, and closes all connections.
    pub async fn close(&self) {
        self.beat.stop().await;
        if let Err(failure) = lease::leave(&self.connections, &self.me).await {
            tracing::warn!("the journal is not free for the next runner yet, which waits until it is: {failure}");
        }
        self.connections.close().await;
    }

    fn epochs(&self) -> MutexGuard<'_, HashMap<String, i64>> {
        self.epochs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
