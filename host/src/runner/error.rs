//! Why the runner does not do what it is asked.

use super::found::NotUnderstood;
use super::upstream::Missing;
use crate::journal::JournalError;
use crate::library::LibraryError;
use crate::sound::Unsound;

/// A task is not accepted; nothing of it will happen.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// There is no room.
    #[error("{0} tasks are open, as many as may be: try again when some have ended")]
    TooMany(usize),
    /// There is no room in memory.
    #[error(
        "the open tasks have {open} bytes of the {most} that they may have (tasks.open_bytes): try again when some have ended"
    )]
    TooMuch {
        /// How many they have.
        open: u64,
        /// How many they may have.
        most: u64,
    },
    /// There never will be.
    #[error("the task has {bytes} bytes, and all open ones together may have {most} (tasks.open_bytes)")]
    TooLarge {
        /// How many it has.
        bytes: u64,
        /// How many all may have.
        most: u64,
    },
    /// There is no room on the disk.
    #[error(
        "the journal has {bytes} bytes of the {most} that it may have (journal.max_size), and the rest is kept for tasks that \
         are open: give it more, let it forget more (journal.keep, journal.keep_for), or remove policies that nobody uses \
         (`swaparoo policy remove`)"
    )]
    JournalFull {
        /// How many it has.
        bytes: u64,
        /// How many it may have.
        most: u64,
    },
    /// What every task needs is not there yet.
    #[error("the service was just started and takes no task before what it needs is there: {0}")]
    Starting(Missing),
    /// The service stops.
    #[error("the service is stopping: try again at the next one")]
    Stopping,
    /// The key is another task's.
    #[error("the idempotency key {key:?} was used for another task, {task}: take a new key for a new task")]
    KeyReused {
        /// The key.
        key: String,
        /// Whose it is.
        task: String,
    },
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// A reply is not taken; the task waits as before.
#[derive(Debug, thiserror::Error)]
pub enum ReplyError {
    /// The task has not gone on yet since the service was started.
    #[error("the service was just started, and its tasks go on when what they need is there: {0}")]
    Starting(Missing),
    /// No such task.
    #[error("there is no task {0}")]
    NoTask(String),
    /// It asks nothing at all.
    #[error("task {0} asks nothing of its caller now")]
    AsksNothing(String),
    /// Nobody asked.
    #[error("task {task} asks nothing at index {index}; it waits for: {waits}")]
    NotAsked {
        /// The task.
        task: String,
        /// The place in its history.
        index: usize,
        /// The places that it waits for.
        waits: String,
    },
    /// Not what was asked.
    #[error("the effect {effect} at index {index} of task {task} is answered by {wanted}, not by {given}")]
    OtherKind {
        /// The task.
        task: String,
        /// The place in its history.
        index: usize,
        /// The effect there.
        effect: &'static str,
        /// The kind of reply that fits.
        wanted: &'static str,
        /// The kind that came.
        given: String,
    },
    /// It is of the right kind, and cannot be right.
    #[error("task {task}, effect {index} ({effect}): {unsound}")]
    Unsound {
        /// The task.
        task: String,
        /// The place in its history.
        index: usize,
        /// The effect there.
        effect: &'static str,
        /// What is wrong, and where.
        unsound: Unsound,
    },
    /// The question was given up.
    #[error(
        "index {index} of task {task} was given up: its caller had been silent for too long; the task goes on without it"
    )]
    TooLate {
        /// The task.
        task: String,
        /// The place in its history.
        index: usize,
    },
    /// The migration record that it names is another task's.
    #[error(
        "migration {migration} is in the hands of task {other}: answer again when that has ended, or with another record"
    )]
    Taken {
        /// The record.
        migration: String,
        /// Whose it is.
        other: String,
    },
    /// Answered already, in other words.
    #[error("index {index} of task {task} has been answered, and otherwise")]
    Otherwise {
        /// The task.
        task: String,
        /// The place in its history.
        index: usize,
    },
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// A task does not go on.
#[derive(Debug, thiserror::Error)]
pub enum ResumeError {
    /// No such task.
    #[error("there is no task {0}")]
    NoTask(String),
    /// It is not parked.
    #[error("task {0} is not parked")]
    NotParked(String),
    /// This program does not know how.
    #[error("task {task} cannot go on: {why}")]
    NotUnderstood {
        /// Which.
        task: String,
        /// Why.
        why: NotUnderstood,
    },
    /// There is no room, or no time.
    #[error(transparent)]
    Submit(#[from] SubmitError),
    /// The policy is not had.
    #[error(transparent)]
    Library(#[from] LibraryError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// A policy is not stored.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// There is no room.
    #[error(transparent)]
    NoRoom(#[from] SubmitError),
    /// It is not a policy that may be stored.
    #[error(transparent)]
    Library(#[from] LibraryError),
}
