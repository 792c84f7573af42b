//! Rolls back to the previous policy when the active one fails repeatedly by its own fault.

use crate::contract::{self, Exchange, Reply, Task, TaskKind};
use crate::engine::{CallError, Policy};
use crate::failure::Failure;

use super::role_policies::RolePolicies;
use super::{Kinds, PolicyRegistry};

/// A long history is blamed on others if it has at least one failed reply for this many exchanges. With `standard`, a
/// host that cannot be used costs at most 13 exchanges: four claims, each with a read and a pause, and one more read.
const EXCHANGES_A_REFUSAL: usize = 25;

/// If the JSON of a task and its history is larger than this, its size alone can explain that the policy exceeded a
/// limit. A migration with ten alternates ends with about 10 KiB.
const ORDINARY_BYTES: usize = 64 << 10;

/// A task that has ended.
#[derive(Debug, Clone, Copy)]
pub struct EndedTask<'a> {
    /// The task as submitted.
    pub task: &'a Task,
    /// Whether the task began and ended under the same policy. An operator may have resumed it under another.
    pub began_so: bool,
    /// All exchanges of the task.
    pub history: &'a [Exchange],
    /// The failure, if the task has no outcome.
    pub failure: Option<&'a Failure>,
}

impl PolicyRegistry {
    /// Counts the end of a task under this policy. Returns whether it caused a rollback to the previous policy.
    pub async fn task_ended(&self, policy: &Policy, ended: EndedTask<'_>) -> bool {
        let own = ended.is_policy_fault(policy);
        if own {
            let (name, digest) = (policy.description().name.clone(), policy.digest().to_string());
            metrics::counter!("swaparoo_policy_traps_total", "policy" => name, "digest" => digest).increment(1);
        }
        let kind = ended.task.kind();
        let Some(failures) = self.count_failures(policy, kind, own).await else { return false };
        failures >= self.traps.0 && self.roles().previous(kind).is_some() && self.roll_back_failing(policy, kind).await
    }

    /// How often the policy that is active for this kind has failed in a row after this task, at all runners; `None` if this
    /// policy is not the active one. A kind with a policy of its own is counted by itself, and all others together.
    async fn count_failures(&self, policy: &Policy, kind: TaskKind, own: bool) -> Option<u32> {
        let (slot, before, failures) = {
            let mut policies = self.policies_mut();
            let slot = policies.by_kind().deciding.slot(kind);
            if policies.active_at(slot) != Some(policy.digest()) {
                return None;
            }
            let before = policies.failures.of(slot);
            let failures = if own { before + 1 } else { 0 };
            policies.failures.set(slot, failures);
            (slot, before, failures)
        };
        let counted = match (own, before) {
            (true, _) => self.journal.add_failure(slot, &policy.digest().to_string()).await,
            (false, 0) => Ok(None),
            (false, _) => self.journal.forget_failures(slot).await.map(|()| None),
        };
        let counted = counted.inspect_err(|error| tracing::warn!("the failures of the active policy: {error}"));
        Some(counted.ok().flatten().unwrap_or(failures))
    }

    /// Rolls back the kinds that were counted together with this one.
    async fn roll_back_failing(&self, policy: &Policy, kind: TaskKind) -> bool {
        let mut version = self.changing.lock().await;
        let Some((next, kinds)) = self.without_failing(policy, kind) else { return false };
        let (bad, good, kinds) = (policy.digest(), next.roles().active(kind).to_string(), kinds.for_some());
        match self.change(&mut version, next).await {
            Ok(_) => {
                metrics::counter!("swaparoo_policy_rollbacks_total").increment(1);
                tracing::error!("policy {bad} failed {} times in a row: {good} is active again{kinds}", self.traps.0);
                true
            }
            Err(error) => {
                tracing::error!("policy {bad} fails repeatedly, but {good} cannot be made active{kinds}: {error}");
                false
            }
        }
    }

    /// The roles after the rollback; `None` if another request has changed the active policy meanwhile.
    fn without_failing(&self, policy: &Policy, kind: TaskKind) -> Option<(RolePolicies, Kinds)> {
        let policies = self.policies();
        let slot = policies.by_kind().deciding.slot(kind);
        policies.active_at(slot).filter(|active| *active == policy.digest())?;
        let kinds = policies.by_kind().deciding.kinds_of(slot)?;
        Some((policies.rolled_back(Some(&kinds)).ok()?, kinds))
    }
}

impl EndedTask<'_> {
    /// Whether the task failed by the fault of its policy. Failures caused by the task, the machine or another service
    /// do not count; otherwise these could cause the rollback of a correct policy.
    fn is_policy_fault(&self, policy: &Policy) -> bool {
        match self.failure {
            None | Some(Failure::Call(CallError::NotRun(_))) => false,
            Some(Failure::Call(CallError::HistoryTooLong { .. })) => !self.was_held_up(),
            Some(Failure::Call(
                CallError::OutOfFuel { .. }
                | CallError::OutOfTime { .. }
                | CallError::OutOfMemory { .. }
                | CallError::TooMuchOutput { .. },
            )) => !self.is_large(),
            Some(Failure::Call(_) | Failure::OutOfBounds(_) | Failure::Unfounded(_)) => true,
            Some(Failure::Policy(failure, _)) => match **failure {
                // A policy must not diverge from a history that its own steps produced.
                contract::Failure::Diverged(_) => self.began_so,
                // The host returns this failure for kinds that the policy does not list; for a listed kind the policy
                // did.
                contract::Failure::UnsupportedTask(_) => policy.has_rules_for(self.task),
                _ => false,
            },
        }
    }

    /// Whether the input of the policy is larger than any useful task. The limits are made for useful tasks, but
    /// clients can submit tasks and replies that are much larger.
    fn is_large(&self) -> bool {
        let bytes = |value: serde_json::Result<Vec<u8>>| value.map_or(0, |json| json.len());
        bytes(serde_json::to_vec(self.task)) + bytes(serde_json::to_vec(self.history)) > ORDINARY_BYTES
    }

    /// Whether others can have caused the length of the history. The rules end after a limited number of steps with
    /// any replies. But the task or the scheduler decides how many hosts the rules try, and a client can cause a
    /// refusal by each.
    fn was_held_up(&self) -> bool {
        let refusals = self.history.iter().filter(|exchange| is_obstruction(&exchange.reply)).count();
        matches!(self.task, Task::Migrate(_) | Task::LiveMigrate(_))
            && refusals * EXCHANGES_A_REFUSAL >= self.history.len()
    }
}

fn is_obstruction(reply: &Reply) -> bool {
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::engine::OutOfBounds;
    use crate::engine::tests::{moves_only, policy};
    use crate::evidence::Unfounded;

    const SERVER: &str = "11111111-1111-4111-8111-111111111111";
    const MIGRATION: &str = "22222222-2222-4222-8222-222222222222";

    fn a_move() -> Task {
        serde_json::from_value(json!({
            "kind": "move", "source": SERVER, "target": MIGRATION, "target_is_new": true,
        }))
        .unwrap()
    }

    /// A migration of a server with this flavor.
    fn migrate(flavor: &str) -> Task {
        let spec = json!({
            "project": "p", "user": "u", "in_group": false, "force_hosts": [], "force_nodes": [], "ignore_hosts": [],
            "requested_destination": null, "retry": null, "requested_resources": [],
        });
        serde_json::from_value(json!({
            "kind": "migrate", "server": SERVER, "old_flavor": flavor, "new_flavor": "2", "host_list": [],
            "max_attempts": 3, "request_spec": spec,
        }))
        .unwrap()
    }

    /// A history with this many pauses and this many refusals.
    fn long(pauses: usize, refusals: usize) -> Vec<Exchange> {
        let exchange = |value: Value| -> Exchange { serde_json::from_value(value).unwrap() };
        let pause = exchange(json!({
            "effect": { "kind": "pause", "up_to_ms": 1 }, "reply": { "kind": "paused", "ms": 1 },
        }));
        let refused = exchange(json!({
            "effect": { "kind": "get-allocations", "consumer": SERVER },
            "reply": { "kind": "refused", "status": 409, "code": "c", "detail": "d" },
        }));
        let mut all = vec![pause; pauses];
        all.extend(vec![refused; refusals]);
        all
    }

    fn is_own(task: &Task, history: &[Exchange], failure: &Failure) -> bool {
        EndedTask { task, began_so: true, history, failure: Some(failure) }.is_policy_fault(&policy("standard"))
    }

    fn too_long() -> Failure {
        CallError::HistoryTooLong { length: 501, limit: 500 }.into()
    }

    fn policy_failure(kind: &str, data: Value) -> Failure {
        let mut value = data;
        value["kind"] = kind.into();
        Failure::of_policy(serde_json::from_value(value).unwrap(), &[])
    }

    #[test]
    fn a_policys_own_faults_count() {
        let unfounded = Unfounded { outcome: "moved", why: String::new() };
        let out_of_bounds = OutOfBounds::Consumer { consumer: SERVER.into(), effect: "get-allocations" };
        let own: [Failure; 6] = [
            too_long(),
            unfounded.into(),
            out_of_bounds.into(),
            CallError::Trapped("unreachable".into()).into(),
            CallError::OutOfFuel { limit: 1 }.into(),
            policy_failure("diverged", json!({ "index": 0, "asked": null })),
        ];
        for failure in own {
            assert!(is_own(&a_move(), &[], &failure), "{failure:?}");
        }
    }

    #[test]
    fn faults_that_others_can_cause_do_not_count() {
        let refusal = json!({ "status": 409, "code": "c", "detail": "d" });
        let others: [Failure; 4] = [
            CallError::NotRun("no memory".into()).into(),
            policy_failure("allocation-move-failed", refusal.clone()),
            policy_failure("refused", refusal),
            policy_failure("unreachable", json!({ "detail": "connection refused" })),
        ];
        for failure in others {
            assert!(!is_own(&a_move(), &[], &failure), "{failure:?}");
        }
    }

    #[test]
    fn a_history_that_others_made_long_does_not_count() {
        assert!(is_own(&migrate("1"), &long(501, 0), &too_long()));
        assert!(is_own(&migrate("1"), &long(490, 11), &too_long()));
        // Many alternates are tried, and each one is refused.
        assert!(!is_own(&migrate("1"), &long(401, 100), &too_long()));
        // A move does not become longer because of refusals.
        assert!(is_own(&a_move(), &long(401, 100), &too_long()));
    }

    #[test]
    fn a_limit_that_a_huge_task_reaches_does_not_count() {
        for failure in [
            CallError::OutOfFuel { limit: 1 },
            CallError::OutOfTime { limit: std::time::Duration::from_secs(2) },
            CallError::OutOfMemory { wanted: 2, limit: 1, of: "bytes of memory" },
            CallError::TooMuchOutput { limit: 1 },
        ] {
            let failure = failure.into();
            assert!(is_own(&migrate("1"), &long(10, 10), &failure), "{failure:?}");
            assert!(!is_own(&migrate(&"x".repeat(100_000)), &[], &failure), "{failure:?}");
        }
    }

    #[test]
    fn a_history_of_another_policys_may_diverge() {
        let (task, failure) = (a_move(), policy_failure("diverged", json!({ "index": 0, "asked": null })));
        let resumed = EndedTask { task: &task, began_so: false, history: &[], failure: Some(&failure) };
        assert!(!resumed.is_policy_fault(&policy("standard")));
    }

    #[test]
    fn declared_task_kinds_must_have_rules() {
        let unsupported = policy_failure("unsupported-task", json!({ "task": "migrate" }));
        assert!(is_own(&migrate("1"), &[], &unsupported));
        let (task, moves_only) = (migrate("1"), moves_only());
        let refused = EndedTask { task: &task, began_so: true, history: &[], failure: Some(&unsupported) };
        assert!(!refused.is_policy_fault(&moves_only));
    }
}
