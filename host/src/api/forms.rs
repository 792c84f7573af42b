//! What clients send and get, besides the contract's own values.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::canonical::Canonical;
use crate::library::Signed;

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
    /// Only tasks that ended with an outcome of this kind, such as `moved`, or a failure of this code, such as `leaked`.
    #[serde(default)]
    #[param(pattern = "^[a-z0-9-]{1,64}$")]
    pub outcome: Option<String>,
    /// At most this many: 1 to 1000, and 100 without.
    #[serde(default)]
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
    /// Only tasks older than this one, which must still be here: 400 when it has been forgotten.
    #[serde(default)]
    #[param(inline)]
    pub marker: Option<Canonical>,
}

/// How a parked task goes on.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Resume {
    /// Under this policy, by digest; left out, under its own. Another one takes the role `policies`, too.
    #[serde(default)]
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub policy: Option<String>,
    /// Another policy may be older than the newest version of it that was active here.
    #[serde(default)]
    pub allow_older: bool,
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
    /// It may be older than the newest version of it that was active here.
    #[serde(default)]
    pub allow_older: bool,
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
