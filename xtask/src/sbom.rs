//! `cargo xtask sbom`: the program's dependencies as CycloneDX documents, and the licences' texts.
//!
//! The crate `cyclonedx-bom` would write the same document, but it and its dependencies take longer to build than all
//! of xtask.

use crate::debugger;
use crate::inventory::{self, Dependency};
use crate::licenses;
use crate::node::NodeJs;
use crate::step::{say, step, text};
use crate::workspace::Workspace;
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// Writes `target/sbom/{swaparoo,debugger}.cdx.json` and `target/sbom/THIRD-PARTY-LICENSES.txt`.
pub fn write(workspace: &Workspace) -> Result<()> {
    step("list the program's dependencies", || {
        let folder = workspace.products().join("sbom");
        fs::create_dir_all(&folder)?;
        let (crates, packages) = (inventory::crates(workspace)?, inventory::npm_packages(workspace)?);
        let program = serde_json::to_string_pretty(&document(&crates)?)?;
        save(&folder.join("swaparoo.cdx.json"), &program)?;
        save(&folder.join("debugger.cdx.json"), &page(workspace)?)?;
        let third = crates.iter().filter(|one| one.source.is_some()).chain(&packages);
        save(&folder.join("THIRD-PARTY-LICENSES.txt"), &licenses::texts(third)?)?;
        say(&format!("{} crates and {} npm packages: {}", crates.len(), packages.len(), folder.display()));
        Ok(())
    })
}

/// npm can write the same kind of document.
fn page(workspace: &Workspace) -> Result<String> {
    let mut npm = debugger::npm(workspace, &NodeJs::find(workspace)?);
    text(npm.args(["sbom", "--omit=dev", "--sbom-format=cyclonedx", "--package-lock-only"]))
}

/// CycloneDX 1.6 in JSON, without times and serial numbers, so that the same sources give the same bytes.
fn document(crates: &[Dependency]) -> Result<Value> {
    let program = crates.iter().find(|one| one.name == "swaparoo").context("the program has no crate `swaparoo`")?;
    let of_others = crates.iter().filter(|one| one.name != "swaparoo");
    Ok(json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": { "component": component("application", program) },
        "components": of_others.map(|one| component("library", one)).collect::<Vec<_>>(),
    }))
}

fn component(kind: &str, of: &Dependency) -> Value {
    let Dependency { name, version, license, description, source, .. } = of;
    let purl = format!("pkg:cargo/{name}@{version}");
    let licenses = license.as_deref().map(licenses::expression).map(|license| json!([{ "expression": license }]));
    let fields = [
        ("type", Some(json!(kind))),
        ("bom-ref", Some(json!(purl))),
        ("name", Some(json!(name))),
        ("version", Some(json!(version))),
        // The workspace's own crates are not in a registry.
        ("purl", source.is_some().then(|| json!(purl))),
        ("licenses", licenses),
        ("description", description.as_deref().map(|text| json!(text.trim()))),
    ];
    fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

fn save(file: &Path, text: &str) -> Result<()> {
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}
