//! What the page says about a record: only what was recorded, for any policy; and no verdict on what was not read.

use std::path::Path;

use serde_json::{Value, json};
use swaparoo_core::record::Record;
use swaparoo_debugger::known_facts::FactState;
use swaparoo_debugger::opened_task::{OpenedTask, Source};
use swaparoo_debugger::recorded::recorded;
use swaparoo_debugger::run_view::RunView;

use super::{history, play, scenario};

const SERVER: &str = "c0ffee00-0000-4000-8000-000000000001";
const MIGRATION: &str = "319ba710-0000-4000-8000-000000000001";

/// A file of `tests/records`.
fn record_file(name: &str) -> Record {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/records");
    let file = folder.join(name).with_extension("json");
    Record::parse(&file, &std::fs::read(&file).unwrap()).unwrap()
}

fn opened(record: Record) -> OpenedTask {
    OpenedTask::of(Source::Task { task: record.task, history: record.history, end: Some(record.end) }).unwrap()
}

/// Makes a record from JSON.
fn record_of(task: Value, history: Value, end: Value) -> OpenedTask {
    let read = |value| serde_json::from_value(value).unwrap();
    let end = Some(serde_json::from_value(end).unwrap());
    OpenedTask::of(Source::Task { task: serde_json::from_value(task).unwrap(), history: read(history), end }).unwrap()
}

fn failed(code: &str) -> Value {
    json!({ "failed": { "code": code, "detail": "as it was recorded", "data": null } })
}

fn at_end<'a>(run: &'a RunView, consumer: &str) -> &'a swaparoo_debugger::snapshot::ConsumerView {
    run.snapshots.last().unwrap().consumer(consumer).unwrap()
}

#[test]
fn a_record_is_drawn_with_its_own_exchanges_and_its_own_end() {
    let record = record_file("conductor-killed-nova-34");
    let (there, detail) = (
        record.history.clone(),
        "Abandoned: the conductor has fallen silent; the migration record still has the server's allocations",
    );
    let run = recorded(&opened(record), false);
    assert_eq!(history(&run), there);
    assert!(run.exchanges.iter().all(|exchange| exchange.recorded));
    assert_eq!((run.end.name.as_str(), run.end.text.as_str()), ("abandoned", detail));
    assert_eq!((run.leaves_record_at, run.recorded, run.steps.len()), (None, Some(there.len()), 0));
    // It was read that the migration record holds allocations; nova was not asked whether the server exists.
    assert_eq!((run.verdict.kind, run.verdict.violations[0].consumer.as_str()), ("leak", MIGRATION));
    assert_eq!(run.verdict.unknown.len(), 1, "{:?}", run.verdict.unknown);
    assert!(
        run.verdict.unknown[0].contains("exists was not asked; if it does, this is a loss"),
        "{:?}",
        run.verdict.unknown
    );
}

#[test]
fn rules_that_go_on_beyond_a_record_leave_it() {
    let record = record_file("conductor-killed-nova-34");
    let length = record.history.len();
    let run = play(&opened(record), "standard", &[]);
    assert!(run.exchanges.len() > length);
    let left = run.leaves_record_at.unwrap();
    assert!(left <= length, "{left}");
    assert!(run.exchanges.iter().enumerate().all(|(at, exchange)| exchange.recorded == (at < left)));
    // The model says that the server exists; it was not read.
    assert_ne!(run.verdict.kind, "right");
}

#[test]
fn rules_that_stop_before_the_end_of_a_record_leave_it_and_all_of_it_is_drawn() {
    let taken = play(&scenario("live-server"), "standard", &[]);
    let short = history(&taken);
    let read = short.iter().find(|exchange| exchange.effect.name() == "get-allocations").unwrap();
    for length in [54, 500, 15_000, 60_000] {
        let mut long = short.clone();
        long.resize(length, read.clone());
        let end = serde_json::from_value(failed("no-valid-host")).unwrap();
        let opened = OpenedTask::of(Source::Task { task: taken.task.clone(), history: long, end: Some(end) }).unwrap();
        assert_eq!(recorded(&opened, false).exchanges.len(), length);
        let run = play(&opened, "standard", &[]);
        assert_eq!((run.exchanges.len(), run.recorded), (short.len(), Some(length)));
        assert_eq!(run.leaves_record_at, Some(short.len()));
    }
}

#[test]
fn an_end_that_is_not_the_recorded_one_leaves_the_record_there() {
    let taken = play(&scenario("live-server"), "standard", &[]);
    let ends = |code: &str| {
        let end = Some(serde_json::from_value(failed(code)).unwrap());
        OpenedTask::of(Source::Task { task: taken.task.clone(), history: history(&taken), end }).unwrap()
    };
    let left = |code: &str| play(&ends(code), "standard", &[]).leaves_record_at;
    assert_eq!((left("no-valid-host"), left("refused")), (None, Some(taken.exchanges.len())));
}

#[test]
fn where_nothing_was_read_nothing_is_right() {
    let task = serde_json::to_value(&record_file("conductor-killed-nova-34").task).unwrap();
    let silence = json!({ "kind": "abandoned", "detail": "the conductor has fallen silent" });
    let asked = json!([{ "effect": { "kind": "get-port-requests", "server": SERVER }, "reply": silence }]);
    let run = recorded(&record_of(task, asked, failed("abandoned")), false);
    assert_eq!((run.verdict.kind, run.verdict.violations.len()), ("unknown", 0));
    let server = at_end(&run, SERVER);
    assert_eq!((server.existence, server.holding), (FactState::NotAsked, FactState::NotAsked));
}

#[test]
fn an_abort_that_had_no_answer_is_unknown() {
    let task = json!({ "kind": "abort", "server": SERVER, "migration": MIGRATION });
    let silence = json!({ "kind": "unreachable", "detail": "connection refused" });
    let asked = json!([{ "effect": { "kind": "get-allocations", "consumer": MIGRATION }, "reply": silence }]);
    let run = recorded(&record_of(task, asked, failed("unreachable")), false);
    assert_eq!((run.verdict.kind, run.verdict.violations.len()), ("unknown", 0));
    assert_eq!(at_end(&run, MIGRATION).holding, FactState::NotKnown);
    assert_eq!(at_end(&run, SERVER).holding, FactState::NotAsked);
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
    let run = recorded(&record_of(task, asked, failed("undecided")), false);
    assert!(run.end.needs_person);
    assert_eq!((run.verdict.kind, run.verdict.violations.len()), ("person", 0));
    assert_eq!(at_end(&run, SERVER).existence, FactState::NotKnown);
    // What the person will find is still listed.
    assert_eq!(run.verdict.remaining[0].consumer, MIGRATION);
}

/// A policy's own failure says itself whether a person must look.
#[test]
fn a_policys_own_end_says_whether_a_person_must_look() {
    let task = json!({ "kind": "revert", "server": SERVER, "migration": MIGRATION });
    for needs in [true, false] {
        let data = json!({ "code": "my-failure", "text": "look", "needs_operator": needs });
        let end = json!({ "failed": { "code": "other", "detail": "my-failure: look", "data": data } });
        let run = recorded(&record_of(task.clone(), json!([]), end), false);
        assert_eq!((run.end.needs_person, run.end.name.as_str()), (needs, "other"));
    }
}

#[test]
fn a_record_that_never_asked_for_the_server_is_not_right_by_the_models_word() {
    let leaked = play(&scenario("bug-1848343"), "nova-34", &[]);
    assert_eq!(leaked.verdict.kind, "leak");
    let end = Some(serde_json::from_value(failed("no-valid-host")).unwrap());
    let source = Source::Task { task: leaked.task.clone(), history: history(&leaked), end };
    let run = recorded(&OpenedTask::of(source).unwrap(), false);
    assert_eq!(run.verdict.kind, "unknown", "{:?}", run.verdict);
}

#[test]
fn what_the_rules_asked_for_is_right_or_wrong() {
    for name in ["bug-1848343-standard", "lost-answer-standard", "lost-answer-standard-server-deleted"] {
        let run = recorded(&opened(record_file(name)), false);
        assert_eq!((run.verdict.kind, run.verdict.unknown.as_slice()), ("right", &[][..]), "{name}");
    }
}
