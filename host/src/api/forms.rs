//! What clients send and get, besides the contract's own values.

use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{IntoParams, ToSchema};

use crate::canonical::Canonical;
use crate::contract::{ComputeNodeAnswer, MoveTask, ReplaceTask, Reply, RevertTask, ServerState, Task};
use crate::library::Signed;

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
    #[param(pattern = "^(open|queued|running|waiting|parked|finished|failed)$")]
    pub state: Option<String>,
    /// Only tasks of this consumer.
    #[serde(default)]
    #[param(inline)]
    pub consumer: Option<Canonical>,
    /// At most this many: 1 to 1000, and 100 without.
    #[serde(default)]
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
    /// Only tasks older than this one, which must still be here: 400 when it has been forgotten.
    #[serde(default)]
    #[param(inline)]
    pub marker: Option<Canonical>,
}

/// An answer that only the caller can give.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReply {
    /// The effect's place in the history, as `waiting_for` has it.
    #[schema(format = "int64")]
    pub index: usize,
    /// `{"kind":"server","state":"present"|"gone"|"unknown"}` or `{"kind":"compute-node","node":UUID|null}`.
    #[schema(schema_with = answers)]
    pub reply: Answer,
}

/// A reply whose id is spelt as Placement does.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Reply")]
pub struct Answer(pub Reply);

impl TryFrom<Reply> for Answer {
    type Error = String;

    fn try_from(reply: Reply) -> Result<Self, String> {
        if let Reply::ComputeNode(ComputeNodeAnswer { node: Some(node) }) = &reply {
            Canonical::try_from(node.clone())?;
        }
        Ok(Self(reply))
    }
}

/// The replies that a caller can give.
fn answers() -> Schema {
    let answer = |kind, field, value: RefOr<Schema>| {
        let kind = ObjectBuilder::new().schema_type(Type::String).enum_values(Some([kind]));
        ObjectBuilder::new().property("kind", kind).required("kind").property(field, value).required(field)
    };
    let state = Ref::from_schema_name("ServerState");
    let no_node = ObjectBuilder::new().schema_type(Type::Null);
    let node = OneOfBuilder::new().item(Ref::from_schema_name("Canonical")).item(no_node);
    let [server, node] = [answer("server", "state", state.into()), answer("compute-node", "node", node.into())];
    OneOfBuilder::new().item(server).item(node).into()
}

/// How a parked task goes on.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Resume {
    /// Under this policy, by digest; left out, under its own. Another one takes the role `policies`, too.
    #[serde(default)]
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub policy: Option<String>,
}

/// A policy by its digest.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// The SHA-256 of its component.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub policy: String,
}

/// A policy to be made the active one.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Promotion {
    /// The SHA-256 of its component.
    #[schema(pattern = "^[0-9a-f]{64}$")]
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
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub digest: String,
    /// By its own words.
    pub name: String,
    /// By its own words.
    pub version: String,
    /// Who vouches for it.
    pub signed: Signed,
    /// When it came, in UTC.
    #[schema(format = "date-time")]
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

#[cfg(test)]
mod tests {
    use super::*;

    const NODE: &str = "5a1d0000-0000-0000-0000-000000000001";

    fn refused(reply: &str, says: &str) {
        let error = serde_json::from_str::<Answer>(reply).unwrap_err().to_string();
        assert!(error.contains(says), "{reply}: {error}");
    }

    #[test]
    fn a_reply_names_a_node_as_placement_does_or_says_that_there_is_none() {
        for node in [format!("{NODE:?}"), "null".to_owned()] {
            let reply = format!(r#"{{"kind":"compute-node","node":{node}}}"#);
            assert!(matches!(serde_json::from_str(&reply), Ok(Answer(Reply::ComputeNode(_)))), "{reply}");
        }
        refused(&format!(r#"{{"kind":"compute-node","node":{:?}}}"#, NODE.to_uppercase()), &format!("write {NODE}"));
        refused(r#"{"kind":"compute-node","node":"here"}"#, "not a UUID");
        refused(r#"{"kind":"compute-node"}"#, "missing field `node`");
    }
}
