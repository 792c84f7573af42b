//! The project's build steps: `cargo xtask build | demo | test | page | fuzz | bench | deny | sbom | deb | deploy |
//! publish-wit | seeded-faults | mutants | ci | nightly`. Each one does its own set-up and prints what it installs first.

mod apt;
mod bench;
mod browser;
mod cargo_tool;
mod ci;
mod component;
mod databases;
mod deb;
mod debugger;
mod demo;
mod deny;
mod deploy;
mod fuzz;
mod inventory;
mod licenses;
mod mutants;
mod mysql;
mod native;
mod node;
mod page_report;
mod part;
mod publish_wit;
mod sbom;
mod scaffold;
mod seeded_faults;
mod step;
mod suite;
mod unpacked;
mod venv;
mod wasm;
mod workspace;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::process::ExitCode;
use std::time::Instant;
use step::say;
use workspace::Workspace;

/// The build steps of Swaparoo.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Xtask {
    #[command(subcommand)]
    command: XtaskCommand,
}

#[derive(Subcommand)]
enum XtaskCommand {
    /// Build the policies as components and as a browser module, the debugger's page, and the program that embeds them
    Build,
    /// Build, then run bug 1848343 under the three policies; `demo fleet` instead shows three runners on one database, of which one is killed
    Demo {
        /// `fleet`, or arguments of `swaparoo demo`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Build, then run all tests (samples of the longest ones), or the Rust tests whose name contains FILTER
    Test {
        /// Part of a test's name
        filter: Option<String>,
    },
    /// Build, then run the tests of the debugger's page in a browser; arguments are passed to `playwright test`
    Page {
        /// Arguments of `playwright test`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Build and run the fuzz targets: parsers of external input
    Fuzz {
        /// Only this target: policy, module, record or task
        target: Option<String>,
        /// How long each target runs
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
    /// Write lists of the program's dependencies (CycloneDX) and the licences' texts to `target/sbom`
    Sbom,
    /// Build in release, then make a Debian package of the program in `target/deb`
    Deb {
        /// Package the program of the tests instead, which is built faster and runs slower
        #[arg(long)]
        debug: bool,
    },
    /// Build, then install the package, build the container image and check the examples in `deploy/`, each for real
    Deploy {
        /// Only this one
        only: Option<deploy::Way>,
    },
    /// Build, then send the contract as a WIT package to a registry
    PublishWit {
        /// The place of the package, such as `oci://registry.example/swaparoo/policy:1.0.0`
        #[arg(long, value_name = "oci://HOST/REPOSITORY:TAG")]
        to: String,
        /// Options of `swaparoo policy push`, such as `--registry-user NAME`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        more: Vec<String>,
    },
    /// Break a rule, a limit or a crash path, one at a time in a copy, and check that CI's tests fail
    SeededFaults {
        /// Only the patches in `tests/seeded_faults` whose names contain this
        filter: Option<String>,
    },
    /// Change one line of the rules at a time, and check that the search of `swaparoo check` finds something wrong
    Mutants(mutants::Choice),
    /// Run what CI runs: formatting, lints, checks of the dependencies, then `cargo xtask test`
    Ci,
    /// Run what takes too long for CI: `cargo xtask test` without samples, all of nova's own tests, the seeded
    /// faults, the mutants of the rules, ten minutes of fuzzing
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

fn perform(command: &XtaskCommand) -> Result<()> {
    let workspace = Workspace::here()?;
    match command {
        XtaskCommand::Build => build(&workspace),
        XtaskCommand::Demo { args } if args == &["fleet"] => demo::fleet(&workspace),
        XtaskCommand::Demo { args } => demo::bug(&workspace, args),
        XtaskCommand::Test { filter } => suite::test(&workspace, filter.as_deref()),
        XtaskCommand::Page { args } => {
            embedded(&workspace)?;
            debugger::test(&workspace, &native::build_program(&workspace)?, suite::Extent::All, args)
        }
        XtaskCommand::Fuzz { target, seconds } => {
            embedded(&workspace)?;
            fuzz::fuzz(&workspace, target.as_deref(), *seconds)
        }
        XtaskCommand::Bench { only, args } => {
            embedded(&workspace)?;
            bench::run(&workspace, *only, args)
        }
        XtaskCommand::Deny => deny::check(&workspace),
        XtaskCommand::Sbom => sbom::write(&workspace),
        XtaskCommand::Deb { debug: false } => {
            embedded(&workspace)?;
            deb::package(&workspace, &bench::release_program(&workspace)?, deb::Profile::Release).map(|_| ())
        }
        XtaskCommand::Deb { debug: true } => {
            embedded(&workspace)?;
            deb::package(&workspace, &native::build_program(&workspace)?, deb::Profile::Debug).map(|_| ())
        }
        XtaskCommand::Deploy { only } => {
            embedded(&workspace)?;
            deploy::check(&workspace, &native::build_program(&workspace)?, *only)
        }
        XtaskCommand::PublishWit { to, more } => {
            embedded(&workspace)?;
            publish_wit::publish(&workspace, &native::build_program(&workspace)?, to, more)
        }
        XtaskCommand::SeededFaults { filter } => ci::seeded_faults(&workspace, filter.as_deref()),
        XtaskCommand::Mutants(choice) => mutants::mutants(&workspace, choice),
        XtaskCommand::Ci => ci::ci(&workspace.linted()),
        XtaskCommand::Nightly => ci::nightly(&workspace),
    }
}

fn build(workspace: &Workspace) -> Result<()> {
    embedded(workspace)?;
    native::build_program(workspace)?;
    Ok(())
}

/// Builds all WebAssembly and the page. They come first, since the host's build embeds the components and the page.
fn embedded(workspace: &Workspace) -> Result<()> {
    let toolchain = wasm::Toolchain::find(workspace)?;
    component::build_policies(workspace, &toolchain)?;
    component::build_hostile(workspace, &toolchain)?;
    browser::build_bindgen(workspace)?;
    browser::build(workspace, &toolchain)?;
    debugger::build_modules(workspace, &toolchain)?;
    debugger::build_page(workspace)
}
