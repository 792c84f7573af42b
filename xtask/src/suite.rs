//! `cargo xtask test`: everything that the tests need, all tests, and a summary.

use crate::node::Node;
use crate::step::{run, say, step};
use crate::workspace::Workspace;
use crate::{apt, debugger, embedded, fuzz, native, venv};
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// What the tests run against.
struct Ground {
    python: PathBuf,
    program: PathBuf,
    node: Node,
}

/// Builds, sets up and runs every test, or those whose name contains `filter`; all parts run, also after a failure.
pub fn test(workspace: &Workspace, filter: Option<&str>) -> Result<()> {
    embedded(workspace)?;
    faketime()?;
    let python = venv::python(workspace)?;
    let node = Node::find(workspace)?;
    let ground = Ground { python, program: native::build_program(workspace)?, node };
    let mut parts = vec![part("cargo test", || cargo_test(workspace, &ground, filter))];
    let gabbi = workspace.root.join("tests/gabbi/run.py");
    if filter.is_none() && gabbi.exists() {
        parts.push(part("Placement's gabbi files", || gabbi_files(workspace, &ground, &gabbi)));
    }
    if filter.is_none() {
        parts.push(part("the page's module", || debugger::test_module(workspace)));
        parts.push(part("the page in a browser", || debugger::test(workspace, &ground.program, &[])));
        parts.push(part("schemathesis", || schemathesis(workspace, &ground)));
        parts.push(part("nova's own tests", || nova(workspace, &ground)));
        parts.push(part("fuzzing", || fuzz::fuzz(workspace, None, fuzz::A_MINUTE)));
    }
    summary(&parts)
}

fn cargo_test(workspace: &Workspace, ground: &Ground, filter: Option<&str>) -> Result<()> {
    let mut cargo = native::cargo(workspace);
    cargo.args(["test", "--workspace", "--no-fail-fast"]).args(filter);
    run(provide(&mut cargo, workspace, ground))
}

/// Placement's own test files against `swaparoo placement`.
fn gabbi_files(workspace: &Workspace, ground: &Ground, runner: &Path) -> Result<()> {
    let mut python = Command::new(&ground.python);
    python.arg(runner).arg(&ground.program).current_dir(&workspace.root);
    run(provide(&mut python, workspace, ground))
}

/// What the service's description says, and a running service.
fn schemathesis(workspace: &Workspace, ground: &Ground) -> Result<()> {
    let mut python = Command::new(venv::schemathesis(workspace)?);
    python.arg("tests/schemathesis/run.py").arg(&ground.program).current_dir(&workspace.root);
    run(provide(&mut python, workspace, ground))
}

/// nova 34's own tests of moving servers, alone and with Swaparoo; SWAPAROO_NOVA_ALL=1 takes all of them.
fn nova(workspace: &Workspace, ground: &Ground) -> Result<()> {
    let mut python = Command::new(venv::nova(workspace)?);
    python.arg("tests/nova/run.py").arg(&ground.program).current_dir(&workspace.root);
    run(provide(&mut python, workspace, ground))
}

/// The names by which the tests find what this program made.
fn provide<'c>(command: &'c mut Command, workspace: &Workspace, ground: &Ground) -> &'c mut Command {
    ground.node.provide(command);
    command
        .env("SWAPAROO_PROGRAM", &ground.program)
        .env("SWAPAROO_PLACEMENT_PYTHON", &ground.python)
        .env("SWAPAROO_POLICIES", workspace.policies())
        .env("SWAPAROO_HOSTILE", workspace.hostile())
        .env("SWAPAROO_BROWSER", workspace.browser("nodejs"))
}

/// libfaketime sets a clock back for the service alone.
fn faketime() -> Result<()> {
    let folders = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let found = folders.map(|folder| folder.path().join("faketime/libfaketime.so.1")).any(|file| file.exists());
    if found { Ok(()) } else { apt::install("libfaketime, to set a clock back", &["libfaketime"]) }
}

struct Part {
    name: &'static str,
    seconds: f64,
    failure: Option<anyhow::Error>,
}

fn part(name: &'static str, work: impl FnOnce() -> Result<()>) -> Part {
    let began = Instant::now();
    let failure = step(name, work).err();
    Part { name, seconds: began.elapsed().as_secs_f64(), failure }
}

fn summary(parts: &[Part]) -> Result<()> {
    for Part { name, seconds, failure } in parts {
        match failure {
            None => say(&format!("passed  {name} ({seconds:.0} s)")),
            Some(error) => say(&format!("FAILED  {name} ({seconds:.0} s): {:#}", error.root_cause())),
        }
    }
    let failed = parts.iter().filter(|part| part.failure.is_some()).count();
    if failed > 0 {
        bail!("{failed} of {} parts of the test failed", parts.len());
    }
    Ok(())
}
