//! Runs tasks. Each task is in the journal before it starts, and each write before it is sent. A task runs only while
//! it has locked its consumers. Tasks that are open when the process dies continue at the next start.

mod admission;
mod breakpoints;
mod consumer_locks;
mod continuation;
mod entry_writer;
mod error;
mod fleet;
mod idempotency;
mod late_writes;
mod list;
mod listed_task;
mod observer;
mod policies;
mod questions;
mod recover;
mod recovery_turns;
mod replies;
mod reservation;
mod restore;
mod run;
mod shutdown;
mod submit;
mod task_handle;
mod task_shadow;
mod task_view;
#[cfg(test)]
mod tests;
mod times;
mod upstream;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;

pub use breakpoints::{Breakpoint, BreakpointError, Breakpoints, Conditions, StoppedTask};
pub use error::{PushError, ReplyError, ResumeError, SubmitError};
pub use list::TaskPage;
pub use listed_task::ListedTask;
pub use questions::Reader;
pub use reservation::Reservation;
pub use submit::Submission;
pub use task_handle::Phase;
pub use task_view::{TaskView, WaitingFor};
pub use upstream::{Connected, Missing, Upstream};

use crate::contract::Exchange;
use crate::journal::{Journal, JournalError};
use crate::record::Record;
use crate::registry::{PolicyRegistry, RegistryError};
use admission::Admission;
use consumer_locks::ConsumerLocks;
use idempotency::KeyLocks;
use questions::PriorAnswers;
use recover::ParkedTask;
use shutdown::Shutdown;
use task_handle::TaskHandle;
use task_shadow::ShadowTurn;

/// The dependencies and limits of a runner.
pub struct Dependencies {
    /// The journal of all tasks.
    pub journal: Journal,
    /// The policies.
    pub registry: Arc<PolicyRegistry>,
    /// The connections to Placement and nova.
    pub upstream: Arc<Upstream>,
    /// The runtime of the tasks. HTTP requests use another one, so that a policy that uses all its fuel does not delay
    /// them.
    pub threads: Handle,
    /// The largest number of open tasks.
    pub open: usize,
    /// The largest number of bytes of open tasks and their histories.
    pub open_bytes: u64,
    /// The largest size of the journal in bytes.
    pub journal_bytes: u64,
    /// How long a task waits for a reply of its caller.
    pub caller_patience: Duration,
}

/// Runs tasks. Cheap to clone.
#[derive(Clone)]
pub struct Runner(Arc<Inner>);

struct Inner {
    deps: Dependencies,
    consumer_locks: ConsumerLocks,
    admission: Admission,
    key_locks: KeyLocks,
    handles: Mutex<HashMap<String, Arc<TaskHandle>>>,
    parked: Mutex<HashMap<String, ParkedTask>>,
    /// Locked while a policy is stored or removed, or given to a parked task.
    policies: tokio::sync::Mutex<()>,
    shadow_turn: ShadowTurn,
    breakpoints: Arc<Breakpoints>,
    shutdown: Shutdown,
}

impl Runner {
    /// Starts a runner and continues the open tasks of the journal.
    ///
    /// # Errors
    /// The journal cannot be read, or the policy of an open task cannot be loaded now.
    pub async fn start(deps: Dependencies) -> Result<Self, RegistryError> {
        let admission = Admission::new(deps.open, deps.open_bytes);
        report_limits(&deps);
        let breakpoints = Breakpoints::open(deps.journal.clone()).await?;
        let runner = Self(Arc::new(Inner {
            deps,
            consumer_locks: ConsumerLocks::default(),
            admission,
            key_locks: KeyLocks::default(),
            handles: Mutex::default(),
            parked: Mutex::default(),
            policies: tokio::sync::Mutex::default(),
            shadow_turn: ShadowTurn::default(),
            breakpoints,
            shutdown: Shutdown::default(),
        }));
        runner.recover().await?;
        runner.watch_others();
        Ok(runner)
    }

    /// The present state of a task.
    pub async fn task(&self, id: &str, reader: Reader) -> Result<Option<TaskView>, JournalError> {
        let Some((summary, entries)) = self.journal().whole(id).await? else { return Ok(None) };
        let view = TaskView::from_entries(&summary, &entries);
        let foreign = || JournalError::new(format!("the first entry of task {id} is not understood"));
        let view = view.ok_or_else(foreign)?;
        // The caller may carry out a question as soon as it sees it.
        self.journal().check_held()?;
        Ok(Some(self.with_state(view, reader)))
    }

    /// Returns when the task has ended or waits for its caller, after this time, or when the service stops.
    pub async fn wait_settled(&self, id: &str, patience: Duration) {
        let handle = self.handles().get(id).cloned();
        let settled = async {
            match handle {
                Some(handle) => handle.wait_settled().await,
                None => self.wait_settled_elsewhere(id).await,
            }
        };
        // After the timeout, or when the service stops, the caller gets the present state.
        tokio::select! {
            () = settled => {}
            () = self.stopping() => {}
            () = tokio::time::sleep(patience) => {}
        }
    }

    /// The record of a task that has ended.
    pub async fn record(&self, id: &str) -> Result<Option<Record>, JournalError> {
        Ok(task_view::record(id, &self.journal().entries(id).await?))
    }

    /// The journal of all tasks.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.0.deps.journal
    }

    /// The policies.
    #[must_use]
    pub fn registry(&self) -> &Arc<PolicyRegistry> {
        &self.0.deps.registry
    }

    /// The breakpoints that stop tasks before a write.
    #[must_use]
    pub fn breakpoints(&self) -> &Arc<Breakpoints> {
        &self.0.breakpoints
    }

    /// The connections to Placement and nova.
    #[must_use]
    pub fn upstream(&self) -> &Upstream {
        &self.0.deps.upstream
    }

    /// Adds the state of an open task that is only in memory.
    fn with_state(&self, mut view: TaskView, reader: Reader) -> TaskView {
        let has_ended = view.outcome.is_some() || view.failure.is_some();
        if let Some(handle) = self.handles().get(&view.id).filter(|_| !has_ended) {
            handle.complete(&mut view, reader);
            view.waiting_for.extend(self.0.breakpoints.stopping(&view.id));
        }
        view
    }

    /// The earlier answers and the timeout of a task's questions.
    fn prior_answers(&self, answered: BTreeMap<usize, Exchange>, resumed: bool) -> PriorAnswers {
        PriorAnswers { answered, timeout: self.0.deps.caller_patience, resumed }
    }

    fn handles(&self) -> MutexGuard<'_, HashMap<String, Arc<TaskHandle>>> {
        self.0.handles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn parked(&self) -> MutexGuard<'_, HashMap<String, ParkedTask>> {
        self.0.parked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^52 of them")]
fn report_limits(deps: &Dependencies) {
    metrics::gauge!("swaparoo_tasks_open_max").set(deps.open as f64);
    metrics::gauge!("swaparoo_tasks_open_bytes_max").set(deps.open_bytes as f64);
    metrics::gauge!("swaparoo_journal_bytes_max").set(deps.journal_bytes as f64);
}
