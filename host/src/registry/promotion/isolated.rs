//! Runs the promotion check in a separate process, because the policy runs for each scenario and each record.

use std::io::{self, BufRead as _, BufReader, Read};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Consent, PromotionReport, SearchLimits, SearchReport, Searching, judge_for};
use crate::engine::seal::{Key, SEAL};
use crate::engine::worker::{Isolation, Job, QueueWait, Worker, WorkerError, WorkerOutcome, blocking};
use crate::engine::{Cache, Digest, Engine, Limits, Policy};
use crate::record::Record;
use crate::registry::Kinds;

/// The name with which the policy's machine code is sealed.
const SEALED_AS: &str = "policy";

/// The first line of the input. The sealed machine code follows, then one line for each record.
#[derive(Serialize, Deserialize)]
struct Head {
    name: String,
    digest: String,
    kinds: Kinds,
    consent: Consent,
    searching: Searching,
    limits: Limits,
    /// The length of the machine code with its seal.
    bytes: u64,
}

/// What is known of a policy's search, and the most faults if it is to be done.
#[derive(Debug, Clone)]
pub struct SearchBefore {
    /// The most faults on a way.
    pub faults: u32,
    /// The report of a search of the same policy with as many faults.
    pub known: Option<SearchReport>,
}

impl SearchBefore {
    /// Half of the time is for the scenarios and the records.
    fn with(self, time: Duration) -> Searching {
        let limits = SearchLimits { faults: self.faults, time: time / 2 };
        self.known.map_or(Searching::Within(limits), Searching::Known)
    }
}

/// Like [`judge_for`], but runs where `isolation` says. Dropping the future stops the check.
///
/// # Errors
/// The check exceeded its limits, or the worker process could not be started.
pub async fn judge_isolated(
    isolation: &Isolation,
    kinds: Kinds,
    policy: Arc<Policy>,
    records: Vec<Record>,
    search: SearchBefore,
    consent: Consent,
) -> Result<PromotionReport, WorkerError> {
    let searching = search.with(isolation.time());
    match isolation {
        Isolation::InProcess => blocking(move || judge_for(&kinds, &policy, &records, searching, &consent)).await,
        Isolation::Worker(worker) => judge_in_worker_process(worker, kinds, &policy, records, searching, consent).await,
    }
}

async fn judge_in_worker_process(
    worker: &Worker,
    kinds: Kinds,
    policy: &Policy,
    records: Vec<Record>,
    searching: Searching,
    consent: Consent,
) -> Result<PromotionReport, WorkerError> {
    let broken = |why: String| WorkerError::NotStarted(io::Error::other(why));
    let code = policy.compiled().map_err(broken)?;
    let bytes = u64::try_from(code.len().saturating_add(SEAL)).unwrap_or(u64::MAX);
    let (name, digest) = (policy.description().name.clone(), policy.digest().to_string());
    let head = line(&Head { name, digest, kinds, consent, searching, limits: *policy.limits(), bytes });
    let input = |key: &Key| {
        let sealed = [key.seal(SEALED_AS, &code).to_vec(), code];
        // Serialize one record at a time: all of them together would need the same memory once more.
        std::iter::once(head).chain(sealed).chain(records.into_iter().map(|record| line(&record)))
    };
    match worker.run(Job::Judge, QueueWait::Briefly, input).await? {
        WorkerOutcome::Done(report) => {
            serde_json::from_slice(report.bytes()).map_err(|error| broken(error.to_string()))
        }
        WorkerOutcome::Refused(why) => Err(broken(why)),
    }
}

fn line(value: &impl Serialize) -> Vec<u8> {
    // Serialization cannot fail: all keys are strings and no number is NaN.
    let mut line = serde_json::to_vec(value).unwrap_or_default();
    line.push(b'\n');
    line
}

/// Runs in the worker process: returns the report, or what is wrong with the input.
pub fn judge_in_worker(key: &Key, input: &mut dyn Read) -> Result<Vec<u8>, String> {
    let mut input = BufReader::new(input);
    let mut head = Vec::new();
    input.read_until(b'\n', &mut head).map_err(|error| error.to_string())?;
    let head: Head = serde_json::from_slice(&head).map_err(|error| error.to_string())?;
    let mut code = Vec::new();
    input.by_ref().take(head.bytes).read_to_end(&mut code).map_err(|error| error.to_string())?;
    let code = key.open(SEALED_AS, code).map_err(|error| error.to_string())?;
    let digest: Digest = head.digest.parse().map_err(|error: crate::engine::NotADigest| error.to_string())?;
    let limits = Limits { instances: 1, ..head.limits };
    let engine = Engine::new(limits, Cache::off()).map_err(|error| error.to_string())?;
    let policy = engine.revive(&head.name, digest, &code).map_err(|error| error.to_string())?;
    let mut unread = None;
    let records = serde_json::Deserializer::from_reader(input).into_iter::<Record>();
    // Stop at the first record that cannot be parsed.
    let records = records.map_while(|record| record.map_err(|error| unread = Some(error.to_string())).ok());
    let report = judge_for(&head.kinds, &policy, records, head.searching, &head.consent);
    unread.map_or_else(|| serde_json::to_vec(&report).map_err(|error| error.to_string()), Err)
}
