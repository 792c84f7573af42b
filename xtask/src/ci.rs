//! `cargo xtask ci`: formatting, lints, the supply chain, and of everything that takes long a sample; and `cargo xtask
//! nightly`: all of that which takes long.

use crate::part::Parts;
use crate::step::run;
use crate::suite::{self, Extent};
use crate::workspace::Workspace;
use crate::{deny, fuzz, native, sbom};
use anyhow::Result;

/// What CI runs. The workspace is one whose crates are linted as they are compiled.
pub fn ci(workspace: &Workspace) -> Result<()> {
    Parts::of(|parts| {
        parts.need("formatting", || run(native::cargo(workspace).args(["fmt", "--check"])))?;
        let ground = suite::prepare(workspace, parts, true)?;
        parts.run("supply chain", || deny::check(workspace).and(sbom::write(workspace)));
        suite::everything(workspace, parts, &ground, Extent::Sample);
        Ok(())
    })
}

/// What is too long for CI.
pub fn nightly(workspace: &Workspace) -> Result<()> {
    Parts::of(|parts| {
        let ground = suite::prepare(workspace, parts, true)?;
        // CI lints what it compiles, which no benchmark is of.
        parts.run("lints of all targets", || {
            // The lints of a crate take its build script, which for libFuzzer is a C++ build.
            fuzz::compiler()?;
            run(native::cargo(workspace).args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
        });
        parts.run("supply chain", || deny::check(workspace));
        suite::everything(workspace, parts, &ground, Extent::All);
        Ok(())
    })
}
