//! `--json`: a task as one object. Scripts depend on this format, so it must stay compatible.

use serde::Serialize;
use swaparoo::contract::{Exchange, Outcome, Task};
use swaparoo::drive::Run;
use swaparoo::failure::Failure;
use swaparoo::record::PolicyName;

#[derive(Serialize)]
pub struct TaskReport<'a> {
    id: &'a str,
    kind: &'static str,
    /// `finished` or `failed`.
    state: &'static str,
    outcome: Option<&'a Outcome>,
    failure: Option<&'a Failure>,
    policy: &'a PolicyName,
    history: &'a [Exchange],
}

/// Builds the report of a task that was run.
pub fn of<'a>(id: &'a str, task: &Task, policy: &'a PolicyName, run: &'a Run) -> TaskReport<'a> {
    let (outcome, failure) = match &run.end {
        Ok(outcome) => (Some(outcome), None),
        Err(failure) => (None, Some(failure)),
    };
    let state = if outcome.is_some() { "finished" } else { "failed" };
    TaskReport { id, kind: task.kind().name(), state, outcome, failure, policy, history: &run.history }
}
