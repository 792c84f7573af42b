//! The texts of the licences, which must be distributed with the program.

use crate::inventory::Dependency;
use anyhow::{Context, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

/// How the names of licence files begin.
const BEGIN: [&str; 6] = ["license", "licence", "copying", "notice", "unlicense", "copyright"];

/// Each text once, after the names of all packages with it; then the packages without a licence file.
pub fn texts<'c>(components: impl Iterator<Item = &'c Dependency>) -> Result<String> {
    let mut by_text: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut without = BTreeSet::new();
    for one in components {
        let name = format!("{} {} ({})", one.name, one.version, one.license.as_deref().unwrap_or("no licence given"));
        let files = files(one)?;
        if files.is_empty() {
            without.insert(name.clone());
        }
        for file in files {
            let text = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            let text = String::from_utf8_lossy(&text).trim().replace("\r\n", "\n");
            by_text.entry(text).or_default().insert(name.clone());
        }
    }
    let mut all = String::from("Swaparoo contains the following third-party software, under these licences.\n");
    for (text, names) in by_text {
        write!(all, "\n{}\n{}\n\n{text}\n", "=".repeat(100), lines(names))?;
    }
    if !without.is_empty() {
        write!(
            all,
            "\n{}\nPackages without a licence file; the licence is as named:\n{}\n",
            "=".repeat(100),
            lines(without)
        )?;
    }
    Ok(all)
}

fn lines(names: BTreeSet<String>) -> String {
    names.into_iter().collect::<Vec<_>>().join("\n")
}

fn files(of: &Dependency) -> Result<Vec<PathBuf>> {
    let Some(folder) = of.manifest_path.parent() else { return Ok(Vec::new()) };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().to_lowercase();
        if entry.file_type()?.is_file() && BEGIN.iter().any(|begin| name.starts_with(begin)) {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

/// Older manifests say `MIT/Apache-2.0`, which is not an SPDX expression.
pub fn expression(license: &str) -> String {
    license.replace('/', " OR ")
}
