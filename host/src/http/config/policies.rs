//! The section `[policies]`.

use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use serde::{Deserialize, Deserializer};

use super::policy_limits::PolicyLimits;
use super::units;
use crate::engine::worker::WorkerLimits;

/// `[policies]`: which policies may decide, and limits of checking them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PoliciesConfig {
    /// The policy that is active before any was promoted.
    pub default: String,
    /// Public ed25519 keys that may sign policies. Without any key, signatures are not required.
    pub trusted_keys: Vec<String>,
    /// Built-in policies that may decide without a signature where signatures are required.
    pub trust_built_in: Vec<String>,
    /// How many of the latest tasks a policy must decide again before it becomes active.
    #[serde(deserialize_with = "replay")]
    pub replay: u32,
    /// The most faults on a way in the promotion check's search: 1, or 0 on a small machine.
    #[serde(deserialize_with = "search_faults")]
    pub search_faults: u32,
    /// After this number of its own faults in a row, a new policy is rolled back to the previous one.
    #[serde(deserialize_with = "units::positive")]
    pub traps: NonZeroU32,
    /// Limit of processor time to compile or check one policy.
    #[serde(deserialize_with = "worker_time")]
    pub worker_time: Duration,
    /// Limit of memory to compile or check one policy, in bytes.
    #[serde(deserialize_with = "worker_memory")]
    pub worker_memory: usize,
    /// Maximum number of policies that are compiled or checked at once.
    #[serde(deserialize_with = "units::positive")]
    pub workers: NonZeroUsize,
    /// The limits of a policy that may be raised.
    pub limits: PolicyLimits,
}

impl Default for PoliciesConfig {
    fn default() -> Self {
        Self {
            default: "standard".to_owned(),
            trusted_keys: Vec::new(),
            trust_built_in: vec!["standard".to_owned()],
            replay: 1_000,
            search_faults: 1,
            traps: const { NonZeroU32::new(3).unwrap() },
            worker_time: WorkerLimits::default().time,
            worker_memory: WorkerLimits::default().memory,
            workers: WorkerLimits::default().at_once,
            limits: PolicyLimits::default(),
        }
    }
}

impl PoliciesConfig {
    /// The limits of the worker processes that compile and check policies.
    #[must_use]
    pub fn worker(&self) -> WorkerLimits {
        WorkerLimits { memory: self.worker_memory, at_once: self.workers, ..WorkerLimits::within(self.worker_time) }
    }
}

/// Even the built-in policies need at least this much to be compiled and checked.
const LEAST_TIME: Duration = Duration::from_secs(1);
const LEAST_MEMORY: usize = 64 << 20;

fn worker_time<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let time = units::duration(from)?;
    if time >= LEAST_TIME { Ok(time) } else { Err(serde::de::Error::custom("it must be at least \"1s\"")) }
}

fn worker_memory<'de, D: Deserializer<'de>>(from: D) -> Result<usize, D::Error> {
    let bytes = units::size(from)?;
    if bytes >= LEAST_MEMORY { Ok(bytes) } else { Err(serde::de::Error::custom("it must be at least \"64MiB\"")) }
}

fn search_faults<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    Ok(u32::from(units::integer_within(from, 0..=1)? == 1))
}

/// A promotion waits for all records, and they are in memory at the same time.
const MOST_REPLAYED: u32 = 100_000;

fn replay<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    let records = units::integer_within(from, 0..=MOST_REPLAYED.into())?;
    Ok(u32::try_from(records).unwrap_or(MOST_REPLAYED))
}
