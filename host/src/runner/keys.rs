//! Idempotency keys on their way into the journal. Of two requests with one key the second waits until the first one's
//! task is there: the journal would refuse it, with all that is written down beside it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

#[derive(Debug, Default)]
pub struct Keys(Mutex<HashMap<String, Arc<Turn<()>>>>);

/// Nobody else is at work on this key, until this is dropped.
#[derive(Debug)]
pub struct Alone<'a> {
    keys: &'a Keys,
    key: &'a str,
    turn: Option<OwnedMutexGuard<()>>,
}

impl Keys {
    /// Returns when nobody else is at work on this key.
    pub async fn alone<'a>(&'a self, key: &'a str) -> Alone<'a> {
        let turn = self.held().entry(key.to_owned()).or_default().clone();
        // It is there to be tidied up, should nobody wait for the turn any more.
        let mut alone = Alone { keys: self, key, turn: None };
        alone.turn = Some(turn.lock_owned().await);
        alone
    }

    fn held(&self) -> MutexGuard<'_, HashMap<String, Arc<Turn<()>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        let mut held = self.keys.held();
        self.turn.take();
        if held.get(self.key).is_some_and(|turn| Arc::strong_count(turn) == 1) {
            held.remove(self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn one_at_a_time_for_each_key_and_nothing_stays() {
        let keys = Keys::default();
        let first = keys.alone("one").await;
        assert!(keys.alone("other").now_or_never().is_some(), "another key is another matter");
        let mut second = Box::pin(keys.alone("one"));
        assert!(second.as_mut().now_or_never().is_none());
        assert!(keys.alone("one").now_or_never().is_none(), "who gives up leaves the others waiting");
        drop(first);
        drop(second.now_or_never().expect("it is its turn"));
        assert!(keys.held().is_empty(), "{keys:?}");
    }
}
