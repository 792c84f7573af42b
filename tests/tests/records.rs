//! The runner decides every record in `tests/records`, such as those that the debugger's page saved, again under the
//! record's policy: the steps and the end must be the same.

use std::path::{Path, PathBuf};

use swaparoo::engine::{Cache, Engine, Limits};
use swaparoo::record::{self, End, Record};
use swaparoo::replay::{Replay, replay};
use swaparoo::simulation::conform::conform;

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("records");
    let mut files: Vec<_> = folder.read_dir().unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

/// An end is free JSON: its numbers stay the same when the record is written and read again.
#[test]
fn a_number_with_many_digits_is_kept() {
    let bytes = std::fs::read(&files()[0]).unwrap();
    let mut record = Record::parse(Path::new("record.json"), &bytes).unwrap();
    for number in ["3.3333333333333334e+31", "0.1", "5e-324", "1.7976931348623157e308", "18446744073709551615"] {
        record.end = End::Finished(serde_json::from_str(&format!("{{\"kind\": \"moved\", \"n\": {number}}}")).unwrap());
        let again = Record::parse(Path::new("record.json"), &serde_json::to_vec(&record).unwrap()).unwrap();
        assert_eq!(again, record, "{number}");
    }
}

#[test]
fn each_is_a_path_of_the_model() {
    for file in files() {
        let record = record::read(&file).unwrap();
        let found = conform(&record.task, &record.history);
        assert_eq!(found.departure, None, "{}", file.display());
    }
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
