//! What somebody asks for.

use serde::{Deserialize, Serialize};
use wasmtime::component::{ComponentType, Lift, Lower};

use super::{ConsumerId, ProviderId};

/// What somebody asked for. The host hands it over unchanged at every call.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(variant)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Task {
    /// Move all allocations of one consumer to another: nova's `move_allocations`.
    #[component(name = "move")]
    Move(MoveTask),
    /// Give a server's allocations to its migration record: nova's `replace_allocation_with_migration`.
    #[component(name = "replace")]
    Replace(ReplaceTask),
    /// Give them back when the migration failed: nova's `revert_allocation_for_migration`.
    #[component(name = "revert")]
    Revert(RevertTask),
}

impl Task {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> TaskKind {
        match self {
            Self::Move(_) => TaskKind::Move,
            Self::Replace(_) => TaskKind::Replace,
            Self::Revert(_) => TaskKind::Revert,
        }
    }
}

/// The contract's `move-task`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct MoveTask {
    /// Who holds the allocations now.
    pub source: ConsumerId,
    /// Who is to hold them. Where a rule asks for a server, this is the server asked for.
    pub target: ConsumerId,
    /// True when the target is not expected to hold anything yet (the swap at a migration's start), false when
    /// it should already exist (the way back).
    #[component(name = "target-is-new")]
    pub target_is_new: bool,
}

/// The contract's `replace-task`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct ReplaceTask {
    /// `server`.
    pub server: ConsumerId,
    /// `migration`.
    pub migration: ConsumerId,
    /// The compute node that the server is on. None: the rules ask by `find-compute-node`.
    #[component(name = "source-node")]
    pub source_node: Option<ProviderId>,
}

/// The contract's `revert-task`.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(record)]
pub struct RevertTask {
    /// `server`.
    pub server: ConsumerId,
    /// `migration`.
    pub migration: ConsumerId,
}

/// The kinds of task, for `describe`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ComponentType, Lift, Lower, Serialize, Deserialize)]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum TaskKind {
    /// `move`.
    #[component(name = "move")]
    Move,
    /// `replace`.
    #[component(name = "replace")]
    Replace,
    /// `revert`.
    #[component(name = "revert")]
    Revert,
}
