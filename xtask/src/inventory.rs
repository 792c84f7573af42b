//! Lists the crates and npm packages in the program: those that are linked into it and into the WebAssembly that it
//! embeds. Packages that only run during the build are left out.

use crate::node::NodeJs;
use crate::step::text;
use crate::workspace::Workspace;
use crate::{debugger, native};
use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The packages whose WebAssembly the program embeds: the policies, and the debugger's modules.
const BUILDS: [&[&str]; 3] = [
    &["--package", "swaparoo", "--target", "x86_64-unknown-linux-gnu"],
    &["--package", "swaparoo-plugin", "--target", "wasm32-unknown-unknown", "--features=browser"],
    &["--package", "swaparoo-debugger", "--target", "wasm32-unknown-unknown", "--features=full"],
];

/// A crate or an npm package of the page.
#[derive(Debug, Clone, Deserialize)]
pub struct Dependency {
    pub name: String,
    pub version: String,
    /// The licence as an SPDX expression.
    pub license: Option<String>,
    pub description: Option<String>,
    /// The path of its manifest; the licence's text is next to it.
    #[serde(default)]
    pub manifest_path: PathBuf,
    /// The registry; none for the workspace's own crates.
    #[serde(default)]
    pub source: Option<String>,
}

#[derive(Deserialize)]
struct DependencyMetadata {
    packages: Vec<Dependency>,
}

/// The crates, sorted.
pub fn crates(workspace: &Workspace) -> Result<Vec<Dependency>> {
    let mut linked = BTreeSet::new();
    for build in BUILDS {
        let mut cargo = native::cargo(workspace);
        cargo.args(["tree", "--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}"]).args(build);
        // `name v1.2.3`, with more text for the workspace's own crates and for repeated ones.
        let tree = text(&mut cargo)?;
        linked.extend(tree.lines().filter_map(|line| {
            let mut words = line.split(' ');
            Some((words.next()?.to_owned(), words.next()?.strip_prefix('v')?.to_owned()))
        }));
    }
    let metadata = text(native::cargo(workspace).args(["metadata", "--format-version", "1"]))?;
    let metadata: DependencyMetadata = serde_json::from_str(&metadata).context("cannot parse `cargo metadata`")?;
    let mut crates = metadata.packages;
    crates.retain(|one| linked.contains(&(one.name.clone(), one.version.clone())));
    crates.sort_by(|one, other| (&one.name, &one.version).cmp(&(&other.name, &other.version)));
    Ok(crates)
}

/// The npm packages that may be part of the page, sorted.
pub fn npm_packages(workspace: &Workspace) -> Result<Vec<Dependency>> {
    let node = NodeJs::find(workspace)?;
    debugger::packages(workspace, &node)?;
    let folders = text(debugger::npm(workspace, &node).args(["ls", "--all", "--omit=dev", "--parseable"]))?;
    // The first entry is the page itself.
    let mut packages = folders.lines().skip(1).map(npm_package).collect::<Result<Vec<_>>>()?;
    packages.sort_by(|one, other| (&one.name, &one.version).cmp(&(&other.name, &other.version)));
    Ok(packages)
}

fn npm_package(folder: &str) -> Result<Dependency> {
    let manifest_path = Path::new(folder).join("package.json");
    let manifest = fs::read(&manifest_path).with_context(|| format!("cannot read {}", manifest_path.display()))?;
    let package =
        serde_json::from_slice(&manifest).with_context(|| format!("cannot read {}", manifest_path.display()))?;
    Ok(Dependency { manifest_path, source: Some("npm".to_owned()), ..package })
}
