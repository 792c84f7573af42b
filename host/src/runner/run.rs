//! Runs one task from its present state to its end.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt;
use tracing::Instrument;

use super::Runner;
use super::admission::AdmissionPermit;
use super::late_writes::PastLateWrites;
use super::observer::TaskObserver;
use super::recovery_turns::{RecoveryTurn, RecoveryTurns};
use super::task_handle::{Phase, TaskHandle};
use super::task_shadow::TaskShadow;
use crate::contract::{Effect, Exchange, Outcome, Reply, Silence};
use crate::drive::{Observer, Run, go_on};
use crate::engine::Policy;
use crate::executor::{Executor, LiveExecutor, NovaSource};
use crate::failure::Failure;
use crate::journal::{Entry, Event, Opened, now};
use crate::record::End;
use crate::registry::EndedTask;

/// A task with everything that it needs to run.
pub struct RunnableTask {
    pub handle: Arc<TaskHandle>,
    pub policy: Arc<Policy>,
    pub opened: Opened,
    pub history: Vec<Exchange>,
    /// Effects that were about to be sent when the process died; whether they were sent is unknown.
    pub pending: Vec<Effect>,
    /// Counts the task among the open ones.
    pub permit: Arc<AdmissionPermit>,
    /// The turns for which it waits, if it continues together with many others.
    pub turns: Option<RecoveryTurns>,
    /// Whether it has locked its consumers among all runners.
    pub locked: bool,
}

impl Runner {
    /// Starts a task.
    pub(super) fn spawn(&self, work: RunnableTask) {
        let (runner, handle) = (self.clone(), work.handle.clone());
        let span = tracing::info_span!(
            "task",
            id = handle.id,
            kind = work.opened.task.kind().name(),
            policy = work.policy.description().name,
            request_id = work.opened.request_id
        );
        let running = self.0.shutdown.task_running();
        metrics::gauge!("swaparoo_tasks_open").increment(1);
        let running_task = async move {
            if AssertUnwindSafe(runner.run(work)).catch_unwind().await.is_err() {
                runner.park_panicked(&handle).await;
            }
            metrics::gauge!("swaparoo_tasks_open").decrement(1);
            drop(running);
        };
        self.0.deps.threads.spawn(running_task.instrument(span));
    }

    async fn run(&self, work: RunnableTask) {
        let RunnableTask { handle, policy, opened, history, pending, permit, turns, locked } = work;
        let connected = tokio::select! {
            connected = self.0.deps.upstream.connected() => connected,
            // The task has not done anything since the start.
            () = self.0.shutdown.safe_point(&handle) => return,
        };
        let nova = match (opened.server, connected.nova) {
            (Some(state), Some(cloud)) => NovaSource::cloud(cloud, Some(&opened.task)).with_report(state),
            (Some(state), None) => NovaSource::Reported(state),
            (None, Some(cloud)) => NovaSource::cloud(cloud, Some(&opened.task)),
            (None, None) => NovaSource::None,
        };
        let placement = connected.placement.on_behalf_of(&opened.request_id);
        let executor = LiveExecutor { placement, nova, caller: Some(handle.questions.clone()) };
        let executor = PastLateWrites::new(executor, self.journal().clone(), handle.id.clone());
        let mut observer = TaskObserver {
            handle: handle.clone(),
            task: Arc::new(opened.task.clone()),
            policy: policy.clone(),
            shadow: TaskShadow::new(
                self.registry().clone(),
                opened.task.kind(),
                policy.digest(),
                self.0.shadow_turn.clone(),
            ),
            exchanges: history.len(),
            permit: permit.clone(),
            turn: RecoveryTurn::default(),
            breakpoints: self.0.breakpoints.clone(),
            rules: Vec::new(),
        };
        let began = Instant::now();
        let run = {
            let going = async {
                observer.turn = self.turn(&handle, turns, locked).await;
                go(&handle, &executor, &policy, &opened, history, pending, &mut observer).await
            };
            tokio::select! {
                run = going => Some(run),
                () = self.0.shutdown.safe_point(&handle) => None,
            }
        };
        let Some(run) = run else {
            // The next start continues from here.
            handle.writer.flush_once().await;
            return;
        };
        let Run { history, end, .. } = run;
        observer.write_end(End::of(&end)).await;
        // Before clients see the end, so that a client that then submits the next task does not reach the limit.
        drop((observer, permit));
        self.finish(&handle, &opened, &policy, &history, &end, began).await;
    }

    /// Waits until no other task has locked the consumers, and then for a turn.
    async fn turn(&self, handle: &TaskHandle, turns: Option<RecoveryTurns>, locked: bool) -> RecoveryTurn {
        if let Some(guard) = handle.guard()
            && !locked
        {
            guard.is_first().await;
            self.lock_among_runners(&handle.id, &guard).await;
            guard.begin();
        }
        match turns {
            Some(turns) => turns.take().await,
            None => RecoveryTurn::default(),
        }
    }

    async fn finish(
        &self,
        handle: &TaskHandle,
        opened: &Opened,
        policy: &Policy,
        history: &[Exchange],
        end: &Result<Outcome, Failure>,
        began: Instant,
    ) {
        let (state, outcome) = match end {
            Ok(outcome) => ("finished", outcome.name().to_owned()),
            Err(failure) => ("failed", failure.label()),
        };
        let (kind, name) = (opened.task.kind().name(), policy.description().name.clone());
        tracing::info!(state, outcome, "task ended");
        metrics::counter!("swaparoo_tasks_total", "kind" => kind, "state" => state, "outcome" => outcome, "policy" => name)
            .increment(1);
        metrics::histogram!("swaparoo_task_seconds", "kind" => kind).record(began.elapsed().as_secs_f64());
        // Before clients see the end, so that the next task of a client already uses the policy after a rollback.
        let began_so = opened.policy.digest == policy.digest().to_string();
        let ended = EndedTask { task: &opened.task, began_so, history, failure: end.as_ref().err() };
        self.registry().task_ended(policy, ended).await;
        self.handles().remove(&handle.id);
        handle.release_consumers();
        handle.set_phase(Phase::Ended);
    }

    /// Parks a task after a panic in the host, so that an operator can check it; other tasks continue.
    async fn park_panicked(&self, handle: &TaskHandle) {
        let why = "internal error while running this task; see the service log".to_owned();
        tracing::error!(task = handle.id, "{why}");
        let number = self.journal().task(&handle.id).await.ok().flatten().map(|summary| summary.entries);
        if let Some(number) = number {
            let entry = Entry { task: handle.id.clone(), number, at: now(), event: Event::Parked(why) };
            if let Err(error) = self.journal().append(vec![entry]).await {
                tracing::error!(task = handle.id, "{error}");
            }
        }
        self.handles().remove(&handle.id);
        if let Some(guard) = handle.guard() {
            self.park(&handle.id, guard);
        }
        handle.set_phase(Phase::Parked);
    }
}

async fn go(
    handle: &TaskHandle,
    executor: &impl Executor,
    policy: &Policy,
    opened: &Opened,
    mut history: Vec<Exchange>,
    pending: Vec<Effect>,
    observer: &mut TaskObserver,
) -> Run {
    handle.set_phase(Phase::Running);
    if !pending.is_empty() {
        handle.questions.set_asked(history.len(), &pending);
        let asked_at = handle.clock.now(&history);
        let mut settled = settle(executor, pending).await;
        let answered_at = handle.clock.now(&history).max(asked_at);
        settled.iter_mut().for_each(|one| (one.asked_at, one.answered_at) = (asked_at, answered_at));
        observer.answered(&settled).await;
        history.extend(settled);
    }
    go_on(policy, &opened.task, history, handle.clock, executor, observer).await
}

/// The replies to effects that were about to be sent when the process died: the result of a write is unknown until the
/// policy reads, and effects that change nothing are sent again.
async fn settle(executor: &impl Executor, pending: Vec<Effect>) -> Vec<Exchange> {
    let lost = || Reply::Lost(Silence { detail: "the service stopped before a reply was stored".into() });
    let settle = async |effect: Effect| {
        let reply = if effect.is_write() {
            lost()
        } else {
            executor.execute(std::slice::from_ref(&effect)).await.pop().unwrap_or_else(lost)
        };
        Exchange::new(effect, reply)
    };
    futures_util::future::join_all(pending.into_iter().map(settle)).await
}
