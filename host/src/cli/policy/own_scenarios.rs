//! Scenarios of a policy's author, in the format of `sim/scenarios/`.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, ensure};
use swaparoo::simulation::scenario::{self, Scenario, built_in};

/// Reads the files (*.json) of a folder, sorted by name. Each scenario needs a name of its own and an allowed end.
pub fn read(folder: &Path) -> anyhow::Result<Vec<Scenario>> {
    let files = super::json_files(folder).with_context(|| format!("cannot read the folder {}", folder.display()))?;
    ensure!(!files.is_empty(), "{} has no scenario: it has no file *.json", folder.display());
    let mut names: BTreeSet<String> = built_in().iter().map(|one| one.name.clone()).collect();
    let mut all = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        for one in scenario::read(&text).with_context(|| format!("cannot use {}", file.display()))? {
            check(&one, &mut names).with_context(|| format!("cannot use {}", file.display()))?;
            all.push(one);
        }
    }
    Ok(all)
}

fn check(scenario: &Scenario, names: &mut BTreeSet<String>) -> anyhow::Result<()> {
    let Scenario { name, allowed, requests, server_states, history, .. } = scenario;
    ensure!(names.insert(name.clone()), "there is another scenario with the name {name}: give it a name of its own");
    ensure!(!allowed.is_empty(), "the scenario {name} allows no end: say in `allowed` how its task may end");
    let is_simulated = requests.is_empty() && server_states.is_empty() && history.is_empty();
    ensure!(is_simulated, "the scenario {name} has a field for tests with a real Placement: {REAL}");
    Ok(())
}

const REAL: &str = "leave out `requests`, `server_states` and `history`";
