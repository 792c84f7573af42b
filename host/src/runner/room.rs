//! How many tasks are open, and how much of them is in memory, beside how many and how much may be.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use super::SubmitError;

/// Counts the open tasks.
#[derive(Debug)]
pub struct Room {
    most: usize,
    most_bytes: u64,
    open: Arc<Open>,
}

/// An open task's place, until it is dropped.
#[derive(Debug)]
pub struct Place {
    open: Arc<Open>,
    bytes: AtomicU64,
}

#[derive(Debug, Default)]
struct Open(Mutex<Count>);

#[derive(Debug, Default)]
struct Count {
    tasks: usize,
    bytes: u64,
}

impl Room {
    /// For so many tasks, and so many bytes of tasks and their histories, as JSON.
    pub fn for_most(most: usize, most_bytes: u64) -> Self {
        Self { most, most_bytes, open: Arc::default() }
    }

    /// A place for a task of so many bytes, if there is one left.
    ///
    /// # Errors
    /// There is none now, or never will be.
    pub fn enter(&self, bytes: u64) -> Result<Place, SubmitError> {
        if bytes > self.most_bytes {
            return Err(SubmitError::TooLarge { bytes, most: self.most_bytes });
        }
        let mut count = self.open.count();
        if count.tasks >= self.most {
            return Err(SubmitError::TooMany(self.most));
        }
        if count.bytes.saturating_add(bytes) > self.most_bytes {
            return Err(SubmitError::TooMuch { open: count.bytes, most: self.most_bytes });
        }
        Ok(self.open.enter(&mut count, bytes))
    }

    /// A place in any case: what was open before may be more than is allowed now, and is not dropped for that. Until so
    /// many have ended, nobody else enters.
    pub fn enter_again(&self, bytes: u64) -> Place {
        self.open.enter(&mut self.open.count(), bytes)
    }
}

impl Place {
    /// The task's history has become so much longer. It may: a task that is open goes on.
    pub fn grow(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let mut count = self.open.count();
        count.bytes = count.bytes.saturating_add(bytes);
        count.tell();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut count = self.open.count();
        count.tasks = count.tasks.saturating_sub(1);
        count.bytes = count.bytes.saturating_sub(self.bytes.load(Ordering::Relaxed));
        count.tell();
    }
}

impl Open {
    fn enter(self: &Arc<Self>, count: &mut Count, bytes: u64) -> Place {
        count.tasks += 1;
        count.bytes = count.bytes.saturating_add(bytes);
        count.tell();
        Place { open: self.clone(), bytes: AtomicU64::new(bytes) }
    }

    fn count(&self) -> MutexGuard<'_, Count> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Count {
    #[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^52 of them")]
    fn tell(&self) {
        metrics::gauge!("swaparoo_tasks_open_bytes").set(self.bytes as f64);
    }
}

/// How many bytes a value has as JSON, which is how it is kept and what it is counted by.
pub fn json_bytes(value: &impl Serialize) -> u64 {
    struct Counted(u64);
    impl io::Write for Counted {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.saturating_add(bytes.len() as u64);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut counted = Counted(0);
    // What cannot be written as JSON never gets as far as the journal.
    let _ = serde_json::to_writer(&mut counted, value);
    counted.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_enters_before_those_who_are_too_many_have_left() {
        let room = Room::for_most(1, 100);
        let mut places = [room.enter_again(1), room.enter_again(1), room.enter_again(1)].into_iter();
        for left in (0..3).rev() {
            assert!(room.enter(1).is_err(), "{} are in", left + 1);
            drop(places.next());
        }
        let place = room.enter(1);
        assert!(place.is_ok() && room.enter(1).is_err());
        drop(place);
        assert!(room.enter(1).is_ok());
    }

    #[test]
    fn bytes_are_counted_until_their_task_has_ended() {
        let room = Room::for_most(10, 100);
        assert!(matches!(room.enter(101), Err(SubmitError::TooLarge { bytes: 101, most: 100 })));
        let first = room.enter(60).unwrap();
        assert!(matches!(room.enter(41), Err(SubmitError::TooMuch { open: 60, most: 100 })));
        let second = room.enter(40).unwrap();
        second.grow(50);
        assert!(room.enter(0).is_err(), "what is open may grow beyond, and then nobody enters");
        drop(second);
        assert!(room.enter(40).is_ok());
        drop(first);
        let _all = room.enter(100).unwrap();
    }

    #[test]
    fn a_value_has_as_many_bytes_as_its_json() {
        let value = serde_json::json!({ "a": [1, "\u{e9}", null] });
        assert_eq!(json_bytes(&value), value.to_string().len() as u64);
    }
}
