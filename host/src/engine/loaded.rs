//! A policy that can be called.

use std::sync::Arc;

use super::instance::{Instance, PolicyPre};
use super::{CallError, Digest, Limits, Settings, SettingsError, World};
use crate::contract::{Description, Exchange, Step, Task};

/// A loaded policy: compiled, linked, checked to import nothing, and with a valid description. Share it with `Arc`;
/// any number of threads may call it.
pub struct Policy {
    pub(super) digest: Digest,
    pub(super) description: Description,
    pub(super) pre: PolicyPre,
    /// What `next-step` gets as settings.
    pub(super) settings: Option<Settings>,
    /// Keeps its compiled form in the cache.
    pub(super) _lease: Arc<()>,
}

/// The answer of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The next step. It is valid, but `authority` has not checked yet whether the task may do it, nor `evidence`
    /// whether the history shows it.
    pub step: Step,
    /// Fuel that the call used, in wasmtime's unit. It is the same on every machine for the same component, task and
    /// history.
    pub fuel_used: u64,
    /// Linear memory of the instance after the call in bytes, the sum of all its memories.
    pub memory_bytes: usize,
}

/// What a policy uses of its limits before it is called for a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Fuel of a start and a call of `describe`.
    pub fuel: u64,
    /// Linear memory after it in bytes, the sum of all memories.
    pub memory_bytes: usize,
    /// Elements of all tables after it.
    pub table_elements: usize,
}

impl Policy {
    /// The policy's own description.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// The world that it was built for.
    pub fn world(&self) -> World {
        self.pre.world()
    }

    /// The SHA-256 of its component file. Records name the policy by it.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// True if the policy has rules for this kind of task. It must not get any other kind.
    pub fn has_rules_for(&self, task: &Task) -> bool {
        self.description.tasks.contains(&task.kind())
    }

    /// The next step, decided by a fresh instance: nothing survives from one call to the next, so the answer depends
    /// only on the task and its history. Blocks while the rules run: usually microseconds, some milliseconds until
    /// [`Limits::fuel`](super::Limits::fuel) is used up, at most [`Limits::call_time`](super::Limits::call_time). If all
    /// instances of the engine are busy, it first waits for one.
    pub fn next_step(&self, task: &Task, history: &[Exchange]) -> Result<Decision, CallError> {
        let (length, limit) = (history.len(), self.pre.limits().exchanges);
        if length > limit {
            return Err(CallError::HistoryTooLong { length, limit });
        }
        self.pre.instance()?.next_step(task, self.settings.as_ref().map(Settings::text), history)
    }

    /// What a fresh instance uses after a call of `describe`.
    ///
    /// # Errors
    /// The call fails, which it did not when the policy was loaded.
    pub fn usage(&self) -> Result<Usage, CallError> {
        self.pre.instance()?.usage()
    }

    /// The limits that it is held to.
    pub fn limits(&self) -> &Limits {
        self.pre.limits()
    }

    /// The same policy with these settings for its tasks.
    pub fn with_settings(&self, settings: Option<Settings>) -> Result<Self, SettingsError> {
        if let Some(settings) = &settings {
            settings.check(&self.description)?;
        }
        let (digest, description, pre) = (self.digest, self.description.clone(), self.pre.clone());
        Ok(Self { digest, description, pre, settings, _lease: Arc::clone(&self._lease) })
    }

    /// The settings of its tasks, if any.
    pub fn settings(&self) -> Option<&Settings> {
        self.settings.as_ref()
    }

    /// Its machine code, for the worker process that runs the promotion check.
    pub(crate) fn compiled(&self) -> Result<Vec<u8>, String> {
        self.pre.compiled().map_err(|error| super::compile::one_line(&error))
    }

    /// An instance that is used for many calls, so that a benchmark can measure the cost of a fresh one. It occupies
    /// one of the engine's places until it is dropped. Do not use it for anything else: the policy could remember
    /// earlier calls.
    #[doc(hidden)]
    pub fn warm(&self) -> Result<WarmInstance, CallError> {
        self.pre.instance().map(WarmInstance)
    }
}

/// See [`Policy::warm`].
#[doc(hidden)]
pub struct WarmInstance(Instance);

impl WarmInstance {
    /// As [`Policy::next_step`], on this instance.
    pub fn next_step(&mut self, task: &Task, history: &[Exchange]) -> Result<Decision, CallError> {
        self.0.refuel()?;
        self.0.next_step(task, None, history)
    }
}

/// The same component with the same settings decides the same.
impl PartialEq for Policy {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest && self.settings == other.settings
    }
}

impl std::fmt::Debug for Policy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Policy").field("description", &self.description).field("digest", &self.digest).finish()
    }
}
