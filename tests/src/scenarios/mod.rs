//! Scenarios of whole migrations as data: who answers what, which effects are expected in which order, how it ends, who
//! holds what then. One file each in `tests/scenarios/`; `Scenario` says what is in one.

mod cast;
mod lines;
mod play;
mod stage;

pub use play::{Played, play};

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One file. `{server}`, `{migration}`, `{source}`, `{first}`, `{second}`, `{nested}` and `{port}` stand for their ids
/// anywhere in it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// In a sentence.
    pub title: String,
    /// Where it comes from: a row of the facts, a line of the seed, or nova's unit test.
    pub stands_for: String,
    /// Under which policies it goes so.
    pub policies: Vec<String>,
    /// The task; what is left out is a resize's, from `source` to wherever the scheduler says.
    pub task: BTreeMap<String, Value>,
    /// Who holds what of which provider at the beginning, in VCPU; left out, the server 2 of `source`. An empty one is a
    /// consumer record without allocations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<BTreeMap<String, BTreeMap<String, u64>>>,
    /// What nova answers, by the effect's name; several are given in turn, the last one from then on. Left out: as when
    /// all goes well.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub nova: BTreeMap<String, Vec<Value>>,
    /// What goes wrong with Placement, by the request: `read 2`, `write 1`, or from one on, `write 2..`. One of `unsent`,
    /// `lost`, `lost, done`, `refused`, `provider conflict`, `empty record`, `forbidden`, `bad gateway`, `not found`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub placement: BTreeMap<String, String>,
    /// What others do just before a request, named as above, or before an effect of nova's. One of `server deleted`,
    /// `server touched`, `migration touched`, `server claims`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub meanwhile: BTreeMap<String, String>,
    /// The effects, a step a line.
    #[serde(default)]
    pub asks: Vec<String>,
    /// `finished` or `failed`, and the fields of the outcome or failure that matter.
    pub ends: BTreeMap<String, Value>,
    /// Who holds what at the end, as in `before`.
    pub holds: BTreeMap<String, BTreeMap<String, u64>>,
}

/// All files, by name.
///
/// # Panics
/// When one cannot be read.
#[expect(clippy::panic, reason = "a test helper: the message names the file")]
pub fn all() -> BTreeMap<PathBuf, Scenario> {
    let mut files = Vec::new();
    find(&Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios"), &mut files);
    let read = |file: &PathBuf| {
        let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    };
    files.iter().map(|file| (file.clone(), read(file))).collect()
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            find(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
}
