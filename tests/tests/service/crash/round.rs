//! One task, the moments at which the service is killed, and the checks at its end.

use serde_json::Value;

use super::super::serve::Answer;
use super::caller::Caller;
use super::moment::Moment;
use super::scenario::Scenario;

/// A round.
#[derive(Debug, Clone)]
pub struct Round {
    pub number: usize,
    pub scenario: Scenario,
    /// The moments, with one kill each.
    pub moments: Vec<Moment>,
    /// Whether other rules become active just before the first kill, after the task has begun.
    pub other_rules: bool,
}

/// The result of a round.
#[derive(Debug)]
pub struct RoundResult {
    pub task: Answer,
    pub record: Answer,
    /// The allocations of source and target, in VCPU.
    pub holds: [u64; 2],
    /// The writes that the proxy saw, one letter each: `P`ost, p`U`t.
    pub sent: String,
    /// The policy that the task was accepted under.
    pub digest: String,
}

impl RoundResult {
    /// All faults of the result.
    pub fn faults(&self, round: &Round, caller: &Caller) -> Vec<String> {
        let history = self.record.body["history"].as_array().cloned().unwrap_or_default();
        let (end, may_end) = (self.end(), round.scenario.may_end(went_unanswered(&history)));
        let mut faults = Vec::new();
        if !may_end.contains(&end.as_str()) {
            faults.push(format!("it ended as {end:?} and not as {may_end:?}"));
        }
        if self.record.text("/policy/digest") != self.digest {
            faults.push("its record names rules that it was not accepted under".to_owned());
        }
        let forgotten = caller.forgotten(&history);
        if !forgotten.is_empty() {
            faults.push(format!("it lost the caller's answers at {forgotten:?}"));
        }
        let recorded = writes(&history);
        if !is_within(&self.sent, &recorded) || recorded.len() > self.sent.len() + round.moments.len() {
            faults.push(format!("the writes {:?} were sent, and {recorded:?} are recorded", self.sent));
        }
        faults
    }

    /// The end, and the allocations of source and target: `moved - 2`.
    fn end(&self) -> String {
        let [source, target] = self.holds.map(|vcpu| if vcpu == 0 { "-".to_owned() } else { vcpu.to_string() });
        format!("{} {source} {target}", self.task.end().1)
    }
}

fn went_unanswered(history: &[Value]) -> bool {
    history.iter().any(|exchange| exchange["reply"]["kind"] == "lost")
}

fn writes(history: &[Value]) -> String {
    let letter = |exchange: &Value| match exchange["effect"]["kind"].as_str() {
        Some("post-allocations") => Some('P'),
        Some("delete-allocations" | "put-allocations") => Some('U'),
        _ => None,
    };
    history.iter().filter_map(letter).collect()
}

/// Whether `some` is a subsequence of `all`.
fn is_within(some: &str, all: &str) -> bool {
    let mut all = all.chars();
    some.chars().all(|one| all.any(|other| other == one))
}
