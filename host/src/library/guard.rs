//! A policy that fails by itself, again and again, goes back to where it came from.

use crate::failure::Failure;
use crate::policy::{CallError, Policy};

use super::Library;

impl Library {
    /// A task has ended under this policy. Tells whether the policy before it is active now.
    pub async fn ended(&self, policy: &Policy, failure: Option<&Failure>) -> bool {
        let own = failure.is_some_and(is_the_policys_own);
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

/// Its fault, not the task's or the machine's.
fn is_the_policys_own(failure: &Failure) -> bool {
    match failure {
        Failure::Call(CallError::NotRun(_) | CallError::HistoryTooLong { .. }) | Failure::Policy(..) => false,
        Failure::Call(_) | Failure::OutOfBounds(_) => true,
    }
}
