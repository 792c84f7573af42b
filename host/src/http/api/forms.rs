//! Request and response bodies and query parameters, apart from the contract's types.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::canonical::Canonical;
use crate::contract::TaskKind;
use crate::registry::{Kinds, Signed};

/// How long the request may wait for the task.
#[derive(Debug, Clone, Copy, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WaitQuery {
    /// Seconds to wait until the task has ended, is parked, or waits for its caller; 0 to 60, default 0.
    #[serde(default)]
    #[param(maximum = 60)]
    pub wait: u64,
}

/// How to read a task.
#[derive(Debug, Clone, Copy, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReadQuery {
    /// Seconds to wait until the task has ended, is parked, or waits for its caller; 0 to 60, default 0.
    #[serde(default)]
    #[param(maximum = 60)]
    pub wait: u64,
    /// The client only looks: it carries out none of the questions that it sees. Also so if its token lacks the role `tasks`.
    /// Default false: from now on, its caller may have carried them out.
    #[serde(default)]
    pub observe: bool,
}

/// Which tasks to list.
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
    /// Only tasks that ended with this kind of outcome, such as `moved`, or this code of failure, such as `leaked`.
    #[serde(default)]
    #[param(pattern = "^[a-z0-9-]{1,64}$")]
    pub outcome: Option<String>,
    /// Maximum number of tasks in the page: 1 to 1000, default 100.
    #[serde(default)]
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
    /// Only tasks older than this one. The response is 400 if it has been removed from the journal.
    #[serde(default)]
    #[param(inline)]
    pub marker: Option<Canonical>,
}

/// How to resume a parked task.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Resume {
    /// Digest of the policy to resume under; default is the task's own. Another policy needs the role `policies`.
    #[serde(default)]
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub policy: Option<String>,
    /// Allow a policy that is older than the newest version of it that was active here.
    #[serde(default)]
    pub allow_older: bool,
}

/// A policy, identified by its digest, that is to run in shadow.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Named)]
pub struct PolicyRef {
    /// The SHA-256 of its component, in hexadecimal.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub policy: String,
    /// Only for these kinds of task, which it must have rules for; default is all kinds. Other kinds keep their shadow.
    #[serde(default, rename = "for")]
    #[schema(value_type = Option<Vec<TaskKind>>, min_items = 1)]
    pub kinds: Option<Kinds>,
}

/// Which kinds of task a change of roles is for.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ForQuery {
    /// Only these kinds of task, with commas between them, such as `move,revert`.
    #[serde(default, rename = "for")]
    #[param(
        pattern = "^(move|replace|revert|migrate|live-migrate|confirm|revert-resize|abort|release)(,(move|replace|revert|migrate|live-migrate|confirm|revert-resize|abort|release))*$"
    )]
    pub kinds: Option<String>,
}

/// A request to make a policy the active one, of all kinds of task or of some.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Promotion {
    /// The SHA-256 of its component, in hexadecimal.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub policy: String,
    /// The number of recorded tasks that would have had a different result, all reviewed by a person.
    #[serde(default)]
    pub accept_differences: Option<u64>,
    /// Names of the scenarios that may fail.
    #[serde(default)]
    pub accept_failed: Vec<String>,
    /// Names of the scenes of `swaparoo check` that may have a counterexample, or may not have been searched to the end.
    #[serde(default)]
    pub accept_counterexamples: Vec<String>,
    /// Allow a policy that is older than the newest version of it that was active here.
    #[serde(default)]
    pub allow_older: bool,
    /// Only for these kinds of task, which it must have rules for; default is all kinds. Other kinds stay with the policy that
    /// they have, and the gate looks only at tasks of these kinds.
    #[serde(default, rename = "for")]
    #[schema(value_type = Option<Vec<TaskKind>>, min_items = 1)]
    pub kinds: Option<Kinds>,
}

/// A policy that the service stores.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = PolicyTold)]
pub struct PolicyView {
    /// The SHA-256 of its component, in hexadecimal.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub digest: String,
    /// The name that its description gives.
    pub name: String,
    /// The version that its description gives.
    pub version: String,
    /// Whether a trusted key signed it.
    pub signed: Signed,
    /// When it was added, in UTC.
    #[schema(format = "date-time")]
    pub added_at: String,
    /// Any of `active`, `previous`, `shadow`.
    pub roles: Vec<&'static str>,
    /// The kinds of task of each of these roles that the policy has for some kinds only.
    #[schema(value_type = BTreeMap<String, Vec<TaskKind>>)]
    pub kinds: BTreeMap<&'static str, Kinds>,
}

/// All policies that the service stores.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PolicyList {
    /// Oldest first.
    pub policies: Vec<PolicyView>,
}
