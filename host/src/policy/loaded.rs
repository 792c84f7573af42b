//! A policy, ready to be called.

use super::instance::{Instance, Origin};
use super::{CallError, Digest};
use crate::contract::{Description, Exchange, Step, Task};

/// A loaded policy: compiled, linked, proven to import nothing, and with a sane description. Share it by `Arc`; calls
/// may be made from any number of threads.
pub struct Policy {
    pub(super) digest: Digest,
    pub(super) description: Description,
    pub(super) origin: Origin,
}

/// What a policy decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What to do next; it makes sense, but whether the task may do it (`authority`), or its history shows it
    /// (`evidence`), has not been looked at yet.
    pub step: Step,
    /// Fuel that the call used, in wasmtime's unit. The same for the same component, task and history, everywhere.
    pub fuel_used: u64,
}

impl Policy {
    /// What the policy says of itself.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// The SHA-256 of its component file: what a record names it by.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Has the policy rules for this kind of task? It is to be offered no other.
    pub fn has_rules_for(&self, task: &Task) -> bool {
        self.description.tasks.contains(&task.kind())
    }

    /// What to do next, decided by a fresh instance: nothing survives from one call to the next, so nothing but the
    /// task and its history can count. It blocks for as long as the rules run, which [`Limits::fuel`](super::Limits::fuel) bounds to
    /// milliseconds; when every instance of the engine is busy, it first waits for one.
    pub fn next_step(&self, task: &Task, history: &[Exchange]) -> Result<Decision, CallError> {
        let (length, limit) = (history.len(), self.origin.limits().exchanges);
        if length > limit {
            return Err(CallError::HistoryTooLong { length, limit });
        }
        self.origin.instance()?.next_step(task, history)
    }

    /// Its machine code, for a process that judges it.
    pub(crate) fn compiled(&self) -> Result<Vec<u8>, String> {
        self.origin.compiled().map_err(|error| super::compile::one_line(&error))
    }

    /// An instance to call again and again, so that a benchmark can tell what a fresh one costs. It holds one of the
    /// engine's places for as long as it lives. Nothing else should use it: it would let a policy remember.
    #[doc(hidden)]
    pub fn warm(&self) -> Result<Warm, CallError> {
        self.origin.instance().map(Warm)
    }
}

/// See [`Policy::warm`].
#[doc(hidden)]
pub struct Warm(Instance);

impl Warm {
    /// As [`Policy::next_step`], on this instance.
    pub fn next_step(&mut self, task: &Task, history: &[Exchange]) -> Result<Decision, CallError> {
        self.0.refuel()?;
        self.0.next_step(task, history)
    }
}

impl std::fmt::Debug for Policy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Policy").field("description", &self.description).field("digest", &self.digest).finish()
    }
}
