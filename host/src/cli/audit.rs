//! `swaparoo audit`.

use std::io::{IsTerminal, Write as _, stderr};
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use swaparoo::audit::{Facts, Finding, Holdings, look, name_owners};
use swaparoo::contract::{Outcome, ReleaseTask, Task};
use swaparoo::drive::drive;
use swaparoo::failure::Failure;
use swaparoo::policy::Policy;
use swaparoo::world::World;
use swaparoo::{printable, words};

use super::Exit;
use super::connect::Connect;
use super::out::{self, say};
use super::task::policy;

#[derive(Debug, Args)]
pub struct Audit {
    /// What nova knows, from a file, instead of the cloud's nova; docs/audit.md says its form
    #[arg(long, value_name = "FILE.json")]
    nova: Option<PathBuf>,
    /// Settle what rules can settle: one task `release` a finding
    #[arg(long)]
    repair: bool,
    /// Release what nova knows nothing of, too, such as what stays behind when its rows are archived
    ///
    /// Never by default, since such a consumer may as well be another nova's at the same Placement, Ironic's, Cyborg's
    /// or neutron's, and what these hold is in use. Look first: each finding tells the project, the user and, where
    /// Placement has one, the consumer type; a type that is not nova's is left alone. See also that all of nova's cells
    /// are up, since it leaves out the migrations of one that it cannot reach. With --nova it takes a file that says
    /// that it is complete.
    #[arg(long, requires = "repair")]
    repair_unknown: bool,
    /// Whose rules: standard, seed, nova-34, or a component's file
    #[arg(long, value_name = "NAME|FILE.wasm", default_value = "standard")]
    policy: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connect: Connect,
}

/// A finding, and what came of its repair.
#[derive(Serialize)]
struct Told {
    #[serde(flatten)]
    finding: Finding,
    outcome: Option<Outcome>,
    failure: Option<Failure>,
}

const NOT_COMPLETE: &str = "the file of --nova does not say that it is complete, so what it does not name may be alive; \
                            write \"complete\": true into one that names all servers and migrations, or leave \
                            --repair-unknown out";

impl Audit {
    fn settles(&self, finding: &Finding) -> bool {
        self.repair && (finding.repairable || self.repair_unknown && finding.may_be_archived())
    }
}

/// Looks, and repairs where it is asked to.
pub async fn run(options: &Audit) -> anyhow::Result<Exit> {
    let policy = policy(&options.policy).await?;
    let facts = options.nova.as_deref().map(Facts::read).transpose()?;
    if options.repair_unknown && facts.as_ref().is_some_and(|facts| !facts.complete) {
        anyhow::bail!(NOT_COMPLETE);
    }
    let world = options.connect.whole(facts).await?;
    let holdings = Holdings::read(&world.placement, progress).await?;
    let mut findings = look(&holdings, &world.nova).await?;
    name_owners(&mut findings, &world.placement).await;

    let mut all = Vec::new();
    for finding in findings {
        let end = if options.settles(&finding) { Some(release(&policy, &world, &finding).await) } else { None };
        let (outcome, failure) = match end {
            Some(Ok(outcome)) => (Some(outcome), None),
            Some(Err(failure)) => (None, Some(failure)),
            None => (None, None),
        };
        all.push(Told { finding, outcome, failure });
    }
    if options.json {
        out::json(&serde_json::json!({ "findings": all }))?;
    } else {
        print(&all, holdings.consumers.len(), options.repair);
    }
    Ok(exit(&all))
}

async fn release(policy: &Policy, world: &World, finding: &Finding) -> Result<Outcome, Failure> {
    let Finding { consumer, server, .. } = finding;
    let task = Task::Release(ReleaseTask { consumer: consumer.clone(), server: server.clone() });
    drive(policy, &task, world, &mut ()).await.end
}

fn print(all: &[Told], consumers: usize, repair: bool) {
    for Told { finding, outcome, failure } in all {
        say!("{}  {}", finding.consumer, finding.held());
        let since = finding.since.as_ref().map_or_else(String::new, |since| format!(" (since {since})"));
        say!("  {}{}", finding.words(), printable::line(&since));
        match (outcome, failure) {
            (Some(outcome), _) => say!("  repaired: {}", words::outcome(outcome)),
            (_, Some(failure)) => say!("  not repaired ({}): {}", failure.code(), failure.detail()),
            (None, None) => {}
        }
    }
    let repairable = all.iter().filter(|told| told.finding.repairable).count();
    let found = format!("{} of {consumers} consumers hold what they should not", all.len());
    match (all.len(), repair) {
        (0, _) => say!("none of {consumers} consumers holds what it should not"),
        (_, false) if repairable > 0 => say!("{found}; --repair settles {repairable} of them"),
        _ => say!("{found}"),
    }
}

fn exit(all: &[Told]) -> Exit {
    if all.iter().any(|told| told.failure.as_ref().is_some_and(Failure::needs_a_person)) {
        return Exit::PersonMustLook;
    }
    if all.iter().all(|told| told.outcome.is_some()) { Exit::Finished } else { Exit::Failed }
}

/// For whoever sits before it; a large cloud has thousands of providers.
fn progress(read: usize, of: usize) {
    if !stderr().is_terminal() {
        return;
    }
    // Whether it can be written matters to nobody.
    let _ = write!(stderr(), "\r{read} of {of} resource providers read{}", if read == of { "\n" } else { "" });
}
