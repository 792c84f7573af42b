//! `cargo xtask mutants`: one-line changes of the rules `standard`, each judged by the search of `swaparoo check`.
//! cargo-mutants makes and runs them (`.cargo/mutants.toml`), `tests/mutants/` judges them, and `named` lists those that
//! are not caught, each with the reason.

mod earlier;
mod name;
mod named;
mod outcomes;

use crate::cargo_tool::CargoTool;
use crate::native;
use crate::step::{run, say, text};
use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use earlier::Earlier;
use name::Names;
use named::Named;
use outcomes::{Outcome, Outcomes, Summary};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const CARGO_MUTANTS: CargoTool = CargoTool { name: "cargo-mutants", version: "27.1.0", ask: &["mutants", "--version"] };
/// How many mutants are judged at a time at night: one is mostly a process with one thread.
const NIGHTLY_JOBS: usize = 2;

/// Which mutants run.
#[derive(clap::Args, Default)]
pub struct Choice {
    /// Only the mutants whose names match this regular expression
    filter: Option<String>,
    /// Only a part of them, such as 0/4: every fourth, from the first one on
    #[arg(long, value_name = "K/N")]
    shard: Option<String>,
    /// How many mutants are built and judged at a time
    #[arg(long, default_value_t = 1)]
    jobs: usize,
    /// Go on with a run that was interrupted, if nothing was changed since that decides an outcome
    #[arg(long)]
    resume: bool,
}

/// All mutants, for the nightly run.
pub fn all(workspace: &Workspace) -> Result<()> {
    mutants(workspace, &Choice { jobs: NIGHTLY_JOBS, ..Choice::default() })
}

/// Runs the mutants; one that is neither caught nor named is an error, and so is a name without a mutant.
pub fn mutants(workspace: &Workspace, choice: &Choice) -> Result<()> {
    let program = CARGO_MUTANTS.installed(workspace)?;
    let (named, names) = (Named::read(&workspace.root)?, Names::parse(&list(workspace, &program)?)?);
    named.check(&names)?;
    let folder = workspace.products().join("mutants");
    let out = out(&folder);
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let earlier = if choice.resume { Earlier::read(workspace, &folder, &names)? } else { Earlier::none(workspace)? };
    earlier.write(&folder)?;
    // Of an earlier run, which must not be taken for the outcomes of this one.
    let _ = fs::remove_dir_all(&out);
    let mut outcomes = Outcomes { all: Vec::new() };
    if earlier.outcomes.len() < names.count() {
        // It ends with an error if one is not caught, as some always are.
        let ended = run(&mut judge(workspace, &program, &folder, choice, &earlier));
        outcomes = Outcomes::read(&out, &names).or_else(|error| ended.and(Err(error)))?;
    }
    let (made, known) = (outcomes.all.len(), earlier.outcomes.len());
    outcomes.all.extend(earlier.outcomes);
    say(&format!(
        "{made} of {} mutants were made, after {known} of an earlier run; the logs are in {}",
        names.count(),
        out.display()
    ));
    report(&outcomes, &named)
}

/// Where cargo-mutants writes.
fn out(folder: &Path) -> PathBuf {
    folder.join("mutants.out")
}

fn judge(workspace: &Workspace, program: &Path, folder: &Path, choice: &Choice, earlier: &Earlier) -> Command {
    let mut mutants = cargo_mutants(workspace, program);
    mutants.args(["--no-shuffle", "--jobs", &choice.jobs.to_string(), "--output"]).arg(folder);
    for judged in earlier.excluded() {
        mutants.args(["--exclude-re", &judged]);
    }
    if let Some(filter) = &choice.filter {
        mutants.args(["--re", filter]);
    }
    if let Some(shard) = &choice.shard {
        mutants.args(["--sharding", "round-robin", "--shard", shard]);
    }
    mutants
}

/// All mutants, as JSON.
fn list(workspace: &Workspace, program: &Path) -> Result<String> {
    text(cargo_mutants(workspace, program).args(["--list", "--json"]))
}

/// The mutants are built as they are: no lint may stop one, and what is compiled before is used for the next.
fn cargo_mutants(workspace: &Workspace, program: &Path) -> Command {
    let mut mutants = Command::new(program);
    mutants.arg("mutants").current_dir(&workspace.root).env("CARGO", native::cargo(workspace).get_program());
    for variable in ["RUSTC_WORKSPACE_WRAPPER", "CARGO_INCREMENTAL", "CARGO_TARGET_DIR"] {
        mutants.env_remove(variable);
    }
    native::forget_this_package(&mut mutants);
    mutants
}

/// Prints what came of them.
fn report(outcomes: &Outcomes, named: &Named) -> Result<()> {
    let is_named = |outcome: &&Outcome| named.reason(&outcome.name).is_some();
    let caught = || outcomes.of(Summary::CaughtMutant).chain(outcomes.of(Summary::Timeout));
    let (known, new): (Vec<_>, Vec<_>) = outcomes.of(Summary::MissedMutant).partition(is_named);
    let stale: Vec<_> = caught().filter(is_named).collect();
    let unviable = outcomes.of(Summary::Unviable).count();
    for outcome in &known {
        say(&format!("named       {}: {}", outcome.printed, named.reason(&outcome.name).unwrap_or_default()));
    }
    outcomes.of(Summary::Timeout).for_each(|outcome| say(&format!("time-out    {}", outcome.printed)));
    for outcome in &outcomes.all {
        outcome.better.iter().for_each(|what| say(&format!("better      {}: {what}", outcome.printed)));
    }
    new.iter().for_each(|outcome| say(&format!("NOT CAUGHT  {} (its name: {:?})", outcome.printed, outcome.name)));
    stale.iter().for_each(|outcome| say(&format!("NAMED, BUT CAUGHT  {}", outcome.printed)));
    let [caught, known, all] = [caught().count(), known.len(), outcomes.all.len()];
    say(&format!(
        "{all} mutants: {caught} caught, {known} not caught and named, {} not caught, {unviable} do not compile",
        new.len()
    ));
    if all == 0 {
        bail!(
            "no mutant was judged: no name matches, or the judge finds something wrong in the rules without a change"
        );
    }
    if new.len() + stale.len() > 0 {
        bail!(
            "{} mutants are not caught and not named, {} are named and caught: see {}",
            new.len(),
            stale.len(),
            named::FILE
        );
    }
    Ok(())
}
