//! `swaparoo compare`.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use swaparoo::record::PolicyName;
use swaparoo::simulation::Component;
use swaparoo::simulation::check::{Scene, compare};

use super::compare_report::{CompareReport, ComparedScene};
use super::progress::SearchProgress;
use super::search_options::SearchOptions;
use crate::cli::policy_limits::PolicyLimitsArgs;
use crate::cli::{Exit, stdout, task};

#[derive(Debug, Args)]
pub struct Compare {
    /// The policy under which the tasks run: a component file, or standard, seed, nova-34
    #[arg(value_name = "A")]
    first: String,
    /// The policy that is asked, too, in each state
    #[arg(value_name = "B")]
    second: String,
    #[command(flatten)]
    limits: PolicyLimitsArgs,
    #[command(flatten)]
    search: SearchOptions,
    /// Write the task of each scene's first difference, as A goes on, as a record to this folder
    #[arg(long, value_name = "FOLDER")]
    record: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Searches the scenes, and prints the first difference.
pub async fn run(options: &Compare) -> anyhow::Result<Exit> {
    let scenes = options.search.scenes()?;
    let Compare { first, second, limits, .. } = options;
    let (first, second) = (task::policy(first, limits).await?, task::policy(second, limits).await?);
    if let Some(folder) = &options.record {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot create the folder {}", folder.display()))?;
    }
    let names = [&first, &second].map(PolicyName::from);
    let mut both = [Component::of(&first), Component::of(&second)];
    let mut progress = SearchProgress::default();
    let mut report = CompareReport { policies: names, faults: options.search.faults, scenes: Vec::new() };
    for scene in &scenes {
        report.scenes.push(compared(&mut both, scene, options, &mut progress)?);
    }
    progress.end();
    if let Some(folder) = &options.record {
        write_records(&mut report, folder)?;
    }
    if options.json {
        stdout::json(&report)?;
    } else {
        report.print();
    }
    Ok(if report.is_same() { Exit::Finished } else { Exit::Failed })
}

fn compared(
    [first, second]: &mut [Component<'_>; 2],
    scene: &Scene,
    options: &Compare,
    progress: &mut SearchProgress,
) -> anyhow::Result<ComparedScene> {
    let compared = match first.lacks(scene).or_else(|| second.lacks(scene)) {
        Some(kind) => ComparedScene::left_out(scene, kind),
        None => {
            let limits = options.search.limits(false);
            let result = compare(first, second, scene, limits, &mut |now| progress.show(now));
            ComparedScene::of(first, scene, result)
        }
    };
    first.check_that_it_ran()?;
    second.check_that_it_ran()?;
    Ok(compared)
}

/// Writes the tasks of all differences, and notes their files in the report.
fn write_records(report: &mut CompareReport, folder: &Path) -> anyhow::Result<()> {
    let [policy, _] = &report.policies;
    for scene in &mut report.scenes {
        let Some(found) = &mut scene.difference else { continue };
        let Some(task) = found.task.take() else { continue };
        found.record = Some(task.write(folder, &format!("{}.record.json", scene.name), policy)?);
    }
    Ok(())
}
