//! `swaparoo audit`.

mod print;
mod progress;
mod repairs;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use serde_json::Value;
use swaparoo::audit::{AuditOptions, Facts, Finding, HiddenUsage, OtherConsumer, Report, Unchecked, Why, audit};
use swaparoo::contract::{ReleaseTask, Task};
use swaparoo::describe;
use swaparoo::engine::Policy;
use swaparoo::http::config::parse_duration;
use swaparoo::record::End;

use super::connect::Connect;
use super::interrupt::Left;
use super::policy_limits::PolicyLimitsArgs;
use super::remote::text;
use super::task::{STANDARD, policy};
use super::{Exit, stdout};
use progress::AuditProgress;
use repairs::Repairs;

#[derive(Debug, Args)]
pub struct Audit {
    /// Read what nova knows from a file instead of from the cloud's nova; docs/audit.md describes the format
    #[arg(long, value_name = "FILE.json")]
    nova: Option<PathBuf>,
    /// Repair what the rules can settle: one `release` task per finding
    #[arg(long)]
    repair: bool,
    /// Also release consumers that nova does not know, such as those whose rows nova has archived
    ///
    /// Off by default: such a consumer may belong to another nova at the same Placement, or to Ironic, Cyborg or
    /// neutron, which still use what it holds. Review the findings first: each names the project, the user and, if
    /// Placement has one, the consumer type. Consumers of other services are left alone: those whose type is not
    /// nova's, those whose providers have another service's trait, and those of a --service-project. While a cell of
    /// nova does not answer, no consumer counts as unknown. With --nova, the file must say that it is complete.
    #[arg(long, requires = "repair")]
    repair_unknown: bool,
    /// A project of another service, such as Blazar's: its consumers that nova does not know are left alone; can be
    /// given several times
    #[arg(long, value_name = "ID")]
    service_project: Vec<String>,
    /// Report a migration that has not ended if its record has not changed for this time and its server has no task
    /// in nova; with a unit: s, m, h or d
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "6h")]
    stuck_after: Duration,
    /// The policy: standard, seed, nova-34, or a component file
    #[arg(long, value_name = "NAME|FILE.wasm", default_value = STANDARD)]
    policy: String,
    #[command(flatten)]
    limits: PolicyLimitsArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connect: Connect,
}

/// A finding and the result of its repair.
#[derive(Serialize)]
struct AuditLine {
    #[serde(flatten)]
    finding: Finding,
    outcome: Option<Value>,
    failure: Option<Value>,
}

/// The report after the repairs.
#[derive(Serialize)]
struct AuditResult {
    /// Whether everything could be looked at. An audit that was interrupted prints no object at all.
    complete: bool,
    consumers: usize,
    /// What is left.
    findings: Vec<AuditLine>,
    repaired: Vec<AuditLine>,
    hidden: Vec<HiddenUsage>,
    others: Vec<OtherConsumer>,
    unchecked: Vec<Unchecked>,
}

const NOT_COMPLETE: &str = "the file of --nova does not say that it is complete, so a server missing in it may exist; \
                            write \"complete\": true into a file that names all servers and migrations, or omit \
                            --repair-unknown";

impl Audit {
    /// What Ctrl-C leaves behind.
    pub fn left(&self) -> Left {
        if self.repair { Left::Writes } else { Left::Nothing }
    }

    fn settles(&self, finding: &Finding) -> bool {
        self.repair && (finding.repairable || self.repair_unknown && finding.may_be_archived())
    }

    /// An option that only this process understands.
    fn only_here(&self) -> Option<&'static str> {
        self.nova.as_ref().map(|_| "--nova").or_else(|| (self.policy != STANDARD).then_some("--policy"))
    }

    fn options(&self, policy: &Policy) -> AuditOptions {
        AuditOptions {
            ended: policy.description().ended_statuses.clone(),
            stuck_after: self.stuck_after,
            service_projects: self.service_project.iter().cloned().collect::<BTreeSet<_>>(),
        }
    }
}

/// Fails if the policy cannot say which migrations have ended, or cannot release anything.
fn check_policy(name: &str, policy: &Policy) -> anyhow::Result<()> {
    let release = Task::Release(ReleaseTask { consumer: String::new(), server: String::new() });
    if policy.description().ended_statuses.is_empty() || !policy.has_rules_for(&release) {
        anyhow::bail!(
            "the policy {name} cannot be used for an audit: it has no rules for `release`, or does not describe the \
             statuses of ended migrations; take one of migrations, such as {STANDARD}"
        );
    }
    Ok(())
}

/// Runs the audit, and repairs findings if an option asks for it.
pub async fn run(options: &Audit) -> anyhow::Result<Exit> {
    let policy = policy(&options.policy, &options.limits).await?;
    check_policy(&options.policy, &policy)?;
    let facts = options.nova.as_deref().map(Facts::read).transpose()?;
    if options.repair_unknown && facts.as_ref().is_some_and(|facts| !facts.complete) {
        anyhow::bail!(NOT_COMPLETE);
    }
    let executor = options.connect.executor_for_all(facts, None).await?;
    let repairs = Repairs::find(options, &policy, &executor).await;
    let shown = AuditProgress::default();
    let audited = audit(&executor, &options.options(&policy), &|stage, done, of| shown.show(stage, done, of)).await;
    shown.end();
    let Report { consumers, findings, hidden, others, unchecked } = audited?;
    let mut lines = Vec::new();
    for finding in findings {
        let end = if options.settles(&finding) { repairs.release(&finding).await } else { None };
        lines.push(AuditLine::new(finding, end));
    }
    let (repaired, findings) = lines.into_iter().partition(AuditLine::is_repaired);
    let complete = unchecked.is_empty();
    let result = AuditResult { complete, consumers, findings, repaired, hidden, others, unchecked };
    if options.json {
        stdout::json(&serde_json::to_value(&result)?)?;
    } else {
        print::print(&result, options.repair);
    }
    Ok(exit(&result))
}

impl AuditLine {
    fn new(finding: Finding, end: Option<End>) -> Self {
        let (outcome, failure) = match end {
            Some(End::Finished(outcome)) => (Some(outcome), None),
            Some(End::Failed(failure)) => (None, Some(failure)),
            None => (None, None),
        };
        Self { finding, outcome, failure }
    }

    fn is_repaired(&self) -> bool {
        self.outcome.as_ref().is_some_and(|outcome| self.finding.is_repaired_by(&text(outcome, "/kind")))
    }

    fn needs_a_person(&self) -> bool {
        match &self.failure {
            // The rules did something else.
            None if self.outcome.is_some() => true,
            None => self.finding.needs_a_person,
            // No later audit settles what the rules did not: no migration of the server is running.
            Some(_) if self.finding.why == Why::OtherNode => true,
            Some(failure) => describe::end_needs_a_person(&End::Failed(failure.clone())),
        }
    }
}

fn exit(result: &AuditResult) -> Exit {
    let AuditResult { complete, findings, hidden, .. } = result;
    if findings.iter().any(AuditLine::needs_a_person) || !hidden.is_empty() {
        return Exit::PersonMustLook;
    }
    if *complete && findings.is_empty() { Exit::Finished } else { Exit::Failed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit_and_its_default_is_that_of_the_configuration() {
        #[derive(clap::Parser)]
        struct Only {
            #[command(flatten)]
            audit: Audit,
        }
        let parse = |words: &str| <Only as clap::Parser>::try_parse_from(words.split(' '));
        assert_eq!(parse("audit").unwrap().audit.stuck_after, AuditOptions::STUCK_AFTER);
        assert_eq!(parse("audit --stuck-after 90m").unwrap().audit.stuck_after, Duration::from_secs(5_400));
        let error = parse("audit --stuck-after 6").map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("'6'") && error.contains("write a duration with its unit, such as 6h"), "{error}");
    }
}
