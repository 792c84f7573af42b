//! The debugger's page: `target/debugger`, which the program embeds.

use crate::apt;
use crate::browser::bind;
use crate::component::is_current;
use crate::native;
use crate::node::NodeJs;
use crate::page_report;
use crate::step::{run, step};
use crate::suite::Extent;
use crate::venv::fingerprint;
use crate::wasm::{Memory, Toolchain};
use crate::workspace::Workspace;
use anyhow::{Context, Result, anyhow};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// The crate of the page's WebAssembly.
const MODULE: &str = "swaparoo-debugger";
/// Its examples, which are modules, each with its features and optimisation level: the small one, which is part of the
/// first load, and the one that reads records and explores. Exploring is twice as fast this way, and it is loaded only
/// when needed.
const MODULES: [(&str, &str, &str); 2] = [("page", "", "z"), ("full", "full", "3")];
/// The base name of each module's files.
const NAME: &str = "swaparoo_debugger";
/// Its memory. A page has one instance, which recurses through the values that it reads.
const MEMORY: Memory = Memory { stack: 256 * 1024, heap: None };
/// The policies whose rules are in the module.
const POLICIES: [&str; 3] = ["standard", "seed", "nova-34"];
/// The parts of `debugger/web/` that are not part of the page.
const NOT_OF_THE_PAGE: [&str; 2] = ["node_modules", "tests"];
/// What the page shows of the rules' sources (`debugger/web/ruleSources.ts`).
const SOURCES_OF_RULES: [&str; 3] = ["plugin/src", "contract/src/reason.rs", "docs/rules.md"];
/// Program names of the browser for the page's tests.
const CHROMIUM: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Builds the page, unless it is newer than all its sources. Its modules must be built before.
pub fn build_page(workspace: &Workspace) -> Result<()> {
    digests(workspace)?;
    let stamp = workspace.products().join("debugger.built");
    let built = fs::metadata(&stamp).and_then(|stamp| stamp.modified()).ok();
    let page = workspace.products().join("debugger/index.html");
    if page.exists() && built.is_some_and(|built| newest(workspace).is_ok_and(|newest| newest <= built)) {
        return Ok(());
    }
    let node = NodeJs::find(workspace)?;
    packages(workspace, &node)?;
    // A file that changes during the build then counts as newer than the page.
    let began = SystemTime::now();
    step("build the debugger's page", || run(npm(workspace, &node).args(["run", "--silent", "build"])))?;
    Ok(File::create(&stamp)?.set_modified(began)?)
}

/// The rules and the model that they run on, as WebAssembly for the page: `target/debugger-module/{page,full}`.
pub fn build_modules(workspace: &Workspace, toolchain: &Toolchain) -> Result<()> {
    step("build the debugger's modules", || {
        for (name, features, optimised) in MODULES {
            let choice = ["--package", MODULE, "--example", name, "--features", features];
            let module = toolchain.build_with(workspace, &choice, optimised, MEMORY)?.join(name).with_extension("wasm");
            bind(workspace, &module, &products(workspace).join(name), NAME, "web")?;
        }
        Ok(())
    })
}

/// Writes the SHA-256 of the components of the page's built-in rules. A record names its policy by digest, and the page
/// must recognise its built-in ones. The file is written only if it has changed, so that the page is not rebuilt
/// without need.
fn digests(workspace: &Workspace) -> Result<()> {
    let digest = |name: &str| Ok((name.to_owned(), digest(&workspace.policies().join(name).with_extension("wasm"))?));
    let digests = POLICIES.map(digest).into_iter().collect::<Result<BTreeMap<String, String>>>()?;
    let (file, text) = (products(workspace).join("policies.json"), serde_json::to_string(&digests)?);
    if fs::read_to_string(&file).is_ok_and(|written| written == text) {
        return Ok(());
    }
    fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))
}

fn digest(file: &Path) -> Result<String> {
    let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(format!("{:x}", Sha256::digest(bytes)))
}

/// Runs the page's tests in a browser, with the program.
pub fn test(workspace: &Workspace, program: &Path, extent: Extent, args: &[String]) -> Result<()> {
    let node = NodeJs::find(workspace)?;
    packages(workspace, &node)?;
    let recorded = recorded(workspace)?;
    let mut npm = npm(workspace, &node);
    npm.args(["run", "--silent", "test", "--"]).args(args).env("SWAPAROO_PROGRAM", program);
    npm.env("SWAPAROO_POLICIES", workspace.policies()).env("SWAPAROO_CHROMIUM", chromium()?);
    if extent == Extent::All {
        npm.env("SWAPAROO_NIGHTLY", "1");
    }
    let report = workspace.products().join("debugger-tests.json");
    let ended = run(npm.env("SWAPAROO_IDENTITY", recorded).env("PLAYWRIGHT_JSON_OUTPUT_FILE", &report));
    ended.map_err(|error| match page_report::failed(&report) {
        Ok(failed) if !failed.is_empty() => anyhow!("failed: {}", failed.join("; ")),
        _ => error,
    })
}

/// Records tasks of the explorations with the steps of the runner's engine; the page must take the same steps.
pub fn recorded(workspace: &Workspace) -> Result<PathBuf> {
    let file = workspace.products().join("identity.jsonl");
    let program = native::build_example(workspace, "identity")?;
    if !is_current(&file, &program) {
        step("record tasks of the explorations", || run(Command::new(&program).arg(&file)))?;
    }
    Ok(file)
}

/// The browser that `SWAPAROO_CHROMIUM` names, or the installed one.
fn chromium() -> Result<PathBuf> {
    let find = || {
        let folders: Vec<_> = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect();
        let mut programs = CHROMIUM.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
        programs.find(|program| program.is_file())
    };
    if let Some(named) = std::env::var_os("SWAPAROO_CHROMIUM") {
        return Ok(named.into());
    }
    if let Some(found) = find() {
        return Ok(found);
    }
    apt::install("a browser, for the tests of the debugger's page", &["chromium"])?;
    find().context("chromium was not found: install it, or set SWAPAROO_CHROMIUM to its path")
}

/// Installs the npm packages of `package-lock.json`. Their installation scripts are not run.
pub fn packages(workspace: &Workspace, node: &NodeJs) -> Result<()> {
    let lock = folder(workspace).join("package-lock.json");
    let stamp = folder(workspace).join("node_modules/.installed");
    let wanted = fingerprint(&[lock])?;
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    step("install the page's npm packages into debugger/web/node_modules (about 150 MB)", || {
        run(npm(workspace, node).args(["ci", "--ignore-scripts"]))?;
        // Written last, so that an interrupted installation is repeated.
        Ok(fs::write(&stamp, &wanted)?)
    })
}

/// npm, in the folder of the page's sources.
pub fn npm(workspace: &Workspace, node: &NodeJs) -> Command {
    let mut npm = node.npm();
    npm.current_dir(folder(workspace));
    npm
}

/// When the page's inputs last changed; a removed file has changed its folder.
fn newest(workspace: &Workspace) -> io::Result<SystemTime> {
    let mut newest = SystemTime::UNIX_EPOCH;
    let others = NOT_OF_THE_PAGE.map(|name| folder(workspace).join(name));
    let mut paths = vec![folder(workspace), products(workspace)];
    paths.extend(SOURCES_OF_RULES.map(|path| workspace.root.join(path)));
    while let Some(path) = paths.pop() {
        let metadata = fs::metadata(&path)?;
        newest = newest.max(metadata.modified()?);
        if metadata.is_dir() {
            let entries = fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path()));
            let entries = entries.collect::<io::Result<Vec<_>>>()?;
            paths.extend(entries.into_iter().filter(|path| !others.contains(path)));
        }
    }
    Ok(newest)
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.root.join("debugger/web")
}

fn products(workspace: &Workspace) -> PathBuf {
    workspace.products().join("debugger-module")
}
