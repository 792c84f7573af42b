//! A task's line in a list: how it began and its present state, without its parameters and its history.

use serde::Deserialize;

use super::Opened;
use crate::record::{End, PolicyName};

/// A task as lists show it.
#[derive(Debug, Clone, PartialEq)]
pub struct Outline {
    /// The kind of the task.
    pub kind: String,
    /// The policy that decides about the task.
    pub policy: PolicyName,
    /// The id of the HTTP request that submitted the task.
    pub request_id: String,
    /// Why it is parked, if it is.
    pub parked: Option<String>,
    /// How it ended, if it has.
    pub end: Option<End>,
}

/// The fields of entries that an outline needs. All other JSON is skipped while parsing, which saves memory.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct EntryPart {
    opened: Option<OpenedPart>,
    resumed: Option<ResumedPart>,
    parked: Option<String>,
    ended: Option<End>,
}

#[derive(Debug, Deserialize)]
struct OpenedPart {
    task: TaskKindField,
    policy: PolicyName,
    request_id: String,
}

#[derive(Debug, Deserialize)]
struct TaskKindField {
    kind: String,
}

#[derive(Debug, Deserialize)]
struct ResumedPart {
    policy: PolicyName,
}

impl Outline {
    pub(super) fn of(opened: &Opened) -> Self {
        Self {
            kind: opened.task.kind().name().to_owned(),
            policy: opened.policy.clone(),
            request_id: opened.request_id.clone(),
            parked: None,
            end: None,
        }
    }

    /// From the parts of the task's entries, in order; `None` if the first part is not `opened`.
    pub(super) fn from_parts(parts: impl IntoIterator<Item = EntryPart>) -> Option<Self> {
        let mut parts = parts.into_iter();
        let OpenedPart { task, policy, request_id } = parts.next()?.opened?;
        let outline = Self { kind: task.kind, policy, request_id, parked: None, end: None };
        Some(parts.fold(outline, Self::then))
    }

    /// The task continues, possibly under another policy.
    pub(super) fn resumed(&mut self, policy: PolicyName) {
        self.policy = policy;
        self.parked = None;
    }

    fn then(mut self, part: EntryPart) -> Self {
        if let Some(resumed) = part.resumed {
            self.resumed(resumed.policy);
        }
        self.parked = part.parked.or(self.parked);
        self.end = part.ended.or(self.end);
        self
    }
}
