//! What clients send and get, besides the contract's own values.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::canonical::Canonical;
use crate::contract::{MoveTask, ReplaceTask, Reply, RevertTask, ServerState, Task};

/// A task to be done.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum NewTask {
    /// Move all allocations of one consumer to another.
    Move {
        /// Who holds them now.
        source: Canonical,
        /// Who is to hold them.
        target: Canonical,
        /// The target is not expected to hold anything yet.
        #[serde(default)]
        target_is_new: bool,
        /// Whether the target's server exists; left out, nova is asked, or else the caller.
        #[serde(default)]
        #[schema(value_type = Option<String>)]
        server: Option<ServerState>,
    },
    /// Give a server's allocations to its migration record, as a migration begins.
    Replace {
        /// The server.
        server: Canonical,
        /// Its migration record.
        migration: Canonical,
        /// The compute node that the server is on; left out, nova is asked, or else the caller.
        #[serde(default)]
        source_node: Option<Canonical>,
    },
    /// Give them back to the server, as a migration has failed.
    Revert {
        /// The server.
        server: Canonical,
        /// Its migration record.
        migration: Canonical,
        /// Whether the server exists; left out, nova is asked, or else the caller.
        #[serde(default)]
        #[schema(value_type = Option<String>)]
        server_state: Option<ServerState>,
    },
}

impl NewTask {
    /// The task, and what the caller knows of the server.
    pub fn parts(self) -> (Task, Option<ServerState>) {
        match self {
            Self::Move { source, target, target_is_new, server } => {
                (Task::Move(MoveTask { source: source.into(), target: target.into(), target_is_new }), server)
            }
            Self::Replace { server, migration, source_node } => {
                let source_node = source_node.map(String::from);
                (Task::Replace(ReplaceTask { server: server.into(), migration: migration.into(), source_node }), None)
            }
            Self::Revert { server, migration, server_state } => {
                (Task::Revert(RevertTask { server: server.into(), migration: migration.into() }), server_state)
            }
        }
    }
}

/// How long to wait for a task.
#[derive(Debug, Clone, Copy, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Wait {
    /// Seconds to wait until the task has ended or waits for somebody; at most 60, and 0 without.
    #[serde(default)]
    #[param(maximum = 60)]
    pub wait: u64,
}

/// Which tasks.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// `open`, `queued`, `running`, `waiting`, `parked`, `finished` or `failed`.
    #[serde(default)]
    pub state: Option<String>,
    /// Only tasks of this consumer.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    pub consumer: Option<Canonical>,
    /// At most this many: 1 to 1000, and 100 without.
    #[serde(default)]
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
    /// Only tasks older than this one.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    pub marker: Option<Canonical>,
}

/// An answer that only the caller can give.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReply {
    /// The effect's place in the history, as `waiting_for` has it.
    pub index: usize,
    /// `{"kind":"server","state":"present"|"gone"|"unknown"}` or `{"kind":"compute-node","node":UUID|null}`.
    #[schema(value_type = Object)]
    pub reply: Reply,
}

/// How a parked task goes on.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Resume {
    /// Under this policy, by digest; left out, under its own.
    #[serde(default)]
    pub policy: Option<String>,
}

/// A policy by its digest.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// The SHA-256 of its component.
    pub policy: String,
}

/// A policy to be made the active one.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Promotion {
    /// The SHA-256 of its component.
    pub policy: String,
    /// So many recorded tasks would have gone otherwise, and somebody has looked at each.
    #[serde(default)]
    pub accept_differences: Option<u64>,
    /// Scenarios that may fail, by name.
    #[serde(default)]
    pub accept_failed: Vec<String>,
}

/// A policy that the service has.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PolicyTold {
    /// The SHA-256 of its component.
    pub digest: String,
    /// By its own words.
    pub name: String,
    /// By its own words.
    pub version: String,
    /// It came with a signature.
    pub signed: bool,
    /// When it came, in UTC.
    pub added_at: String,
    /// `active`, `previous`, `shadow`.
    pub roles: Vec<&'static str>,
}

/// All of them.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PolicyList {
    /// Oldest first.
    pub policies: Vec<PolicyTold>,
}
