//! Writes the scenarios of `sim/scenarios/stories.json` as Rust constants, since the module that the page loads first has
//! no JSON parser: it would be half as large again. It has code for a resize and for the rollback of one. A test compares
//! each scenario with what the reader of `swaparoo-sim` makes of the file.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde::Deserialize;

const FILE: &str = "../../sim/scenarios/stories.json";

/// What the constants contain of a scenario's file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    name: String,
    page: PageEntry,
    task: ScenarioTask,
    cloud: ScenarioCloud,
    #[serde(default)]
    events: Vec<Event>,
    #[serde(rename = "ends")]
    _ends: serde::de::IgnoredAny,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PageEntry {
    title: String,
    text: String,
    policy: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScenarioTask {
    kind: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScenarioCloud {
    neighbours: bool,
    #[serde(default)]
    full: Vec<String>,
    #[serde(default)]
    migration: Option<Migration>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Migration {
    #[serde(rename = "type")]
    migration_type: String,
    status: String,
    swap: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    effect: String,
    nth: usize,
    what: String,
}

fn main() {
    println!("cargo::rerun-if-changed={FILE}");
    if let Err(error) = write() {
        println!("cargo::error={FILE}: {error}");
    }
}

fn write() -> Result<(), Box<dyn Error>> {
    let scenarios: Vec<Scenario> = serde_json::from_str(&fs::read_to_string(Path::new(FILE))?)?;
    let views: String = scenarios.iter().map(view).collect();
    let starts = scenarios.iter().map(start).collect::<Result<String, _>>()?;
    let count = scenarios.len();
    let text = format!(
        "/// All scenarios, in the order of the page.\n\
         pub const ALL: [ScenarioView; {count}] = [\n{views}];\n\
         /// How they begin, in the same order.\n\
         const STARTS: [Start; {count}] = [\n{starts}];\n"
    );
    let folder = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    Ok(fs::write(folder.join("scenarios.rs"), text)?)
}

fn view(Scenario { name, page: PageEntry { title, text, policy }, .. }: &Scenario) -> String {
    format!("    ScenarioView {{ id: {name:?}, title: {title:?}, text: {text:?}, policy: {policy:?} }},\n")
}

fn start(Scenario { name, task, cloud, events, .. }: &Scenario) -> Result<String, Box<dyn Error>> {
    let swapped = |one: &Migration| one.migration_type == "resize" && one.swap == "made";
    let reverts = match (task.kind.as_str(), &cloud.migration) {
        ("migrate", None) => None,
        ("revert", Some(migration)) if swapped(migration) => Some(&migration.status),
        _ => return Err(format!("{name} is neither a resize nor the rollback of one that has swapped").into()),
    };
    if !cloud.neighbours {
        return Err(format!("{name} has no neighbours, which the page's clouds have").into());
    }
    let event = |one: &Event| format!("({:?}, {}, {:?}), ", one.effect, one.nth, one.what);
    let events: String = events.iter().map(event).collect();
    Ok(format!("    Start {{ full: &{:?}, reverts: {reverts:?}, events: &[{events}] }},\n", cloud.full))
}
