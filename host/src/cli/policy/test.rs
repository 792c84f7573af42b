//! `swaparoo policy test`: runs the gate without a service.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use swaparoo::engine::worker::WorkerLimits;
use swaparoo::printable;
use swaparoo::record::{self, Record};
use swaparoo::registry::promotion::{Consent, PromotionReport, SearchLimits, SearchReport, Searching, command, judge};
use swaparoo::simulation::check::most_faults;

use super::{Exit, task};
use crate::cli::stdout::{self, say};

#[derive(Debug, Args)]
pub struct Test {
    /// A component file, or standard, seed, nova-34
    #[arg(value_name = "NAME|FILE.wasm")]
    file: String,
    /// Decide the tasks of the records (*.json) in this folder again
    #[arg(long, value_name = "FOLDER")]
    records: Option<PathBuf>,
    /// The most faults on a way in the search of the scenes of `swaparoo check`
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(0..=1))]
    search_faults: u32,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs the gate and prints its report.
pub async fn run(options: &Test) -> anyhow::Result<Exit> {
    let policy = task::policy(&options.file).await?;
    let records = options.records.as_deref().map(records).transpose()?.unwrap_or_default();
    let limits = SearchLimits { faults: options.search_faults, time: WorkerLimits::default().time / 2 };
    let report = judge(&policy, &records, Searching::Within(limits), &Consent::default());
    if !options.json {
        let described = policy.description();
        say!("{} {} (sha256 {})", described.name, described.version, policy.digest());
    }
    print(&report, options.json)
}

/// Prints a report, and returns the matching exit code.
pub fn print(report: &PromotionReport, json: bool) -> anyhow::Result<Exit> {
    if json {
        stdout::json(report)?;
    } else {
        lines(report);
    }
    Ok(if report.promoted { Exit::Finished } else { Exit::Failed })
}

/// Reads the records of a folder, sorted by file name.
fn records(folder: &Path) -> anyhow::Result<Vec<Record>> {
    let cannot = || format!("cannot read the folder of records {}", folder.display());
    let entries = std::fs::read_dir(folder).with_context(cannot)?;
    let mut files = Vec::new();
    for entry in entries {
        files.push(entry.with_context(cannot)?.path());
    }
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    files.iter().map(|file| Ok(record::read(file)?)).collect()
}

fn lines(report: &PromotionReport) {
    let PromotionReport { conformance, search, comparison, .. } = report;
    let (passed, failed) = (conformance.passed.len(), conformance.failed.len());
    say!("\nscenarios: {passed} of {} passed", passed + failed);
    for name in &conformance.passed {
        say!("  passed  {}", printable::line(name));
    }
    for failed in &conformance.failed {
        say!("  FAILED  {}", printable::line(&failed.name));
        say!("            expected  {}", printable::line(&failed.expected));
        say!("            found     {}", printable::line(&failed.found));
    }
    scenes(search);
    say!("\nrecords: {} of {} decided the same way", comparison.same, comparison.replayed);
    for difference in &comparison.differences {
        say!("  {}", printable::line(&difference.line));
    }
    let listed = u64::try_from(comparison.differences.len()).unwrap_or(u64::MAX);
    if comparison.different() > listed {
        say!("  and {} more", comparison.different() - listed);
    }
    if report.promoted {
        say!("\npassed: the policy may become active");
        return;
    }
    say!("\nrefused:");
    for because in &report.refused_because {
        say!("  {because}");
    }
}

fn scenes(SearchReport { faults, passed, failed }: &SearchReport) {
    let all = passed.len() + failed.len();
    say!("\nscenes of `swaparoo check`, {}: {} of {all} passed", most_faults(*faults), passed.len());
    for failed in failed {
        say!("  {}  {}", if failed.violation.is_some() { "WRONG  " } else { "UNKNOWN" }, printable::line(&failed.name));
        say!("            found     {}", printable::line(&failed.found));
        say!("            see       {}", printable::line(&command(failed)));
    }
}
