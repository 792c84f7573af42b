//! The database that all runners share: PostgreSQL, in which a transaction sees what was committed before each of its
//! statements, or Galera, in which it sees one state and is refused at COMMIT if another one has changed a row of it since.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::statement::Statement;
use super::tables::{Refused, RowKey, Tables};

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{MoveTask, Task};
    use crate::fleet::journal::{Consumer, Event, Opened};

    const FIRST: [Statement; 2] = [Statement::Enter { runner: 1 }, Statement::Enter { runner: 2 }];

    fn with(statements: &[Statement]) -> Database {
        let mut database = Database::new(true);
        let draft = database.begin(statements).unwrap();
        database.commit(draft).unwrap();
        database
    }

    fn open(task: u32, key: u32, at: u64) -> Vec<Statement> {
        let [source, target] = ["S", "M"].map(str::to_owned);
        let consumers = ["S", "M"].map(Consumer::from).to_vec();
        let task_value = Task::Move(MoveTask { source, target, target_is_new: false });
        let opened = Arc::new(Opened { task: task_value, key, consumers });
        let entries = Statement::Entries { task, first: Some(0), owner: 1, epoch: 1, events: vec![Event::Opened] };
        vec![Statement::Open { task, opened, owner: 1, at }, entries, Statement::LockIfFree { task }]
    }

    fn append(task: u32, number: u32, owner: u32, epoch: u32) -> [Statement; 2] {
        let events = vec![Event::Asked(Vec::new().into())];
        let entries = Statement::Entries { task, first: Some(number), owner, epoch, events };
        [entries, Statement::MoveOn { task, from: Some(number), by: 1, owner: Some((owner, epoch)), ends: false }]
    }

    #[test]
    fn of_two_transactions_with_one_row_the_first_commit_wins() {
        let mut database = with(&FIRST);
        let one = database.begin(&[Statement::Beat { runner: 1 }]).unwrap();
        let other = database.begin(&[Statement::Bury { runner: 1, beat: 0 }]).unwrap();
        let apart = database.begin(&[Statement::Beat { runner: 2 }]).unwrap();
        assert!(database.commit(one).is_ok());
        assert_eq!(database.commit(other), Err(Failure::RolledBack));
        assert!(database.commit(apart).is_ok(), "it has written another row");
        let again = database.begin(&[Statement::Bury { runner: 1, beat: 0 }]);
        assert_eq!(again.err(), Some(Failure::Changed), "the beat has been heard");
        assert_eq!(database.read().runners.values().map(|row| row.beat).collect::<Vec<_>>(), [1, 1]);
    }

    #[test]
    fn an_append_of_a_runner_whose_task_was_taken_is_refused() {
        let mut database = with(&open(7, 0, 1));
        let late = database.begin(&append(7, 1, 1, 1)).unwrap();
        let take = database.begin(&[Statement::Take { tasks: vec![7], from: 1, to: 2 }]).unwrap();
        assert!(database.commit(take).is_ok());
        assert_eq!(database.commit(late), Err(Failure::RolledBack));
        assert_eq!(database.begin(&append(7, 1, 1, 1)).err(), Some(Failure::Changed));
        assert!(database.begin(&append(7, 1, 2, 2)).is_ok());
    }

    #[test]
    fn a_task_gets_all_its_consumers_or_none_and_no_key_twice() {
        let mut database = with(&open(7, 0, 1));
        assert_eq!(database.begin(&open(8, 0, 2)).err(), Some(Failure::Exists), "the idempotency key");
        let second = database.begin(&open(8, 1, 2)).unwrap();
        database.commit(second).unwrap();
        let locked = |database: &Database| database.read().tasks.values().map(|row| row.locked).collect::<Vec<_>>();
        assert_eq!(locked(&database), [true, false]);
        let acquire = [
            Statement::SetLocked { task: 8, owner: 1, epoch: 1 },
            Statement::Lock { task: 8, consumers: ["S", "M"].map(Consumer::from).to_vec() },
        ];
        assert_eq!(database.begin(&acquire).err(), Some(Failure::Exists));
        let end = database.begin(&[Statement::Unlock { task: 7 }]).unwrap();
        database.commit(end).unwrap();
        let acquired = database.begin(&acquire).unwrap();
        database.commit(acquired).unwrap();
        assert_eq!(database.read().locks.values().copied().collect::<Vec<_>>(), [8, 8]);
    }

    #[test]
    fn a_crash_of_all_nodes_takes_the_last_commits_away() {
        let mut database = with(&FIRST);
        for _ in 0..3 {
            let beat = database.begin(&[Statement::Beat { runner: 1 }]).unwrap();
            database.commit(beat).unwrap();
        }
        assert_eq!(database.read_behind(1).runners[&1].beat, 2);
        database.crash(2);
        assert_eq!(database.read().runners[&1].beat, 1);
        database.crash(MOST_LOST);
        assert!(database.read().runners.is_empty());
    }
}
