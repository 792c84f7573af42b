//! Compares a candidate's decisions with recorded tasks.

use std::borrow::Borrow;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::describe;
use super::failure_budget::FailureBudget;
use crate::contract::{Reason, TaskKind};
use crate::engine::Policy;
use crate::record::{End, Record};
use crate::replay::{Recorded, Replay, Would, replay};

/// The largest number of listed differences; all are counted. More than a person reads, and small enough for one
/// response.
const LISTED: usize = 100;

/// A candidate's decisions compared with recorded ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Comparison {
    /// The number of records that were decided again.
    pub replayed: u64,
    /// The number of records that were decided in the same way.
    pub same: u64,
    /// The first hundred records that were decided differently.
    pub differences: Vec<Difference>,
}

/// A record that a candidate decides differently.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Difference {
    /// The record's id.
    pub record: String,
    /// The kind of its task.
    #[schema(value_type = String)]
    pub kind: TaskKind,
    /// The position in the history, from 0, of the first difference; null if the candidate was not run.
    pub index: Option<usize>,
    /// What the record contains at this position.
    #[schema(value_type = Option<Object>)]
    pub recorded: Option<Recorded>,
    /// What the candidate would do at this position.
    #[schema(value_type = Option<Object>)]
    pub would: Option<Would>,
    /// The candidate's reasons, each with its code and data.
    #[schema(value_type = Vec<Object>)]
    pub reasons: Vec<Reason>,
    /// Why there is no decision to compare.
    pub error: Option<String>,
    /// The difference in one line, for people.
    pub line: String,
}

impl Comparison {
    /// The number of differing records, listed or not.
    #[must_use]
    pub fn different(&self) -> u64 {
        self.replayed - self.same
    }
}

/// Decides all records again under `candidate`. This blocks while the candidate runs. After it has exceeded a limit or
/// trapped a few times it is not called any more, and the remaining records count as different.
#[must_use]
pub fn comparison(candidate: &Policy, records: impl IntoIterator<Item = impl Borrow<Record>>) -> Comparison {
    let mut found = Comparison { replayed: 0, same: 0, differences: Vec::new() };
    let mut budget = FailureBudget::default();
    for record in records {
        found.replayed += 1;
        match difference(candidate, record.borrow(), &mut budget) {
            None => found.same += 1,
            Some(difference) if found.differences.len() < LISTED => found.differences.push(difference),
            Some(_) => {}
        }
    }
    found
}

fn difference(candidate: &Policy, record: &Record, budget: &mut FailureBudget) -> Option<Difference> {
    let kind = record.task.kind();
    let line = |text: &str| format!("{} {}: {text}", kind.name(), record.id);
    let unasked = |error: String| Difference {
        record: record.id.clone(),
        kind,
        index: None,
        recorded: None,
        would: None,
        reasons: Vec::new(),
        line: line(&error),
        error: Some(error),
    };
    if !candidate.has_rules_for(&record.task) {
        return Some(unasked(describe::not_offered(kind)));
    }
    if budget.is_spent() {
        return Some(unasked(describe::not_asked_again()));
    }
    match replay(record, candidate) {
        Ok(Replay::Same { .. }) => None,
        Ok(Replay::Parts { index, recorded, would, reasons, .. }) => {
            let error = broken(&would).inspect(|_| budget.spend());
            let text = error.clone().unwrap_or_else(|| describe::parts(index, &recorded, &would, &reasons));
            let (recorded, would) = (Some(recorded), Some(would));
            let record = record.id.clone();
            Some(Difference { record, kind, index: Some(index), line: line(&text), recorded, would, reasons, error })
        }
        Err(error) => {
            budget.spend();
            Some(unasked(error.to_string()))
        }
    }
}

/// The error if the candidate exceeded a limit or trapped: then there is no decision to compare.
fn broken(would: &Would) -> Option<String> {
    let Would::End(End::Failed(failure)) = would else { return None };
    let text = |field| failure.get(field).and_then(Value::as_str);
    text("code").filter(|code| code.starts_with("policy-"))?;
    text("detail").map(str::to_owned)
}
