//! `swaparoo check`.

mod component;
mod print;
mod progress;
mod report;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use swaparoo::record::{self, PolicyName, Record};
use swaparoo::simulation::check::{Limits, Scene, check, scenes};

use self::component::Component;
use self::progress::ProgressLine;
use self::report::{CheckReport, SceneReport};
use super::{Exit, stdout, task};

#[derive(Debug, Args)]
pub struct Check {
    /// A component file, or standard, seed, nova-34
    #[arg(value_name = "NAME|FILE.wasm")]
    policy: String,
    /// The most faults on a way; each one more takes some fifty times as long
    #[arg(long, value_name = "N", default_value_t = 1)]
    faults: u32,
    /// Only these scenes, separated by commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    scenes: Vec<String>,
    /// The most states of a scene; a state takes some kilobytes of memory
    #[arg(long, value_name = "N", default_value_t = 500_000)]
    states: usize,
    /// Write the tasks of each scene's counterexamples as records to this folder
    #[arg(long, value_name = "FOLDER")]
    record: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Searches the scenes, and prints what was found.
pub async fn run(options: &Check) -> anyhow::Result<Exit> {
    let scenes = chosen(&options.scenes)?;
    let policy = task::policy(&options.policy).await?;
    if let Some(folder) = &options.record {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot create the folder {}", folder.display()))?;
    }
    let mut component = Component::of(&policy);
    let mut progress = ProgressLine::default();
    let mut report = CheckReport::of(PolicyName::from(&policy), options.faults);
    for scene in &scenes {
        let limits = Limits { faults: options.faults, states: options.states, repairs: component.repairs() };
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
    Ok(if report.is_right() { Exit::Finished } else { Exit::Failed })
}

/// The scenes with these names; all if none is named.
fn chosen(names: &[String]) -> anyhow::Result<Vec<Scene>> {
    let all = scenes().map_err(|invalid| anyhow::anyhow!("the built-in scenes are not possible: {invalid}"))?;
    let known: Vec<&str> = all.iter().map(|scene| scene.name).collect();
    for name in names {
        anyhow::ensure!(known.contains(&name.as_str()), "no scene is named `{name}`; there are {}", known.join(", "));
    }
    Ok(all.into_iter().filter(|scene| names.is_empty() || names.iter().any(|name| name == scene.name)).collect())
}

/// Writes the tasks of all counterexamples, and notes their files in the report.
fn write_records(report: &mut CheckReport, folder: &std::path::Path) -> anyhow::Result<()> {
    let policy = report.policy.clone();
    for (name, counterexample) in report.scenes.iter_mut().flat_map(SceneReport::named) {
        for (file, task) in counterexample.files(&name) {
            let path = folder.join(file);
            let new = record::create_file(&path)?;
            let mut kept = Record::new(report::RECORD_ID.into(), task.task, policy.clone(), task.history, task.end);
            kept.beside = task.beside;
            new.write(&kept)?;
            counterexample.records.push(path.display().to_string());
        }
    }
    Ok(())
}
