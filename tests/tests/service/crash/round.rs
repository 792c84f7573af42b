//! One task, the moments at which the service is killed under it, and what must be so at its end.

use serde_json::Value;

use super::super::serve::Answer;
use super::caller::Caller;
use super::moment::Moment;
use super::story::Story;

/// A round.
#[derive(Debug, Clone)]
pub struct Round {
    pub number: usize,
    pub story: Story,
    /// One kill each.
    pub moments: Vec<Moment>,
    /// Other rules become the active ones just before the first kill, when the task has begun.
    pub other_rules: bool,
}

/// What has become of it.
#[derive(Debug)]
pub struct End {
    pub task: Answer,
    pub record: Answer,
    /// What source and target hold.
    pub holds: [u64; 2],
    /// The writes that went by, a letter each: `P`ost, p`U`t.
    pub sent: String,
    /// Whose rules the task was accepted under.
    pub digest: String,
}

impl End {
    /// All that is wrong with it.
    pub fn wrongs(&self, round: &Round, caller: &Caller) -> Vec<String> {
        let history = self.record.body["history"].as_array().cloned().unwrap_or_default();
        let (end, may_end) = (self.end(), round.story.may_end(went_unanswered(&history)));
        let mut wrongs = Vec::new();
        if !may_end.contains(&end.as_str()) {
            wrongs.push(format!("it ended {end:?} and not as {may_end:?}"));
        }
        if self.record.text("/policy/digest") != self.digest {
            wrongs.push("its record names rules that it was not accepted under".to_owned());
        }
        let forgotten = caller.forgotten(&history);
        if !forgotten.is_empty() {
            wrongs.push(format!("it forgot what the caller said at {forgotten:?}"));
        }
        let recorded = writes(&history);
        if !is_within(&self.sent, &recorded) || recorded.len() > self.sent.len() + round.moments.len() {
            wrongs.push(format!("the writes {:?} were sent, and {recorded:?} are on record", self.sent));
        }
        wrongs
    }

    /// How it ended, and what source and target hold: `moved - 2`.
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
        Some("delete-allocations") => Some('U'),
        _ => None,
    };
    history.iter().filter_map(letter).collect()
}

/// Whether all of `some` is in `all`, in this order.
fn is_within(some: &str, all: &str) -> bool {
    let mut all = all.chars();
    some.chars().all(|one| all.any(|other| other == one))
}
