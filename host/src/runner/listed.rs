//! A task in a list: how it stands, and not what it was asked to do nor what came back, which its own address tells.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::told::time;
use crate::journal::{Outline, State, Summary};
use crate::record::{End, PolicyName};

/// A failure's text is cut after so many letters; a policy may write more.
const DETAIL: usize = 500;

/// A task in a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ListedTask)]
pub struct Listed {
    /// A UUID.
    #[schema(format = "uuid")]
    pub id: String,
    /// What was asked: `move`, `replace`, `revert`, `migrate`, `live-migrate`, `confirm`, `revert-resize`, `abort` or `release`.
    #[schema(pattern = "^(move|replace|revert|migrate|live-migrate|confirm|revert-resize|abort|release)$")]
    pub kind: String,
    /// `queued`, `running`, `waiting`, `parked`, `finished` or `failed`.
    #[schema(pattern = "^(queued|running|waiting|parked|finished|failed)$")]
    pub state: &'static str,
    /// The servers and migration records that it is about.
    pub consumers: Vec<String>,
    /// How it ended well.
    pub outcome: Option<ListedOutcome>,
    /// How it ended otherwise.
    pub failure: Option<ListedFailure>,
    /// Why it is parked.
    pub parked: Option<String>,
    /// Who decides.
    pub policy: PolicyName,
    /// What it waits for.
    pub waiting_for: Vec<ListedWait>,
    /// When it was accepted, in UTC.
    #[schema(format = "date-time")]
    pub created_at: String,
    /// When something last happened to it.
    #[schema(format = "date-time")]
    pub updated_at: String,
    /// The request that brought it.
    pub request_id: String,
}

/// An outcome by its kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ListedOutcome {
    /// Such as `moved`.
    pub kind: String,
}

/// A failure without its data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ListedFailure {
    /// Such as `leaked`.
    pub code: String,
    /// For people; at most 500 letters of it.
    pub detail: String,
}

/// What a task waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ListedWait {
    /// That an effect is answered.
    Reply {
        /// Its place in the history.
        index: usize,
        /// By its name, such as `find-server`.
        effect: &'static str,
        /// Until when.
        #[schema(format = "date-time")]
        until: String,
    },
    /// That another task ends which has one of its consumers.
    Task {
        /// Its id.
        task: String,
    },
}

impl Listed {
    /// By what the journal has of it.
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
            State::Open => "running",
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
            created_at: time(summary.created_at),
            updated_at: time(summary.updated_at),
            request_id,
        }
    }

    /// Whether it has come to its end.
    pub fn has_ended(&self) -> bool {
        self.outcome.is_some() || self.failure.is_some()
    }

    /// Its length as JSON.
    pub fn bytes(&self) -> usize {
        serde_json::to_vec(self).map_or(0, |json| json.len())
    }
}

fn text(object: &Value, field: &str) -> String {
    object.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
}
