//! Locks of idempotency keys. Of two concurrent requests with one key, the second waits until the task of the first is
//! in the journal. Otherwise the journal would refuse the second one together with all entries of the same commit.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

#[derive(Debug, Default)]
pub struct KeyLocks(Mutex<HashMap<String, Arc<AsyncMutex<()>>>>);

/// Locks a key until it is dropped.
#[derive(Debug)]
pub struct KeyGuard<'a> {
    keys: &'a KeyLocks,
    key: &'a str,
    mutex: Option<OwnedMutexGuard<()>>,
}

impl KeyLocks {
    /// Returns when this key is locked.
    pub async fn lock<'a>(&'a self, key: &'a str) -> KeyGuard<'a> {
        let mutex = self.locks().entry(key.to_owned()).or_default().clone();
        // The guard exists before the lock is acquired, so that the key is removed even if this future is dropped.
        let mut guard = KeyGuard { keys: self, key, mutex: None };
        guard.mutex = Some(mutex.lock_owned().await);
        guard
    }

    fn locks(&self) -> MutexGuard<'_, HashMap<String, Arc<AsyncMutex<()>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for KeyGuard<'_> {
    fn drop(&mut self) {
        let mut locks = self.keys.locks();
        self.mutex.take();
        if locks.get(self.key).is_some_and(|mutex| Arc::strong_count(mutex) == 1) {
            locks.remove(self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn requests_with_one_key_run_one_by_one_and_leave_no_entry() {
        let keys = KeyLocks::default();
        let first = keys.lock("one").await;
        assert!(keys.lock("other").now_or_never().is_some(), "other keys are independent");
        let mut second = Box::pin(keys.lock("one"));
        assert!(second.as_mut().now_or_never().is_none());
        assert!(keys.lock("one").now_or_never().is_none(), "dropping a waiting request does not release the lock");
        drop(first);
        drop(second.now_or_never().expect("the lock is free"));
        assert!(keys.locks().is_empty(), "{keys:?}");
    }
}
