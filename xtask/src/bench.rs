//! `cargo xtask bench`: builds and runs the benchmarks.

use crate::step::{run as run_command, step, text};
use crate::workspace::Workspace;
use crate::{apt, databases, native, venv};
use anyhow::{Context, Result};
use clap::ValueEnum;
use serde::Deserialize;
use std::path::PathBuf;
use std::process::Command;

/// One benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Benchmark {
    /// One decision: natively, as a component, and in Rego; and the time to load a policy
    Decision,
    /// A whole move, compared with nova's own client on the same real Placement
    Moves,
    /// Moves a second through the running service, with and without its journal; and with a slow Placement
    Load,
    /// One runner and three on one PostgreSQL whose commits take 5 ms
    Fleet,
    /// The migration of all servers of a compute node: at once, with and without batched writes, and one after another
    Evacuate,
    /// An audit of a cloud with 100,000 servers, whose services answer in 100 ms
    Audit,
    /// Requests to Placement directly and through the proxy, in turns
    Proxy,
}

/// A message of `cargo --message-format json`; only built programs are used.
#[derive(Deserialize)]
struct Built {
    executable: Option<PathBuf>,
}

/// Runs the named benchmark, or all.
pub fn run(workspace: &Workspace, only: Option<Benchmark>, args: &[String]) -> Result<()> {
    let chosen = only.map_or_else(|| Benchmark::value_variants().to_vec(), |one| vec![one]);
    for benchmark in chosen {
        match benchmark {
            Benchmark::Decision => decision(workspace, args)?,
            Benchmark::Moves => moves(workspace, args)?,
            Benchmark::Load => load(workspace, args)?,
            Benchmark::Fleet => fleet(workspace, args)?,
            Benchmark::Evacuate => evacuate(workspace, args)?,
            Benchmark::Audit => audit(workspace, args)?,
            Benchmark::Proxy => proxy(workspace, args)?,
        }
    }
    Ok(())
}

fn decision(workspace: &Workspace, args: &[String]) -> Result<()> {
    step("measure decisions (the first time builds wasmtime in release: minutes)", || {
        run_command(bench(workspace, "decision").arg("--").args(args))
    })
}

fn moves(workspace: &Workspace, args: &[String]) -> Result<()> {
    let python = venv::python(workspace)?;
    let program = step("build the benchmark of moves (the first time builds wasmtime in release: minutes)", || {
        let built = text(bench(workspace, "moves").args(["--no-run", "--message-format", "json"]))?;
        let mut programs = built.lines().filter_map(|line| serde_json::from_str::<Built>(line).ok()?.executable);
        programs.next_back().context("cargo built no benchmark `moves`")
    })?;
    step("measure moves", || {
        let script = workspace.root.join("tests/bench/whole_move/compare.py");
        run_command(Command::new(&python).arg(script).arg("--program").arg(&program).args(args))
    })
}

fn load(workspace: &Workspace, args: &[String]) -> Result<()> {
    clients()?;
    let program = release_program(workspace)?;
    step("measure the service under load", || {
        let script = workspace.root.join("tests/bench/load/load.py");
        run_command(Command::new("python3").arg("-B").arg(script).arg("--program").arg(&program).args(args))
    })
}

fn fleet(workspace: &Workspace, args: &[String]) -> Result<()> {
    clients()?;
    databases::install(workspace)?;
    let program = release_program(workspace)?;
    let postgres = workspace.native_target.join("debug/examples/postgres");
    step("build what starts PostgreSQL", || {
        run_command(native::cargo(workspace).args([
            "build",
            "--package",
            "swaparoo-databases",
            "--example",
            "postgres",
        ]))
    })?;
    step("measure runners on one database", || {
        let script = workspace.root.join("tests/bench/fleet/fleet.py");
        let mut command = Command::new("python3");
        command.arg("-B").arg(script).arg("--program").arg(&program).arg("--postgres").arg(&postgres);
        run_command(command.args(args))
    })
}

/// Installs the programs that load the service.
fn clients() -> Result<()> {
    let missing: Vec<_> = ["wrk", "python3"].into_iter().filter(|program| !on_path(program)).collect();
    if missing.is_empty() { Ok(()) } else { apt::install("programs that load the service", &missing) }
}

fn evacuate(workspace: &Workspace, args: &[String]) -> Result<()> {
    let python = venv::python(workspace)?;
    let program = release_program(workspace)?;
    step("measure the evacuation of a node", || {
        let script = workspace.root.join("tests/bench/evacuate/evacuate.py");
        run_command(Command::new(&python).arg("-B").arg(script).arg("--program").arg(&program).args(args))
    })
}

fn audit(workspace: &Workspace, args: &[String]) -> Result<()> {
    let program = release_program(workspace)?;
    step("measure an audit of a large cloud", || {
        let script = workspace.root.join("tests/bench/audit/audit.py");
        run_command(Command::new("python3").arg("-B").arg(script).arg("--program").arg(&program).args(args))
    })
}

fn proxy(workspace: &Workspace, args: &[String]) -> Result<()> {
    let program = release_program(workspace)?;
    step("measure requests through the proxy", || {
        let script = workspace.root.join("tests/bench/proxy/proxy.py");
        run_command(Command::new("python3").arg("-B").arg(script).arg("--program").arg(&program).args(args))
    })
}

/// Builds the program as it is installed.
pub fn release_program(workspace: &Workspace) -> Result<PathBuf> {
    let program = workspace.native_target.join("release/swaparoo");
    step("build the program in release (the first time builds wasmtime: minutes)", || {
        let chosen = ["build", "--release", "--workspace", "--bin", "swaparoo", "--example", "standard"];
        run_command(native::cargo(workspace).args(chosen))
    })?;
    Ok(program)
}

/// Uses `--workspace`, although one package has all benchmarks: as in `native::build_program`, so that the
/// dependencies, including wasmtime, have the same features in each benchmark and are built once.
fn bench(workspace: &Workspace, name: &str) -> Command {
    let mut cargo = native::cargo(workspace);
    cargo.args(["bench", "--workspace", "--bench", name]);
    cargo
}

fn on_path(program: &str) -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders).any(|folder| folder.join(program).is_file())
}
