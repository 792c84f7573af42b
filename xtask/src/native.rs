//! The native build: which cargo does it, and the program.

use crate::step::{run, step};
use crate::workspace::Workspace;
use anyhow::Result;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The native build's cargo, at the root of the workspace.
pub fn cargo(workspace: &Workspace) -> Command {
    let mut cargo = cargo_in(&workspace.root);
    // The tests want it. The host's build script watches it, so it is the same for all that is built: else each change
    // between the two would build the host, and every test, anew.
    cargo.env("SWAPAROO_POLICIES", workspace.policies());
    if workspace.lints {
        cargo.env("RUSTC_WORKSPACE_WRAPPER", lint(workspace));
        // A crate is compiled once; and the lints would be looked for in what another compilation left behind.
        cargo.env("CARGO_INCREMENTAL", "0");
    }
    cargo
}

/// What lints a crate as it is compiled.
pub fn lint(workspace: &Workspace) -> PathBuf {
    workspace.root.join("xtask/lint.sh")
}

/// The cargo that runs this program, unless that is a distribution's and rustup's is there too: the wasm build may have
/// installed Debian's in `/usr/bin`, which has no clippy and no rustfmt and comes first in some PATHs.
pub fn cargo_in(root: &Path) -> Command {
    let running = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let rustup = cargo_home().map(|home| home.join("bin/cargo")).filter(|cargo| cargo.exists());
    let program = match rustup {
        Some(rustup) if Path::new(&running).starts_with("/usr") => rustup.into_os_string(),
        _ => running,
    };
    let mut cargo = Command::new(program);
    cargo.current_dir(root);
    forget_this_package(&mut cargo);
    cargo
}

/// Builds the program and gives its path.
///
/// `--workspace` and an example (a few lines of the plugin) beside it choose the features that `cargo test --workspace`
/// has, dev-dependencies' included: so the dependencies, wasmtime above all, are built once and serve both.
pub fn build_program(workspace: &Workspace) -> Result<PathBuf> {
    step("build the program (the first time takes minutes: wasmtime)", || {
        run(cargo(workspace).args(["build", "--workspace", "--bin", "swaparoo", "--example", "standard"]))
    })?;
    Ok(program(workspace))
}

/// Builds an example, and gives its path. `--workspace` as above.
pub fn build_example(workspace: &Workspace, name: &str) -> Result<PathBuf> {
    run(cargo(workspace).args(["build", "--workspace", "--example", name]))?;
    Ok(workspace.native_target.join("debug/examples").join(name))
}

/// Where the built program is.
pub fn program(workspace: &Workspace) -> PathBuf {
    workspace.native_target.join("debug/swaparoo")
}

/// cargo's home: rustup's programs and the sources of the dependencies.
pub fn cargo_home() -> Option<PathBuf> {
    let home = || std::env::home_dir().map(|home| home.join(".cargo"));
    std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(home)
}

/// `cargo run` tells this program about its own package; a build script that watches such a variable would be run again
/// at every change between `cargo test` and `cargo xtask test`.
fn forget_this_package(cargo: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"].iter().any(|prefix| text.starts_with(prefix)) {
            cargo.env_remove(name);
        }
    }
}
