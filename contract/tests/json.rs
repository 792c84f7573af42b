//! The contract's JSON: stored values keep their form, and every kind has its name.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a failing unwrap shows its line; clippy.toml allows this in tests, and this line in their helpers"
)]

use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use swaparoo_contract::*;

/// Folders of stored records, from the workspace's root.
const FOLDERS: [&str; 2] = ["tests/records", "tests/fuzz/corpus/record"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every stored record, with the name of its file.
fn records() -> Vec<(PathBuf, Value)> {
    let files = FOLDERS.iter().flat_map(|folder| fs::read_dir(root().join(folder)).unwrap());
    let read = |file: PathBuf| (file.clone(), serde_json::from_slice(&fs::read(file).unwrap()).unwrap());
    files.map(|file| read(file.unwrap().path())).collect()
}

/// The value that a type makes of this one, in JSON again.
fn again<T: Serialize + DeserializeOwned>(value: &Value) -> Value {
    let read: T = serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{error}: {value}"));
    serde_json::to_value(read).unwrap()
}

#[test]
fn a_stored_record_reads_and_writes_as_the_same_json() {
    let mut exchanges = 0;
    for (file, record) in records() {
        assert_eq!(again::<Task>(&record["task"]), record["task"], "{}", file.display());
        for exchange in record["history"].as_array().unwrap() {
            assert_eq!(&again::<Exchange>(exchange), exchange, "{}", file.display());
            exchanges += 1;
        }
        for step in record["steps"].as_array().into_iter().flatten() {
            assert_eq!(&again::<Step>(step), step, "{}", file.display());
        }
    }
    assert!(exchanges >= 91, "only {exchanges} exchanges are stored");
}

/// Checks that serde knows these names: an unknown name is an unknown variant, and a known one lacks only its fields.
fn known<T: DeserializeOwned + Debug>(names: &[&str]) {
    assert!(!names.is_empty());
    for name in names {
        let read = serde_json::from_value::<T>(json!({ "kind": name })).map_err(|error| error.to_string());
        assert!(!matches!(&read, Err(error) if !error.contains("missing field")), "{name}: {read:?}");
    }
    assert!(serde_json::from_value::<T>(json!({ "kind": "no-such-kind" })).is_err());
}

#[test]
fn every_kind_has_the_contracts_name_in_json() {
    known::<Task>(&Task::NAMES);
    known::<Effect>(&Effect::NAMES);
    known::<Reply>(&Reply::NAMES);
    known::<Step>(&Step::NAMES);
    known::<Outcome>(&Outcome::NAMES);
    known::<Failure>(&Failure::NAMES);
}

/// `all`, with the name of each.
fn named<T: Serialize + Copy, const N: usize>(all: [T; N], name: fn(T) -> &'static str) {
    for case in all {
        assert_eq!(serde_json::to_value(case).unwrap(), json!(name(case)));
    }
}

#[test]
fn every_case_of_an_enum_has_the_contracts_name_in_json() {
    named(TaskKind::ALL, TaskKind::name);
    named(MigrationType::ALL, MigrationType::name);
    named(DestinationCheck::ALL, DestinationCheck::name);
    named(ServerState::ALL, ServerState::name);
    named(AllocationsFate::ALL, AllocationsFate::name);
}

/// The lists are those of the contract's text, which the generator's parser has no part in.
#[test]
fn the_names_are_those_of_the_contracts_text() {
    let text = fs::read_to_string(root().join("wit/migrations.wit")).unwrap();
    let cases = |head: &str| -> Vec<String> {
        let body = text.split(head).nth(1).and_then(|rest| rest.split("\n    }").next()).unwrap();
        let lines = body.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("///"));
        lines.map(|line| line.split(['(', ',']).next().unwrap().to_owned()).collect()
    };
    assert_eq!(cases("variant task {"), Task::NAMES);
    assert_eq!(cases("variant effect {"), Effect::NAMES);
    assert_eq!(cases("variant reply {"), Reply::NAMES);
    assert_eq!(cases("variant step {"), Step::NAMES);
    assert_eq!(cases("variant outcome {"), Outcome::NAMES);
    assert_eq!(cases("variant failure {"), Failure::NAMES);
    assert_eq!(cases("enum task-kind {"), TaskKind::ALL.map(TaskKind::name));
}

#[test]
fn a_missing_option_is_null() {
    let holding = Holding { consumer: "c".into(), owner: None, allocations: Vec::new() };
    assert_eq!(serde_json::to_value(holding).unwrap(), json!({ "consumer": "c", "owner": null, "allocations": [] }));
    // A record that leaves it out is read as well.
    let read: Holding = serde_json::from_value(json!({ "consumer": "c", "allocations": [] })).unwrap();
    assert_eq!(read.owner, None);
}

#[test]
fn an_answer_names_what_it_answers() {
    let read = serde_json::from_value::<Reply>;
    assert!(read(json!({ "kind": "cell", "cell": null })).is_ok());
    for kind in ["cell", "migration", "service", "availability-zone", "compute-node"] {
        let error = read(json!({ "kind": kind })).unwrap_err().to_string();
        assert!(error.contains("missing field"), "{kind}: {error}");
    }
}

#[test]
fn unknown_fields_in_requests_are_refused() {
    let read = serde_json::from_value::<HostNode>;
    assert!(read(json!({ "host": "h", "node": "n" })).is_ok());
    assert!(read(json!({ "host": "h", "node": "n", "hots": "h" })).unwrap_err().to_string().contains("`hots`"));
    // Types in records may have fields that this version does not know.
    let amount = json!({ "class": "VCPU", "amount": 1, "unit": "one" });
    assert!(serde_json::from_value::<ResourceAmount>(amount).is_ok());
}

#[test]
fn a_reasons_data_is_an_object_in_json_and_text_in_a_component() {
    let of = |reason: Reason| serde_json::to_string(&reason).unwrap();
    let refusal = Refusal { status: 409, code: "c".into(), detail: "d".into() };
    let conflict = BuiltInReason::ConsumerConflict(Conflict { attempt: Attempt { number: 1, of: 4 }, refusal });
    let data = r#"{"attempt":{"number":1,"of":4},"refusal":{"status":409,"code":"c","detail":"d"}}"#;
    let json = format!(r#"{{"code":"consumer-conflict","data":{data}}}"#);
    assert_eq!(of(conflict.clone().into()), json, "the fields keep their order");
    let read: Reason = serde_json::from_str(&json).unwrap();
    assert_eq!((read.data.as_deref(), read.built_in()), (Some(data), Some(conflict)));
    assert_eq!(of(BuiltInReason::BothEmpty.into()), r#"{"code":"both-empty","data":null}"#);
    assert_eq!(of(Reason::with_text("my-rule", "\"it\"")), r#"{"code":"my-rule","data":{"text":"\"it\""}}"#);
    let read = |json: &str| serde_json::from_str::<Reason>(json);
    assert_eq!(read(r#"{"code":"both-empty"}"#).unwrap(), BuiltInReason::BothEmpty.into());
    // As in a journal of an older version.
    assert_eq!(read(r#"{"kind":"read-both","number":1,"of":6}"#).unwrap().code, "read-both");
    for wrong in [r#"{"code":"x","data":[]}"#, r#"{"code":"x","data":"{}"}"#, r#"{"data":{}}"#] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn every_kind_of_data_is_read_as_it_was_written() {
    let [error, detail, status] = ["E", "d", "error"].map(String::from);
    let nova = NovaError { error, detail: detail.clone() };
    let (server, migration, migration_type) = ("s".into(), "m".into(), MigrationType::LiveMigration);
    let reasons = [
        BuiltInReason::TargetHolds(Owner { project: "p".into(), user: "u".into(), generation: 3 }),
        BuiltInReason::OrphanTarget(OrphanRecord { generation: 0 }),
        BuiltInReason::NodeIsHeld(Node { node: "n".into() }),
        BuiltInReason::NoAnswer(Silence { detail: detail.clone() }),
        BuiltInReason::NotPlacement(ForeignAnswer { status: 502, body: "<html>".into() }),
        BuiltInReason::MigrationReused(OfMigration { migration: "m".into() }),
        BuiltInReason::HostTooOld(OfHost { host: "h".into() }),
        BuiltInReason::RollingBack(nova),
        BuiltInReason::MigrationHasEnded(MigrationRecord { migration, server, migration_type, status }),
        BuiltInReason::SameConsumer,
    ];
    for reason in reasons {
        assert_eq!(Reason::from(reason.clone()).built_in(), Some(reason));
    }
}

#[test]
fn the_built_in_codes_differ() {
    let codes: std::collections::BTreeSet<&str> = BuiltInReason::CODES.iter().copied().collect();
    assert_eq!(codes.len(), BuiltInReason::CODES.len());
}

/// wit-bindgen makes an enum of its number in the contract's order.
#[test]
fn an_enum_converts_to_its_number() {
    for (number, kind) in TaskKind::ALL.into_iter().enumerate() {
        assert_eq!(TaskKind::_lift(u8::try_from(number).unwrap()), kind);
        assert_eq!(kind as usize, number);
    }
}
