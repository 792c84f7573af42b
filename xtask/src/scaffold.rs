//! The tools that the READMEs of `swaparoo policy new` name, for the tests that run their commands: wasm-tools and
//! componentize-py from PyPI, and the npm packages of the JavaScript template.

use crate::node::NodeJs;
use crate::step::{run, step};
use crate::venv::{self, fingerprint};
use crate::workspace::Workspace;
use anyhow::{Context, Result};
use std::fs;
use std::path::PathBuf;

/// The folder of the template.
const TEMPLATE: &str = "host/src/cli/policy/new/js";
/// What npm reads there.
const FILES: [&str; 2] = ["package.json", "package-lock.json"];

/// The folder with the tools: `venv/bin/`, `python/bin/` and `js/node_modules/`.
pub fn folder(workspace: &Workspace) -> PathBuf {
    workspace.products().join("scaffold")
}

/// Installs the tools.
pub fn install(workspace: &Workspace) -> Result<()> {
    venv::wasm_tools(workspace)?;
    venv::componentize_py(workspace)?;
    packages(workspace)
}

/// The template's npm packages, as its lock file pins them. Their installation scripts are not run.
fn packages(workspace: &Workspace) -> Result<()> {
    let (template, folder) = (workspace.root.join(TEMPLATE), folder(workspace).join("js"));
    let stamp = folder.join("node_modules/.installed");
    let wanted = fingerprint(&FILES.map(|name| template.join(name)))?;
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    step("install componentize-qjs into target/scaffold (about 40 MB)", || {
        fs::create_dir_all(&folder)?;
        for name in FILES {
            fs::copy(template.join(name), folder.join(name)).with_context(|| format!("cannot copy {name}"))?;
        }
        run(NodeJs::find(workspace)?.npm().current_dir(&folder).args(["ci", "--ignore-scripts"]))?;
        // Written last, so that an interrupted installation is repeated.
        Ok(fs::write(&stamp, &wanted)?)
    })
}
