//! The demos: bug 1848343 under three policies, and three runners that share a database.

use crate::step::run;
use crate::workspace::Workspace;
use crate::{component, databases, native, venv, wasm};
use anyhow::Result;
use std::process::Command;

/// The test that shows three runners; it is part of all tests, so the demo is always right.
const FLEET: &str = "service::runners::demo::a_migration_goes_on_after_its_runner_was_killed";

/// Builds only what `swaparoo demo` needs, and runs it with these arguments: the program compiles without the page, which
/// takes as long again.
pub fn bug(workspace: &Workspace, args: &[String]) -> Result<()> {
    component::build_policies(workspace, &wasm::Toolchain::find(workspace)?)?;
    run(Command::new(native::build_program(workspace)?).arg("demo").args(args))
}

/// Starts three runners on one PostgreSQL, kills one of them, and shows that its migration goes on.
pub fn fleet(workspace: &Workspace) -> Result<()> {
    component::build_policies(workspace, &wasm::Toolchain::find(workspace)?)?;
    databases::install(workspace)?;
    let (python, program) = (venv::python(workspace)?, native::build_program(workspace)?);
    let mut cargo = native::cargo(workspace);
    cargo.args(["test", "--quiet"]).args(native::EVERYTHING);
    cargo.args(["--test", "all", "--", "--exact", FLEET, "--nocapture"]);
    cargo.env("SWAPAROO_PROGRAM", program).env("SWAPAROO_PLACEMENT_PYTHON", python);
    run(cargo.env("SWAPAROO_POLICIES", workspace.policies()))
}
