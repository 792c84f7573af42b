//! Finds the standard library for `wasm32-unknown-unknown`, and a cargo that builds with it.
//!
//! Tried in this order:
//! 1. the active toolchain has it;
//! 2. `rustup target add` installs it;
//! 3. Debian packages install a compiler with the sources of its standard library, which is then built;
//! 4. an error names the command to run.

use crate::step::{run, say, step, text};
use crate::workspace::Workspace;
use crate::{apt, native};
use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The target of every module built here.
pub const TARGET: &str = "wasm32-unknown-unknown";
/// The root manifest's profile for them.
const PROFILE: &str = "component";
/// A policy's memory. Rust's default stack of 1 MiB would be most of the memory of a fresh instance, and most of the cost
/// of making one. The heap is what its allocator needs to start, and more than usual calls need. Without it the allocator
/// would ask for memory in each call, and the host would change the protection of that memory and change it back: two
/// system calls, a quarter of the time of a call.
const OF_A_POLICY: Memory = Memory { stack: 32 * 1024, heap: Some(64 * 1024) };

const DEBIAN_PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_SOURCES: &str = "/usr/lib/rustlib/src/rust";

/// Parts of a module's memory when it starts, in bytes.
#[derive(Clone, Copy)]
pub struct Memory {
    /// The shadow stack. An overflow traps, because the stack lies below everything else.
    pub stack: u32,
    /// What lies above everything else, if a module needs it.
    pub heap: Option<u32>,
}

impl Memory {
    /// The linker takes the last one of each.
    fn flags(self) -> Vec<OsString> {
        let mut flags = vec![OsString::from(format!("-Clink-arg=-zstack-size={}", self.stack))];
        flags.extend(self.heap.map(|heap| OsString::from(format!("-Clink-arg=--initial-heap={heap}"))));
        flags
    }
}

/// A toolchain that can build for wasm.
pub enum Toolchain {
    /// The toolchain of the native build.
    Native,
    /// Debian's compiler, which builds the standard library first, with the linker of the native toolchain.
    Debian {
        /// `rust-lld`
        linker: PathBuf,
    },
}

impl Toolchain {
    /// Finds the toolchain in the order above, and installs what it needs.
    pub fn find(workspace: &Workspace) -> Result<Self> {
        if native_target(workspace)? {
            return Ok(Self::Native);
        }
        // A failed download is not repeated at every build, only after `cargo clean`.
        let remembered = workspace.products().join("wasm").join("built-with-debian");
        if !remembered.exists() && rustup_target(workspace)? {
            return Ok(Self::Native);
        }
        let debian = debian(workspace)?;
        fs::create_dir_all(workspace.products().join("wasm"))?;
        fs::write(remembered, "")?;
        Ok(debian)
    }

    /// Builds the targets that `choice` names, with the size of a policy and its memory; returns the folder of the examples.
    pub fn build(&self, workspace: &Workspace, choice: &[&str]) -> Result<PathBuf> {
        self.cargo_with(workspace, "build", (choice, "z"), &[])
    }

    /// Builds the one target that `choice` names, with another optimisation level and another memory. Its memory is an argument
    /// of its own last step: as a flag of all crates, it would have cargo build the crates anew that a policy uses, too, and
    /// then again for the policies.
    pub fn build_with(
        &self,
        workspace: &Workspace,
        choice: &[&str],
        optimised: &str,
        memory: Memory,
    ) -> Result<PathBuf> {
        let mut last = vec![OsString::from("--")];
        last.extend(memory.flags());
        self.cargo_with(workspace, "rustc", (choice, optimised), &last)
    }

    fn cargo_with(
        &self,
        workspace: &Workspace,
        command: &str,
        (choice, optimised): (&[&str], &str),
        last: &[OsString],
    ) -> Result<PathBuf> {
        // One target folder for all wasm builds, so that the standard library is built once.
        let folder = workspace.products().join("wasm");
        let mut cargo = self.cargo(workspace);
        // One profile for all, since a second one would build the macros' dependencies again.
        cargo.args([command, "--target", TARGET, "--profile", PROFILE]).args(choice).arg("--target-dir").arg(&folder);
        cargo.args(last).env("CARGO_PROFILE_COMPONENT_OPT_LEVEL", optimised);
        run(cargo.env("CARGO_ENCODED_RUSTFLAGS", self.flags(workspace)))?;
        Ok(folder.join(TARGET).join(PROFILE).join("examples"))
    }

    fn flags(&self, workspace: &Workspace) -> OsString {
        let mut flags = flags(workspace);
        if let Self::Debian { .. } = self {
            // A policy's panic is a trap, and its message is not shown; without messages the policy is a sixth smaller.
            // They can be left out only if the standard library is built too.
            let quiet = ["-Zunstable-options", "-Cpanic=immediate-abort", "-Zlocation-detail=none", "-Zfmt-debug=none"];
            flags.extend(quiet.map(OsString::from));
        }
        flags.join(&OsString::from("\u{1f}"))
    }

    fn cargo(&self, workspace: &Workspace) -> Command {
        let Self::Debian { linker } = self else { return native::cargo_in(&workspace.root) };
        let mut cargo = Command::new(DEBIAN_CARGO);
        cargo
            .current_dir(&workspace.root)
            .args(["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"]);
        cargo.env("RUSTC", DEBIAN_RUSTC).env("RUSTC_BOOTSTRAP", "1");
        cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        cargo
    }
}

/// The first way: the active toolchain.
fn native_target(workspace: &Workspace) -> Result<bool> {
    let folder = text(rustc(workspace).args(["--print", "target-libdir", "--target", TARGET]))?;
    Ok(fs::read_dir(folder).is_ok_and(|mut files| files.next().is_some()))
}

/// The second way: rustup. It is not an error if rustup is missing or cannot download, since the third way follows.
fn rustup_target(workspace: &Workspace) -> Result<bool> {
    let Some(rustup) = native::cargo_home().map(|home| home.join("bin/rustup")).filter(|rustup| rustup.exists()) else {
        return Ok(false);
    };
    let added = step(&format!("add {TARGET} to the toolchain by rustup"), || {
        run(Command::new(rustup).current_dir(&workspace.root).args(["target", "add", TARGET]))
    });
    if let Err(error) = added {
        say(&format!("{error:#}"));
        return Ok(false);
    }
    native_target(workspace)
}

/// The third way: Debian packages; otherwise the error.
fn debian(workspace: &Workspace) -> Result<Toolchain> {
    let linker = rust_lld(workspace)?;
    if !Path::new(DEBIAN_SOURCES).join("library/std").exists() || !Path::new(DEBIAN_CARGO).exists() {
        if !apt::possible() {
            bail!("the standard library for {TARGET} is missing: run `rustup target add {TARGET}`");
        }
        apt::install(&format!("a compiler with the sources of its standard library, for {TARGET}"), &DEBIAN_PACKAGES)?;
    }
    Ok(Toolchain::Debian { linker })
}

/// The linker that every rustup toolchain has for such targets.
fn rust_lld(workspace: &Workspace) -> Result<PathBuf> {
    let sysroot = PathBuf::from(text(rustc(workspace).args(["--print", "sysroot"]))?);
    let version = text(rustc(workspace).arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc does not print its host")?;
    let linker = sysroot.join("lib/rustlib").join(host).join("bin/rust-lld");
    if !linker.exists() {
        bail!(
            "{} has no rust-lld to link {TARGET} with: install Rust by rustup (https://rustup.rs)",
            sysroot.display()
        );
    }
    Ok(linker)
}

/// The native toolchain's compiler: rustup's, run in the workspace so that a toolchain override of this folder applies.
fn rustc(workspace: &Workspace) -> Command {
    let rustup = native::cargo_home().map(|home| home.join("bin/rustc")).filter(|rustc| rustc.exists());
    let mut rustc = Command::new(rustup.unwrap_or_else(|| PathBuf::from("rustc")));
    rustc.current_dir(&workspace.root);
    rustc
}

/// The compiler's flags in all cases. Paths are rewritten, so that the same sources give the same bytes on every
/// machine and contain none of its paths.
fn flags(workspace: &Workspace) -> Vec<OsString> {
    let mut flags = OF_A_POLICY.flags();
    // Otherwise it is stripped with the names; wasm-bindgen reads in it which features the module may use.
    flags.push(OsString::from("-Clink-arg=--keep-section=target_features"));
    flags.push(remapped(&workspace.root, "swaparoo"));
    flags.push(remapped(Path::new(DEBIAN_SOURCES), "rust"));
    let sources = native::cargo_home().map(|home| home.join("registry/src"));
    let registries = sources.and_then(|folder| fs::read_dir(folder).ok()).into_iter().flatten().flatten();
    let mut registries = registries.map(|registry| registry.path()).collect::<Vec<_>>();
    registries.sort();
    flags.extend(registries.iter().map(|registry| remapped(registry, "registry")));
    flags
}

fn remapped(from: &Path, to: &str) -> OsString {
    let mut flag = OsString::from("--remap-path-prefix=");
    flag.push(from);
    flag.push("=");
    flag.push(to);
    flag
}
