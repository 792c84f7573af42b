//! The start of an exploration: a task, and the cloud in which it begins.

use super::{Property, migration_properties, move_properties};
use crate::SimCloud;
use crate::contract::Task;

/// A start.
#[derive(Debug, Clone)]
pub struct InitialState {
    /// The name, for messages.
    pub name: &'static str,
    /// The task.
    pub task: Task,
    /// The cloud.
    pub cloud: SimCloud,
}

impl InitialState {
    /// The consumer that gives its allocations, if the task is a move.
    #[must_use]
    pub fn source(&self) -> &str {
        self.task.parties().first().map_or("", |(_, consumer)| consumer)
    }

    /// The consumer that receives them, if the task is a move.
    #[must_use]
    pub fn target(&self) -> &str {
        self.task.parties().last().map_or("", |(_, consumer)| consumer)
    }

    /// Whether the task is a single move of allocations, and not a whole migration or a part of one.
    #[must_use]
    pub fn is_move(&self) -> bool {
        matches!(self.task, Task::Move(_) | Task::Replace(_) | Task::Revert(_))
    }

    /// What must hold at the end of every path.
    #[must_use]
    pub fn properties(&self) -> &'static [Property] {
        if self.is_move() { &move_properties::ALL } else { &migration_properties::ALL }
    }
}
