//! Writes of several tasks as one POST /allocations.
//!
//! Whoever writes to a provider raises its generation, so that writes to one provider, such as the moves of all servers
//! of a host that is evacuated, go one after another in any case: where they meet, Placement begins again, up to ten
//! times, and then refuses. So a write is sent at once when none is on its way to one of its providers, and otherwise
//! waits; what waits then goes together. A task sees nothing of that: its history has its own effect and its own reply.
//!
//! Why that changes nothing for them (Placement 16, `handlers/allocation.py` and `objects/allocation.py`):
//! - A POST is one transaction for all its consumers. Each entry names its own consumer's generation, and Placement
//!   checks every one before it writes a row. No consumer is in two of the writes.
//! - 204 says that all are done. Without an answer, or with a foreign one that says neither yes nor no, nobody knows of
//!   any, and each task finds out by its own read.
//! - A refusal does not tell which entry it is about, and none is done: then each goes alone, in turn, and has its own
//!   answer.
//! - Before the check Placement makes a record for each consumer that is new, and a refusal takes those back, except
//!   that of an unknown provider (400). Then the records stay, empty, also for the writes that had nothing to do with
//!   it, and a null generation is refused from then on: such a write is sent with the generation of the empty record.
//! - Placement does not check a consumer that is to give up all, and whose allocations vanish between the check and the
//!   write. Merged or not; the time in between is longer for more consumers. Tasks of one service do not do that to
//!   each other (see `runner/turns.rs`).
//! - Capacity is looked at for the whole: one may take what another gives up, as if that one had come first. On a
//!   provider that is over its capacity Placement takes what makes it less in all, and so a write that alone it would
//!   refuse.
//!
//! A flight takes one permit of `placement.in_flight`; what comes while it waits for that goes with the next one.
//!
//! What waits is bounded by the tasks that may be open: each has one write out at most for each of its consumers.

mod lanes;
mod write;

use std::num::NonZeroUsize;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::oneshot;

use super::transport::Transport;
use crate::contract::{PostAllocations, Reply, Silence};
use lanes::{Flight, Keys, Lanes};
use write::Write;

/// Placement answers a merged write within a second. After this an answer may be lost for good, and others do not wait
/// for it.
const OVERDUE: Duration = Duration::from_secs(5);

/// A Placement to which writes go together. Clones share what waits.
#[derive(Debug, Clone)]
pub struct Batched {
    transport: Arc<dyn Transport>,
    request_id: Option<Arc<str>>,
    lanes: Arc<Mutex<Lanes<Write>>>,
}

impl Batched {
    /// At most so many writes in one.
    pub(super) fn new(transport: Arc<dyn Transport>, most: NonZeroUsize) -> Self {
        Self { transport, request_id: None, lanes: Arc::new(Mutex::new(Lanes::for_most(most.get()))) }
    }

    /// The same, for whoever has this id of a request. A merged write has the id of the first in it.
    pub(super) fn on_behalf_of(self, request_id: &str) -> Self {
        Self { transport: self.transport.on_behalf_of(request_id), request_id: Some(request_id.into()), ..self }
    }

    pub(super) fn transport(&self) -> &dyn Transport {
        &*self.transport
    }

    /// Writes, alone or with others. It is sent even if the caller goes away while it is on its way.
    pub(super) async fn post(&self, post: &PostAllocations) -> Reply {
        let (caller, reply) = oneshot::channel();
        let (transport, request_id) = (self.transport.clone(), self.request_id.clone());
        let write = Write { post: post.clone(), transport, request_id, caller };
        let flights = self.lanes().came(Keys::of(post), write);
        self.begin(flights);
        let nobody = || Reply::Lost(Silence { detail: "the host broke down before Placement's answer came".into() });
        reply.await.unwrap_or_else(|_| nobody())
    }

    /// Each flight is a task of its own: many callers wait for it, and any of them may go away.
    fn begin(&self, flights: Vec<Flight<Write>>) {
        for flight in flights {
            tokio::spawn(self.clone().fly(flight));
        }
    }

    async fn fly(self, flight: Flight<Write>) {
        // One permit for all of it, since its requests go one after another. Nothing of it is late before it is sent.
        let _permit = self.transport.permit().await;
        // Whatever happens to it, it lands: others wait.
        let mut sending = AssertUnwindSafe(write::send(flight.writes)).catch_unwind().boxed();
        if tokio::time::timeout(OVERDUE, &mut sending).await.is_err() {
            let flights = self.lanes().overdue(flight.number);
            self.begin(flights);
            let _ = sending.await;
        }
        let flights = self.lanes().landed(flight.number);
        self.begin(flights);
    }

    fn lanes(&self) -> MutexGuard<'_, Lanes<Write>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
