//! The tables of the journal's database, and what a statement does to them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::journal::{Consumer, Entry, Event, Opened, RunnerId, TaskId};
use super::statement::Statement;

/// The state of the database.
#[derive(Debug, Clone, Default)]
pub struct Tables {
    pub tasks: BTreeMap<TaskId, Arc<TaskRow>>,
    /// By task and number, which are the primary key.
    pub entries: BTreeMap<TaskId, Arc<BTreeMap<u32, Entry>>>,
    pub locks: BTreeMap<Consumer, TaskId>,
    /// The unique idempotency keys.
    pub keys: BTreeMap<u32, TaskId>,
    pub runners: BTreeMap<RunnerId, RunnerRow>,
}

#[derive(Debug, Clone)]
pub struct TaskRow {
    pub opened: Arc<Opened>,
    pub consumers: Vec<Consumer>,
    pub entries: u32,
    pub owner: RunnerId,
    pub epoch: u32,
    pub open: bool,
    pub locked: bool,
    /// The order of opening.
    pub at: u64,
}

#[derive(Debug, Clone, Copy)]
pub struct RunnerRow {
    pub beat: u32,
    pub alive: bool,
}

/// A row by its primary or unique key, by which Galera certifies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowKey {
    Task(TaskId),
    Entry(TaskId, u32),
    Lock(Consumer),
    Key(u32),
    Runner(RunnerId),
}

/// Why a statement ends its transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// A row with this key exists.
    Exists,
    /// It did not find the row that it must find.
    Changed,
}

impl Tables {
    /// Whether this runner may beat.
    pub fn is_alive(&self, runner: RunnerId) -> bool {
        self.runners.get(&runner).is_some_and(|row| row.alive)
    }

    /// The entries of a task in their order.
    pub fn entries_of(&self, task: TaskId) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.get(&task).into_iter().flat_map(|entries| entries.values())
    }

    /// Does it, and adds the keys of the rows that it writes.
    pub fn execute(&mut self, statement: &Statement, rows: &mut Vec<RowKey>) -> Result<(), Refused> {
        match statement {
            Statement::Open { task, opened, owner, at } => self.open(*task, opened, *owner, *at, rows),
            Statement::Entries { task, first, owner, epoch, events } => {
                self.insert(*task, *first, (*owner, *epoch), events, rows)
            }
            Statement::MoveOn { task, from, by, owner, ends } => {
                let is_it = |row: &TaskRow| {
                    from.is_none_or(|from| row.entries == from)
                        && owner.is_none_or(|owner| (row.owner, row.epoch) == owner)
                };
                self.update(*task, is_it, rows, |row| (row.entries, row.open) = (row.entries + by, row.open && !ends))
            }
            Statement::LockIfFree { task } => self.lock_if_free(*task, rows),
            Statement::SetLocked { task, owner, epoch } => {
                let is_it = |row: &TaskRow| (row.owner, row.epoch) == (*owner, *epoch) && row.open && !row.locked;
                self.update(*task, is_it, rows, |row| row.locked = true)
            }
            Statement::Lock { task, consumers } => self.lock(*task, consumers, rows),
            Statement::Unlock { task } => {
                let held = self.locks.iter().filter(|(_, holder)| *holder == task).map(|(of, _)| of.clone());
                for consumer in held.collect::<Vec<_>>() {
                    self.locks.remove(&consumer);
                    rows.push(RowKey::Lock(consumer));
                }
                Ok(())
            }
            Statement::Enter { runner } => {
                rows.push(RowKey::Runner(*runner));
                let new = RunnerRow { beat: 0, alive: true };
                if self.runners.insert(*runner, new).is_some() { Err(Refused::Exists) } else { Ok(()) }
            }
            Statement::Beat { runner } => self.change_runner(*runner, None, rows, |row| row.beat += 1),
            Statement::Bury { runner, beat } => self.change_runner(*runner, Some(*beat), rows, |row| row.alive = false),
            Statement::Take { tasks, from, to } => {
                for task in tasks {
                    let is_it = |row: &TaskRow| row.owner == *from && row.open;
                    let _ = self.update(*task, is_it, rows, |row| (row.owner, row.epoch) = (*to, row.epoch + 1));
                }
                Ok(())
            }
        }
    }

    fn open(
        &mut self,
        task: TaskId,
        opened: &Arc<Opened>,
        owner: RunnerId,
        at: u64,
        rows: &mut Vec<RowKey>,
    ) -> Result<(), Refused> {
        if self.tasks.contains_key(&task) || self.keys.contains_key(&opened.key) {
            return Err(Refused::Exists);
        }
        let (opened, consumers) = (opened.clone(), opened.consumers.clone());
        let row = TaskRow { opened, consumers, entries: 1, owner, epoch: 1, open: true, locked: false, at };
        rows.extend([RowKey::Task(task), RowKey::Key(row.opened.key)]);
        self.keys.insert(row.opened.key, task);
        self.tasks.insert(task, Arc::new(row));
        Ok(())
    }

    fn insert(
        &mut self,
        task: TaskId,
        first: Option<u32>,
        (owner, epoch): (RunnerId, u32),
        events: &[Event],
        rows: &mut Vec<RowKey>,
    ) -> Result<(), Refused> {
        let entries = Arc::make_mut(self.entries.entry(task).or_default());
        let next = entries.last_key_value().map_or(0, |(last, _)| last + 1);
        for (number, event) in (first.unwrap_or(next)..).zip(events) {
            rows.push(RowKey::Entry(task, number));
            if entries.insert(number, Entry { owner, epoch, event: event.clone() }).is_some() {
                return Err(Refused::Exists);
            }
        }
        Ok(())
    }

    fn update(
        &mut self,
        task: TaskId,
        is_it: impl Fn(&TaskRow) -> bool,
        rows: &mut Vec<RowKey>,
        change: impl FnOnce(&mut TaskRow),
    ) -> Result<(), Refused> {
        let row = self.tasks.get_mut(&task).filter(|row| is_it(row)).ok_or(Refused::Changed)?;
        change(Arc::make_mut(row));
        rows.push(RowKey::Task(task));
        Ok(())
    }

    fn lock_if_free(&mut self, task: TaskId, rows: &mut Vec<RowKey>) -> Result<(), Refused> {
        let Some(row) = self.tasks.get(&task) else { return Err(Refused::Changed) };
        let (consumers, at) = (row.consumers.clone(), (row.at, task));
        let is_older = |(id, other): (&TaskId, &Arc<TaskRow>)| {
            other.open && (other.at, *id) < at && other.consumers.iter().any(|one| consumers.contains(one))
        };
        if consumers.iter().any(|one| self.locks.contains_key(one)) || self.tasks.iter().any(is_older) {
            return Ok(());
        }
        self.update(task, |_| true, rows, |row| row.locked = true)?;
        self.lock(task, &consumers, rows)
    }

    fn lock(&mut self, task: TaskId, consumers: &[Consumer], rows: &mut Vec<RowKey>) -> Result<(), Refused> {
        for consumer in consumers {
            rows.push(RowKey::Lock(consumer.clone()));
            if self.locks.insert(consumer.clone(), task).is_some() {
                return Err(Refused::Exists);
            }
            let is_new = |row: &TaskRow| !row.consumers.contains(consumer);
            let _ = self.update(task, is_new, rows, |row| row.consumers.push(consumer.clone()));
        }
        Ok(())
    }

    fn change_runner(
        &mut self,
        runner: RunnerId,
        beat: Option<u32>,
        rows: &mut Vec<RowKey>,
        change: impl FnOnce(&mut RunnerRow),
    ) -> Result<(), Refused> {
        let is_it = |row: &&mut RunnerRow| row.alive && beat.is_none_or(|beat| row.beat == beat);
        let row = self.runners.get_mut(&runner).filter(is_it).ok_or(Refused::Changed)?;
        change(row);
        rows.push(RowKey::Runner(runner));
        Ok(())
    }

    /// Copies a row, or its absence, from other tables.
    pub fn copy(&mut self, row: &RowKey, from: &Self) {
        match row {
            RowKey::Task(id) => copied(&mut self.tasks, id, &from.tasks),
            RowKey::Lock(consumer) => copied(&mut self.locks, consumer, &from.locks),
            RowKey::Key(key) => copied(&mut self.keys, key, &from.keys),
            RowKey::Runner(id) => copied(&mut self.runners, id, &from.runners),
            RowKey::Entry(task, number) => {
                let entries = Arc::make_mut(self.entries.entry(*task).or_default());
                if let Some(from) = from.entries.get(task) {
                    copied(entries, number, from);
                }
            }
        }
    }
}

fn copied<K: Ord + Clone, V: Clone>(to: &mut BTreeMap<K, V>, key: &K, from: &BTreeMap<K, V>) {
    match from.get(key) {
        Some(value) => drop(to.insert(key.clone(), value.clone())),
        None => drop(to.remove(key)),
    }
}
