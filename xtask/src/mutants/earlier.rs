//! The outcomes of a run that was interrupted, with which another one goes on: `target/mutants/judged.json`.

use super::name::Names;
use super::outcomes::{Outcome, Outcomes};
use crate::step::text;
use crate::workspace::Workspace;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;
use std::process::Command;

/// What decides the outcome of a mutant.
const SOURCES: [&str; 9] = [
    "plugin",
    "sim",
    "core",
    "contract",
    "placement",
    "wit",
    "tests/mutants/tests",
    "tests/mutants/Cargo.toml",
    ".cargo/mutants.toml",
];
const FILE: &str = "judged.json";

/// What was judged of these sources.
#[derive(Default, Serialize, Deserialize)]
pub struct Earlier {
    /// The sources, as git knows them, with their changes that are not committed.
    sources: String,
    /// The outcomes.
    pub outcomes: Vec<Outcome>,
}

impl Earlier {
    /// Nothing was judged yet of the present sources.
    pub fn none(workspace: &Workspace) -> Result<Self> {
        Ok(Self { sources: sources(workspace)?, outcomes: Vec::new() })
    }

    /// What the run before this one has judged, and those before it with which it went on. If the sources have changed
    /// since, this is nothing.
    pub fn read(workspace: &Workspace, folder: &Path, names: &Names) -> Result<Self> {
        let mut now = Self::none(workspace)?;
        let Ok(written) = fs::read_to_string(folder.join(FILE)) else { return Ok(now) };
        let before: Self = serde_json::from_str(&written).with_context(|| format!("cannot parse {FILE}"))?;
        if before.sources == now.sources {
            now.outcomes = before.outcomes;
            // An interrupted run may have written nothing, or half of the file.
            now.outcomes.extend(Outcomes::read(&super::out(folder), names).map(|last| last.all).unwrap_or_default());
        }
        Ok(now)
    }

    /// Writes it, before a run whose outcomes come after it.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let file = folder.join(FILE);
        fs::write(&file, serde_json::to_string(self)?).with_context(|| format!("cannot write {}", file.display()))
    }

    /// Regular expressions for the mutants that are judged.
    pub fn excluded(&self) -> impl Iterator<Item = String> {
        self.outcomes.iter().map(|outcome| format!("^{}$", escaped(&outcome.printed)))
    }
}

fn sources(workspace: &Workspace) -> Result<String> {
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        text(git.current_dir(&workspace.root).args(arguments))
    };
    let committed = git(&[&["ls-tree", "HEAD", "--"][..], &SOURCES].concat())?;
    let changed = git(&[&["diff", "HEAD", "--"][..], &SOURCES].concat())?;
    Ok([committed, changed].join("\n"))
}

/// The text as a regular expression that matches it.
fn escaped(text: &str) -> String {
    let escape = |letter: char| if r"\.+*?()|[]{}^$#&-~".contains(letter) { vec!['\\', letter] } else { vec![letter] };
    text.chars().flat_map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::super::outcomes::Summary;
    use super::*;

    #[test]
    fn a_judged_mutant_is_excluded_by_its_whole_name() {
        let printed = "a.rs:9:5: replace f -> Vec<T> with vec![]".to_owned();
        let outcome = Outcome { name: String::new(), printed, summary: Summary::CaughtMutant, better: Vec::new() };
        let earlier = Earlier { sources: String::new(), outcomes: vec![outcome] };
        let excluded: Vec<_> = earlier.excluded().collect();
        assert_eq!(excluded, [r"^a\.rs:9:5: replace f \-> Vec<T> with vec!\[\]$"]);
    }
}
