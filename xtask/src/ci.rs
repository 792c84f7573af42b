//! `cargo xtask ci`: formatting, lints, the supply chain, and all tests with samples of the long ones; and `cargo xtask
//! nightly`: the long ones completely.

use crate::part::Parts;
use crate::step::run;
use crate::suite::{self, Extent};
use crate::workspace::Workspace;
use crate::{deny, deploy, fuzz, mutants, mysql, native, sbom, seeded_faults};
use anyhow::Result;

/// What CI runs. `workspace` must be one whose crates are linted while they are compiled.
pub fn ci(workspace: &Workspace) -> Result<()> {
    Parts::of(|parts| {
        parts.need("formatting", || run(native::cargo(workspace).args(["fmt", "--check"])))?;
        parts.run("seeded faults still apply", || seeded_faults::check(workspace));
        let environment = suite::prepare(workspace, parts, true)?;
        parts.run("supply chain", || deny::check(workspace).and(sbom::write(workspace)));
        suite::everything(workspace, parts, &environment, Extent::Sample);
        Ok(())
    })
}

/// What takes too long for CI.
pub fn nightly(workspace: &Workspace) -> Result<()> {
    Parts::of(|parts| {
        parts.need("MySQL", || mysql::unpack(workspace))?;
        let environment = suite::prepare(workspace, parts, true)?;
        // CI lints only what it compiles, and it does not compile the benchmarks.
        parts.run("lints of all targets", || {
            // Linting a crate runs its build script, and libFuzzer's build script compiles C++.
            fuzz::compiler()?;
            run(native::cargo(workspace).args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
        });
        parts.run("supply chain", || deny::check(workspace));
        suite::everything(workspace, parts, &environment, Extent::All);
        deploy::parts(workspace, parts, &native::program(workspace), None);
        parts.run("seeded faults", || seeded_faults::run_all(workspace, &environment, None));
        parts.run("mutants of the rules", || mutants::all(workspace));
        Ok(())
    })
}

/// Whether CI's tests catch the seeded faults, or those whose patches' names contain `filter`.
pub fn seeded_faults(workspace: &Workspace, filter: Option<&str>) -> Result<()> {
    Parts::of(|parts| {
        let environment = suite::prepare(workspace, parts, false)?;
        parts.run("seeded faults", || seeded_faults::run_all(workspace, &environment, filter));
        Ok(())
    })
}
