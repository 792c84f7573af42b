use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::*;

const ONE: &str = "11111111-1111-4111-8111-111111111111";
const TWO: &str = "22222222-2222-4222-8222-222222222222";
const STRANGER: &str = "99999999-9999-4999-8999-999999999999";
const NODE: &str = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa";
const OTHER: &str = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb";

fn of<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn held(vcpu: u32) -> Value {
    held_of(NODE, vcpu)
}

fn held_of(node: &str, vcpu: u32) -> Value {
    if vcpu == 0 {
        json!([])
    } else {
        json!([{ "provider": node, "resources": [{ "class": "VCPU", "amount": vcpu }] }])
    }
}

/// A read of the consumer.
fn read(consumer: &str, allocations: Value) -> Exchange {
    let owner = json!({ "project": "p", "user": "u", "generation": 1 });
    let owner = if allocations == json!([]) { Value::Null } else { owner };
    of(json!({
        "effect": { "kind": "get-allocations", "consumer": consumer },
        "reply": { "kind": "holding", "consumer": consumer, "owner": owner, "allocations": allocations },
    }))
}

/// One write of these entries, with this reply.
fn write(entries: &[(&str, Value)], reply: Value) -> Exchange {
    let entry = |(consumer, allocations): &(&str, Value)| {
        json!({
            "consumer": consumer, "project": "p", "user": "u", "generation": 1, "allocations": allocations,
        })
    };
    let consumers: Vec<Value> = entries.iter().map(entry).collect();
    of(json!({ "effect": { "kind": "post-allocations", "consumers": consumers }, "reply": reply }))
}

fn swap(reply: Value) -> Exchange {
    write(&[(ONE, held(0)), (TWO, held(2))], reply)
}

fn done() -> Value {
    json!({ "kind": "written" })
}

fn lost() -> Value {
    json!({ "kind": "lost", "detail": "reset" })
}

fn refused() -> Value {
    json!({ "kind": "refused", "status": 409, "code": "c", "detail": "d" })
}

fn a_move() -> Task {
    of(json!({ "kind": "move", "source": ONE, "target": TWO, "target_is_new": true }))
}

fn of_migration(kind: &str) -> Task {
    of(json!({ "kind": kind, "migration": ONE, "server": TWO }))
}

fn transfer(kind: &str, source: &str, target: &str, vcpu: u32) -> Value {
    json!({ "kind": kind, "source": source, "target": target, "allocations": held(vcpu) })
}

fn removal(kind: &str, consumer: &str, vcpu: u32) -> Value {
    json!({ "kind": kind, "consumer": consumer, "allocations": held(vcpu) })
}

fn believed(task: &Task, history: &[Exchange], outcome: Value) {
    let outcome = of(outcome);
    assert_eq!(check(task, history, &outcome), Ok(()), "{outcome:?} after {history:#?}");
}

fn not_believed(task: &Task, history: &[Exchange], outcome: Value, why: &str) {
    let outcome: Outcome = of(outcome);
    let unfounded = check(task, history, &outcome).expect_err(&format!("{outcome:?} after {history:#?}"));
    assert_eq!(unfounded.outcome, outcome.name());
    assert!(unfounded.why.contains(why), "{} does not contain {why}", unfounded.why);
}

fn both(one: u32, two: u32) -> Vec<Exchange> {
    vec![read(ONE, held(one)), read(TWO, held(two))]
}

#[test]
fn a_move_is_accepted_after_its_write_or_a_later_read() {
    let moved = || transfer("moved", ONE, TWO, 2);
    believed(&a_move(), &[both(2, 0), vec![swap(done())]].concat(), moved());
    let server_error = json!({ "kind": "refused", "status": 500, "code": "c", "detail": "d" });
    for unanswered in [lost(), json!({ "kind": "foreign", "status": 502, "body": "<html>" }), server_error] {
        let seen = [both(2, 0), vec![swap(unanswered.clone())], both(0, 2)].concat();
        believed(&a_move(), &seen, moved());
        let unseen = [both(2, 0), vec![swap(unanswered)]].concat();
        not_believed(&a_move(), &unseen, moved(), &format!("{ONE} holds nothing, but it last held 2 VCPU"));
    }
    let by_others = [both(2, 0), vec![swap(refused())], both(0, 2)].concat();
    not_believed(&a_move(), &by_others, moved(), &format!("no write gave {TWO} these allocations"));
    let back = write(&[(TWO, held(0)), (ONE, held(2))], done());
    not_believed(&a_move(), &[both(2, 0), vec![swap(done()), back]].concat(), moved(), "but it last held 2 VCPU");
}

#[test]
fn a_move_without_its_write_is_not_accepted() {
    let swapped = [both(2, 0), vec![swap(done())]].concat();
    not_believed(&a_move(), &[], transfer("moved", ONE, TWO, 2), "neither read nor written");
    not_believed(&a_move(), &swapped, transfer("moved", ONE, STRANGER, 2), STRANGER);
    not_believed(&a_move(), &swapped, transfer("moved", STRANGER, TWO, 2), STRANGER);
    not_believed(&a_move(), &swapped, transfer("moved", TWO, ONE, 2), TWO);
    not_believed(&a_move(), &swapped, transfer("moved", ONE, TWO, 7), "holds 7 VCPU");
    not_believed(&a_move(), &swapped, transfer("moved", ONE, TWO, 0), "holds nothing, but it last held 2 VCPU");
    not_believed(&a_move(), &both(2, 0), transfer("already-moved", ONE, TWO, 2), "holds 2 VCPU");
    believed(&a_move(), &both(0, 2), transfer("already-moved", ONE, TWO, 2));
    believed(&a_move(), &both(0, 0), json!({ "kind": "nothing-to-move" }));
    not_believed(&a_move(), &both(0, 2), json!({ "kind": "nothing-to-move" }), &format!("{TWO} holds nothing"));
    not_believed(&a_move(), &[], json!({ "kind": "nothing-to-move" }), "neither read nor written");
}

#[test]
fn an_end_that_reports_a_deletion_needs_the_read_and_the_delete() {
    let delete = |consumer: &str, reply| write(&[(consumer, held(0))], reply);
    let deleted = || removal("source-deleted", ONE, 2);
    believed(&a_move(), &[both(2, 0), vec![delete(ONE, done())]].concat(), deleted());
    believed(&a_move(), &[both(2, 0), vec![delete(ONE, lost())], both(0, 0)].concat(), deleted());
    not_believed(&a_move(), &[both(2, 0), vec![delete(ONE, lost())]].concat(), deleted(), "but it last held 2 VCPU");
    not_believed(&a_move(), &[both(2, 0), both(0, 0)].concat(), deleted(), "no write took away");
    not_believed(&a_move(), &[both(2, 0), vec![swap(done())]].concat(), deleted(), &format!("{TWO} holds nothing"));
    let other = removal("source-deleted", ONE, 7);
    not_believed(&a_move(), &[both(2, 0), vec![delete(ONE, done())]].concat(), other, "never seen to hold 7 VCPU");

    let undone = || removal("target-deleted", TWO, 2);
    let restored = [both(2, 0), vec![swap(done())]].concat();
    believed(&a_move(), &[restored.clone(), vec![delete(TWO, done())]].concat(), undone());
    // nova deleted the allocations first.
    believed(&a_move(), &[restored.clone(), vec![read(TWO, held(0))]].concat(), undone());
    not_believed(&a_move(), &restored, undone(), "but it last held 2 VCPU");
    not_believed(&a_move(), &both(0, 0), undone(), "never seen to hold 2 VCPU");

    let confirm = of_migration("confirm");
    believed(&confirm, &[read(ONE, held(2)), delete(ONE, done())], removal("released", ONE, 2));
    not_believed(&confirm, &[read(TWO, held(2)), delete(TWO, done())], removal("released", TWO, 2), TWO);
    believed(&confirm, &[read(ONE, held(0))], json!({ "kind": "nothing-held", "consumer": ONE }));
    not_believed(&confirm, &[read(ONE, held(2))], json!({ "kind": "nothing-held", "consumer": ONE }), "2 VCPU");
}

#[test]
fn a_reduced_server_keeps_a_part_of_what_was_read() {
    let release: Task = of(json!({ "kind": "release", "consumer": ONE, "server": ONE }));
    let two = || json!([held(2)[0], held_of(OTHER, 3)[0]]);
    let reduced = |of: Value| json!({ "kind": "reduced", "consumer": ONE, "allocations": of });
    let kept = |reply: Value| write(&[(ONE, held(2))], reply);
    believed(&release, &[read(ONE, two()), kept(done())], reduced(held_of(OTHER, 3)));
    believed(&release, &[read(ONE, two()), kept(lost()), read(ONE, held(2))], reduced(held_of(OTHER, 3)));
    not_believed(&release, &[read(ONE, two()), kept(done())], reduced(held_of(OTHER, 4)), "never seen to hold");
    not_believed(&release, &[read(ONE, two()), kept(lost())], reduced(held_of(OTHER, 3)), "no write left");
    not_believed(&release, &[read(ONE, two()), write(&[(ONE, held(0))], done())], reduced(two()), "last held nothing");
    let confirm = of_migration("confirm");
    not_believed(&confirm, &[read(ONE, two()), kept(done())], reduced(held_of(OTHER, 3)), "not an outcome of a task");
}

#[test]
fn a_not_held_end_needs_the_servers_compute_node() {
    let replace = |node: Value| of(json!({ "kind": "replace", "server": ONE, "migration": TWO, "source_node": node }));
    let named: Task = replace(json!(NODE));
    let not_held = |node: &str| json!({ "kind": "not-held", "server": ONE, "node": node });
    believed(&named, &[read(ONE, held_of(OTHER, 2))], not_held(NODE));
    not_believed(&named, &[read(ONE, held(2))], not_held(NODE), "holds nothing of");
    not_believed(&named, &[read(ONE, held(2))], not_held(OTHER), "neither the task nor nova has named");
    not_believed(&a_move(), &[read(ONE, held(0))], not_held(NODE), "a task of kind move");
    let found: Exchange = of(json!({
        "effect": { "kind": "find-compute-node", "server": ONE }, "reply": { "kind": "compute-node", "node": NODE },
    }));
    believed(&replace(Value::Null), &[found, read(ONE, held(0))], not_held(NODE));
    // The scheduler has claimed another node for the server in the meantime.
    let claimed = [read(ONE, held_of(OTHER, 3)), read(TWO, held(2))];
    believed(&named, &claimed, transfer("already-moved", ONE, TWO, 2));
    not_believed(&replace(Value::Null), &claimed, transfer("already-moved", ONE, TWO, 2), "holds nothing");
}

#[test]
fn an_aborted_migration_must_report_the_real_state_of_the_allocations() {
    let abort = of_migration("abort");
    let aborted = |fate: &str| json!({ "kind": "aborted", "migration": ONE, "allocations": fate });
    for (one, two, fates) in
        [(0, 2, ["untouched", "returned"]), (0, 0, ["untouched", "dropped"]), (2, 0, ["left", "left"])]
    {
        for fate in ["untouched", "returned", "dropped", "left"] {
            match fates.contains(&fate) {
                true => believed(&abort, &both(one, two), aborted(fate)),
                false => not_believed(&abort, &both(one, two), aborted(fate), "but it last held"),
            }
        }
    }
    not_believed(&abort, &[], aborted("untouched"), "neither read nor written");
    not_believed(&abort, &both(0, 2), transfer("moved", ONE, TWO, 2), "a task of kind abort");
}

fn live_migrate() -> Task {
    of(json!({
        "kind": "live-migrate", "server": ONE, "migration": TWO, "source_host": "here", "active": true,
        "forced_host": null, "max_retries": null,
        "request_spec": {
            "project": "p", "user": "u", "in_group": false, "force_hosts": [], "force_nodes": [], "ignore_hosts": [],
            "requested_destination": null, "retry": null, "requested_resources": [],
        },
    }))
}

fn cast(host: &str, reply: Value) -> Exchange {
    of(json!({
        "effect": {
            "kind": "live-migration", "server": ONE, "migration": TWO, "source_host": "here",
            "destination": { "host": host, "node": host }, "availability_zone": null,
        },
        "reply": reply,
    }))
}

#[test]
fn a_migration_has_begun_when_its_cast_was_sent_or_its_record_says_so() {
    let started = |swapped| {
        json!({
            "kind": "started", "migration": TWO, "destination": { "host": "there", "node": "there" }, "swapped": swapped,
        })
    };
    let status = |status: &str| -> Exchange {
        let record = json!({ "migration": TWO, "server": ONE, "migration_type": "live-migration", "status": status });
        of(json!({
            "effect": { "kind": "get-migration", "migration": TWO }, "reply": { "kind": "migration", "migration": record },
        }))
    };
    let swapped = [both(2, 0), vec![swap(done())]].concat();
    let sent = |reply| [swapped.clone(), vec![cast("there", reply)]].concat();
    let silent = || json!({ "kind": "abandoned", "detail": "silence" });
    believed(&live_migrate(), &sent(json!({ "kind": "done" })), started(true));
    believed(&live_migrate(), &[cast("there", json!({ "kind": "done" }))], started(false));
    believed(&live_migrate(), &[sent(silent()), vec![status("queued")]].concat(), started(true));
    let not_begun = [sent(silent()), vec![status("accepted")]].concat();
    not_believed(&live_migrate(), &not_begun, started(true), "neither the cast");
    not_believed(&live_migrate(), &sent(silent()), started(true), "neither the cast");
    not_believed(&live_migrate(), &swapped, started(true), "no cast of migration");
    let elsewhere = [swapped.clone(), vec![cast("elsewhere", json!({ "kind": "done" }))]].concat();
    not_believed(&live_migrate(), &elsewhere, started(true), "no cast of migration");
    not_believed(&live_migrate(), &sent(json!({ "kind": "done" })), started(false), "a write gave it some");
    not_believed(&live_migrate(), &[cast("there", json!({ "kind": "done" }))], started(true), "holds something");
    not_believed(&a_move(), &sent(json!({ "kind": "done" })), started(true), "a task of kind move");
    not_believed(&live_migrate(), &both(0, 0), json!({ "kind": "nothing-to-move" }), "a task of kind live-migrate");
}
