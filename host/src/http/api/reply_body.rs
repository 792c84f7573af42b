//! Replies that a client sends for a task's effects.

use serde::Deserialize;
use utoipa::ToSchema;

use super::with_path;
use crate::canonical::Canonical;
use crate::contract::{
    AvailabilityZoneAnswer, CellAnswer, ComputeNodeAnswer, MigrationAnswer, NovaError, PortRequests, ProjectAndUser,
    Reply, RpcVersion, Selections, ServerAnswer, ServerDetails, ServerState, ServiceAnswer,
};

/// A reply to an effect that only the caller can answer.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReply {
    /// The effect's index in the history, as given in `waiting_for`.
    #[schema(format = "int64")]
    pub index: usize,
    /// A reply kind that fits the effect, or `nova-error` if nova raised an exception.
    pub reply: ReplyBody,
}

/// The kinds of reply that a caller can send.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
#[schema(as = Answer)]
pub enum ReplyBody {
    /// Answers `find-server`.
    Server {
        /// Whether the server exists in nova.
        state: ServerState,
        /// What else nova shows of the server. Leave out what is not known; rules never guess it.
        #[serde(default)]
        details: Option<ServerDetails>,
    },
    /// Answers `find-compute-node` and `find-host-node`.
    ComputeNode {
        /// UUID of the compute node's root resource provider; null if nova has no such node.
        #[serde(deserialize_with = "Option::deserialize")]
        #[schema(required)]
        node: Option<Canonical>,
    },
    /// Answers an effect that returns no value: the action is done, or the check passed.
    Done,
    /// nova raised an exception.
    #[serde(deserialize_with = "with_path::value")]
    NovaError(NovaError),
    /// Answers `get-port-requests`.
    #[serde(deserialize_with = "with_path::value")]
    PortRequests(PortRequests),
    /// Answers `find-cell`.
    #[serde(deserialize_with = "with_path::value")]
    Cell(CellAnswer),
    /// Answers `find-migration`, `get-migration` and `create-migration`.
    #[serde(deserialize_with = "with_path::value")]
    Migration(MigrationAnswer),
    /// Answers `ensure-project-and-user`.
    #[serde(deserialize_with = "with_path::value")]
    ProjectAndUser(ProjectAndUser),
    /// Answers `select-destinations`.
    #[serde(deserialize_with = "with_path::value")]
    Selections(Selections),
    /// Answers `find-service`.
    #[serde(deserialize_with = "with_path::value")]
    Service(ServiceAnswer),
    /// Answers `get-compute-rpc-version`.
    #[serde(deserialize_with = "with_path::value")]
    RpcVersion(RpcVersion),
    /// Answers `get-availability-zone`.
    #[serde(deserialize_with = "with_path::value")]
    AvailabilityZone(AvailabilityZoneAnswer),
}

impl From<ReplyBody> for Reply {
    fn from(body: ReplyBody) -> Self {
        match body {
            ReplyBody::Server { state, details } => Self::Server(ServerAnswer { state, details }),
            ReplyBody::ComputeNode { node } => Self::ComputeNode(ComputeNodeAnswer { node: node.map(String::from) }),
            ReplyBody::Done => Self::Done,
            ReplyBody::NovaError(error) => Self::NovaError(error),
            ReplyBody::PortRequests(ports) => Self::PortRequests(ports),
            ReplyBody::Cell(cell) => Self::Cell(cell),
            ReplyBody::Migration(migration) => Self::Migration(migration),
            ReplyBody::ProjectAndUser(whose) => Self::ProjectAndUser(whose),
            ReplyBody::Selections(selections) => Self::Selections(selections),
            ReplyBody::Service(service) => Self::Service(service),
            ReplyBody::RpcVersion(version) => Self::RpcVersion(version),
            ReplyBody::AvailabilityZone(zone) => Self::AvailabilityZone(zone),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODE: &str = "5a1d0000-0000-0000-0000-000000000001";

    fn refused(reply: &str, says: &str) {
        let error = serde_json::from_str::<ReplyBody>(reply).unwrap_err().to_string();
        assert!(error.contains(says), "{reply}: {error}");
    }

    #[test]
    fn a_reply_about_a_compute_node_has_its_uuid_or_null() {
        for node in [format!("{NODE:?}"), "null".to_owned()] {
            let reply = format!(r#"{{"kind":"compute-node","node":{node}}}"#);
            assert!(matches!(serde_json::from_str(&reply), Ok(ReplyBody::ComputeNode { .. })), "{reply}");
        }
        refused(&format!(r#"{{"kind":"compute-node","node":{:?}}}"#, NODE.to_uppercase()), &format!("write {NODE}"));
        refused(r#"{"kind":"compute-node","node":"here"}"#, "not a UUID");
        refused(r#"{"kind":"compute-node"}"#, "missing field `node`");
    }

    #[test]
    fn replies_that_only_the_host_makes_are_refused() {
        refused(r#"{"kind":"abandoned","detail":""}"#, "unknown variant `abandoned`");
        refused(r#"{"kind":"written"}"#, "unknown variant `written`");
        refused(r#"{"kind":"cell"}"#, "missing field `cell`");
    }
}
