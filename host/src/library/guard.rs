//! A policy that fails by itself, again and again, goes back to where it came from.

use crate::contract::{self, Exchange, Reply, Task};
use crate::failure::Failure;
use crate::policy::{CallError, Policy};

use super::Library;

/// How many exchanges of a long history at most fall to each answer by which somebody outside stood in the rules' way. Of
/// `standard`, a host that cannot be taken costs 13 at most: four claims, each with a read and a pause, and one more read.
const EXCHANGES_A_REFUSAL: usize = 25;

/// As much JSON as a task and its history may have before its size alone explains that rules met a limit. A migration with
/// ten alternates is some 10 KiB when it ends.
const ORDINARY_BYTES: usize = 64 << 10;

/// A task that has ended.
#[derive(Debug, Clone, Copy)]
pub struct Ended<'a> {
    /// What was asked for.
    pub task: &'a Task,
    /// Did it begin under the policy that it ended under? A person may have resumed it under another.
    pub began_so: bool,
    /// All that was asked of the outside.
    pub history: &'a [Exchange],
    /// Why it has no outcome, if it has none.
    pub failure: Option<&'a Failure>,
}

impl Library {
    /// A task has ended under this policy. Tells whether the policy before it is active now.
    pub async fn ended(&self, policy: &Policy, ended: Ended<'_>) -> bool {
        let own = ended.is_the_policys_own(policy);
        if own {
            let (name, digest) = (policy.description().name.clone(), policy.digest().to_string());
            metrics::counter!("swaparoo_policy_traps_total", "policy" => name, "digest" => digest).increment(1);
        }
        let enough = {
            let mut held = self.held_mut();
            if held.active.digest() != policy.digest() {
                return false;
            }
            held.failures = if own { held.failures + 1 } else { 0 };
            held.failures >= self.traps.0 && held.previous.is_some()
        };
        enough && self.go_back(policy).await
    }

    async fn go_back(&self, policy: &Policy) -> bool {
        let _alone = self.changing.lock().await;
        let next = match self.held() {
            // Somebody was faster.
            held if held.active.digest() != policy.digest() => return false,
            held => held.rolled_back(),
        };
        let Some(next) = next else { return false };
        let (bad, good) = (policy.digest(), next.active.digest());
        match self.change(next).await {
            Ok(_) => {
                metrics::counter!("swaparoo_policy_rollbacks_total").increment(1);
                tracing::error!("policy {bad} failed {} times in a row: {good} is active again", self.traps.0);
                true
            }
            Err(error) => {
                tracing::error!("policy {bad} fails again and again, and {good} cannot be made active: {error}");
                false
            }
        }
    }
}

impl Ended<'_> {
    /// Whether the task failed by its policy's fault: not by the task's, the machine's or somebody's outside, who could have
    /// a policy rolled back that is right.
    fn is_the_policys_own(&self, policy: &Policy) -> bool {
        match self.failure {
            None | Some(Failure::Call(CallError::NotRun(_))) => false,
            Some(Failure::Call(CallError::HistoryTooLong { .. })) => !self.was_held_up(),
            Some(Failure::Call(
                CallError::OutOfFuel { .. } | CallError::OutOfMemory { .. } | CallError::TooMuchOutput { .. },
            )) => !self.is_large(),
            Some(Failure::Call(_) | Failure::OutOfBounds(_) | Failure::Unfounded(_)) => true,
            Some(Failure::Policy(failure, _)) => match **failure {
                // It was asked with a history that its own steps have made.
                contract::Failure::Diverged(_) => self.began_so,
                // The host says so of a kind that the policy does not describe, and the policy of one that it does.
                contract::Failure::UnsupportedTask(_) => policy.has_rules_for(self.task),
                _ => false,
            },
        }
    }

    /// Whether the rules were given more than a task has that somebody needs. Their limits are made for that; who asks for
    /// tasks, or answers for nova, may bring much more.
    fn is_large(&self) -> bool {
        let bytes = |value: serde_json::Result<Vec<u8>>| value.map_or(0, |json| json.len());
        bytes(serde_json::to_vec(self.task)) + bytes(serde_json::to_vec(self.history)) > ORDINARY_BYTES
    }

    /// Whether others can have made the task as long as it is. Rules are bounded, so they come to an end whatever they are
    /// answered; but how many hosts there are to be tried is said by the task or by the scheduler, and a refusal of each can
    /// be had by whoever asks for tasks.
    fn was_held_up(&self) -> bool {
        let refusals = self.history.iter().filter(|exchange| stood_in_the_way(&exchange.reply)).count();
        matches!(self.task, Task::Migrate(_) | Task::LiveMigrate(_))
            && refusals * EXCHANGES_A_REFUSAL >= self.history.len()
    }
}

fn stood_in_the_way(reply: &Reply) -> bool {
    matches!(
        reply,
        Reply::Refused(_)
            | Reply::Foreign(_)
            | Reply::Lost(_)
            | Reply::Unreachable(_)
            | Reply::Abandoned(_)
            | Reply::NovaError(_)
    )
}
