//! `swaparoo policy test`: runs the gate without a service, and the author's own scenarios.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use serde::Serialize;
use swaparoo::drive::Run;
use swaparoo::engine::Policy;
use swaparoo::record::{self, Record};
use swaparoo::registry::promotion::{
    Conformance, Consent, PromotionReport, SearchLimits, Searching, conformance_in, judge,
};
use swaparoo::simulation::scenario::{Scenario, built_in};

use super::accepted::Accepted;
use super::coverage::Coverage;
use super::test_report::{self, print_own};
use super::watch::Watched;
use super::{Exit, one_run, own_scenarios, task};
use crate::cli::policy_limits::PolicyLimitsArgs;
use crate::cli::stdout::{self, say};

#[derive(Debug, Args)]
pub struct Test {
    /// A component file, or standard, seed, nova-34
    #[arg(value_name = "NAME|FILE.wasm")]
    file: String,
    #[command(flatten)]
    limits: PolicyLimitsArgs,
    /// Decide the tasks of the records (*.json) in this folder again
    #[arg(long, value_name = "FOLDER")]
    records: Option<PathBuf>,
    /// The most faults on a way in the search of the scenes of `swaparoo check`
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(0..=1))]
    search_faults: u32,
    /// Play the scenarios in the files (*.json) of this folder, too
    #[arg(long, value_name = "FOLDER")]
    scenarios: Option<PathBuf>,
    /// Play only this scenario, a built-in one or one of --scenarios; repeat for several
    #[arg(long, value_name = "NAME", conflicts_with_all = ["records", "coverage", "threshold", "json"])]
    run: Vec<String>,
    /// With --run: print each step, with its reasons, effects and replies
    #[arg(long, requires = "run")]
    steps: bool,
    /// Count the reasons and ends of all scenarios, and the replies that each effect has met
    #[arg(long)]
    coverage: bool,
    /// The least share of the pairs of effect and reply that the scenarios must meet, in percent
    #[arg(long, value_name = "PERCENT", requires = "coverage", value_parser = clap::value_parser!(u8).range(0..=100))]
    threshold: Option<u8>,
    /// A file with accepted findings; default is policy.toml beside the component, if there is one
    #[arg(long, value_name = "FILE.toml")]
    accept_file: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Do all again when the component, a scenario or a record has changed, until Ctrl-C
    #[arg(long, conflicts_with = "json")]
    watch: bool,
}

/// The report with what only the author's machine has.
#[derive(Serialize)]
struct TestReport {
    #[serde(flatten)]
    gate: PromotionReport,
    /// The results of the author's own scenarios.
    own: Conformance,
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage: Option<Coverage>,
}

/// Tests once, or after each change.
pub async fn run(options: &Test) -> anyhow::Result<Exit> {
    if !options.watch {
        return once(options).await;
    }
    let folders = options.scenarios.iter().chain(&options.records).cloned().collect();
    Watched { file: options.file.clone().into(), folders }.each(async || once(options).await).await
}

/// Runs the gate and the author's scenarios, and prints the report.
async fn once(options: &Test) -> anyhow::Result<Exit> {
    // Files with errors are found before the policy is compiled, which may take minutes.
    let own = options.scenarios.as_deref().map(own_scenarios::read).transpose()?.unwrap_or_default();
    let records = options.records.as_deref().map(records).transpose()?.unwrap_or_default();
    let accept_file = options.accept_file.clone().or_else(|| Accepted::beside(&options.file));
    let accepted = accept_file.as_deref().map(Accepted::read).transpose()?.unwrap_or_default();
    let policy = task::own_policy(&options.file, &options.limits).await?;
    if !options.run.is_empty() {
        let all: Vec<Scenario> = built_in().iter().chain(&own).cloned().collect();
        return one_run::named(&policy, &all, &options.run, options.steps);
    }
    let mut consent = Consent::default();
    accepted.add_to(&mut consent);
    let limits = SearchLimits { faults: options.search_faults, time: options.limits.time_of_search()? };
    let gate = judge(&policy, &records, Searching::Within(limits), &consent);
    let coverage = options.coverage.then(|| coverage(&policy, &own)).transpose()?;
    let threshold = options.threshold.map_or(0, usize::from);
    let report = TestReport { gate, own: conformance_in(&policy, &own), coverage };
    if options.json {
        stdout::json(&report)?;
    } else {
        let described = policy.description();
        say!("{} {} (sha256 {})", described.name, described.version, policy.digest());
        print_all(&report, &accepted, accept_file.as_deref(), threshold);
    }
    Ok(if passed(&report, threshold) { Exit::Finished } else { Exit::Failed })
}

/// The scenarios of the kinds of task that the policy has rules for.
fn coverage(policy: &Policy, own: &[Scenario]) -> anyhow::Result<Coverage> {
    let offered = built_in().iter().chain(own).filter(|scenario| policy.has_rules_for(&scenario.task));
    let runs = offered.map(|scenario| one_run::run(policy, scenario)).collect::<anyhow::Result<Vec<Run>>>()?;
    Ok(Coverage::of(&runs))
}

/// A kind of task without rules is not a failure of the rules that there are.
fn passed(TestReport { gate, own, coverage }: &TestReport, threshold: usize) -> bool {
    let own_passed = own.failed.iter().all(|failed| !failed.offered);
    let reaches = |coverage: &Coverage| coverage.reaches(threshold);
    gate.refused_but_for_kinds().is_empty() && own_passed && coverage.as_ref().is_none_or(reaches)
}

fn print_all(report: &TestReport, accepted: &Accepted, accept_file: Option<&Path>, threshold: usize) {
    let TestReport { gate, own, coverage } = report;
    if !own.passed.is_empty() || !own.failed.is_empty() {
        print_own(own);
    }
    let lines = accepted.lines(&gate.conformance, &gate.search);
    test_report::print(gate, &lines, accept_file);
    if let Some(coverage) = coverage {
        coverage.print(threshold);
    }
}

/// Prints the report of a service, and returns the matching exit code.
pub fn print(report: &PromotionReport, json: bool) -> anyhow::Result<Exit> {
    if json {
        stdout::json(report)?;
    } else {
        test_report::print(report, &[], None);
    }
    Ok(if report.promoted { Exit::Finished } else { Exit::Failed })
}

/// Reads the records of a folder, sorted by file name.
fn records(folder: &Path) -> anyhow::Result<Vec<Record>> {
    let cannot = || format!("cannot read the folder of records {}", folder.display());
    let files = super::json_files(folder).with_context(cannot)?;
    files.iter().map(|file| Ok(record::read(file)?)).collect()
}
