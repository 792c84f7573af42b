//! Transcripts of whole migrations as data: the answers, the expected effects in order, the end, and the final
//! allocations. One file each in `tests/scenarios/`; `Scenario` describes the format. `README.md` there says why this is not
//! the format of `sim/scenarios/`.

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
    /// One sentence.
    pub title: String,
    /// Its source: a row of the facts, a line of the seed, or a unit test of nova.
    pub stands_for: String,
    /// The policies for which it holds.
    pub policies: Vec<String>,
    /// The task. The default fields are those of a resize, from `source` to a host of the scheduler's choice.
    pub task: BTreeMap<String, Value>,
    /// The allocations at the beginning, in VCPU, by consumer and provider; by default the server holds 2 on `source`.
    /// An empty entry is a consumer record without allocations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<BTreeMap<String, BTreeMap<String, u64>>>,
    /// nova's answers, by the effect's name. Several answers are given in turn, and the last one is repeated. The
    /// default is the answer of a run without faults.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub nova: BTreeMap<String, Vec<Value>>,
    /// Faults of Placement, by request: `read 2`, `write 1`, or from one on, `write 2..`. One of `unsent`,
    /// `lost`, `lost, done`, `refused`, `provider conflict`, `empty record`, `forbidden`, `bad gateway`, `not found`,
    /// `server error`, `server error, done`, `server error, forgotten`, `stale` (a read is answered as before every
    /// migration).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub placement: BTreeMap<String, String>,
    /// Changes by other clients just before a request, named as above, or before an effect on nova. One of
    /// `server deleted`, `server touched`, `migration touched`, `server claims`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub meanwhile: BTreeMap<String, String>,
    /// The expected effects, one step a line.
    #[serde(default)]
    pub asks: Vec<String>,
    /// `finished` or `failed`, and the fields of the outcome or failure to compare.
    pub ends: BTreeMap<String, Value>,
    /// The allocations at the end, as in `before`.
    pub holds: BTreeMap<String, BTreeMap<String, u64>>,
}

/// All files, by name.
///
/// # Panics
/// If a file cannot be read.
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
