//! A place in the queues of consumers, taken before it is known whether a task needs it. Meanwhile no task can change the
//! consumers.

use std::sync::Arc;

use uuid::Uuid;

use super::consumer_locks::ConsumerGuard;
use super::{Runner, Submission, SubmitError};

/// Locks consumers of this runner for a task, or for a request of another client. Dropping it releases them. It does not
/// lock them at other runners that share the journal; a task that takes it over does.
#[derive(Debug)]
pub struct Reservation {
    /// The id of the task that takes it over.
    pub(super) id: String,
    pub(super) guard: Arc<ConsumerGuard>,
}

impl Runner {
    /// Enters the queues of these consumers.
    #[must_use]
    pub fn reserve(&self, consumers: Vec<String>) -> Reservation {
        let id = Uuid::now_v7().to_string();
        let guard = Arc::new(self.0.consumer_locks.enqueue(&id, consumers));
        Reservation { id, guard }
    }

    /// Accepts a task, as [`submit`](Self::submit) does, which takes this reservation of its consumers over.
    ///
    /// # Errors
    /// As for `submit`; then the reservation is given up.
    pub async fn submit_reserved(
        &self,
        submission: Submission,
        reservation: Reservation,
    ) -> Result<String, SubmitError> {
        let runner = self.clone();
        let accepting = self.0.deps.threads.spawn(async move { runner.accept(submission, Some(reservation)).await });
        accepting.await.map_err(|_| SubmitError::Stopping)?.map(|(id, _)| id)
    }
}

impl Reservation {
    /// Returns when no task of this runner uses the consumers.
    pub async fn locked(&self) {
        self.guard.is_first().await;
        self.guard.begin();
    }

    /// The id of the task, or of the reservation, that must end first.
    #[must_use]
    pub fn blocked_by(&self) -> Option<String> {
        self.guard.blocked_by()
    }
}
