//! `--json`: a task as one object. Its form is a promise to scripts.

use serde::Serialize;
use swaparoo::contract::{Exchange, Outcome, Task};
use swaparoo::drive::Run;
use swaparoo::failure::Failure;
use swaparoo::record::PolicyName;

#[derive(Serialize)]
struct Report<'a> {
    id: &'a str,
    kind: &'static str,
    /// `finished` or `failed`.
    state: &'static str,
    outcome: Option<&'a Outcome>,
    failure: Option<&'a Failure>,
    policy: &'a PolicyName,
    history: &'a [Exchange],
}

/// The object, over several lines.
pub fn json(id: &str, task: &Task, policy: &PolicyName, run: &Run) -> serde_json::Result<String> {
    let (outcome, failure) = match &run.end {
        Ok(outcome) => (Some(outcome), None),
        Err(failure) => (None, Some(failure)),
    };
    let state = if outcome.is_some() { "finished" } else { "failed" };
    serde_json::to_string_pretty(&Report {
        id,
        kind: task.kind().name(),
        state,
        outcome,
        failure,
        policy,
        history: &run.history,
    })
}
