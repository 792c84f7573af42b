//! The loop of a task: call the policy, perform its effects, append the exchanges, repeat. The policy decides
//! everything about a move but cannot act; the executor acts but decides nothing; [`TaskRun`] holds the task to both.

use std::time::{Duration, Instant};

use crate::contract::{self, Exchange, Outcome, Step, Task, UnsupportedTask};
use crate::engine::{Decision, Policy};
use crate::executor::Executor;
use crate::failure::Failure;
use crate::task::TaskRun;
use crate::task_clock::TaskClock;

/// A task that has ended.
#[derive(Debug, Clone)]
pub struct Run {
    /// All effects and their replies, in order.
    pub history: Vec<Exchange>,
    /// The steps in order. The last one contains the end, unless the host ended the task.
    pub steps: Vec<Step>,
    /// How it ended.
    pub end: Result<Outcome, Failure>,
}

/// Observes a task: writes its journal entries, counts, compares. It cannot change the task, but it can delay it:
/// a step is taken when [`decided`](Observer::decided) is done, an effect is sent when [`asking`](Observer::asking) is,
/// and the policy is called again when [`answered`](Observer::answered) is.
pub trait Observer: Send {
    /// The policy was called and took this long, whether it returned a step or not.
    fn took(&mut self, _time: Duration) {}

    /// The policy has returned a step for this history.
    fn decided(&mut self, _history: &[Exchange], _decision: &Decision) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }

    /// These effects are about to be sent.
    fn asking(&mut self, _effects: &[contract::Effect]) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }

    /// All replies to a step have arrived.
    fn answered(&mut self, _exchanges: &[Exchange]) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }
}

/// A task without an observer.
impl Observer for () {}

/// Drives `task` to its end under `policy`, from the beginning, without measuring times.
pub async fn drive(policy: &Policy, task: &Task, executor: &impl Executor, observer: &mut impl Observer) -> Run {
    go_on(policy, task, Vec::new(), TaskClock::Off, executor, observer).await
}

/// Drives `task` to its end from where `history` stops.
pub async fn go_on(
    policy: &Policy,
    task: &Task,
    history: Vec<Exchange>,
    clock: TaskClock,
    executor: &impl Executor,
    observer: &mut impl Observer,
) -> Run {
    if !policy.has_rules_for(task) {
        let unsupported = contract::Failure::UnsupportedTask(UnsupportedTask { task: task.kind() });
        return Run { history, steps: Vec::new(), end: Err(Failure::of_policy(unsupported, &[])) };
    }
    let (mut run, mut steps) = (TaskRun::resume(task.clone(), history), Vec::new());
    let end = loop {
        let began = Instant::now();
        let decided = policy.next_step(task, run.history());
        observer.took(began.elapsed());
        let decision = match decided {
            Ok(decision) => decision,
            Err(error) => break Err(error.into()),
        };
        observer.decided(run.history(), &decision).await;
        steps.push(decision.step.clone());
        run.handle_step(decision.step);
        if let Some(end) = run.poll_end() {
            break Failure::of_end(end, run.history());
        }
        observer.asking(run.poll_effects()).await;
        let asked_at = clock.now(run.history());
        let replies = executor.execute(run.poll_effects()).await;
        let answered_at = clock.now(run.history()).max(asked_at);
        observer.answered(run.handle_replies_at(replies, asked_at, answered_at)).await;
    };
    Run { history: run.into_history(), steps, end }
}
