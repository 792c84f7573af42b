//! The project's build steps: `cargo xtask build | demo | test | page | fuzz | bench | deny | sbom | ci | nightly`. Each does its own set-up and
//! says what it installs before it does.

mod apt;
mod bench;
mod browser;
mod ci;
mod component;
mod debugger;
mod deny;
mod fuzz;
mod inventory;
mod licenses;
mod native;
mod node;
mod part;
mod sbom;
mod step;
mod suite;
mod venv;
mod wasm;
mod workspace;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::process::{Command, ExitCode};
use std::time::Instant;
use step::{run, say};
use workspace::Workspace;

/// The build steps of Swaparoo.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Xtask {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build the policies as components and as a browser module, the debugger's page, and the program that embeds them
    Build,
    /// Build, then play bug 1848343 under the three policies; arguments go on to `swaparoo demo`
    Demo {
        /// Arguments of `swaparoo demo`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Build, then run every test, or those whose name contains FILTER; of the longest ones a sample
    Test {
        /// A part of a test's name
        filter: Option<String>,
    },
    /// Build, then run the tests of the debugger's page in a browser; arguments go on to `playwright test`
    Page {
        /// Arguments of `playwright test`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Give bytes that nobody wrote to what reads bytes from outside
    Fuzz {
        /// Only this target: policy, record or task
        target: Option<String>,
        /// For so long
        #[arg(long, default_value_t = 60)]
        seconds: u64,
    },
    /// Build in release, then run the benchmarks; each prints its ratios
    Bench {
        /// Only this one
        only: Option<bench::Benchmark>,
        /// Its arguments
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Check the dependencies' licences, sources and versions against `deny.toml`
    Deny,
    /// List what the program is made of (CycloneDX), with the licences' texts, in `target/sbom`
    Sbom,
    /// What CI runs: formatting, lints, the dependencies, then `cargo xtask test`
    Ci,
    /// What is too long for CI: `cargo xtask test` without samples, all of nova's own tests, and ten minutes of fuzzing
    Nightly,
}

fn main() -> ExitCode {
    let began = Instant::now();
    let outcome = perform(&Xtask::parse().command);
    let seconds = began.elapsed().as_secs_f64();
    match outcome {
        Ok(()) => {
            say(&format!("all done in {seconds:.0} s"));
            ExitCode::SUCCESS
        }
        Err(error) => {
            say(&format!("error after {seconds:.0} s: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn perform(command: &Task) -> Result<()> {
    let workspace = Workspace::here()?;
    match command {
        Task::Build => build(&workspace),
        Task::Demo { args } => demo(&workspace, args),
        Task::Test { filter } => suite::test(&workspace, filter.as_deref()),
        Task::Page { args } => {
            embedded(&workspace)?;
            debugger::test(&workspace, &native::build_program(&workspace)?, args)
        }
        Task::Fuzz { target, seconds } => {
            embedded(&workspace)?;
            fuzz::fuzz(&workspace, target.as_deref(), *seconds)
        }
        Task::Bench { only, args } => {
            embedded(&workspace)?;
            bench::run(&workspace, *only, args)
        }
        Task::Deny => deny::check(&workspace),
        Task::Sbom => sbom::write(&workspace),
        Task::Ci => ci::ci(&workspace.linted()),
        Task::Nightly => ci::nightly(&workspace),
    }
}

fn build(workspace: &Workspace) -> Result<()> {
    embedded(workspace)?;
    native::build_program(workspace)?;
    Ok(())
}

/// Everything that is WebAssembly, and the page: the host's build embeds the components and the page, so they come first.
fn embedded(workspace: &Workspace) -> Result<()> {
    let toolchain = wasm::Toolchain::find(workspace)?;
    component::build_policies(workspace, &toolchain)?;
    component::build_hostile(workspace, &toolchain)?;
    browser::build(workspace, &toolchain)?;
    debugger::build_modules(workspace, &toolchain)?;
    debugger::build_page(workspace)
}

fn demo(workspace: &Workspace, args: &[String]) -> Result<()> {
    embedded(workspace)?;
    let program = native::build_program(workspace)?;
    run(Command::new(program).arg("demo").args(args))
}
