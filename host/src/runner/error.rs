//! Errors of the runner's requests.

use super::restore::NotUnderstood;
use super::upstream::Missing;
use crate::engine::CallError;
use crate::journal::JournalError;
use crate::registry::RegistryError;
use crate::validate::ValidationError;

/// The task was not accepted and will not run.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// The limit of open tasks is reached.
    #[error("{0} tasks are open, which is the limit: try again when some have ended")]
    TooMany(usize),
    /// The limit of memory for open tasks is reached.
    #[error("the open tasks have {open} of at most {most} bytes (tasks.open_bytes): try again when some have ended")]
    TooMuch {
        /// The bytes of all open tasks.
        open: u64,
        /// The limit.
        most: u64,
    },
    /// The task alone exceeds the limit of memory.
    #[error("the task has {bytes} bytes, but all open tasks together may have at most {most} (tasks.open_bytes)")]
    TooLarge {
        /// The bytes of the task.
        bytes: u64,
        /// The limit for all open tasks.
        most: u64,
    },
    /// The journal has reached its largest size.
    #[error(
        "the journal has {bytes} of at most {most} bytes (journal.max_size), and the rest is reserved for open \
         tasks: increase this limit, keep fewer ended tasks (journal.keep, journal.keep_for), or remove unused policies \
         (`swaparoo policy remove`)"
    )]
    JournalFull {
        /// The size of the journal.
        bytes: u64,
        /// The limit.
        most: u64,
    },
    /// Keystone or Placement has not been reached since the start.
    #[error("the service has just started and accepts no tasks until it has reached Keystone and Placement: {0}")]
    Starting(Missing),
    /// The service is stopping.
    #[error("the service is stopping: try again when it runs again")]
    Stopping,
    /// The key belongs to another task.
    #[error("the idempotency key {key:?} was used for another task, {task}: use a new key for a new task")]
    KeyReused {
        /// The idempotency key.
        key: String,
        /// The id of the other task.
        task: String,
    },
    /// The journal cannot be read or written.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// The reply was not accepted; the task still waits.
#[derive(Debug, thiserror::Error)]
pub enum ReplyError {
    /// The service has not continued the task yet since its start.
    #[error("the service has just started and continues its tasks when it has reached Keystone and Placement: {0}")]
    Starting(Missing),
    /// The task does not exist.
    #[error("task {0} does not exist")]
    NoTask(String),
    /// The task does not wait for a reply.
    #[error("task {0} does not wait for a reply now")]
    AsksNothing(String),
    /// The task does not wait for a reply at this position.
    #[error("task {task} does not wait for a reply at index {index}; it waits for: {waits}")]
    NotAsked {
        /// The id of the task.
        task: String,
        /// The position in the history.
        index: usize,
        /// The positions for which it waits.
        waits: String,
    },
    /// The reply has the wrong kind.
    #[error("the effect {effect} at index {index} of task {task} is answered by {wanted}, not by {given}")]
    OtherKind {
        /// The id of the task.
        task: String,
        /// The position in the history.
        index: usize,
        /// The name of the effect.
        effect: &'static str,
        /// The expected kind of reply.
        wanted: &'static str,
        /// The given kind of reply.
        given: String,
    },
    /// The reply has the right kind but invalid values.
    #[error("task {task}, effect {index} ({effect}): {invalid}")]
    Invalid {
        /// The id of the task.
        task: String,
        /// The position in the history.
        index: usize,
        /// The name of the effect.
        effect: &'static str,
        /// The invalid value and its position.
        invalid: ValidationError,
    },
    /// The question has timed out.
    #[error("index {index} of task {task} has timed out because no reply came; the task continues without it")]
    TooLate {
        /// The id of the task.
        task: String,
        /// The position in the history.
        index: usize,
    },
    /// Another task has locked the migration record in the reply.
    #[error(
        "migration {migration} is in use by task {other}: reply again when that task has ended, or with another record"
    )]
    Taken {
        /// The UUID of the migration record.
        migration: String,
        /// The id of the task that has locked it.
        other: String,
    },
    /// Another reply was accepted before.
    #[error("index {index} of task {task} already has another reply")]
    Otherwise {
        /// The id of the task.
        task: String,
        /// The position in the history.
        index: usize,
    },
    /// The journal cannot be read or written.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// The task cannot be resumed.
#[derive(Debug, thiserror::Error)]
pub enum ResumeError {
    /// The task does not exist.
    #[error("task {0} does not exist")]
    NoTask(String),
    /// The task is not parked.
    #[error("task {0} is not parked")]
    NotParked(String),
    /// This program does not understand the task's entries.
    #[error("task {task} cannot continue: {why}")]
    NotUnderstood {
        /// The id of the task.
        task: String,
        /// Which entry is not understood.
        why: NotUnderstood,
    },
    /// The policy decides the task's history differently.
    #[error(
        "task {task} cannot continue under the policy {policy}, which parts from its history: {parting}; resume it under \
         its own policy, or under one that takes the same steps"
    )]
    Parts {
        /// The id of the task.
        task: String,
        /// The policy's name and version.
        policy: String,
        /// The position, what is recorded there, and what the policy would do.
        parting: String,
    },
    /// The policy could not be called for the task's history.
    #[error("the policy cannot be tried on the history of the task: try again")]
    NotTried(#[from] CallError),
    /// A limit is reached, or the service is starting or stopping.
    #[error(transparent)]
    Submit(#[from] SubmitError),
    /// The policy cannot be loaded.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The journal cannot be read or written.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// A policy is not stored.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// The limit of tasks or bytes is reached.
    #[error(transparent)]
    NoRoom(#[from] SubmitError),
    /// It is not a policy that may be stored.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}
