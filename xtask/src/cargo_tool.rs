//! Programs of crates.io that the build steps use, each in a folder of `target/` and of a pinned version.

use crate::native;
use crate::step::{run, step, text};
use crate::workspace::Workspace;
use anyhow::Result;
use std::path::PathBuf;
use std::process::Command;

/// A cargo subcommand.
pub struct CargoTool {
    /// The crate and the program, such as `cargo-mutants`.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// How it is asked for its version, at the end of which it must print `version`.
    pub ask: &'static [&'static str],
}

impl CargoTool {
    /// The program in `target/NAME`, built if it is not there in this version.
    pub fn installed(&self, workspace: &Workspace) -> Result<PathBuf> {
        let Self { name, version, ask } = self;
        let folder = workspace.products().join(name);
        let program = folder.join("bin").join(name);
        let is_wanted = |said: String| said.split_whitespace().last() == Some(*version);
        if text(Command::new(&program).args(*ask)).is_ok_and(is_wanted) {
            return Ok(program);
        }
        step(&format!("install {name} {version} into target/{name} (minutes)"), || {
            let mut install = native::cargo(workspace);
            install.env_remove("RUSTC_WORKSPACE_WRAPPER").args(["install", "--quiet", "--locked", "--force", "--root"]);
            run(install.arg(&folder).arg(format!("{name}@{version}")))
        })?;
        Ok(program)
    }
}
