//! Audits that the service does by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{AuditOptions, Finding, HiddenUsage, Report, Why, audit};
use crate::cadf::{self, Activity, Resource};
use crate::contract::{ReleaseTask, Task};
use crate::executor::{LiveExecutor, NovaSource};
use crate::runner::{Reader, Runner, Submission};

/// The interval at which the age in the metrics is updated.
const AGE: Duration = Duration::from_secs(5);
/// How long a repair may take before the audit goes on with the next one; the task itself goes on, too.
const PATIENCE: Duration = Duration::from_secs(60);

/// When to audit, and what to do with findings.
#[derive(Debug, Clone)]
pub struct ScheduleOptions {
    /// The time from the start of an audit to the start of the next one.
    pub every: Duration,
    /// The kinds of findings that are repaired.
    pub repair: BTreeSet<Why>,
    /// As in [`AuditOptions`].
    pub stuck_after: Duration,
    /// As in [`AuditOptions`].
    pub service_projects: BTreeSet<String>,
}

/// The audits of a service.
#[derive(Debug)]
pub struct AuditSchedule {
    options: ScheduleOptions,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The end of the last audit that read everything it needed, or the start of the service.
    since: Instant,
    last: Option<LastAudit>,
    failure: Option<String>,
    /// The numbers of findings in the metrics, by kind.
    counts: BTreeMap<&'static str, usize>,
}

/// The audits of the service.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Audits {
    /// The interval in seconds (`audit.every`).
    pub every_seconds: u64,
    /// The seconds since the end of the last audit that could look at everything, or since the start of the service; null
    /// if none has ended.
    pub age_seconds: Option<f64>,
    /// Why the latest attempt could not compare Placement with nova; null if it could.
    pub failure: Option<String>,
    /// The result of the last audit; null if none has ended.
    pub last: Option<LastAudit>,
}

/// The result of an audit. Findings that were repaired are not in `findings`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LastAudit {
    /// Whether everything could be looked at.
    pub complete: bool,
    /// What the audit found and could not check.
    #[serde(flatten)]
    pub report: Report,
    /// The repairs, each a task of this service.
    pub repairs: Vec<AuditRepair>,
}

/// A repair.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AuditRepair {
    /// The UUID of the consumer.
    pub consumer: String,
    /// Why it should not hold its allocations.
    pub why: Why,
    /// The id of the task `release`; null if the service accepted none.
    pub task: Option<String>,
    /// Whether the task has done what the finding needs.
    pub repaired: bool,
}

impl AuditSchedule {
    /// No audit has begun.
    #[must_use]
    pub fn new(options: ScheduleOptions) -> Arc<Self> {
        let state = State { since: Instant::now(), last: None, failure: None, counts: BTreeMap::new() };
        Arc::new(Self { options, state: Mutex::new(state) })
    }

    /// The audits until now.
    #[must_use]
    pub fn audits(&self) -> Audits {
        let state = self.state();
        Audits {
            every_seconds: self.options.every.as_secs(),
            age_seconds: state.last.as_ref().map(|_| state.since.elapsed().as_secs_f64()),
            failure: state.failure.clone(),
            last: state.last.clone(),
        }
    }

    /// Audits again and again, until the service stops.
    pub async fn run(self: Arc<Self>, runner: Runner) {
        let audits = async {
            loop {
                let began = Instant::now();
                self.once(&runner).await;
                tokio::time::sleep_until(began + self.options.every).await;
            }
        };
        let age = async {
            loop {
                self.show_age();
                tokio::time::sleep(AGE).await;
            }
        };
        tokio::select! {
            () = audits => {}
            () = age => {}
            () = runner.stopping() => {}
        }
    }

    async fn once(&self, runner: &Runner) {
        let connected = runner.upstream().connected().await;
        let Some(cloud) = connected.nova else { return };
        let placement = connected.placement.on_behalf_of(&format!("req-{}", Uuid::new_v4()));
        let executor = LiveExecutor { placement, nova: NovaSource::cloud(cloud, None), caller: None };
        let options = AuditOptions {
            ended: runner.registry().ended_statuses(),
            stuck_after: self.options.stuck_after,
            service_projects: self.options.service_projects.clone(),
        };
        match audit(&executor, &options, &|_, _, _| ()).await {
            Ok(report) => {
                let (report, repairs) = self.repair(runner, report).await;
                self.keep(report, repairs);
            }
            Err(error) => {
                tracing::warn!("the audit could not compare Placement with nova: {error}");
                self.state().failure = Some(error.to_string());
            }
        }
    }

    /// Repairs the findings of the configured kinds, one after another.
    async fn repair(&self, runner: &Runner, mut report: Report) -> (Report, Vec<AuditRepair>) {
        let mut repairs = Vec::new();
        for finding in &report.findings {
            if finding.repairable && self.options.repair.contains(&finding.why) {
                repairs.push(release(runner, finding).await);
            }
        }
        let repaired: BTreeSet<&str> =
            repairs.iter().filter(|one| one.repaired).map(|one| one.consumer.as_str()).collect();
        report.findings.retain(|finding| !repaired.contains(finding.consumer.as_str()));
        (report, repairs)
    }

    fn keep(&self, report: Report, repairs: Vec<AuditRepair>) {
        let kinds = report.by_kind();
        let complete = report.unchecked.is_empty();
        let mut state = self.state();
        for kind in Why::ALL.map(Why::name).into_iter().chain([HiddenUsage::KIND]) {
            let count = kinds.get(kind).copied().unwrap_or_default();
            let known = state.counts.entry(kind).or_default();
            // What could not be looked at may still be there.
            *known = if complete { count } else { count.max(*known) };
            metrics::gauge!("swaparoo_orphans", "kind" => kind).set(*known as f64);
        }
        metrics::gauge!("swaparoo_audit_unchecked").set(report.unchecked.len() as f64);
        if !kinds.is_empty() || !complete {
            tracing::info!(
                ?kinds,
                unchecked = report.unchecked.len(),
                "the audit found leaked allocations, or was not complete"
            );
        }
        if complete {
            state.since = Instant::now();
        }
        state.failure = None;
        state.last = Some(LastAudit { complete, report, repairs });
        drop(state);
        self.show_age();
    }

    fn show_age(&self) {
        metrics::gauge!("swaparoo_audit_age_seconds").set(self.state().since.elapsed().as_secs_f64());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The audit event of a repair.
fn note(task: &str, finding: &Finding) {
    let details = vec![("consumer", finding.consumer.clone().into()), ("why", finding.why.name().into())];
    let (initiator, target) = (Resource::own(), Resource::changed(cadf::TASK, task));
    cadf::emit(&Activity { action: "create/repair", initiator, target, status: None, request_id: None, details });
}

async fn release(runner: &Runner, finding: &Finding) -> AuditRepair {
    let Finding { consumer, server, why, .. } = finding.clone();
    let task = Task::Release(ReleaseTask { consumer: consumer.clone(), server });
    let request_id = format!("req-{}", Uuid::new_v4());
    let submission = Submission { task, server: None, key: None, request_id };
    let id = match runner.submit(submission).await {
        Ok((id, _)) => id,
        Err(error) => {
            tracing::warn!("the audit's repair of {consumer} was not accepted: {error}");
            return AuditRepair { consumer, why, task: None, repaired: false };
        }
    };
    note(&id, finding);
    runner.wait_settled(&id, PATIENCE).await;
    let outcome = runner.task(&id, Reader::Observer).await.ok().flatten().and_then(|view| view.outcome);
    let kind = outcome.as_ref().and_then(|outcome| outcome.get("kind")?.as_str());
    let repaired = kind.is_some_and(|kind| finding.is_repaired_by(kind));
    AuditRepair { consumer, why, task: Some(id), repaired }
}
