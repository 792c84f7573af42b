//! The shadow policy of one task: called after each step of the policy that decides, and compared with it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::observer::count_call;
use crate::contract::{Exchange, Step, Task, TaskKind};
use crate::engine::worker::blocking;
use crate::engine::{CallError, Decision, Digest, Policy, processor_time};
use crate::journal::Shadowed;
use crate::registry::PolicyRegistry;
use crate::shadow;

/// How long a task waits for its turn to call the shadow policy, in all its steps. Each call usually takes less than a
/// millisecond.
const PATIENCE: Duration = Duration::from_secs(2);

/// The turn to call the shadow policy. One task at a time has it, so that a slow shadow policy occupies one processor at
/// most. Clones share it.
#[derive(Debug, Clone)]
pub struct ShadowTurn(Arc<Semaphore>);

/// The shadow policy of one task.
pub struct TaskShadow {
    /// `None` if it is not called for this task any more.
    policy: Option<Arc<Policy>>,
    registry: Arc<PolicyRegistry>,
    kind: TaskKind,
    turn: ShadowTurn,
    /// How much longer the task waits for its turn.
    patience: Duration,
    /// The processor time that the policy has used for this task.
    used: Duration,
    /// The first difference, until it is noted in the journal.
    shadowed: Option<Shadowed>,
}

impl Default for ShadowTurn {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }
}

impl TaskShadow {
    /// The present shadow policy of this kind of task, unless it is the policy that decides the task.
    pub fn new(registry: Arc<PolicyRegistry>, kind: TaskKind, deciding: Digest, turn: ShadowTurn) -> Self {
        let policy = registry.shadow(kind).filter(|shadow| shadow.digest() != deciding);
        Self { policy, registry, kind, turn, patience: PATIENCE, used: Duration::ZERO, shadowed: None }
    }

    /// Calls the policy for this history, if it still has its role, and compares its step with the active policy's.
    pub async fn compare(&mut self, task: &Arc<Task>, history: &[Exchange], step: &Step) {
        let Some(policy) = self.policy.take() else { return };
        let Some(decided) = self.ask(&policy, task, history).await else { return };
        let (digest, index) = (policy.digest(), history.len());
        let difference = shadow::compare(digest, index, step, &decided);
        let slow = self.used > shadow::TIME;
        count(if slow { "slow" } else { difference.as_ref().map_or("same", |_| "differs") });
        self.shadowed = difference.or_else(|| slow.then(|| shadow::too_slow(digest, index, self.used)));
        // After a difference it would have gone another way, so there is nothing more to compare. The task waits for each
        // of its calls, so one that is slow is not called for this task any more.
        if slow {
            self.registry.shadow_was_slow(&policy, self.kind).await;
        } else if self.shadowed.is_none() {
            self.policy = Some(policy);
        }
    }

    /// The first difference, if it was not taken yet.
    pub fn take_difference(&mut self) -> Option<Shadowed> {
        self.shadowed.take()
    }

    /// The policy's answer; `None` if it was not called. It runs outside the threads of the tasks, because tasks that
    /// use the journal must go on meanwhile.
    async fn ask(
        &mut self,
        policy: &Arc<Policy>,
        task: &Arc<Task>,
        history: &[Exchange],
    ) -> Option<Result<Decision, CallError>> {
        let turn = self.wait_for_turn(policy).await?;
        let (policy, task, history) = (policy.clone(), task.clone(), history.to_vec());
        let called = blocking(move || {
            // The call keeps the turn to its end, even if the task stops waiting for it.
            let _turn = turn;
            let (began, used) = (Instant::now(), processor_time());
            let decided = shadow::ask(&policy, &task, &history);
            count_call(&policy, "shadow", began.elapsed());
            (decided, processor_time().saturating_sub(used))
        });
        let (decided, used) =
            called.await.inspect_err(|error| tracing::error!("the shadow policy was not called: {error}")).ok()?;
        self.used += used;
        Some(decided)
    }

    async fn wait_for_turn(&mut self, policy: &Policy) -> Option<OwnedSemaphorePermit> {
        if !self.has_role(policy) {
            return None;
        }
        let began = Instant::now();
        let turn = timeout(self.patience, self.turn.0.clone().acquire_owned()).await;
        self.patience = self.patience.saturating_sub(began.elapsed());
        // The semaphore is never closed.
        let Ok(Ok(turn)) = turn else {
            count("skipped");
            return None;
        };
        // It may have lost its role meanwhile.
        self.has_role(policy).then_some(turn)
    }

    fn has_role(&self, policy: &Policy) -> bool {
        self.registry.shadow(self.kind).is_some_and(|shadow| shadow.digest() == policy.digest())
    }
}

fn count(result: &'static str) {
    metrics::counter!("swaparoo_shadow_steps_total", "result" => result).increment(1);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Finished, MoveTask, Outcome};
    use crate::engine::worker::Isolation;
    use crate::engine::{BUILT_IN, Cache, Engine, Limits, Loader};
    use crate::journal::Journal;
    use crate::registry::{Traps, Trust};

    /// A registry with this built-in policy in shadow of `standard`.
    async fn registry(name: &str) -> Arc<PolicyRegistry> {
        let engine = Engine::new(Limits { instances: 4, ..Limits::default() }, Cache::off()).unwrap();
        let (loader, journal) = (Loader::new(Arc::new(engine), Isolation::InProcess), Journal::off());
        let registry = PolicyRegistry::open(loader, journal, "standard", Trust::default(), Traps(3)).await.unwrap();
        let component = BUILT_IN.iter().find(|own| own.name == name).unwrap().component;
        let policy = registry.policy(Digest::of(component)).await.unwrap();
        registry.set_shadow(Some(policy), None).await.unwrap();
        Arc::new(registry)
    }

    fn of_task(registry: &Arc<PolicyRegistry>, turn: &ShadowTurn) -> TaskShadow {
        TaskShadow::new(registry.clone(), TaskKind::Move, registry.active(TaskKind::Move).digest(), turn.clone())
    }

    /// Whether the shadow policy is called for a new task: it does not end it at once, as this step does.
    async fn is_called(shadow: &mut TaskShadow) -> bool {
        let [source, target] = ["1", "2"].map(|digit| format!("{digit}1111111-1111-4111-8111-111111111111"));
        let task = Arc::new(Task::Move(MoveTask { source, target, target_is_new: true }));
        let step = Step::Finished(Finished { outcome: Outcome::NothingToMove, reasons: Vec::new() });
        shadow.compare(&task, &[], &step).await;
        shadow.take_difference().is_some()
    }

    #[tokio::test]
    async fn a_policy_is_called_only_while_it_has_its_role_and_its_turn() {
        let (registry, turn) = (registry("nova-34").await, ShadowTurn::default());
        assert!(is_called(&mut of_task(&registry, &turn)).await);

        let others = turn.0.clone().acquire_owned().await.unwrap();
        let mut impatient = TaskShadow { patience: Duration::from_millis(20), ..of_task(&registry, &turn) };
        assert!(!is_called(&mut impatient).await && impatient.policy.is_none(), "it waited for its turn too long");

        let (mut waits, mut loses) = (of_task(&registry, &turn), of_task(&registry, &turn));
        let (called, ()) = tokio::join!(is_called(&mut waits), async { drop(others) });
        assert!(called, "its turn came");
        let others = turn.0.clone().acquire_owned().await.unwrap();
        let (called, ()) = tokio::join!(is_called(&mut loses), async {
            registry.set_shadow(None, None).await.unwrap();
            drop(others);
        });
        assert!(!called, "it lost its role while the task waited");
    }
}
