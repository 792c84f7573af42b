//! A task as the API and `--json` return it.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::restore::check_understood;
use super::times::times;
use crate::contract::{Effect, Exchange, Task};
use crate::journal::{Entry, Event, Opened, Shadowed, State, Summary};
use crate::record::{End, PolicyName, Record, Times};
use crate::task_clock::rfc3339;

/// A task.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Task)]
pub struct TaskView {
    /// A UUID.
    #[schema(format = "uuid")]
    pub id: String,
    /// `move`, `replace`, `revert`, `migrate`, `live-migrate`, `confirm`, `revert-resize`, `abort` or `release`.
    #[schema(pattern = "^(move|replace|revert|migrate|live-migrate|confirm|revert-resize|abort|release)$")]
    pub kind: &'static str,
    /// `queued`, `running`, `waiting`, `parked`, `finished` or `failed`.
    #[schema(pattern = "^(queued|running|waiting|parked|finished|failed)$")]
    pub state: &'static str,
    /// The task as submitted.
    #[schema(value_type = Object)]
    pub task: Task,
    /// The outcome, if it ended with one.
    #[schema(value_type = Option<Object>)]
    pub outcome: Option<Value>,
    /// The failure, if it ended with one: `code`, `detail`, `data`.
    #[schema(value_type = Option<Object>)]
    pub failure: Option<Value>,
    /// Why it is parked.
    pub parked: Option<String>,
    /// The policy that decides about the task.
    pub policy: PolicyName,
    /// All effects and their replies, in order.
    #[schema(value_type = Vec<Object>)]
    pub history: Vec<Exchange>,
    /// The times of these exchanges.
    pub times: Vec<Times>,
    /// The differences of shadow policies.
    #[schema(value_type = Vec<Object>)]
    pub shadow: Vec<Shadowed>,
    /// What it waits for.
    pub waiting_for: Vec<WaitingFor>,
    /// When it was accepted, in UTC.
    #[schema(format = "date-time")]
    pub created_at: String,
    /// The time of the last entry in the journal, in UTC.
    #[schema(format = "date-time")]
    pub updated_at: String,
    /// The id of the HTTP request that submitted the task.
    pub request_id: String,
}

/// What a task waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum WaitingFor {
    /// A reply to this effect, by `POST /v1/tasks/{id}/replies`.
    Reply {
        /// The position in the history.
        index: usize,
        /// The effect to answer.
        #[schema(value_type = Object)]
        effect: Effect,
        /// When the question times out, in UTC; a reply or a heartbeat restarts the timeout.
        #[schema(format = "date-time")]
        until: String,
    },
    /// The end of another task that has locked one of the consumers.
    Task {
        /// The id of the other task.
        task: String,
    },
    /// The removal of a breakpoint, by `DELETE /v1/breakpoints/{id}`, or the end of its time.
    Breakpoint {
        /// The id of the breakpoint.
        breakpoint: String,
        /// The client that has set it.
        set_by: String,
        /// The names of the effects that are sent when the task goes on.
        effects: Vec<String>,
        /// When the task goes on by itself, in UTC.
        #[schema(format = "date-time")]
        until: String,
    },
}

impl TaskView {
    /// A task from the data in the journal; `None` if the first entry is not `opened`.
    pub fn from_entries(summary: &Summary, entries: &[Entry]) -> Option<Self> {
        let opened = opened(entries)?;
        let mut view = Self {
            id: summary.id.clone(),
            kind: opened.task.kind().name(),
            state: match summary.state {
                State::Open => summary.progress.name(),
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
            created_at: rfc3339(summary.created_at),
            updated_at: rfc3339(summary.updated_at),
            request_id: opened.request_id.clone(),
        };
        entries.iter().for_each(|entry| view.apply(&entry.event));
        Some(view)
    }

    fn apply(&mut self, event: &Event) {
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

/// The record of a task that has ended.
pub fn record(id: &str, entries: &[Entry]) -> Option<Record> {
    check_understood(entries).ok()?;
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
    // They are the settings of the policy that the task began with.
    let settings = opened.settings.clone().filter(|_| record.policy == opened.policy).map(Into::into);
    Some(Record { settings, times: times(entries), ..record })
}

/// The first entry of a task.
pub fn opened(entries: &[Entry]) -> Option<&Opened> {
    entries.first().and_then(|entry| match &entry.event {
        Event::Opened(opened) => Some(&**opened),
        _ => None,
    })
}
