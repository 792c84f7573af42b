//! `swaparoo policy test`: runs the gate without a service.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use swaparoo::printable;
use swaparoo::record::{self, Record};
use swaparoo::registry::promotion::{Consent, PromotionReport, judge};

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
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs the gate and prints its report.
pub async fn run(options: &Test) -> anyhow::Result<Exit> {
    let policy = task::policy(&options.file).await?;
    let records = options.records.as_deref().map(records).transpose()?.unwrap_or_default();
    let report = judge(&policy, &records, &Consent::default());
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
    let PromotionReport { conformance, comparison, .. } = report;
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
