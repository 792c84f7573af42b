//! Merges writes of several tasks into one POST /allocations.
//!
//! Each write to a provider increases its generation. So Placement does concurrent writes to one provider, such as the
//! moves of all servers of an evacuated host, one after another anyway: on a conflict it retries up to ten times and
//! then refuses. Therefore a write is sent immediately only if no other write to one of its providers is in progress.
//! Otherwise it waits, and waiting writes are merged. A task does not see this: its history has its own effect and
//! reply.
//!
//! Why merging does not change the result of the writes (Placement 16, `handlers/allocation.py` and
//! `objects/allocation.py`):
//! - A POST is one transaction for all its consumers. Each entry contains its consumer's generation, and Placement
//!   checks all of them before it writes a row. No consumer is in two of the merged writes.
//! - 204 means that all writes are done. Without an answer, or with one that is not Placement's and does not say
//!   whether the request was done, the result of all writes is unknown, and each task finds it out by its own read.
//! - A refusal does not say which entry caused it, and no write is done. Each write is then sent alone, one after
//!   another, and gets its own answer.
//! - Before the check, Placement creates a record for each new consumer, and removes these records when it refuses,
//!   except for an unknown provider (400). Then the records stay, empty, also for the other writes, and Placement
//!   refuses a null generation for them from then on. Such a write is repeated with the generation of the empty record.
//! - Placement does not notice if a consumer's allocations are to be removed but disappear between the check and the
//!   write. This is so with and without merging; merging makes the time in between longer. Tasks of one service cannot
//!   cause this, because each consumer is locked (see `runner/consumer_locks.rs`).
//! - Capacity is checked for the whole request: one write may use what another one frees, as if that one had come
//!   first. If a provider is over its capacity, Placement accepts a request that reduces the total, and so perhaps a
//!   write that it would refuse alone.
//!
//! A flight takes one permit of `placement.in_flight`; writes that arrive while it waits go with the next flight.
//!
//! The number of waiting writes is bounded by the number of open tasks: a task has at most one write in progress for
//! each of its consumers.

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
use lanes::{Flight, LaneKeys, Lanes};
use write::Write;

/// Placement answers a merged write within a second. After this time the answer may be lost, and other writes do not
/// wait for it any longer.
const OVERDUE: Duration = Duration::from_secs(5);

/// A Placement with merged writes. Clones share the waiting writes.
#[derive(Debug, Clone)]
pub struct Batched {
    transport: Arc<dyn Transport>,
    request_id: Option<Arc<str>>,
    lanes: Arc<Mutex<Lanes<Write>>>,
}

impl Batched {
    /// Merges at most `most` writes.
    pub(super) fn new(transport: Arc<dyn Transport>, most: NonZeroUsize) -> Self {
        Self { transport, request_id: None, lanes: Arc::new(Mutex::new(Lanes::for_most(most.get()))) }
    }

    /// The same, with this request id. A merged write is sent with the id of its first write.
    pub(super) fn on_behalf_of(self, request_id: &str) -> Self {
        Self { transport: self.transport.on_behalf_of(request_id), request_id: Some(request_id.into()), ..self }
    }

    pub(super) fn transport(&self) -> &dyn Transport {
        &*self.transport
    }

    /// Writes, alone or merged. The write is sent even if the caller drops the future.
    pub(super) async fn post(&self, post: &PostAllocations) -> Reply {
        let (caller, reply) = oneshot::channel();
        let (transport, request_id) = (self.transport.clone(), self.request_id.clone());
        let write = Write { post: post.clone(), transport, request_id, caller };
        let flights = self.lanes().came(LaneKeys::of(post), write);
        self.begin(flights);
        let lost = || Reply::Lost(Silence { detail: "internal error before Placement's answer arrived".into() });
        reply.await.unwrap_or_else(|_| lost())
    }

    /// Starts each flight as a tokio task: many callers wait for it, and any of them may be dropped.
    fn begin(&self, flights: Vec<Flight<Write>>) {
        for flight in flights {
            tokio::spawn(self.clone().fly(flight));
        }
    }

    async fn fly(self, flight: Flight<Write>) {
        // One permit for all requests of the flight, because they are sent one after another. The time starts when it
        // is sent.
        let _permit = self.transport.permit().await;
        // The flight must land even after a panic, because other writes wait for it.
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
