//! The native build: which cargo to use, and building the program.

use crate::step::{run, step};
use crate::workspace::Workspace;
use anyhow::{Context as _, Result};
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// cargo for the native build, at the root of the workspace.
pub fn cargo(workspace: &Workspace) -> Command {
    let mut cargo = cargo_in(&workspace.root);
    // The tests need this variable. The host's build script watches it, so all builds set it; otherwise the host and
    // every test would be rebuilt after each change of it.
    cargo.env("SWAPAROO_POLICIES", workspace.policies());
    if workspace.lints {
        cargo.env("RUSTC_WORKSPACE_WRAPPER", lint(workspace));
        // Each crate is compiled once, so incremental files save nothing; and clippy would use those of another
        // compilation.
        cargo.env("CARGO_INCREMENTAL", "0");
    }
    cargo
}

/// The script that lints a crate while it is compiled.
pub fn lint(workspace: &Workspace) -> PathBuf {
    workspace.root.join("xtask/lint.sh")
}

/// The cargo that runs this program, unless it is a distribution's and rustup's exists too. The wasm build may have
/// installed Debian's cargo in `/usr/bin`, which has no clippy and no rustfmt and comes first in some PATHs.
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

/// The packages and features of every native build. They are the same for all, so that each crate is built once. The
/// debugger's module has tests only with its feature.
pub const EVERYTHING: [&str; 3] = ["--workspace", "--features", "swaparoo-debugger/full"];

/// Builds the program and returns its path.
///
/// An example (a few lines of the plugin) selects the same features as `cargo test`, including those of
/// dev-dependencies. So the dependencies, especially wasmtime, are built once for both.
pub fn build_program(workspace: &Workspace) -> Result<PathBuf> {
    page_folder(workspace)?;
    step("build the program (the first time takes minutes: wasmtime)", || {
        run(cargo(workspace).args(["build", "--bin", "swaparoo", "--example", "standard"]).args(EVERYTHING))
    })?;
    Ok(program(workspace))
}

/// Builds the program, the examples and all tests by one command, so that both processors are busy to its end.
pub fn build_tests(workspace: &Workspace) -> Result<()> {
    page_folder(workspace)?;
    run(&mut everything(workspace))
}

/// Compiles what `build_tests` needs and the program's crate does not change, while the policies and the page are built that
/// the program embeds. Only the first time: later it would compile the program twice.
pub fn build_dependencies(workspace: &Workspace) -> Result<()> {
    if program(workspace).exists() {
        return Ok(());
    }
    let log = workspace.products().join("dependencies.log");
    let file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
    let mut cargo = everything(workspace);
    cargo.arg("--keep-going").env("SWAPAROO_NOT_YET", "1").stdout(file.try_clone()?).stderr(file);
    // It fails, since the program is not compiled. Any other error comes again when it is.
    let _ = run(&mut cargo);
    Ok(())
}

fn everything(workspace: &Workspace) -> Command {
    let mut cargo = cargo(workspace);
    cargo.args(["build", "--bin", "swaparoo", "--tests", "--example", "standard", "--example", "identity"]);
    cargo.args(EVERYTHING);
    cargo
}

/// The program's build script watches the folder of the page. cargo would run it each time if the folder did not exist.
fn page_folder(workspace: &Workspace) -> Result<()> {
    let folder = workspace.products().join("debugger");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))
}

/// Builds an example and returns its path.
pub fn build_example(workspace: &Workspace, name: &str) -> Result<PathBuf> {
    run(cargo(workspace).args(["build", "--example", name]).args(EVERYTHING))?;
    Ok(workspace.native_target.join("debug/examples").join(name))
}

/// The path of the built program.
pub fn program(workspace: &Workspace) -> PathBuf {
    workspace.native_target.join("debug/swaparoo")
}

/// cargo's home, with rustup's programs and the sources of the dependencies.
pub fn cargo_home() -> Option<PathBuf> {
    let home = || std::env::home_dir().map(|home| home.join(".cargo"));
    std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(home)
}

/// Removes the variables that `cargo run` sets for this program's own package. A build script that watches one of them
/// would run again after every change between `cargo test` and `cargo xtask test`.
pub fn forget_this_package(cargo: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"].iter().any(|prefix| text.starts_with(prefix)) {
            cargo.env_remove(name);
        }
    }
}
