//! `cargo xtask fuzz`: runs the fuzz targets, each for a given time, from the stored corpus.

use crate::step::{at_lowest_priority, run, run_aside, say, step};
use crate::workspace::Workspace;
use crate::{apt, native};
use anyhow::{Context, Result, bail};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// How long it runs in `cargo xtask nightly`, in seconds.
pub const TEN_MINUTES: u64 = 600;

const TARGETS: [&str; 4] = ["module", "policy", "record", "task"];

/// The largest input, about the size of a policy; larger ones do not find more.
const LONGEST: usize = 64 << 10;

/// Whether the project's crates are instrumented, so that libFuzzer finds new inputs by what they reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Instrumented {
    /// For new inputs. All of the project's crates are compiled once more.
    Yes,
    /// For the stored corpus: the crates are those of the tests.
    No,
}

/// Runs all targets on the stored corpus and the built components, without new inputs.
pub fn replay(workspace: &Workspace) -> Result<()> {
    step("build the fuzz targets", || run(&mut build(workspace, &TARGETS, Instrumented::No)?))?;
    run_all(workspace, &TARGETS, "-runs=0")
}

/// Runs the named target, or all in parallel, for `seconds` each.
pub fn fuzz(workspace: &Workspace, only: Option<&str>, seconds: u64) -> Result<()> {
    let chosen: Vec<&str> = TARGETS.into_iter().filter(|target| only.is_none_or(|only| only == *target)).collect();
    if chosen.is_empty() {
        bail!("the fuzz target {:?} does not exist; the targets are {}", only.unwrap_or_default(), TARGETS.join(", "));
    }
    step("build the fuzz targets", || run(&mut build(workspace, &chosen, Instrumented::Yes)?))?;
    step(&format!("fuzz {} for {seconds} s", chosen.join(", ")), || {
        run_all(workspace, &chosen, &format!("-max_total_time={seconds}"))
    })
}

fn run_all(workspace: &Workspace, targets: &[&str], extent: &str) -> Result<()> {
    let running: Vec<_> = targets.iter().map(|target| Fuzzer::start(workspace, target, extent)).collect();
    // Wait for all, even if the first one fails.
    let ended: Vec<Result<()>> = running.into_iter().map(|fuzzer| fuzzer?.end()).collect();
    ended.into_iter().collect()
}

/// Builds all targets for new inputs while tests run: with the lowest priority, since some tests measure time.
pub fn build_beside_tests(workspace: &Workspace, log: &Path) -> Result<()> {
    run_aside(&mut at_lowest_priority(&build(workspace, &TARGETS, Instrumented::Yes)?), log)
}

/// Makes sure that a C++ compiler exists, since libFuzzer is C++.
pub fn compiler() -> Result<()> {
    let found = Command::new("c++").arg("--version").output().is_ok_and(|output| output.status.success());
    if found { Ok(()) } else { apt::install("a C++ compiler, for libFuzzer", &["g++"]) }
}

/// Selects the same packages as all other builds, so that the dependencies are not built again.
fn build(workspace: &Workspace, targets: &[&str], instrumented: Instrumented) -> Result<Command> {
    compiler()?;
    let mut cargo = native::cargo(workspace);
    cargo.args(["build", "--example", "standard"]).args(native::EVERYTHING);
    for target in targets {
        cargo.args(["--bin", &format!("fuzz_{target}")]);
    }
    if instrumented == Instrumented::Yes {
        cargo.env("RUSTC_WORKSPACE_WRAPPER", workspace.root.join("tests/fuzz/instrument.sh"));
        if workspace.lints {
            cargo.env("SWAPAROO_LINT", native::lint(workspace));
        }
    }
    Ok(cargo)
}

struct Fuzzer {
    target: String,
    log: PathBuf,
    child: Child,
}

impl Fuzzer {
    /// Findings go to `target/fuzz`; the stored corpus is only read.
    fn start(workspace: &Workspace, target: &str, extent: &str) -> Result<Self> {
        let folder = workspace.products().join("fuzz").join(target);
        let (found, log) = (folder.join("corpus"), folder.join("log"));
        fs::create_dir_all(&found).with_context(|| format!("cannot make {}", found.display()))?;
        let mut program = Command::new(workspace.native_target.join(format!("debug/fuzz_{target}")));
        program.args(["-print_final_stats=1", "-timeout=20", "-rss_limit_mb=1024"]);
        program.arg(extent).arg(format!("-max_len={LONGEST}"));
        program.arg(format!("-artifact_prefix={}/", folder.display())).arg(&found);
        program.arg(workspace.root.join("tests/fuzz/corpus").join(target));
        if target == "policy" {
            program.args([workspace.policies(), workspace.hostile()]);
        }
        let stderr = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        program.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr);
        let child = program.spawn().with_context(|| format!("cannot run the fuzz target {target}"))?;
        Ok(Self { target: target.to_owned(), log, child })
    }

    fn end(mut self) -> Result<()> {
        let status = self.child.wait()?;
        let log = fs::read(&self.log).with_context(|| format!("cannot read {}", self.log.display()))?;
        let log = String::from_utf8_lossy(&log);
        if !status.success() {
            let last: Vec<&str> = log.lines().rev().take(60).collect();
            last.into_iter().rev().for_each(say);
            bail!("the fuzz target {} found something ({status}); its log is {}", self.target, self.log.display());
        }
        let number = |name: &str| log.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("?").trim().to_owned();
        let (runs, new) = (number("stat::number_of_executed_units:"), number("stat::new_units_added:"));
        say(&format!("fuzz {}: {runs} inputs, {new} of them new, nothing found", self.target));
        Ok(())
    }
}
