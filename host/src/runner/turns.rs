//! Whose turn it is: a consumer is in at most one running task, and tasks of one consumer go in the order in which they
//! came. Placement does not check an emptied source's generation again when that vanishes in mid-request, so two moves
//! of one source at once can both be told that they succeeded.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// All queues, one a consumer.
#[derive(Debug, Clone, Default)]
pub struct Turns(Arc<Mutex<Queues>>);

#[derive(Debug, Default)]
struct Queues {
    of: HashMap<String, VecDeque<Place>>,
    last: u64,
}

#[derive(Debug, Clone)]
struct Place {
    ticket: u64,
    task: String,
    turn: Arc<Notify>,
    /// It has had its turn, and is at work.
    begun: Arc<AtomicBool>,
}

/// A task's place in the queues of all its consumers; dropped, it is left.
#[derive(Debug)]
pub struct Ticket {
    turns: Turns,
    number: u64,
    task: String,
    /// More may join while it is at work.
    consumers: Mutex<Vec<String>>,
    turn: Arc<Notify>,
    begun: Arc<AtomicBool>,
}

impl Turns {
    /// Stands in line for all these consumers at once, so that no two tasks ever wait for each other.
    pub fn enter(&self, task: &str, consumers: Vec<String>) -> Ticket {
        let (turn, begun) = (Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));
        let mut queues = self.queues();
        queues.last += 1;
        let number = queues.last;
        for consumer in &consumers {
            let (turn, begun) = (turn.clone(), begun.clone());
            let place = Place { ticket: number, task: task.to_owned(), turn, begun };
            queues.of.entry(consumer.clone()).or_default().push_back(place);
        }
        drop(queues);
        let (turns, task, consumers) = (self.clone(), task.to_owned(), Mutex::new(consumers));
        Ticket { turns, number, task, consumers, turn, begun }
    }

    fn queues(&self) -> MutexGuard<'_, Queues> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ticket {
    /// Returns when it is first everywhere.
    pub async fn turn(&self) {
        while self.behind().is_some() {
            self.turn.notified().await;
        }
        self.begun.store(true, Ordering::Relaxed);
    }

    /// Takes one more consumer, which nobody knew of when the task came: it goes before those who only wait for it.
    ///
    /// # Errors
    /// Another task is at work there: this one.
    pub fn join(&self, consumer: &str) -> Result<(), String> {
        let mut queues = self.turns.queues();
        let queue = queues.of.entry(consumer.to_owned()).or_default();
        if queue.iter().any(|place| place.ticket == self.number) {
            return Ok(());
        }
        if let Some(first) = queue.front().filter(|first| first.begun.load(Ordering::Relaxed)) {
            return Err(first.task.clone());
        }
        let (task, turn, begun) = (self.task.clone(), self.turn.clone(), self.begun.clone());
        queue.push_front(Place { ticket: self.number, task, turn, begun });
        drop(queues);
        self.consumers().push(consumer.to_owned());
        Ok(())
    }

    fn consumers(&self) -> MutexGuard<'_, Vec<String>> {
        self.consumers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A task that must end first.
    pub fn behind(&self) -> Option<String> {
        let consumers = self.consumers();
        let queues = self.turns.queues();
        let firsts = consumers.iter().filter_map(|consumer| queues.of.get(consumer)?.front());
        firsts.into_iter().find(|first| first.ticket != self.number).map(|first| first.task.clone())
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let consumers = self.consumers().clone();
        let mut queues = self.turns.queues();
        for consumer in &consumers {
            let Some(queue) = queues.of.get_mut(consumer) else { continue };
            queue.retain(|place| place.ticket != self.number);
            match queue.front() {
                // It stores the call for a task that does not wait yet.
                Some(first) => first.turn.notify_one(),
                None => drop(queues.of.remove(consumer)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    fn enter(turns: &Turns, task: &str, consumers: &[&str]) -> Ticket {
        turns.enter(task, consumers.iter().map(|&consumer| consumer.to_owned()).collect())
    }

    #[test]
    fn tasks_of_one_consumer_go_in_the_order_in_which_they_came() {
        let turns = Turns::default();
        let [first, second, third] = [("first", ["a", "b"]), ("second", ["b", "c"]), ("third", ["c", "d"])]
            .map(|(task, of)| enter(&turns, task, &of));
        assert_eq!(first.behind(), None);
        assert_eq!(second.behind().as_deref(), Some("first"));
        assert_eq!(third.behind().as_deref(), Some("second"), "c is free, but second came before");
        drop(first);
        assert_eq!(second.turn().now_or_never(), Some(()));
        assert_eq!(third.turn().now_or_never(), None);
        drop(second);
        assert_eq!(third.turn().now_or_never(), Some(()));
    }

    #[test]
    fn a_task_that_gives_up_lets_the_next_one_pass() {
        let turns = Turns::default();
        let [first, second, third] = ["first", "second", "third"].map(|task| enter(&turns, task, &["a"]));
        drop(second);
        assert_eq!(third.behind().as_deref(), Some("first"));
        drop(first);
        assert_eq!(third.turn().now_or_never(), Some(()));
    }

    #[test]
    fn a_consumer_learned_at_work_is_taken_before_those_who_wait() {
        let turns = Turns::default();
        let [first, waits, other] =
            [("first", "a"), ("waits", "b"), ("other", "c")].map(|(task, of)| enter(&turns, task, &[of]));
        assert_eq!(first.turn().now_or_never(), Some(()));
        assert_eq!(first.join("b"), Ok(()), "nobody is at work there yet");
        assert_eq!(waits.behind().as_deref(), Some("first"));
        assert_eq!(other.turn().now_or_never(), Some(()));
        assert_eq!(first.join("c"), Err("other".to_owned()));
        assert_eq!(first.join("a"), Ok(()), "it has that already");
        drop(first);
        assert_eq!(waits.turn().now_or_never(), Some(()));
    }

    #[test]
    fn queues_that_are_empty_are_gone() {
        let turns = Turns::default();
        drop(enter(&turns, "first", &["a", "b"]));
        assert!(turns.queues().of.is_empty());
    }

    #[tokio::test]
    async fn whoever_waits_is_woken() {
        let turns = Turns::default();
        let (first, second) = (enter(&turns, "first", &["a"]), enter(&turns, "second", &["a"]));
        let waiting = tokio::spawn(async move { second.turn().await });
        tokio::task::yield_now().await;
        drop(first);
        waiting.await.unwrap();
    }
}
