//! Compares Placement's allocations with nova's data.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use futures_util::{StreamExt, stream};

use super::classify::{Context, Subject};
use super::consumer::ConsumerNow;
use super::nova::{NovaView, ServerSeen};
use super::{
    CONCURRENT, Finding, HoldingsError, OtherConsumer, PlacementHoldings, Progress, Report, Stage, Unanswered,
    Unchecked, Why,
};
use crate::contract::Allocation;
use crate::executor::LiveExecutor;

/// What an audit takes for a leak.
#[derive(Debug, Clone)]
pub struct AuditOptions {
    /// The statuses of migrations that have ended, as the policy's description has them.
    pub ended: Vec<String>,
    /// A migration whose record has not changed for this long, and whose server has no task, does not go on.
    pub stuck_after: Duration,
    /// Projects of other services: their consumers that nova does not know are not its own.
    pub service_projects: BTreeSet<String>,
}

impl AuditOptions {
    /// The default of `stuck_after`: nova updates the record of a running live migration every few minutes.
    pub const STUCK_AFTER: Duration = Duration::from_secs(6 * 60 * 60);
}

/// Nothing can be compared.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// Placement's list of providers could not be read.
    #[error(transparent)]
    Placement(#[from] HoldingsError),
    /// nova's lists could not be read.
    #[error(transparent)]
    Nova(#[from] Unanswered),
}

impl AuditError {
    /// Whether it may pass without a change of a configuration or a certificate.
    #[must_use]
    pub fn passes(&self) -> bool {
        match self {
            Self::Placement(error) => !matches!(error, HoldingsError::Untrusted(_)),
            Self::Nova(unanswered) => unanswered.passes,
        }
    }
}

/// Reads Placement and nova, and reports what should not be held.
///
/// # Errors
/// Placement or nova does not show its lists.
pub async fn audit(
    executor: &LiveExecutor,
    options: &AuditOptions,
    progress: Progress<'_>,
) -> Result<Report, AuditError> {
    let nova = async { NovaView::read(&executor.nova, progress).await.map_err(AuditError::Nova) };
    let placement =
        async { PlacementHoldings::read(&executor.placement, progress).await.map_err(AuditError::Placement) };
    let (holdings, view) = tokio::try_join!(placement, nova)?;
    let context = Context {
        nodes: &view.nodes,
        providers: &holdings.providers,
        ended: &options.ended,
        stuck_after: options.stuck_after,
        now: SystemTime::now(),
    };
    let look = Look { executor, holdings: &holdings, view: &view, context, options };
    let mut report = look.again(look.suspects(), progress).await;
    report.consumers = holdings.consumers.len();
    report.hidden.clone_from(&holdings.hidden);
    report.unchecked.splice(0..0, holdings.unread.iter().cloned());
    Ok(report)
}

struct Look<'a> {
    executor: &'a LiveExecutor,
    holdings: &'a PlacementHoldings,
    view: &'a NovaView,
    context: Context<'a>,
    options: &'a AuditOptions,
}

/// The result for one consumer that looked wrong.
enum Answer {
    Fine,
    Finding(Box<Finding>),
    Other(OtherConsumer),
    Unchecked(Unchecked),
}

impl Look<'_> {
    /// The consumers that look wrong in the lists.
    fn suspects(&self) -> Vec<String> {
        let consumers = self.holdings.consumers.iter();
        let looks_wrong = |(consumer, held): &(&String, &Vec<Allocation>)| {
            let record = self.view.migration(consumer);
            let server_id = record.map_or(consumer.as_str(), |record| record.server.as_str());
            let (server, migrations) = (self.view.server(server_id), self.view.migrations_of(server_id));
            let server_held = self.holdings.consumers.get(server_id).map_or(&[][..], Vec::as_slice);
            let subject =
                Subject { consumer, held, record, server_id, server: &server, server_held, migrations: &migrations };
            // A server that nova's list does not name may have been made after it was read.
            let not_listed = record.is_none() && matches!(server, ServerSeen::NotNamed);
            !self.view.is_another_migration(consumer) && (not_listed || self.context.classify(&subject).is_some())
        };
        consumers.filter(looks_wrong).map(|(consumer, _)| consumer.clone()).collect()
    }

    async fn again(&self, suspects: Vec<String>, progress: Progress<'_>) -> Report {
        let (total, mut done, mut report) = (suspects.len(), 0, Report::default());
        let asked = suspects.into_iter().map(|suspect| async move { self.ask(&suspect).await });
        let mut asking = stream::iter(asked).buffer_unordered(CONCURRENT);
        while let Some(answer) = asking.next().await {
            done += 1;
            progress(Stage::Again, done, Some(total));
            match answer {
                Answer::Fine => {}
                Answer::Finding(finding) => report.findings.push(*finding),
                Answer::Other(other) => report.others.push(other),
                Answer::Unchecked(unchecked) => report.unchecked.push(unchecked),
            }
        }
        list_once(&mut report.findings);
        report.findings.sort_by(|one, other| one.consumer.cmp(&other.consumer));
        report.others.sort_by(|one, other| one.consumer.cmp(&other.consumer));
        report
    }

    async fn ask(&self, consumer: &str) -> Answer {
        self.try_ask(consumer).await.unwrap_or_else(|error| {
            Answer::Unchecked(Unchecked { what: format!("consumer {consumer}"), why: error.to_string() })
        })
    }

    async fn try_ask(&self, consumer: &str) -> Result<Answer, AuditError> {
        let placement = &self.executor.placement;
        let ConsumerNow { held, owner } = ConsumerNow::ask(placement, consumer).await?;
        let server_id = self.view.migration(consumer).map_or(consumer, |record| record.server.as_str());
        let (server, migrations) = self.view.ask_again(&self.executor.nova, server_id).await?;
        let record = migrations.iter().find(|one| one.uuid.as_str() == consumer);
        let record = record.or_else(|| self.view.migration(consumer));
        let own = match record {
            Some(_) => ConsumerNow::ask(placement, server_id).await?.held,
            None => held.clone(),
        };
        let subject = Subject {
            consumer,
            held: &held,
            record,
            server_id,
            server: &server,
            server_held: &own,
            migrations: &migrations,
        };
        let Some(finding) = self.context.classify(&subject) else { return Ok(Answer::Fine) };
        let finding = Finding { owner, ..finding }.explained();
        Ok(self.judge(finding))
    }

    /// A finding that rests on what nova does not know is none if another service owns the consumer, and proves nothing
    /// while a cell does not answer: nova's lists lack its migrations and compute nodes.
    fn judge(&self, finding: Finding) -> Answer {
        let unknown = finding.why == Why::UnknownToNova;
        if let Some(because) = self.another_service(&finding).filter(|_| unknown) {
            return Answer::Other(OtherConsumer { consumer: finding.consumer, owner: finding.owner, because });
        }
        match &self.view.cells_down {
            Some(why) if unknown || finding.why == Why::FormerNode => {
                Answer::Unchecked(Unchecked { what: format!("consumer {}", finding.consumer), why: why.clone() })
            }
            _ => Answer::Finding(Box::new(finding)),
        }
    }

    /// How it is known that another service owns the consumer.
    fn another_service(&self, finding: &Finding) -> Option<String> {
        let owner = finding.owner.as_ref();
        if let Some(named) = owner.and_then(|owner| owner.type_of_another_service()) {
            return Some(format!("its consumer type is {named}"));
        }
        if let Some(owner) = owner.filter(|owner| self.options.service_projects.contains(&owner.project)) {
            return Some(format!("its project is {}", owner.project));
        }
        let owners = finding.allocations.iter().map(|one| self.holdings.providers.other_owner(&one.provider));
        let owners: BTreeSet<_> = owners.collect::<Option<_>>()?;
        let owners: Vec<_> = owners.into_iter().collect();
        Some(format!("all its providers have the trait {}", owners.join(" or ")))
    }
}

/// A record that holds what its server should hold is one leak with what the server holds instead: giving it back ends
/// both. So the server is not listed, too.
fn list_once(findings: &mut Vec<Finding>) {
    let of_records = |finding: &&Finding| {
        finding.consumer != finding.server
            && matches!(
                finding.why,
                Why::ServerLostIt
                    | Why::StuckMigration
                    | Why::ContradictsNova
                    | Why::BothHoldTheNode
                    | Why::RecordNotItsFlavor
            )
    };
    let servers: BTreeSet<String> = findings.iter().filter(of_records).map(|finding| finding.server.clone()).collect();
    findings.retain(|finding| finding.consumer != finding.server || !servers.contains(&finding.server));
}
