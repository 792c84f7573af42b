//! Limits the number of open tasks and the memory that they use.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use super::SubmitError;

/// Counts the open tasks and their bytes.
#[derive(Debug)]
pub struct Admission {
    most: usize,
    most_bytes: u64,
    open: Arc<OpenTasks>,
}

/// Counts one open task until it is dropped.
#[derive(Debug)]
pub struct AdmissionPermit {
    open: Arc<OpenTasks>,
    bytes: AtomicU64,
}

#[derive(Debug, Default)]
struct OpenTasks(Mutex<OpenCount>);

#[derive(Debug, Default)]
struct OpenCount {
    tasks: usize,
    bytes: u64,
}

impl Admission {
    /// Allows `most` tasks, whose parameters and histories have at most `most_bytes` bytes as JSON.
    pub fn new(most: usize, most_bytes: u64) -> Self {
        Self { most, most_bytes, open: Arc::default() }
    }

    /// Admits a task with this many bytes.
    ///
    /// # Errors
    /// [`SubmitError::TooMany`] or [`SubmitError::TooMuch`] if a limit is reached now, [`SubmitError::TooLarge`] if the
    /// task alone exceeds the limit.
    pub fn admit(&self, bytes: u64) -> Result<AdmissionPermit, SubmitError> {
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
        Ok(self.open.admit(&mut count, bytes))
    }

    /// Admits a task that was open before a restart, even beyond the limits, which may have been lowered. New tasks are
    /// admitted only after enough tasks have ended.
    pub fn readmit(&self, bytes: u64) -> AdmissionPermit {
        self.open.admit(&mut self.open.count(), bytes)
    }
}

impl AdmissionPermit {
    /// Counts new bytes of the task's history. This may exceed the limit, because an open task must be able to
    /// continue.
    pub fn grow(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let mut count = self.open.count();
        count.bytes = count.bytes.saturating_add(bytes);
        count.report();
    }
}

impl Drop for AdmissionPermit {
    fn drop(&mut self) {
        let mut count = self.open.count();
        count.tasks = count.tasks.saturating_sub(1);
        count.bytes = count.bytes.saturating_sub(self.bytes.load(Ordering::Relaxed));
        count.report();
    }
}

impl OpenTasks {
    fn admit(self: &Arc<Self>, count: &mut OpenCount, bytes: u64) -> AdmissionPermit {
        count.tasks += 1;
        count.bytes = count.bytes.saturating_add(bytes);
        count.report();
        AdmissionPermit { open: self.clone(), bytes: AtomicU64::new(bytes) }
    }

    fn count(&self) -> MutexGuard<'_, OpenCount> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OpenCount {
    #[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^52 of them")]
    fn report(&self) {
        metrics::gauge!("swaparoo_tasks_open_bytes").set(self.bytes as f64);
    }
}

/// The number of bytes of a value as JSON, which is the form in the journal and the unit of the limit.
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
    // A value that cannot be serialized never reaches the journal.
    let _ = serde_json::to_writer(&mut counted, value);
    counted.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_task_is_admitted_while_there_are_too_many() {
        let admission = Admission::new(1, 100);
        let mut permits = [admission.readmit(1), admission.readmit(1), admission.readmit(1)].into_iter();
        for left in (0..3).rev() {
            assert!(admission.admit(1).is_err(), "{} are in", left + 1);
            drop(permits.next());
        }
        let permit = admission.admit(1);
        assert!(permit.is_ok() && admission.admit(1).is_err());
        drop(permit);
        assert!(admission.admit(1).is_ok());
    }

    #[test]
    fn the_bytes_of_a_task_count_until_its_end() {
        let admission = Admission::new(10, 100);
        assert!(matches!(admission.admit(101), Err(SubmitError::TooLarge { bytes: 101, most: 100 })));
        let first = admission.admit(60).unwrap();
        assert!(matches!(admission.admit(41), Err(SubmitError::TooMuch { open: 60, most: 100 })));
        let second = admission.admit(40).unwrap();
        second.grow(50);
        assert!(admission.admit(0).is_err(), "open tasks may exceed the limit, and then no new task is admitted");
        drop(second);
        assert!(admission.admit(40).is_ok());
        drop(first);
        let _all = admission.admit(100).unwrap();
    }

    #[test]
    fn a_value_has_as_many_bytes_as_its_json() {
        let value = serde_json::json!({ "a": [1, "\u{e9}", null] });
        assert_eq!(json_bytes(&value), value.to_string().len() as u64);
    }
}
