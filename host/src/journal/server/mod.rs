//! A journal in a PostgreSQL or MariaDB database that an operator has already, with Galera or without. Several runners use
//! it: each open task belongs to one of them, and the others take the tasks of one that has stopped or died
//! (`takeover.rs`).
//!
//! Each append is fenced: it is committed only if the task still belongs to this runner and has as many entries as the
//! runner knows. So a runner that was cut off or stopped cannot send a write that its successor does not find in the
//! journal. A commit without an answer is looked for, and neither assumed nor repeated blindly. A consumer is in at most one
//! running task, because its lock is a row of which it is the primary key (`lock.rs`).

mod append;
mod beat;
mod changes;
mod check;
mod connections;
mod failure;
mod import;
mod lock;
mod look;
mod membership;
mod open;
mod options;
mod order;
mod prune;
mod read;
mod roles;
mod schema;
mod settings;
mod statement;
mod takeover;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

pub use check::{Finding, check};
pub use connections::WRITERS;
pub use import::{ImportError, Imported, import};
pub use options::{OptionsError, ServerOptions};
pub use schema::sync;

use beat::Beat;
use connections::Connections;
use order::Order;
use takeover::Silence;

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// PostgreSQL.
    Postgres,
    /// MariaDB or MySQL.
    MySql,
}

/// An open journal.
#[derive(Debug)]
pub struct Server {
    connections: Connections,
    /// Connections for beats, and to look at other runners.
    background: Arc<Connections>,
    /// The id of this runner, new at each start; empty during an import, whose tasks belong to no runner yet.
    me: String,
    /// The epochs of the tasks that belong to this runner and have not ended.
    epochs: Mutex<HashMap<String, i64>>,
    order: Order,
    /// Becomes true when other runners have taken this one for dead.
    lost: watch::Sender<bool>,
    beat: Option<Beat>,
    /// For how long each other runner has been silent.
    silence: Silence,
    /// Whether this runner may have tasks that it has not listed since it took them.
    unlisted: AtomicBool,
    /// Counts the looks at other runners.
    looks: AtomicU32,
}

impl Server {
    /// Returns when other runners have taken this one for dead, because they did not hear from it for long.
    pub async fn lost(&self) {
        let _ = self.lost.subscribe().wait_for(|lost| *lost).await;
    }

    /// Checks that no other runner can have taken the tasks.
    pub fn is_held(&self) -> bool {
        !*self.lost.borrow() && self.beat.as_ref().is_none_or(Beat::is_fresh)
    }

    /// Gives the tasks to the other runners, and closes all connections.
    pub async fn close(&self) {
        if let Some(beat) = &self.beat {
            beat.stop().await;
            if let Err(failure) = membership::leave(&self.background, &self.me).await {
                tracing::warn!("other runners take the tasks of this one only when it was silent for long: {failure}");
            }
        }
        self.background.close().await;
        self.connections.close().await;
    }

    fn epochs(&self) -> MutexGuard<'_, HashMap<String, i64>> {
        self.epochs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
