//! What the page says about a record: only what was recorded, for any policy; and no verdict on what was not read.

use std::path::Path;

use serde_json::{Value, json};
use swaparoo_core::record::Record;
use swaparoo_debugger::course::Course;
use swaparoo_debugger::known::Fact;
use swaparoo_debugger::opening::{Opening, Source};
use swaparoo_debugger::recorded::recorded;

use super::{history, play, story};

const SERVER: &str = "c0ffee00-0000-4000-8000-000000000001";
const MIGRATION: &str = "319ba710-0000-4000-8000-000000000001";

/// A file of `tests/records`.
fn kept(name: &str) -> Record {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/records");
    let file = folder.join(name).with_extension("json");
    Record::parse(&file, &std::fs::read(&file).unwrap()).unwrap()
}

fn opened(record: Record) -> Opening {
    Opening::of(Source::Task { task: record.task, history: record.history, end: Some(record.end) }).unwrap()
}

/// Makes a record from JSON.
fn made(task: Value, history: Value, end: Value) -> Opening {
    let read = |value| serde_json::from_value(value).unwrap();
    let end = Some(serde_json::from_value(end).unwrap());
    Opening::of(Source::Task { task: serde_json::from_value(task).unwrap(), history: read(history), end }).unwrap()
}

fn failed(code: &str) -> Value {
    json!({ "failed": { "code": code, "detail": "as it was recorded", "data": null } })
}

fn at_end<'a>(course: &'a Course, consumer: &str) -> &'a swaparoo_debugger::moment::Held {
    course.moments.last().unwrap().consumer(consumer).unwrap()
}

#[test]
fn a_record_is_drawn_with_its_own_exchanges_and_its_own_end() {
    let record = kept("conductor-killed-nova-34");
    let (there, detail) = (
        record.history.clone(),
        "Abandoned: the conductor has fallen silent; the migration record still has the server's allocations",
    );
    let course = recorded(&opened(record), false);
    assert_eq!(history(&course), there);
    assert!(course.exchanges.iter().all(|exchange| exchange.recorded));
    assert_eq!((course.end.name.as_str(), course.end.words.as_str()), ("abandoned", detail));
    assert_eq!((course.leaves_record_at, course.recorded, course.steps.len()), (None, Some(there.len()), 0));
    // It was read that the migration record holds allocations; nova was not asked whether the server exists.
    assert_eq!((course.verdict.kind, course.verdict.wrongs[0].consumer.as_str()), ("leak", MIGRATION));
    assert_eq!(course.verdict.unknown.len(), 1, "{:?}", course.verdict.unknown);
    assert!(
        course.verdict.unknown[0].contains("exists was not asked; if it does, this is a loss"),
        "{:?}",
        course.verdict.unknown
    );
}

#[test]
fn rules_that_go_on_beyond_a_record_leave_it() {
    let record = kept("conductor-killed-nova-34");
    let length = record.history.len();
    let course = play(&opened(record), "standard", &[]);
    assert!(course.exchanges.len() > length);
    let left = course.leaves_record_at.unwrap();
    assert!(left <= length, "{left}");
    assert!(course.exchanges.iter().enumerate().all(|(at, exchange)| exchange.recorded == (at < left)));
    // The model says that the server exists; it was not read.
    assert_ne!(course.verdict.kind, "right");
}

#[test]
fn rules_that_stop_before_the_end_of_a_record_leave_it_and_all_of_it_is_drawn() {
    let taken = play(&story("live-server"), "standard", &[]);
    let short = history(&taken);
    let read = short.iter().find(|exchange| exchange.effect.name() == "get-allocations").unwrap();
    for length in [54, 500, 15_000, 60_000] {
        let mut long = short.clone();
        long.resize(length, read.clone());
        let end = serde_json::from_value(failed("no-valid-host")).unwrap();
        let opening = Opening::of(Source::Task { task: taken.task.clone(), history: long, end: Some(end) }).unwrap();
        assert_eq!(recorded(&opening, false).exchanges.len(), length);
        let course = play(&opening, "standard", &[]);
        assert_eq!((course.exchanges.len(), course.recorded), (short.len(), Some(length)));
        assert_eq!(course.leaves_record_at, Some(short.len()));
    }
}

#[test]
fn an_end_that_is_not_the_recorded_one_leaves_the_record_there() {
    let taken = play(&story("live-server"), "standard", &[]);
    let ends = |code: &str| {
        let end = Some(serde_json::from_value(failed(code)).unwrap());
        Opening::of(Source::Task { task: taken.task.clone(), history: history(&taken), end }).unwrap()
    };
    let left = |code: &str| play(&ends(code), "standard", &[]).leaves_record_at;
    assert_eq!((left("no-valid-host"), left("refused")), (None, Some(taken.exchanges.len())));
}

#[test]
fn where_nothing_was_read_nothing_is_right() {
    let task = serde_json::to_value(&kept("conductor-killed-nova-34").task).unwrap();
    let silence = json!({ "kind": "abandoned", "detail": "the conductor has fallen silent" });
    let asked = json!([{ "effect": { "kind": "get-port-requests", "server": SERVER }, "reply": silence }]);
    let course = recorded(&made(task, asked, failed("abandoned")), false);
    assert_eq!((course.verdict.kind, course.verdict.wrongs.len()), ("unknown", 0));
    let server = at_end(&course, SERVER);
    assert_eq!((server.existence, server.holding), (Fact::NotAsked, Fact::NotAsked));
}

#[test]
fn an_abort_that_had_no_answer_is_unknown() {
    let task = json!({ "kind": "abort", "server": SERVER, "migration": MIGRATION });
    let silence = json!({ "kind": "unreachable", "detail": "connection refused" });
    let asked = json!([{ "effect": { "kind": "get-allocations", "consumer": MIGRATION }, "reply": silence }]);
    let course = recorded(&made(task, asked, failed("unreachable")), false);
    assert_eq!((course.verdict.kind, course.verdict.wrongs.len()), ("unknown", 0));
    assert_eq!(at_end(&course, MIGRATION).holding, Fact::NotKnown);
    assert_eq!(at_end(&course, SERVER).holding, Fact::NotAsked);
}

#[test]
fn an_end_that_says_that_a_person_must_look_is_no_loss() {
    let allocations = json!([{ "provider": "5a1d0000-0000-4000-8000-000000000003", "resources": [{ "class": "VCPU", "amount": 2 }] }]);
    let owner = json!({ "project": "project", "user": "user", "generation": 1 });
    let holds = json!({ "kind": "holding", "consumer": MIGRATION, "owner": owner, "allocations": allocations });
    let nothing = json!({ "kind": "holding", "consumer": SERVER, "owner": null, "allocations": [] });
    let asked = json!([
        { "effect": { "kind": "get-allocations", "consumer": MIGRATION }, "reply": holds },
        { "effect": { "kind": "get-allocations", "consumer": SERVER }, "reply": nothing },
        { "effect": { "kind": "find-server", "server": SERVER }, "reply": { "kind": "server", "state": "unknown" } },
    ]);
    let task = json!({ "kind": "revert", "server": SERVER, "migration": MIGRATION });
    let course = recorded(&made(task, asked, failed("undecided")), false);
    assert!(course.end.needs_person);
    assert_eq!((course.verdict.kind, course.verdict.wrongs.len()), ("person", 0));
    assert_eq!(at_end(&course, SERVER).existence, Fact::NotKnown);
    // What the person will find is still listed.
    assert_eq!(course.verdict.left[0].consumer, MIGRATION);
}

/// A policy's own failure says itself whether a person must look.
#[test]
fn a_policys_own_end_says_whether_a_person_must_look() {
    let task = json!({ "kind": "revert", "server": SERVER, "migration": MIGRATION });
    for needs in [true, false] {
        let data = json!({ "code": "my-failure", "text": "look", "needs_operator": needs });
        let end = json!({ "failed": { "code": "other", "detail": "my-failure: look", "data": data } });
        let course = recorded(&made(task.clone(), json!([]), end), false);
        assert_eq!((course.end.needs_person, course.end.name.as_str()), (needs, "other"));
    }
}

#[test]
fn a_record_that_never_asked_for_the_server_is_not_right_by_the_models_word() {
    let leaked = play(&story("bug-1848343"), "nova-34", &[]);
    assert_eq!(leaked.verdict.kind, "leak");
    let end = Some(serde_json::from_value(failed("no-valid-host")).unwrap());
    let source = Source::Task { task: leaked.task.clone(), history: history(&leaked), end };
    let course = recorded(&Opening::of(source).unwrap(), false);
    assert_eq!(course.verdict.kind, "unknown", "{:?}", course.verdict);
}

#[test]
fn what_the_rules_asked_for_is_right_or_wrong() {
    for name in ["bug-1848343-standard", "lost-answer-standard", "lost-answer-standard-server-deleted"] {
        let course = recorded(&opened(kept(name)), false);
        assert_eq!((course.verdict.kind, course.verdict.unknown.as_slice()), ("right", &[][..]), "{name}");
    }
}
