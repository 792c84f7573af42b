//! The statements of the runners' transactions.

use std::sync::Arc;

use super::journal::{Consumer, Event, Opened, RunnerId, TaskId};

#[derive(Debug, Clone)]
pub enum Statement {
    /// INSERT INTO tasks.
    Open { task: TaskId, opened: Arc<Opened>, owner: RunnerId, at: u64 },
    /// INSERT INTO entries; without a first number, after the last one.
    Entries { task: TaskId, first: Option<u32>, owner: RunnerId, epoch: u32, events: Vec<Event> },
    /// UPDATE tasks SET entries, state WHERE id AND entries = from AND owner AND epoch: must find its row.
    MoveOn { task: TaskId, from: Option<u32>, by: u32, owner: Option<(RunnerId, u32)>, ends: bool },
    /// INSERT INTO locks and UPDATE tasks SET locked = 1, if all consumers are free and no older open task has one.
    LockIfFree { task: TaskId },
    /// UPDATE tasks SET locked = 1 WHERE id AND owner AND epoch AND state = 'open' AND locked = 0: must find its row.
    SetLocked { task: TaskId, owner: RunnerId, epoch: u32 },
    /// INSERT INTO locks.
    Lock { task: TaskId, consumers: Vec<Consumer> },
    /// DELETE FROM locks WHERE task.
    Unlock { task: TaskId },
    /// INSERT INTO runners.
    Enter { runner: RunnerId },
    /// UPDATE runners SET beat = beat + 1 WHERE id AND state = 'alive': must find its row.
    Beat { runner: RunnerId },
    /// UPDATE runners SET state = 'dead' WHERE id AND beat AND state = 'alive': must find its row.
    Bury { runner: RunnerId, beat: u32 },
    /// UPDATE tasks SET owner = to, epoch = epoch + 1 WHERE id IN (...) AND owner = from AND state = 'open'.
    Take { tasks: Vec<TaskId>, from: RunnerId, to: RunnerId },
}

impl Statement {
    /// The statement in words, for transcripts.
    pub fn words(&self) -> String {
        match self {
            Self::Open { task, .. } => format!("open task {task}"),
            Self::Entries { task, first, events, epoch, .. } => {
                let names: Vec<_> = events.iter().map(Event::name).collect();
                let first = first.map_or_else(|| "the end".to_owned(), |first| first.to_string());
                format!("append {} to task {task} at {first} in epoch {epoch}", names.join(", "))
            }
            Self::MoveOn { from, by, ends, .. } => {
                let from = from.map_or_else(String::new, |from| format!(" from {from}"));
                format!("count{from} by {by}{}", if *ends { " and close" } else { "" })
            }
            Self::LockIfFree { .. } => "lock if free".to_owned(),
            Self::SetLocked { task, epoch, .. } => format!("task {task} of epoch {epoch} is locked"),
            Self::Lock { consumers, .. } => format!("lock {}", consumers.join(", ")),
            Self::Unlock { .. } => "unlock".to_owned(),
            Self::Enter { runner } => format!("enter {runner}"),
            Self::Beat { .. } => "beat".to_owned(),
            Self::Bury { runner, beat } => format!("runner {runner} is dead at beat {beat}"),
            Self::Take { tasks, from, to } => format!("tasks {tasks:?} of {from} are {to}'s"),
        }
    }
}
