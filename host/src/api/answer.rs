//! What a client answers to what a task asks.

use serde::Deserialize;
use utoipa::ToSchema;

use super::located;
use crate::canonical::Canonical;
use crate::contract::{
    AvailabilityZoneAnswer, CellAnswer, ComputeNodeAnswer, MigrationAnswer, NovaError, PortRequests, ProjectAndUser,
    Reply, RpcVersion, Selections, ServerAnswer, ServerState, ServiceAnswer,
};

/// An answer that only the caller can give.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReply {
    /// The effect's place in the history, as `waiting_for` has it.
    #[schema(format = "int64")]
    pub index: usize,
    /// Of the kind that answers the effect; `nova-error` where nova raised an exception instead.
    pub reply: Answer,
}

/// The replies that a caller can give.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Answer {
    /// To `find-server`.
    Server {
        /// What nova knows of it.
        state: ServerState,
    },
    /// To `find-compute-node` and `find-host-node`.
    ComputeNode {
        /// By its root provider; null: nova has none.
        #[serde(deserialize_with = "Option::deserialize")]
        #[schema(required)]
        node: Option<Canonical>,
    },
    /// To what was to be done, or checked: it is done, or so.
    Done,
    /// nova raised an exception.
    #[serde(deserialize_with = "located::located")]
    NovaError(NovaError),
    /// To `get-port-requests`.
    #[serde(deserialize_with = "located::located")]
    PortRequests(PortRequests),
    /// To `find-cell`.
    #[serde(deserialize_with = "located::located")]
    Cell(CellAnswer),
    /// To `find-migration`, `get-migration` and `create-migration`.
    #[serde(deserialize_with = "located::located")]
    Migration(MigrationAnswer),
    /// To `ensure-project-and-user`.
    #[serde(deserialize_with = "located::located")]
    ProjectAndUser(ProjectAndUser),
    /// To `select-destinations`.
    #[serde(deserialize_with = "located::located")]
    Selections(Selections),
    /// To `find-service`.
    #[serde(deserialize_with = "located::located")]
    Service(ServiceAnswer),
    /// To `get-compute-rpc-version`.
    #[serde(deserialize_with = "located::located")]
    RpcVersion(RpcVersion),
    /// To `get-availability-zone`.
    #[serde(deserialize_with = "located::located")]
    AvailabilityZone(AvailabilityZoneAnswer),
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Server { state } => Self::Server(ServerAnswer { state }),
            Answer::ComputeNode { node } => Self::ComputeNode(ComputeNodeAnswer { node: node.map(String::from) }),
            Answer::Done => Self::Done,
            Answer::NovaError(error) => Self::NovaError(error),
            Answer::PortRequests(ports) => Self::PortRequests(ports),
            Answer::Cell(cell) => Self::Cell(cell),
            Answer::Migration(migration) => Self::Migration(migration),
            Answer::ProjectAndUser(whose) => Self::ProjectAndUser(whose),
            Answer::Selections(selections) => Self::Selections(selections),
            Answer::Service(service) => Self::Service(service),
            Answer::RpcVersion(version) => Self::RpcVersion(version),
            Answer::AvailabilityZone(zone) => Self::AvailabilityZone(zone),
        }
    }
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
            assert!(matches!(serde_json::from_str(&reply), Ok(Answer::ComputeNode { .. })), "{reply}");
        }
        refused(&format!(r#"{{"kind":"compute-node","node":{:?}}}"#, NODE.to_uppercase()), &format!("write {NODE}"));
        refused(r#"{"kind":"compute-node","node":"here"}"#, "not a UUID");
        refused(r#"{"kind":"compute-node"}"#, "missing field `node`");
    }

    #[test]
    fn what_only_the_host_says_is_no_answer() {
        refused(r#"{"kind":"abandoned","detail":""}"#, "unknown variant `abandoned`");
        refused(r#"{"kind":"written"}"#, "unknown variant `written`");
        refused(r#"{"kind":"cell"}"#, "missing field `cell`");
    }
}
