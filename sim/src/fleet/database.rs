//! The database that all runners share: PostgreSQL, in which a transaction sees what was committed before each of its
//! statements, or Galera, in which it sees one state and is refused at COMMIT if another one has changed a row of it since.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::tables::{Refused, RowKey, Statement, Tables};

/// The most commits that a crash of all nodes takes away.
pub const MOST_LOST: usize = 6;

#[derive(Debug)]
pub struct Database {
    now: Arc<Tables>,
    version: u64,
    /// The states before the last commits, the oldest first.
    before: VecDeque<Arc<Tables>>,
    /// The version that has written a row last.
    written: BTreeMap<RowKey, u64>,
    /// Whether COMMIT is certified, as in Galera.
    pub is_galera: bool,
    /// Counts the starts of all nodes; transactions of an earlier one are gone.
    pub starts: u32,
}

/// A transaction before its COMMIT.
#[derive(Debug)]
pub struct Draft {
    version: u64,
    tables: Tables,
    pub rows: Vec<RowKey>,
}

/// Why a transaction has failed, as its runner knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// It was rolled back because of another one (1213, 40001): the same one may succeed now.
    RolledBack,
    /// A row with this key exists already.
    Exists,
    /// It did not find a row that it must find.
    Changed,
    /// No answer (a lost connection, 1047, a timeout): it was done, or not, or will be.
    NoAnswer,
}

impl Database {
    pub fn new(is_galera: bool) -> Self {
        let (now, before, written) = Default::default();
        Self { now, version: 0, before, written, is_galera, starts: 0 }
    }

    /// A read that waits for all commits before it.
    pub fn read(&self) -> &Arc<Tables> {
        &self.now
    }

    /// A read of a node that has not applied the last commits yet.
    pub fn read_behind(&self, commits: usize) -> &Arc<Tables> {
        let index = self.before.len().checked_sub(commits);
        index.and_then(|index| self.before.get(index)).unwrap_or(&self.now)
    }

    /// Does the statements of a transaction in what it sees.
    pub fn begin(&self, statements: &[Statement]) -> Result<Draft, Failure> {
        let (mut tables, mut rows) = (Tables::clone(&self.now), Vec::new());
        for statement in statements {
            tables.execute(statement, &mut rows).map_err(Failure::from)?;
        }
        Ok(Draft { version: self.version, tables, rows })
    }

    /// Makes it durable, unless another transaction was first with one of its rows.
    pub fn commit(&mut self, draft: Draft) -> Result<Vec<RowKey>, Failure> {
        let is_late = |row: &RowKey| self.written.get(row).is_some_and(|version| *version > draft.version);
        if draft.version != self.version && draft.rows.iter().any(is_late) {
            return Err(Failure::RolledBack);
        }
        if draft.rows.is_empty() {
            return Ok(Vec::new());
        }
        let mut new = draft.tables;
        if draft.version != self.version {
            let theirs = std::mem::replace(&mut new, Tables::clone(&self.now));
            draft.rows.iter().for_each(|row| new.copy(row, &theirs));
        }
        self.version += 1;
        if self.is_galera {
            self.written.extend(draft.rows.iter().map(|row| (row.clone(), self.version)));
        }
        self.before.push_back(std::mem::replace(&mut self.now, Arc::new(new)));
        if self.before.len() > MOST_LOST {
            self.before.pop_front();
        }
        Ok(draft.rows)
    }

    /// All nodes crash, and come back without the last commits. Connections break.
    pub fn crash(&mut self, commits: usize) {
        for _ in 0..commits {
            self.now = self.before.pop_back().unwrap_or_else(|| self.now.clone());
        }
        self.version += 1;
        self.starts += 1;
        self.written.clear();
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Exists => Self::Exists,
            Refused::Changed => Self::Changed,
        }
    }
}
