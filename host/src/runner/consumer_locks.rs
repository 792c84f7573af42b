//! Locks of consumers: a consumer is used by at most one running task, and tasks of one consumer run in order of
//! arrival. Placement does not check the generation of an emptied source again if its allocations disappear during the
//! request, so two concurrent moves of one source could both get the answer that they succeeded.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// All queues, one for each consumer.
#[derive(Debug, Clone, Default)]
pub struct ConsumerLocks(Arc<Mutex<Queues>>);

#[derive(Debug, Default)]
struct Queues {
    of: HashMap<String, VecDeque<Waiter>>,
    last: u64,
}

#[derive(Debug, Clone)]
struct Waiter {
    number: u64,
    task: String,
    wake: Arc<Notify>,
    /// Whether the task has acquired its locks and runs.
    begun: Arc<AtomicBool>,
}

/// A task's position in the queues of all its consumers. Dropping it leaves the queues.
#[derive(Debug)]
pub struct ConsumerGuard {
    locks: ConsumerLocks,
    number: u64,
    task: String,
    /// The task's consumers; more may be added while it runs.
    consumers: Mutex<Vec<String>>,
    wake: Arc<Notify>,
    begun: Arc<AtomicBool>,
    /// A task of another runner that must end first.
    elsewhere: Mutex<Option<String>>,
}

impl ConsumerLocks {
    /// Enters the queues of all these consumers at once, so that tasks cannot deadlock.
    pub fn enqueue(&self, task: &str, consumers: Vec<String>) -> ConsumerGuard {
        let (wake, begun) = (Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));
        let mut queues = self.queues();
        queues.last += 1;
        let number = queues.last;
        for consumer in &consumers {
            let (wake, begun) = (wake.clone(), begun.clone());
            let waiter = Waiter { number, task: task.to_owned(), wake, begun };
            queues.of.entry(consumer.clone()).or_default().push_back(waiter);
        }
        drop(queues);
        let (locks, task, consumers) = (self.clone(), task.to_owned(), Mutex::new(consumers));
        ConsumerGuard { locks, number, task, consumers, wake, begun, elsewhere: Mutex::new(None) }
    }

    /// Enters the queues before all others: the task has locked its consumers among all runners, and ran at another one.
    pub fn enqueue_first(&self, task: &str, consumers: Vec<String>) -> ConsumerGuard {
        let guard = self.enqueue(task, Vec::new());
        guard.begin();
        let mut queues = self.queues();
        for consumer in &consumers {
            let (number, wake, begun) = (guard.number, guard.wake.clone(), guard.begun.clone());
            let waiter = Waiter { number, task: task.to_owned(), wake, begun };
            queues.of.entry(consumer.clone()).or_default().push_front(waiter);
        }
        drop(queues);
        *guard.consumers() = consumers;
        guard
    }

    fn leave(&self, consumer: &str, number: u64) {
        let mut queues = self.queues();
        let Some(queue) = queues.of.get_mut(consumer) else { return };
        queue.retain(|waiter| waiter.number != number);
        match queue.front() {
            // If the task does not wait yet, the notification is stored.
            Some(first) => first.wake.notify_one(),
            None => drop(queues.of.remove(consumer)),
        }
    }

    fn queues(&self) -> MutexGuard<'_, Queues> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ConsumerGuard {
    /// Returns when the task is first in all its queues.
    pub async fn is_first(&self) {
        while self.first_in_queues().is_some() {
            self.wake.notified().await;
        }
    }

    /// The task runs from now on, so no other one can lock its consumers before it.
    pub fn begin(&self) {
        self.begun.store(true, Ordering::Relaxed);
        self.set_elsewhere(None);
    }

    /// The task waits for this task of another runner.
    pub fn set_elsewhere(&self, task: Option<String>) {
        *self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner) = task;
    }

    /// Locks one more consumer that was unknown when the task arrived, before the tasks that only wait for it.
    ///
    /// Returns whether it did not have it before.
    ///
    /// # Errors
    /// The id of the running task that has locked this consumer.
    pub fn join(&self, consumer: &str) -> Result<bool, String> {
        let mut queues = self.locks.queues();
        let queue = queues.of.entry(consumer.to_owned()).or_default();
        if queue.iter().any(|waiter| waiter.number == self.number) {
            return Ok(false);
        }
        if let Some(first) = queue.front().filter(|first| first.begun.load(Ordering::Relaxed)) {
            return Err(first.task.clone());
        }
        let (task, wake, begun) = (self.task.clone(), self.wake.clone(), self.begun.clone());
        queue.push_front(Waiter { number: self.number, task, wake, begun });
        drop(queues);
        self.consumers().push(consumer.to_owned());
        Ok(true)
    }

    /// Leaves the queue of a consumer that another runner's task has locked.
    pub fn part(&self, consumer: &str) {
        self.consumers().retain(|one| one != consumer);
        self.locks.leave(consumer, self.number);
    }

    fn consumers(&self) -> MutexGuard<'_, Vec<String>> {
        self.consumers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The id of a task that must end first.
    pub fn blocked_by(&self) -> Option<String> {
        let elsewhere = self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.first_in_queues().or(elsewhere)
    }

    fn first_in_queues(&self) -> Option<String> {
        let consumers = self.consumers();
        let queues = self.locks.queues();
        let firsts = consumers.iter().filter_map(|consumer| queues.of.get(consumer)?.front());
        firsts.into_iter().find(|first| first.number != self.number).map(|first| first.task.clone())
    }
}

impl Drop for ConsumerGuard {
    fn drop(&mut self) {
        let consumers = self.consumers().clone();
        consumers.iter().for_each(|consumer| self.locks.leave(consumer, self.number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    /// Waits for its turn, and begins.
    async fn acquired(guard: &ConsumerGuard) {
        guard.is_first().await;
        guard.begin();
    }

    fn enqueue(locks: &ConsumerLocks, task: &str, consumers: &[&str]) -> ConsumerGuard {
        locks.enqueue(task, consumers.iter().map(|&consumer| consumer.to_owned()).collect())
    }

    #[test]
    fn tasks_of_one_consumer_run_in_order_of_arrival() {
        let locks = ConsumerLocks::default();
        let [first, second, third] = [("first", ["a", "b"]), ("second", ["b", "c"]), ("third", ["c", "d"])]
            .map(|(task, of)| enqueue(&locks, task, &of));
        assert_eq!(first.blocked_by(), None);
        assert_eq!(second.blocked_by().as_deref(), Some("first"));
        assert_eq!(third.blocked_by().as_deref(), Some("second"), "c is free, but second came before");
        drop(first);
        assert_eq!(acquired(&second).now_or_never(), Some(()));
        assert_eq!(acquired(&third).now_or_never(), None);
        drop(second);
        assert_eq!(acquired(&third).now_or_never(), Some(()));
    }

    #[test]
    fn a_cancelled_task_does_not_block_the_next() {
        let locks = ConsumerLocks::default();
        let [first, second, third] = ["first", "second", "third"].map(|task| enqueue(&locks, task, &["a"]));
        drop(second);
        assert_eq!(third.blocked_by().as_deref(), Some("first"));
        drop(first);
        assert_eq!(acquired(&third).now_or_never(), Some(()));
    }

    #[test]
    fn a_running_task_locks_a_new_consumer_before_waiting_tasks() {
        let locks = ConsumerLocks::default();
        let [first, waits, other] =
            [("first", "a"), ("waits", "b"), ("other", "c")].map(|(task, of)| enqueue(&locks, task, &[of]));
        assert_eq!(acquired(&first).now_or_never(), Some(()));
        assert_eq!(first.join("b"), Ok(true), "the task that waits for it has not started");
        assert_eq!(waits.blocked_by().as_deref(), Some("first"));
        assert_eq!(acquired(&other).now_or_never(), Some(()));
        assert_eq!(first.join("c"), Err("other".to_owned()));
        assert_eq!(first.join("a"), Ok(false), "it has that already");
        drop(first);
        assert_eq!(acquired(&waits).now_or_never(), Some(()));
    }

    #[test]
    fn a_task_with_locks_comes_before_the_waiting_ones() {
        let locks = ConsumerLocks::default();
        let waits = enqueue(&locks, "waits", &["a"]);
        let taken = locks.enqueue_first("taken over", vec!["a".into()]);
        assert_eq!((taken.blocked_by(), waits.blocked_by().as_deref()), (None, Some("taken over")));
        drop(taken);
        waits.set_elsewhere(Some("at another runner".into()));
        assert_eq!(waits.blocked_by().as_deref(), Some("at another runner"));
        assert_eq!(acquired(&waits).now_or_never(), Some(()));
        assert_eq!(waits.blocked_by(), None);
    }

    #[test]
    fn empty_queues_are_removed() {
        let locks = ConsumerLocks::default();
        drop(enqueue(&locks, "first", &["a", "b"]));
        assert!(locks.queues().of.is_empty());
    }

    #[tokio::test]
    async fn waiting_tasks_are_woken() {
        let locks = ConsumerLocks::default();
        let (first, second) = (enqueue(&locks, "first", &["a"]), enqueue(&locks, "second", &["a"]));
        let waiting = tokio::spawn(async move { acquired(&second).await });
        tokio::task::yield_now().await;
        drop(first);
        waiting.await.unwrap();
    }
}
