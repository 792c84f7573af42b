//! After a restart, at most some tasks ask Placement at the same time, so that the first ones end early instead of all
//! of them late.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::contract::Effect;

/// The number of continued tasks that ask Placement at the same time.
const AT_ONCE: usize = 64;

/// The turns of all tasks that continue after a restart.
#[derive(Debug, Clone)]
pub struct RecoveryTurns(Arc<Semaphore>);

impl Default for RecoveryTurns {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl RecoveryTurns {
    /// Waits for a turn, in order of arrival.
    pub async fn take(&self) -> RecoveryTurn {
        // The semaphore is never closed. If it were, the task would only start early.
        RecoveryTurn(self.0.clone().acquire_owned().await.ok())
    }
}

/// One task's turn.
#[derive(Debug, Default)]
pub struct RecoveryTurn(Option<OwnedSemaphorePermit>);

impl RecoveryTurn {
    /// The task is about to ask for this. Only requests to Placement are short; before a pause or a question to nova, the
    /// next task gets the turn.
    pub fn asking(&mut self, effects: &[Effect]) {
        if !effects.iter().all(|effect| effect.is_write() || matches!(effect, Effect::GetAllocations(_))) {
            self.0 = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::contract::Pause;

    #[tokio::test]
    async fn a_task_that_pauses_or_ends_gives_its_turn_to_the_next() {
        let turns = RecoveryTurns::default();
        let mut taken: Vec<_> = (0..AT_ONCE).filter_map(|_| turns.take().now_or_never()).collect();
        assert_eq!(taken.len(), AT_ONCE);
        assert!(turns.take().now_or_never().is_none());
        taken[0].asking(&[Effect::Pause(Pause { up_to_ms: 1 })]);
        let next = turns.take().now_or_never();
        assert!(next.is_some() && turns.take().now_or_never().is_none());
        drop(taken.pop());
        assert!(turns.take().now_or_never().is_some());
    }
}
