//! Tasks on their way: each is in the journal before it begins, each write before it is sent, each has its turn at its
//! consumers, and what is open when the process dies goes on when the next one starts.

mod desk;
mod error;
mod follower;
mod found;
mod keys;
mod ledger;
mod listed;
mod live;
mod page;
mod policies;
mod recover;
mod replies;
mod room;
mod stop;
mod submit;
mod times;
mod told;
mod turns;
mod upstream;
mod work;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;

pub use error::{PushError, ReplyError, ResumeError, SubmitError};
pub use listed::Listed;
pub use live::Phase;
pub use page::Tasks;
pub use submit::Asked;
pub use told::{Told, WaitingFor};
pub use upstream::{Connected, Missing, Upstream};

use crate::contract::Exchange;
use crate::journal::{Journal, JournalError};
use crate::library::{Library, LibraryError};
use crate::record::Record;
use desk::Before;
use keys::Keys;
use live::Live;
use recover::Parked;
use room::Room;
use stop::Stop;
use turns::Turns;

/// What a runner works with.
pub struct Ground {
    /// Where everything is written down.
    pub journal: Journal,
    /// Who decides.
    pub library: Arc<Library>,
    /// Where allocations are, and who answers for nova.
    pub upstream: Arc<Upstream>,
    /// Where tasks run: not where requests are answered, so that rules that use up their fuel hold nobody up.
    pub threads: Handle,
    /// How many tasks may be open at once.
    pub open: usize,
    /// How many bytes they and their histories may have.
    pub open_bytes: u64,
    /// How many bytes the journal may have.
    pub journal_bytes: u64,
    /// How long a task waits for its caller.
    pub caller_patience: Duration,
}

/// Runs tasks. Cheap to clone.
#[derive(Clone)]
pub struct Runner(Arc<Inner>);

struct Inner {
    ground: Ground,
    turns: Turns,
    room: Room,
    keys: Keys,
    live: Mutex<HashMap<String, Arc<Live>>>,
    parked: Mutex<HashMap<String, Parked>>,
    /// Held while a policy is stored or removed, or given to a parked task.
    policies: tokio::sync::Mutex<()>,
    stop: Stop,
}

impl Runner {
    /// Goes on with what the journal has open.
    ///
    /// # Errors
    /// The journal does not answer, or the policy of an open task cannot be loaded now.
    pub async fn start(ground: Ground) -> Result<Self, LibraryError> {
        let room = Room::for_most(ground.open, ground.open_bytes);
        bounds(&ground);
        let runner = Self(Arc::new(Inner {
            ground,
            turns: Turns::default(),
            room,
            keys: Keys::default(),
            live: Mutex::default(),
            parked: Mutex::default(),
            policies: tokio::sync::Mutex::default(),
            stop: Stop::default(),
        }));
        runner.recover().await?;
        Ok(runner)
    }

    /// A task as it is now.
    ///
    /// # Errors
    /// The journal does not answer.
    pub async fn task(&self, id: &str) -> Result<Option<Told>, JournalError> {
        let Some(summary) = self.journal().task(id).await? else { return Ok(None) };
        let entries = self.journal().entries(id).await?;
        let told = Told::from_entries(&summary, &entries);
        let foreign = || JournalError(format!("the beginning of task {id} is not understood"));
        told.map(|told| Some(self.now(told))).ok_or_else(foreign)
    }

    /// Returns as soon as the task has ended or waits for its caller, after this time, or when the service stops.
    pub async fn settled(&self, id: &str, patience: Duration) {
        let live = self.live().get(id).cloned();
        if let Some(live) = live {
            // If it takes longer, or the service stops, the task is told as it is.
            tokio::select! {
                () = live.settled() => {}
                () = self.stopping() => {}
                () = tokio::time::sleep(patience) => {}
            }
        }
    }

    /// What happened to a task that has ended, as a record.
    ///
    /// # Errors
    /// The journal does not answer.
    pub async fn record(&self, id: &str) -> Result<Option<Record>, JournalError> {
        Ok(told::record(id, &self.journal().entries(id).await?))
    }

    /// Where everything is written down.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.0.ground.journal
    }

    /// Who decides.
    #[must_use]
    pub fn library(&self) -> &Arc<Library> {
        &self.0.ground.library
    }

    /// Where allocations are, and who answers for nova.
    #[must_use]
    pub fn upstream(&self) -> &Upstream {
        &self.0.ground.upstream
    }

    /// What only the running service knows of an open task.
    fn now(&self, mut told: Told) -> Told {
        let has_ended = told.outcome.is_some() || told.failure.is_some();
        if let Some(live) = self.live().get(&told.id).filter(|_| !has_ended) {
            live.tell(&mut told);
        }
        told
    }

    /// What a task's questions begin with.
    fn before(&self, answered: BTreeMap<usize, Exchange>) -> Before {
        Before { answered, patience: self.0.ground.caller_patience }
    }

    fn live(&self) -> MutexGuard<'_, HashMap<String, Arc<Live>>> {
        self.0.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn parked(&self) -> MutexGuard<'_, HashMap<String, Parked>> {
        self.0.parked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^52 of them")]
fn bounds(ground: &Ground) {
    metrics::gauge!("swaparoo_tasks_open_max").set(ground.open as f64);
    metrics::gauge!("swaparoo_tasks_open_bytes_max").set(ground.open_bytes as f64);
    metrics::gauge!("swaparoo_journal_bytes_max").set(ground.journal_bytes as f64);
}
