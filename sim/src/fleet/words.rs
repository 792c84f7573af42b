//! Statements in words, for transcripts.

use super::tables::Statement;

impl Statement {
    pub fn words(&self) -> String {
        match self {
            Self::Open { task, .. } => format!("open task {task}"),
            Self::Entries { task, first, events, epoch, .. } => {
                let names: Vec<_> = events.iter().map(super::journal::Event::name).collect();
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
