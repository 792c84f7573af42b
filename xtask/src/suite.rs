//! `cargo xtask test`: prepares the tests, runs them, and prints their times.

use crate::node::NodeJs;
use crate::part::Parts;
use crate::step::{run, run_aside};
use crate::workspace::Workspace;
use crate::{apt, browser, component, databases, debugger, fuzz, native, scaffold, unpacked, venv, wasm};
use anyhow::{Result, anyhow};
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc;
use std::thread;

const SCHEMATHESIS: &str = "tests/schemathesis/run.py";
const NOVA_TESTS: &str = "tests/nova/run.py";
/// How many tests run in parallel: more than CI's two processors, since most of them wait for a service.
const THREADS: &str = "4";

/// The programs and files that the tests use.
pub struct TestEnvironment {
    python: PathBuf,
    program: PathBuf,
    recorded: PathBuf,
    node: NodeJs,
}

/// How much of the long tests runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// A sample of each kind.
    Sample,
    /// Everything: every path, every moment of a kill, all of nova's own tests.
    All,
}

/// Builds, sets up and runs every test, or those whose name contains `filter`; all parts run, also after a failure.
pub fn test(workspace: &Workspace, filter: Option<&str>) -> Result<()> {
    Parts::of(|parts| {
        let environment = prepare(workspace, parts, filter.is_none())?;
        match filter {
            None => everything(workspace, parts, &environment, Extent::Sample),
            Some(filter) => parts.run("cargo test", || {
                let mut cargo = native::cargo(workspace);
                cargo.args(["test", "--no-fail-fast"]).args(native::EVERYTHING).arg(filter);
                run(provide(&mut cargo, workspace, &environment, Extent::Sample))
            }),
        }
        Ok(())
    })
}

/// Builds and installs what the tests need. Python packages are installed in parallel with the builds, and native code is
/// compiled in parallel with WebAssembly, since each uses only one processor for part of the time.
pub fn prepare(workspace: &Workspace, parts: &Parts, all: bool) -> Result<TestEnvironment> {
    thread::scope(|scope| {
        let python = scope.spawn(|| parts.need("Python environments (in parallel)", || environments(workspace, all)));
        let installed = scope.spawn(|| parts.need("databases and a registry (in parallel)", || services(workspace)));
        let toolchain = parts.need("the WebAssembly toolchain", || wasm::Toolchain::find(workspace))?;
        let (bound, is_bound) = mpsc::channel();
        let native = scope.spawn(move || {
            parts.need("wasm-bindgen (in parallel)", || browser::build_bindgen(workspace))?;
            let _ = bound.send(());
            parts.need("the program's dependencies (in parallel)", || native::build_dependencies(workspace))
        });
        parts.need("components", || components(workspace, &toolchain))?;
        // If it does not come, the error does.
        if is_bound.recv().is_ok() {
            modules(workspace, parts, &toolchain)?;
            parts.need("the page", || debugger::build_page(workspace))?;
        }
        native.join().map_err(|_| anyhow!("the build of the dependencies panicked"))??;
        parts.need("the program and the tests", || native::build_tests(workspace).and(faketime()))?;
        let program = native::program(workspace);
        let python = python.join().map_err(|_| anyhow!("the installation of the Python packages panicked"))??;
        installed.join().map_err(|_| anyhow!("the installation of the databases panicked"))??;
        let recorded =
            parts.need("recorded tasks, which the page must decide alike", || debugger::recorded(workspace))?;
        Ok(TestEnvironment { python, program, recorded, node: NodeJs::find(workspace)? })
    })
}

fn components(workspace: &Workspace, toolchain: &wasm::Toolchain) -> Result<()> {
    component::build_policies(workspace, toolchain)?;
    component::build_hostile(workspace, toolchain)
}

fn modules(workspace: &Workspace, parts: &Parts, toolchain: &wasm::Toolchain) -> Result<()> {
    parts.need("browser modules", || {
        browser::build(workspace, toolchain)?;
        debugger::build_modules(workspace, toolchain)
    })
}

/// The services that tests start.
fn services(workspace: &Workspace) -> Result<()> {
    databases::install(workspace)?;
    unpacked::package(workspace, "docker-registry", "usr/bin/docker-registry", "a registry for policies")
}

/// The tests' Python packages, and the tools of a policy's author; with `all` also those of schemathesis and nova.
fn environments(workspace: &Workspace, all: bool) -> Result<PathBuf> {
    if all {
        venv::schemathesis(workspace)?;
        venv::nova(workspace)?;
        venv::deny(workspace)?;
    }
    scaffold::install(workspace)?;
    venv::openstack_client(workspace)?;
    venv::python(workspace)
}

/// Runs every part of the suite. `cargo test` often waits, for killed services and for pauses of tasks, so the
/// single-process Python tests run in parallel with it.
pub fn everything(workspace: &Workspace, parts: &Parts, environment: &TestEnvironment, extent: Extent) {
    let suite = Suite { workspace, environment, extent };
    thread::scope(|scope| {
        scope.spawn(|| suite.beside_cargo_test(parts));
        parts.run("cargo test", || suite.run(&mut suite.cargo_test(&["--exclude", "swaparoo-real-cloud"])));
    });
    let page = |project| debugger::test(workspace, &environment.program, extent, &[format!("--project={project}")]);
    // Alone: the first measures time, and the other two use both processors.
    parts.run("the page's weight", || page("weight"));
    parts.run("the page in a browser", || page("page"));
    suite.nova(parts);
    if extent == Extent::All {
        parts.run("fuzzing", || fuzz::fuzz(workspace, None, fuzz::TEN_MINUTES));
    }
}

/// What the parts of the suite have in common.
struct Suite<'a> {
    workspace: &'a Workspace,
    environment: &'a TestEnvironment,
    extent: Extent,
}

impl Suite<'_> {
    fn beside_cargo_test(&self, parts: &Parts) {
        let gabbi = self.python(&self.environment.python, "tests/gabbi/run.py");
        parts.run("Placement's gabbi files (in parallel)", || self.run_aside(gabbi, "gabbi.log"));
        // Compares the service's description with a running service.
        parts.run("schemathesis (in parallel)", || {
            self.run_aside(self.python(&venv::schemathesis(self.workspace)?, SCHEMATHESIS), "schemathesis.log")
        });
        let cloud = self.cargo_test(&["--test", "cloud"]);
        parts.run("tests with Keystone and nova (in parallel)", || self.run_aside(cloud, "cloud.log"));
        match self.extent {
            Extent::Sample => parts.run("fuzzing (in parallel)", || fuzz::replay(self.workspace)),
            Extent::All => {
                let log = self.workspace.products().join("fuzz.log");
                parts.run("the fuzz targets (in parallel)", || fuzz::build_beside_tests(self.workspace, &log));
            }
        }
    }

    /// nova's own tests of moving servers with Swaparoo: those of the newest release, and at night those of all releases, also
    /// with nova alone.
    fn nova(&self, parts: &Parts) {
        parts.run("nova's own tests", || self.run(&mut self.python(&venv::nova(self.workspace)?, NOVA_TESTS)));
        let earlier = if self.extent == Extent::All { &venv::EARLIER_NOVA[..] } else { &[] };
        for release in earlier {
            parts.run(&format!("nova {release}'s own tests"), || {
                let mut tests = self.python(&venv::earlier_nova(self.workspace, release)?, NOVA_TESTS);
                self.run(tests.args(["--nova", release, "--all"]))
            });
        }
    }

    fn cargo_test(&self, arguments: &[&str]) -> Command {
        let mut cargo = native::cargo(self.workspace);
        cargo.args(["test", "--no-fail-fast"]).args(native::EVERYTHING).args(arguments);
        cargo.env("RUST_TEST_THREADS", THREADS);
        cargo
    }

    fn python(&self, python: &PathBuf, script: &str) -> Command {
        let mut command = Command::new(python);
        command.arg(script).arg(&self.environment.program).current_dir(&self.workspace.root);
        command
    }

    fn run(&self, command: &mut Command) -> Result<()> {
        run(provide(command, self.workspace, self.environment, self.extent))
    }

    fn run_aside(&self, mut command: Command, log: &str) -> Result<()> {
        let command = provide(&mut command, self.workspace, self.environment, self.extent);
        run_aside(command, &self.workspace.products().join(log))
    }
}

/// The variables by which the tests find the built files, and know how much to run.
pub fn provide<'c>(
    command: &'c mut Command,
    workspace: &Workspace,
    environment: &TestEnvironment,
    extent: Extent,
) -> &'c mut Command {
    environment.node.provide(command);
    if extent == Extent::All {
        command.env("SWAPAROO_NIGHTLY", "1").env("SWAPAROO_NOVA_ALL", "1");
    }
    command
        .env("SWAPAROO_PROGRAM", &environment.program)
        .env("SWAPAROO_PLACEMENT_PYTHON", &environment.python)
        .env("SWAPAROO_POLICIES", workspace.policies())
        .env("SWAPAROO_HOSTILE", workspace.hostile())
        .env("SWAPAROO_BROWSER", workspace.browser("nodejs"))
        .env("SWAPAROO_SCAFFOLD", scaffold::folder(workspace))
        .env("SWAPAROO_OSC", workspace.products().join("venv-osc"))
        .env("SWAPAROO_IDENTITY", &environment.recorded)
}

/// Makes sure that libfaketime exists; tests use it to set the clock back for the service only.
fn faketime() -> Result<()> {
    let folders = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let found = folders.map(|folder| folder.path().join("faketime/libfaketime.so.1")).any(|file| file.exists());
    if found { Ok(()) } else { apt::install("libfaketime, to set a clock back", &["libfaketime"]) }
}
