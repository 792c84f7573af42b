//! `swaparoo check`; in `compare` the search that it shares with `swaparoo compare`; `conform`: records in its model.

mod attest;
pub mod compare;
mod compare_report;
pub mod conform;
mod print;
mod progress;
mod report;
mod search_options;
mod table;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use swaparoo::record::PolicyName;
use swaparoo::simulation::Component;
use swaparoo::simulation::check::check;

use self::attest::Attest;
use self::progress::SearchProgress;
use self::report::{CheckReport, SceneReport};
use self::search_options::SearchOptions;
use super::policy_limits::PolicyLimitsArgs;
use super::{Exit, stdout, task};

#[derive(Debug, Args)]
pub struct Check {
    /// A component file, or standard, seed, nova-34
    #[arg(value_name = "NAME|FILE.wasm")]
    policy: String,
    #[command(flatten)]
    limits: PolicyLimitsArgs,
    #[command(flatten)]
    search: SearchOptions,
    /// Write the tasks of each scene's counterexamples as records to this folder
    #[arg(long, value_name = "FOLDER")]
    record: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    attest: Attest,
}

/// Searches the scenes, and prints what was found.
pub async fn run(options: &Check) -> anyhow::Result<Exit> {
    let scenes = options.search.scenes()?;
    let attest = options.attest.prepare(&options.policy)?;
    let policy = task::policy(&options.policy, &options.limits).await?;
    if let Some(folder) = &options.record {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot create the folder {}", folder.display()))?;
    }
    let mut component = Component::of(&policy);
    let mut progress = SearchProgress::default();
    let mut report = CheckReport::of(PolicyName::from(&policy), options.search.faults);
    for scene in &scenes {
        let limits = options.search.limits(component.repairs());
        let reported = match component.lacks(scene) {
            Some(kind) => SceneReport::left_out(scene, kind),
            None => {
                let outcome = check(&mut component, scene, limits, &mut |now| progress.show(now));
                SceneReport::of(&mut component, scene, outcome)
            }
        };
        component.check_that_it_ran()?;
        report.scenes.push(reported);
    }
    progress.end();
    if let Some(folder) = &options.record {
        write_records(&mut report, folder)?;
    }
    if options.json {
        stdout::json(&report)?;
    } else {
        print::report(&report);
    }
    if let Some(attest) = attest {
        attest.write(&report)?;
    }
    Ok(if report.is_right() { Exit::Finished } else { Exit::Failed })
}

/// Writes the tasks of all counterexamples, and notes their files in the report.
fn write_records(report: &mut CheckReport, folder: &std::path::Path) -> anyhow::Result<()> {
    let policy = report.policy.clone();
    for (name, counterexample) in report.scenes.iter_mut().flat_map(SceneReport::named) {
        for (file, task) in counterexample.files(&name) {
            counterexample.records.push(task.write(folder, &file, &policy)?);
        }
    }
    Ok(())
}
