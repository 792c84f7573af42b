//! `cargo xtask seeded-faults`: shows that CI's part of the tests fails when a rule, a limit or a crash path is broken.
//! Each patch in `tests/seeded_faults/` breaks one; it is applied in a scratch copy, and the tests that it names must fail.

use crate::native;
use crate::step::{run, say, step};
use crate::suite::{Extent, TestEnvironment, provide};
use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The folder of the patches.
const FOLDER: &str = "tests/seeded_faults";
/// How the line of a patch begins that names the tests: cargo's options for their target, and a part of their names.
const CAUGHT_BY: &str = "Caught by: ";

/// One broken line.
struct SeededFault {
    patch: PathBuf,
    /// What is broken: the first line of the patch.
    what: String,
    target: Vec<String>,
    test: String,
}

/// Each patch must still apply: a change of a line that a patch breaks must change the patch, too.
pub fn check(workspace: &Workspace) -> Result<()> {
    for fault in faults(&workspace.root.join(FOLDER))? {
        run(git(&workspace.root).args(["apply", "--check"]).arg(&fault.patch))
            .with_context(|| format!("{} does not apply any more", fault.patch.display()))?;
    }
    Ok(())
}

/// Applies each patch, or those whose names contain `filter`, and runs its tests; a fault that its tests do not catch is
/// an error.
pub fn run_all(workspace: &Workspace, environment: &TestEnvironment, filter: Option<&str>) -> Result<()> {
    let mut faults = faults(&workspace.root.join(FOLDER))?;
    let named =
        |fault: &SeededFault, part| fault.patch.file_name().is_some_and(|name| name.to_string_lossy().contains(part));
    faults.retain(|fault| filter.is_none_or(|part| named(fault, part)));
    if faults.is_empty() {
        bail!("no patch in {FOLDER} has a name that contains {:?}", filter.unwrap_or_default());
    }
    let scratch = workspace.products().join("seeded-faults");
    let mut missed = Vec::new();
    for fault in &faults {
        copy(workspace, &scratch)?;
        run(git(&scratch).arg("apply").arg(&fault.patch))?;
        let caught =
            step(&format!("seeded fault: {}", fault.what), || caught(workspace, environment, &scratch, fault))?;
        say(&format!("{}: {}", if caught { "caught" } else { "NOT CAUGHT" }, fault.what));
        if !caught {
            missed.push(fault.what.as_str());
        }
    }
    // The copy shares the folder of compiled crates, and cargo would watch the copy's files instead of the workspace's.
    fs::remove_dir_all(&scratch).with_context(|| format!("cannot remove {}", scratch.display()))?;
    say(&format!("{} of {} seeded faults are caught by CI's tests", faults.len() - missed.len(), faults.len()));
    if missed.is_empty() { Ok(()) } else { bail!("no test of CI catches: {}", missed.join("; ")) }
}

fn faults(folder: &Path) -> Result<Vec<SeededFault>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut patches = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    patches.retain(|path| path.extension().is_some_and(|end| end == "patch"));
    patches.sort();
    patches.into_iter().map(SeededFault::read).collect()
}

impl SeededFault {
    fn read(patch: PathBuf) -> Result<Self> {
        let text = fs::read_to_string(&patch).with_context(|| format!("cannot read {}", patch.display()))?;
        let what = text.lines().next().unwrap_or_default().to_owned();
        let tests = text.lines().find_map(|line| line.strip_prefix(CAUGHT_BY)?.rsplit_once(' '));
        let (target, test) =
            tests.with_context(|| format!("{} has no line `{CAUGHT_BY}--OPTION TEST`", patch.display()))?;
        let target = target.split(' ').map(str::to_owned).collect();
        Ok(Self { test: test.to_owned(), target, patch, what })
    }
}

/// A fresh copy of the committed files and of uncommitted changes.
fn copy(workspace: &Workspace, scratch: &Path) -> Result<()> {
    if scratch.exists() {
        fs::remove_dir_all(scratch).with_context(|| format!("cannot remove {}", scratch.display()))?;
    }
    let listed = git(&workspace.root).args(["ls-files", "-z", "--cached"]).output().context("cannot run git")?;
    for name in String::from_utf8_lossy(&listed.stdout).split('\0').filter(|name| !name.is_empty()) {
        let (from, to) = (workspace.root.join(name), scratch.join(name));
        // A file that is removed and not committed yet is listed, too.
        if from.is_file() {
            to.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::copy(&from, &to).with_context(|| format!("cannot copy {name}"))?;
        }
    }
    // Of its own, so that `git apply` does not look at the repository around it.
    run(git(scratch).args(["init", "--quiet"]))
}

/// Whether the tests fail. That they compile is checked before, so that a stale patch does not count as caught.
fn caught(workspace: &Workspace, environment: &TestEnvironment, scratch: &Path, fault: &SeededFault) -> Result<bool> {
    let cargo = |args: &[&str]| {
        let mut cargo = native::cargo_in(scratch);
        cargo.env("CARGO_TARGET_DIR", &workspace.native_target).env_remove("RUSTC_WORKSPACE_WRAPPER");
        // With all packages, so that the dependencies have the same features and are not built again.
        cargo.args(args).args(native::EVERYTHING);
        provide(&mut cargo, workspace, environment, Extent::Sample);
        cargo
    };
    // The tests of the service run the program.
    let compiled = run(&mut cargo(&["build", "--quiet", "--bin", "swaparoo", "--example", "standard"]))
        .and_then(|()| run(cargo(&["test", "--quiet", "--no-run"]).args(&fault.target)));
    compiled.with_context(|| format!("{} does not compile any more", fault.patch.display()))?;
    let mut test = cargo(&["test", "--no-fail-fast"]);
    let status = test.args(&fault.target).arg(&fault.test).stdout(Stdio::null()).stderr(Stdio::null()).status();
    Ok(!status.context("cannot run cargo")?.success())
}

fn git(folder: &Path) -> Command {
    let mut git = Command::new("git");
    git.arg("-C").arg(folder);
    git
}
