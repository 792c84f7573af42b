//! A task in a list: its state, without its parameters and history, which `GET /v1/tasks/{id}` returns.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::task_view::WaitingFor;
use crate::journal::{Outline, State, Summary};
use crate::record::{End, PolicyName};
use crate::task_clock::rfc3339;

/// The largest number of characters of a failure's text; a policy may return more.
const DETAIL: usize = 500;

/// A task in a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ListedTask)]
pub struct ListedTask {
    /// A UUID.
    #[schema(format = "uuid")]
    pub id: String,
    /// `move`, `replace`, `revert`, `migrate`, `live-migrate`, `confirm`, `revert-resize`, `abort` or `release`.
    #[schema(pattern = "^(move|replace|revert|migrate|live-migrate|confirm|revert-resize|abort|release)$")]
    pub kind: String,
    /// `queued`, `running`, `waiting`, `parked`, `finished` or `failed`.
    #[schema(pattern = "^(queued|running|waiting|parked|finished|failed)$")]
    pub state: &'static str,
    /// The servers and migration records that the task concerns.
    pub consumers: Vec<String>,
    /// The outcome, if it ended with one.
    pub outcome: Option<ListedOutcome>,
    /// The failure, if it ended with one.
    pub failure: Option<ListedFailure>,
    /// Why it is parked.
    pub parked: Option<String>,
    /// The policy that decides about the task.
    pub policy: PolicyName,
    /// What it waits for.
    pub waiting_for: Vec<ListedWait>,
    /// When it was accepted, in UTC.
    #[schema(format = "date-time")]
    pub created_at: String,
    /// The time of the last entry in the journal, in UTC.
    #[schema(format = "date-time")]
    pub updated_at: String,
    /// The id of the HTTP request that submitted the task.
    pub request_id: String,
}

/// An outcome by its kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ListedOutcome {
    /// The kind, such as `moved`.
    pub kind: String,
}

/// A failure without its data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ListedFailure {
    /// The code, such as `leaked`.
    pub code: String,
    /// The text for people; at most 500 characters of it.
    pub detail: String,
}

/// What a task waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ListedWait {
    /// A reply to an effect.
    Reply {
        /// The position in the history.
        index: usize,
        /// The name of the effect, such as `find-server`.
        effect: &'static str,
        /// When the question times out, in UTC.
        #[schema(format = "date-time")]
        until: String,
    },
    /// The end of another task that has locked one of the consumers.
    Task {
        /// The id of the other task.
        task: String,
    },
    /// The removal of a breakpoint, or the end of its time.
    Breakpoint {
        /// The id of the breakpoint.
        breakpoint: String,
        /// When the task goes on by itself, in UTC.
        #[schema(format = "date-time")]
        until: String,
    },
}

impl ListedWait {
    /// The short form of a wait at a breakpoint.
    pub fn of_breakpoint(wait: WaitingFor) -> Option<Self> {
        match wait {
            WaitingFor::Breakpoint { breakpoint, until, .. } => Some(Self::Breakpoint { breakpoint, until }),
            WaitingFor::Reply { .. } | WaitingFor::Task { .. } => None,
        }
    }
}

impl ListedTask {
    /// From the data in the journal.
    pub fn new(summary: &Summary, outline: Outline, consumers: Vec<String>) -> Self {
        let Outline { kind, policy, request_id, parked, end } = outline;
        let (outcome, failure, ended) = match &end {
            Some(End::Finished(outcome)) => {
                (Some(ListedOutcome { kind: text(outcome, "kind") }), None, Some(State::Finished))
            }
            Some(End::Failed(failure)) => {
                let detail = text(failure, "detail").chars().take(DETAIL).collect();
                (None, Some(ListedFailure { code: text(failure, "code"), detail }), Some(State::Failed))
            }
            None => (None, None, None),
        };
        let state = match ended.unwrap_or(summary.state) {
            State::Open => summary.progress.name(),
            state => state.name(),
        };
        Self {
            id: summary.id.clone(),
            kind,
            state,
            consumers,
            outcome,
            failure,
            parked: parked.map(|why| why.chars().take(DETAIL).collect()),
            policy,
            waiting_for: Vec::new(),
            created_at: rfc3339(summary.created_at),
            updated_at: rfc3339(summary.updated_at),
            request_id,
        }
    }

    /// Whether the task has ended.
    pub fn has_ended(&self) -> bool {
        self.outcome.is_some() || self.failure.is_some()
    }

    /// The length as JSON.
    pub fn bytes(&self) -> usize {
        serde_json::to_vec(self).map_or(0, |json| json.len())
    }
}

fn text(object: &Value, field: &str) -> String {
    object.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
}
