//! A task as it is told to others: the object of `--json` and what a service knows besides.

use chrono::{DateTime, SecondsFormat};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::found::understood;
use super::times::times;
use crate::contract::{Effect, Exchange, Task};
use crate::journal::{Entry, Event, Opened, Shadowed, State, Summary};
use crate::record::{End, PolicyName, Record, Times};

/// A task.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Task)]
pub struct Told {
    /// A UUID.
    #[schema(format = "uuid")]
    pub id: String,
    /// What was asked: `move`, `replace`, `revert`, `migrate`, `live-migrate`, `confirm`, `revert-resize`, `abort` or `release`.
    #[schema(pattern = "^(move|replace|revert|migrate|live-migrate|confirm|revert-resize|abort|release)$")]
    pub kind: &'static str,
    /// `queued`, `running`, `waiting`, `parked`, `finished` or `failed`.
    #[schema(pattern = "^(queued|running|waiting|parked|finished|failed)$")]
    pub state: &'static str,
    /// What was asked.
    #[schema(value_type = Object)]
    pub task: Task,
    /// How it ended well.
    #[schema(value_type = Option<Object>)]
    pub outcome: Option<Value>,
    /// How it ended otherwise: `code`, `detail`, `data`.
    #[schema(value_type = Option<Object>)]
    pub failure: Option<Value>,
    /// Why it is parked.
    pub parked: Option<String>,
    /// Who decides.
    pub policy: PolicyName,
    /// What was asked of the outside, and what came back.
    #[schema(value_type = Vec<Object>)]
    pub history: Vec<Exchange>,
    /// When each of these exchanges was.
    pub times: Vec<Times>,
    /// Where a policy in shadow would have gone on otherwise.
    #[schema(value_type = Vec<Object>)]
    pub shadow: Vec<Shadowed>,
    /// What it waits for.
    pub waiting_for: Vec<WaitingFor>,
    /// When it was accepted, in UTC.
    #[schema(format = "date-time")]
    pub created_at: String,
    /// When something last happened to it.
    #[schema(format = "date-time")]
    pub updated_at: String,
    /// The request that brought it.
    pub request_id: String,
}

/// What a task waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum WaitingFor {
    /// That this effect is answered, by `POST /v1/tasks/{id}/replies`.
    Reply {
        /// Its place in the history.
        index: usize,
        /// What is asked.
        #[schema(value_type = Object)]
        effect: Effect,
        /// Until when; an answer, or a heartbeat, gives it more time.
        #[schema(format = "date-time")]
        until: String,
    },
    /// That another task ends which has one of its consumers.
    Task {
        /// Its id.
        task: String,
    },
}

impl Told {
    /// A task by what the journal has of it; none if that does not begin with its opening.
    pub fn from_entries(summary: &Summary, entries: &[Entry]) -> Option<Self> {
        let opened = opened(entries)?;
        let mut told = Self {
            id: summary.id.clone(),
            kind: opened.task.kind().name(),
            state: match summary.state {
                State::Open => "running",
                state => state.name(),
            },
            task: opened.task.clone(),
            outcome: None,
            failure: None,
            parked: None,
            policy: opened.policy.clone(),
            history: Vec::new(),
            times: times(entries),
            shadow: Vec::new(),
            waiting_for: Vec::new(),
            created_at: time(summary.created_at),
            updated_at: time(summary.updated_at),
            request_id: opened.request_id.clone(),
        };
        entries.iter().for_each(|entry| told.happens(&entry.event));
        Some(told)
    }

    fn happens(&mut self, event: &Event) {
        match event {
            Event::Opened(_) | Event::Asked(_) | Event::Replied { .. } | Event::NotUnderstood(_) => {}
            Event::Answered(exchanges) => self.history.extend_from_slice(exchanges),
            Event::Shadowed(shadowed) => self.shadow.push((**shadowed).clone()),
            Event::Parked(why) => self.parked = Some(why.clone()),
            Event::Resumed(resumed) => {
                self.parked = None;
                self.policy = resumed.policy.clone();
            }
            // The summary may have been read before the end was written.
            Event::Ended(End::Finished(outcome)) => {
                self.state = State::Finished.name();
                self.outcome = Some(outcome.clone());
            }
            Event::Ended(End::Failed(failure)) => {
                self.state = State::Failed.name();
                self.failure = Some(failure.clone());
            }
        }
    }
}

/// A task that has ended, as a record.
pub fn record(id: &str, entries: &[Entry]) -> Option<Record> {
    understood(entries).ok()?;
    let opened = opened(entries)?;
    let mut policy = opened.policy.clone();
    let (mut history, mut end) = (Vec::new(), None);
    for entry in entries {
        match &entry.event {
            Event::Answered(exchanges) => history.extend_from_slice(exchanges),
            Event::Resumed(resumed) => policy = resumed.policy.clone(),
            Event::Ended(ended) => end = Some(ended.clone()),
            Event::Opened(_)
            | Event::Asked(_)
            | Event::Replied { .. }
            | Event::Shadowed(_)
            | Event::Parked(_)
            | Event::NotUnderstood(_) => {}
        }
    }
    let record = Record::new(id.to_owned(), opened.task.clone(), policy, history, end?);
    Some(Record { times: times(entries), ..record })
}

/// How a task began.
pub fn opened(entries: &[Entry]) -> Option<&Opened> {
    entries.first().and_then(|entry| match &entry.event {
        Event::Opened(opened) => Some(&**opened),
        _ => None,
    })
}

/// A time as it is told.
pub fn time(ms: u64) -> String {
    let time = i64::try_from(ms).ok().and_then(DateTime::from_timestamp_millis).unwrap_or_default();
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}
