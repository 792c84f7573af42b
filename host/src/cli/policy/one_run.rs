//! Runs of single scenarios: their steps, for `policy test --run NAME --steps` and for the coverage.

use anyhow::{Context, bail};
use futures_util::FutureExt as _;
use swaparoo::describe;
use swaparoo::drive::{Run, drive};
use swaparoo::engine::Policy;
use swaparoo::printable;
use swaparoo::registry::promotion::conformance_in;
use swaparoo::simulation::SimWorld;
use swaparoo::simulation::scenario::Scenario;

use super::Exit;
use crate::cli::render_run;
use crate::cli::stdout::say;

/// Runs a scenario. The simulation answers immediately, so the run ends when its future is first polled.
pub fn run(policy: &Policy, scenario: &Scenario) -> anyhow::Result<Run> {
    let world = SimWorld::new(scenario);
    drive(policy, &scenario.task, &world, &mut ()).now_or_never().context("the simulation did not answer")
}

/// Runs the scenarios with one of these names, and prints whether each passed, and its steps if they are wanted.
pub fn named(policy: &Policy, scenarios: &[Scenario], names: &[String], with_steps: bool) -> anyhow::Result<Exit> {
    let mut exit = Exit::Finished;
    for name in names {
        let Some(scenario) = scenarios.iter().find(|scenario| scenario.name == *name) else {
            bail!("no scenario is named {name:?}; `swaparoo policy test` lists them, --scenarios adds your own")
        };
        let report = conformance_in(policy, std::slice::from_ref(scenario));
        say!("{}  {name}", if report.failed.is_empty() { "passed" } else { "FAILED" });
        if with_steps {
            steps(&run(policy, scenario)?);
        }
        for failed in &report.failed {
            say!("  expected  {}", printable::line(&failed.expected));
            say!("  found     {}", printable::line(&failed.found));
            exit = Exit::Failed;
        }
    }
    Ok(exit)
}

fn steps(run: &Run) {
    say!("{}", render_run::steps(&run.steps, &run.history).trim_end_matches('\n'));
    match &run.end {
        Ok(outcome) => say!("  finished: {}", describe::outcome(outcome)),
        Err(failure) => say!("  failed ({}): {}", failure.code(), failure.detail()),
    }
}
