//! What a task says by itself.

use crate::{RevertTask, Task, TaskKind};

impl Task {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> TaskKind {
        match self {
            Self::Move(_) => TaskKind::Move,
            Self::Replace(_) => TaskKind::Replace,
            Self::Revert(_) => TaskKind::Revert,
            Self::Migrate(_) => TaskKind::Migrate,
            Self::LiveMigrate(_) => TaskKind::LiveMigrate,
            Self::Confirm(_) => TaskKind::Confirm,
            Self::RevertResize(_) => TaskKind::RevertResize,
            Self::Abort(_) => TaskKind::Abort,
            Self::Release(_) => TaskKind::Release,
        }
    }

    /// The consumers that it names, by the part that each plays; who gives comes first.
    #[must_use]
    pub fn parties(&self) -> Vec<(&'static str, &str)> {
        match self {
            Self::Move(task) => vec![("source", &task.source), ("target", &task.target)],
            Self::Replace(task) => vec![("server", &task.server), ("migration", &task.migration)],
            Self::Migrate(task) => vec![("server", &task.server)],
            Self::LiveMigrate(task) => vec![("server", &task.server), ("migration", &task.migration)],
            Self::Revert(RevertTask { server, migration }) => vec![("migration", migration), ("server", server)],
            Self::Confirm(task) | Self::RevertResize(task) | Self::Abort(task) => {
                vec![("migration", &task.migration), ("server", &task.server)]
            }
            Self::Release(task) if task.consumer == task.server => vec![("server", &task.server)],
            Self::Release(task) => vec![("migration", &task.consumer), ("server", &task.server)],
        }
    }
}
