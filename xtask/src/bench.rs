//! `cargo xtask bench`: the benchmarks, each with what it needs.

use crate::step::{run as run_command, step, text};
use crate::workspace::Workspace;
use crate::{native, venv};
use anyhow::{Context, Result};
use clap::ValueEnum;
use serde::Deserialize;
use std::path::PathBuf;
use std::process::Command;

/// One benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Benchmark {
    /// One decision: natively, as a component, and in Rego; and what loading a policy costs
    Decision,
    /// A whole move beside nova's own client, against the same real Placement
    Moves,
}

/// A message of `cargo --message-format json`, of which only built programs matter.
#[derive(Deserialize)]
struct Built {
    executable: Option<PathBuf>,
}

/// Runs that one, or all.
pub fn run(workspace: &Workspace, only: Option<Benchmark>, args: &[String]) -> Result<()> {
    let chosen = only.map_or_else(|| Benchmark::value_variants().to_vec(), |one| vec![one]);
    for benchmark in chosen {
        match benchmark {
            Benchmark::Decision => decision(workspace, args)?,
            Benchmark::Moves => moves(workspace, args)?,
        }
    }
    Ok(())
}

fn decision(workspace: &Workspace, args: &[String]) -> Result<()> {
    step("measure decisions (the first time builds wasmtime in release: minutes)", || {
        run_command(bench(workspace, Benchmark::Decision).arg("--").args(args))
    })
}

fn moves(workspace: &Workspace, args: &[String]) -> Result<()> {
    let python = venv::python(workspace)?;
    let program = step("build the benchmark of moves (the first time builds wasmtime in release: minutes)", || {
        let built = text(bench(workspace, Benchmark::Moves).args(["--no-run", "--message-format", "json"]))?;
        let mut programs = built.lines().filter_map(|line| serde_json::from_str::<Built>(line).ok()?.executable);
        programs.next_back().context("cargo built no benchmark `moves`")
    })?;
    step("measure moves", || {
        let script = workspace.root.join("tests/bench/whole_move/compare.py");
        run_command(Command::new(&python).arg(script).arg("--program").arg(&program).args(args))
    })
}

fn bench(workspace: &Workspace, benchmark: Benchmark) -> Command {
    let mut cargo = native::cargo(workspace);
    let name = match benchmark {
        Benchmark::Decision => "decision",
        Benchmark::Moves => "moves",
    };
    cargo.args(["bench", "--package", "swaparoo-bench", "--bench", name]);
    cargo
}
