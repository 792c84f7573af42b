//! The runner decides every record in `tests/records`, such as those that the debugger's page saved, again under the
//! record's policy: the steps and the end must be the same.

use std::path::{Path, PathBuf};

use swaparoo::engine::{Cache, Engine, Limits};
use swaparoo::record;
use swaparoo::replay::{Replay, replay};

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("records");
    let mut files: Vec<_> = folder.read_dir().unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn each_is_decided_as_it_was() {
    let engine = Engine::new(Limits::default(), Cache::off()).unwrap();
    let files = files();
    assert!(files.len() >= 4, "{files:?}");
    for file in &files {
        let record = record::read(file).unwrap();
        let policy = engine.resolve(&record.policy.name).unwrap();
        assert_eq!(policy.description().version, record.policy.version, "{}", file.display());
        match replay(&record, &policy).unwrap() {
            // The last step is the end, and each other step has effects.
            Replay::Same { steps } => assert!(1 < steps.len() && steps.len() <= record.history.len() + 1),
            parts @ Replay::Parts { .. } => panic!("{}: {parts:#?}", file.display()),
        }
    }
}
