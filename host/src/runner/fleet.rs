//! What a runner does because others share its journal: it waits for locks that their tasks have, and continues the tasks of
//! runners that have stopped or died.

use std::time::Duration;

use super::Runner;
use super::consumer_locks::ConsumerGuard;
use super::recovery_turns::RecoveryTurns;
use crate::journal::{JournalError, Progress, RunnerRow, State, Summary};
use crate::registry::RegistryError;

/// The pause between two looks at the other runners; up to half of it is added, so that runners do not all look at once.
const LOOK: Duration = Duration::from_secs(1);
/// The pause between two reads of a task that another runner has, while a client waits for it.
const ASKED: Duration = Duration::from_millis(250);
/// The first pause between two tries to lock consumers, and the longest one.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

impl Runner {
    /// The other runner that has this open task; `None` if this one has it, or the task has ended or does not exist.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub async fn other_runner_of(&self, task: &str) -> Result<Option<RunnerRow>, JournalError> {
        if self.handles().contains_key(task) {
            return Ok(None);
        }
        self.journal().other_runner_of(task).await
    }

    /// Returns when this task does not belong to that runner any more, or that one is not alive any more.
    pub async fn changes_hands(&self, task: &str, runner: &str) {
        loop {
            tokio::time::sleep(LOOK).await;
            match self.other_runner_of(task).await {
                Ok(Some(now)) if now.id == runner && now.state == "alive" => {}
                // The database is away: the other runner may know more.
                Err(_) => {}
                Ok(_) => return,
            }
        }
    }

    /// Returns when a task that another runner has has ended, or waits for its caller or an operator.
    pub(super) async fn wait_settled_elsewhere(&self, id: &str) {
        while self.journal().is_shared() {
            match self.journal().task(id).await {
                Ok(Some(Summary { state: State::Open, progress, .. })) if progress != Progress::Waiting => {}
                // The caller gets the error when it reads the task.
                _ => return,
            }
            tokio::time::sleep(ASKED).await;
        }
    }

    /// Returns when this task has locked its consumers among all runners.
    pub(super) async fn lock_among_runners(&self, task: &str, guard: &ConsumerGuard) {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.journal().lock(task).await {
                Ok(None) => return,
                // It is not known if another one was faster in this moment.
                Ok(Some(other)) => guard.set_elsewhere(Some(other).filter(|other| !other.is_empty())),
                // The other runner runs it.
                Err(error) if error.is_fenced() => std::future::pending().await,
                Err(error) => tracing::warn!(task, "its consumers cannot be locked now: {error}"),
            }
            tokio::time::sleep(with_jitter(pause)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Continues the tasks of runners that stop or die, and takes over what others change of the policies' roles.
    pub(super) fn watch_others(&self) {
        if !self.journal().is_shared() {
            return;
        }
        let runner = self.clone();
        self.0.deps.threads.spawn(async move {
            while !runner.is_stopping() {
                tokio::time::sleep(with_jitter(LOOK)).await;
                runner.look_at_others().await;
            }
        });
    }

    async fn look_at_others(&self) {
        match self.journal().take_over().await {
            Ok(false) => {}
            Ok(true) => {
                if let Err(error) = self.continue_open(&RecoveryTurns::default()).await {
                    tracing::error!("tasks of other runners wait for the next try: {error}");
                }
            }
            // The beat, which fails, too, is logged.
            Err(error) => tracing::debug!("the tasks of other runners: {error}"),
        }
        match self.registry().follow().await {
            Ok(()) => {}
            Err(RegistryError::Journal(error)) => tracing::debug!("the roles of policies: {error}"),
            Err(error) => tracing::warn!("the roles that another runner has given to policies: {error}"),
        }
        if let Err(error) = self.breakpoints().follow().await {
            tracing::debug!("the breakpoints: {error}");
        }
    }
}

fn with_jitter(pause: Duration) -> Duration {
    pause + pause.mul_f64(rand::random::<f64>() / 2.0)
}
