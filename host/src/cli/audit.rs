//! `swaparoo audit`.

use std::io::{IsTerminal, Write as _, stderr};
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use serde_json::Value;
use swaparoo::audit::{Facts, Finding, PlacementHoldings, look, name_owners};
use swaparoo::contract::{Outcome, ReleaseTask, Task};
use swaparoo::drive::drive;
use swaparoo::engine::Policy;
use swaparoo::executor::LiveExecutor;
use swaparoo::record::End;
use swaparoo::{describe, printable};

use super::connect::Connect;
use super::remote::text;
use super::repair_service::{self, RepairService};
use super::stdout::{self, say};
use super::task::{STANDARD, policy};
use super::{Exit, complain};

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
    /// Placement has one, the consumer type; a type that is not nova's is left alone. Also check that all nova cells
    /// are up, because nova leaves out the migrations of a cell that it cannot reach. With --nova, the file must say
    /// that it is complete.
    #[arg(long, requires = "repair")]
    repair_unknown: bool,
    /// The policy: standard, seed, nova-34, or a component file
    #[arg(long, value_name = "NAME|FILE.wasm", default_value = STANDARD)]
    policy: String,
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

/// Where repairs run.
enum Repairs<'a> {
    Here(&'a Policy, &'a LiveExecutor),
    Service(RepairService),
}

const NOT_COMPLETE: &str = "the file of --nova does not say that it is complete, so a server missing in it may exist; \
                            write \"complete\": true into a file that names all servers and migrations, or omit \
                            --repair-unknown";

impl Audit {
    fn settles(&self, finding: &Finding) -> bool {
        self.repair && (finding.repairable || self.repair_unknown && finding.may_be_archived())
    }

    /// The service that does the repairs, if there is one for them.
    async fn service(&self, own: &LiveExecutor) -> Option<RepairService> {
        let only_here =
            self.nova.as_ref().map(|_| "--nova").or_else(|| (self.policy != STANDARD).then_some("--policy"));
        if self.repair { RepairService::find(Some(own), only_here).await } else { None }
    }
}

/// Runs the audit, and repairs findings if an option asks for it.
pub async fn run(options: &Audit) -> anyhow::Result<Exit> {
    let policy = policy(&options.policy).await?;
    let facts = options.nova.as_deref().map(Facts::read).transpose()?;
    if options.repair_unknown && facts.as_ref().is_some_and(|facts| !facts.complete) {
        anyhow::bail!(NOT_COMPLETE);
    }
    let executor = options.connect.executor_for_all(facts, None).await?;
    let repairs = match options.service(&executor).await {
        Some(service) => Repairs::Service(service),
        None => Repairs::Here(&policy, &executor),
    };
    let holdings = PlacementHoldings::read(&executor.placement, progress).await?;
    let mut findings = look(&holdings, &executor.nova, &policy.description().ended_statuses).await?;
    name_owners(&mut findings, &executor.placement).await;

    let mut all = Vec::new();
    for finding in findings {
        let end = if options.settles(&finding) { repairs.release(&finding).await } else { None };
        let (outcome, failure) = match end {
            Some(End::Finished(outcome)) => (Some(outcome), None),
            Some(End::Failed(failure)) => (None, Some(failure)),
            None => (None, None),
        };
        all.push(AuditLine { finding, outcome, failure });
    }
    if options.json {
        stdout::json(&serde_json::json!({ "findings": all }))?;
    } else {
        print(&all, holdings.consumers.len(), options.repair);
    }
    Ok(exit(&all))
}

impl Repairs<'_> {
    /// How the repair ended; `None` if the service has not ended it.
    async fn release(&self, finding: &Finding) -> Option<End> {
        let Finding { consumer, server, .. } = finding;
        let task = Task::Release(ReleaseTask { consumer: consumer.clone(), server: server.clone() });
        match self {
            Self::Here(policy, executor) => Some(End::of(&drive(policy, &task, *executor, &mut ()).await.end)),
            Self::Service(service) => match service.run(&task, None).await {
                Ok(view) => repair_service::end(&view),
                Err(error) => {
                    complain(&error);
                    None
                }
            },
        }
    }
}

fn print(all: &[AuditLine], consumers: usize, repair: bool) {
    for AuditLine { finding, outcome, failure } in all {
        say!("{}  {}", finding.consumer, finding.describe_held());
        let since = finding.since.as_ref().map_or_else(String::new, |since| format!(" (since {since})"));
        say!("  {}{}", finding.words(), printable::line(&since));
        match (outcome, failure) {
            (Some(outcome), _) => say!("  repaired: {}", repaired(outcome)),
            (_, Some(failure)) => say!("  not repaired ({}): {}", text(failure, "/code"), text(failure, "/detail")),
            (None, None) => {}
        }
    }
    let repairable = all.iter().filter(|reported| reported.finding.repairable).count();
    let found = format!("{} of {consumers} consumers hold what they should not", all.len());
    match (all.len(), repair) {
        (0, _) => say!("none of {consumers} consumers holds what it should not"),
        (_, false) if repairable > 0 => say!("{found}; --repair settles {repairable} of them"),
        _ => say!("{found}"),
    }
}

/// The outcome in words; a service may have one that this program does not know.
fn repaired(outcome: &Value) -> String {
    let known: Result<Outcome, _> = serde_json::from_value(outcome.clone());
    known.map_or_else(|_| text(outcome, "/kind").into_owned(), |outcome| describe::outcome(&outcome))
}

fn exit(all: &[AuditLine]) -> Exit {
    let failures = all.iter().filter_map(|reported| reported.failure.clone());
    if failures.map(End::Failed).any(|end| describe::end_needs_a_person(&end)) {
        return Exit::PersonMustLook;
    }
    if all.iter().all(|reported| reported.outcome.is_some()) { Exit::Finished } else { Exit::Failed }
}

/// Shows progress in a terminal, because a large cloud has thousands of providers.
fn progress(read: usize, of: usize) {
    if !stderr().is_terminal() {
        return;
    }
    // Progress is only informative, so a write error is ignored.
    let _ = write!(stderr(), "\r{read} of {of} resource providers read{}", if read == of { "\n" } else { "" });
}
