//! `cargo xtask deb`: a Debian package of the program, by cargo-deb and `[package.metadata.deb]` in `host/Cargo.toml`.

use crate::cargo_tool::CargoTool;
use crate::step::{run, say, step, text};
use crate::workspace::Workspace;
use crate::{native, sbom};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const CARGO_DEB: CargoTool = CargoTool { name: "cargo-deb", version: "3.8.0", ask: &["--version"] };

/// How the program in the package is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// As it is installed.
    Release,
    /// The program of the tests, which is built already; so a test of the package needs no second build.
    Debug,
}

/// Makes the package of a program that is built, and returns its path: `target/deb/swaparoo_VERSION_ARCHITECTURE.deb`.
pub fn package(workspace: &Workspace, program: &Path, profile: Profile) -> Result<PathBuf> {
    let cargo_deb = CARGO_DEB.installed(workspace)?;
    let folder = workspace.products().join("deb");
    sbom::write(workspace)?;
    step("write the man pages and the completions", || generate(program, &folder.join("files")))?;
    step("make the Debian package", || {
        let mut deb = Command::new(cargo_deb);
        deb.current_dir(&workspace.root).env("CARGO", native::cargo(workspace).get_program());
        deb.args(["--package", "swaparoo", "--no-build", "--strip"]);
        // It would warn about files in `target/` that cargo does not build, and about the profile.
        deb.args(["--quiet", "--output"]).arg(&folder);
        if profile == Profile::Debug {
            deb.args(["--profile", "dev", "--fast", "--compress-type", "gzip", "--compress-system"]);
        }
        native::forget_this_package(&mut deb);
        run(&mut deb)
    })?;
    let package = newest(&folder)?;
    say(&format!("the package: {}", package.display()));
    Ok(package)
}

/// The program describes its own commands.
fn generate(program: &Path, files: &Path) -> Result<()> {
    fs::create_dir_all(files).with_context(|| format!("cannot create {}", files.display()))?;
    let man = files.join("man");
    // A page of a command that does not exist any more would stay.
    let _ = fs::remove_dir_all(&man);
    text(Command::new(program).arg("man").arg(&man))?;
    for (shell, name) in [("bash", "swaparoo.bash"), ("zsh", "_swaparoo"), ("fish", "swaparoo.fish")] {
        let script = text(Command::new(program).args(["completions", shell]))?;
        fs::write(files.join(name), script + "\n")?;
    }
    Ok(())
}

fn newest(folder: &Path) -> Result<PathBuf> {
    let files = fs::read_dir(folder)?.flatten().map(|entry| entry.path());
    let packages = files.filter(|path| path.extension().is_some_and(|end| end == "deb"));
    let newest = packages.max_by_key(|path| fs::metadata(path).and_then(|of| of.modified()).ok());
    newest.with_context(|| format!("cargo-deb wrote no package into {}", folder.display()))
}
