//! What the model adds to the real service: faults, the gap between check and write, the state file.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a failing unwrap shows its line")]

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Value, json};
use swaparoo_placement::{Consumer, Delivery, Fault, Inventory, Placement, Provider, Request};

const HOST: &str = "5a1d0000-0000-0000-0000-000000000001";
const SERVER: &str = "c0ffee00-0000-0000-0000-000000000001";
const MIGRATION: &str = "c0ffee00-0000-0000-0000-000000000002";
const OTHER: &str = "c0ffee00-0000-0000-0000-000000000003";

/// A server on a host.
fn world() -> Placement {
    let mut placement = Placement::default();
    placement.add_provider(HOST, Provider::named("host").with("VCPU", Inventory::of(8))).unwrap();
    placement.add_consumer(SERVER, Consumer::of("p", "u").holding(HOST, "VCPU", 2)).unwrap();
    placement
}

/// All that the server holds goes to another consumer.
fn swap(to: &str) -> Request {
    let claim = |allocations: Value, generation: Value| json!({ "allocations": allocations, "project_id": "p", "user_id": "u", "consumer_generation": generation });
    let held = json!({ HOST: { "resources": { "VCPU": 2 } } });
    Request::post("/allocations", json!({ SERVER: claim(json!({}), json!(1)), to: claim(held, Value::Null) }))
}

fn holders(placement: &Placement) -> Vec<&str> {
    placement.holdings().into_keys().collect()
}

#[test]
fn a_fault_affects_the_answer_the_write_or_both() {
    let check = |fault, expected: Option<(u16, &str)>, holder| {
        let mut placement = world();
        let (before, answer) = (placement.clone(), placement.handle_with(&swap(MIGRATION), Some(fault)));
        match (expected, answer) {
            (Some((status, text)), Delivery::Response(response)) => {
                assert_eq!(
                    (response.status, response.code()),
                    (status, Some("placement.concurrent_update")),
                    "{fault:?}"
                );
                assert!(response.detail().unwrap().ends_with(text), "{response:?}");
            }
            (None, Delivery::Lost | Delivery::Unreachable) => {}
            (_, answer) => panic!("{fault:?}: {answer:?}"),
        }
        assert_eq!(holders(&placement), [holder], "{fault:?}");
        assert_eq!(placement == before, holder == SERVER, "{fault:?} leaves no other trace");
    };
    check(Fault::LostBeforeWrite, None, SERVER);
    check(Fault::LostAfterWrite, None, MIGRATION);
    check(Fault::Outage, None, SERVER);
    let provider = "Another thread concurrently updated the resource provider data. Please retry your update";
    check(Fault::ProviderConflict, Some((409, provider)), SERVER);
    check(
        Fault::ConsumerRaced,
        Some((409, "Another thread concurrently updated the data. Please retry your update")),
        SERVER,
    );
}

#[test]
fn a_conflict_changes_nothing_of_a_refusal_or_a_read() {
    for request in
        [Request::get(&format!("/allocations/{SERVER}")), Request::delete(&format!("/allocations/{MIGRATION}"))]
    {
        let plain = world().handle(&request);
        assert_eq!(world().handle_with(&request, Some(Fault::ProviderConflict)), Delivery::Response(plain));
    }
}

#[test]
fn two_moves_of_one_source_can_both_succeed_in_the_gap() {
    let mut placement = world();
    let late = placement.begin(&swap(MIGRATION)).unwrap();
    assert_eq!(placement.handle(&swap(OTHER)).status, 204);
    assert_eq!(placement.commit(late).status, 204);
    assert_eq!(holders(&placement), [MIGRATION, OTHER]);
    assert_eq!(placement.used(HOST, "VCPU"), 4, "the same two are held twice");
}

#[test]
fn a_consumer_that_is_given_something_is_checked_again_after_the_gap() {
    let mut placement = world();
    let late = placement.begin(&swap(MIGRATION)).unwrap();
    let claim = json!({
        "allocations": { HOST: { "resources": { "VCPU": 1 } } },
        "project_id": "p", "user_id": "u", "consumer_generation": 0,
    });
    assert_eq!(placement.handle(&Request::put(&format!("/allocations/{MIGRATION}"), claim)).status, 204);
    let response = placement.commit(late);
    assert_eq!((response.status, response.code()), (409, Some("placement.concurrent_update")));
    assert!(!response.detail().unwrap().contains("consumer generation conflict"), "{response:?}");
    assert_eq!(holders(&placement), [SERVER, MIGRATION]);
}

#[test]
fn begin_and_commit_equal_handle_without_writes_in_between() {
    let (mut at_once, mut in_two) = (world(), world());
    let draft = in_two.begin(&swap(MIGRATION)).unwrap();
    assert_eq!(at_once.handle(&swap(MIGRATION)), in_two.commit(draft));
    assert_eq!(at_once, in_two);
    let read = Request::get(&format!("/allocations/{MIGRATION}"));
    assert_eq!(in_two.begin(&read).unwrap_err(), at_once.handle(&read));
}

#[test]
fn a_state_file_is_read_back_as_the_same_state() {
    let mut placement = world();
    placement.add_resource_class("CUSTOM_GOLD").unwrap();
    placement.add_consumer(OTHER, Consumer::of("p", "u")).unwrap();
    let text = placement.to_json();
    let back = Placement::from_json(&text).unwrap();
    assert_eq!(back, placement);
    assert_eq!(back.to_json(), text);
    let hash = |placement: &Placement| {
        let mut hasher = DefaultHasher::new();
        placement.hash(&mut hasher);
        hasher.finish()
    };
    assert_eq!(hash(&back), hash(&placement));
}

#[test]
fn an_impossible_state_file_is_refused_with_the_position() {
    let good: Value = serde_json::from_str(&world().to_json()).unwrap();
    let check = |pointer: &str, key: &str, value: Value, expected: &str| {
        let mut file = good.clone();
        file.pointer_mut(pointer).unwrap()[key] = value;
        let error = Placement::from_json(&file.to_string()).unwrap_err().to_string();
        assert!(error.contains(expected), "{key}: {error}");
    };
    let (provider, consumer) = (format!("/providers/{HOST}"), format!("/consumers/{SERVER}"));
    check("", "version", json!(2), "version 2 of a placement state is unknown, this program reads version 1");
    check("", "provider", json!({}), "unknown field `provider`");
    check(&provider, "generation", json!(-1), "invalid value: integer `-1`, expected u64");
    check(&provider, "name", json!(""), &format!("providers.{HOST}: a provider needs a name"));
    check(&provider, "parent", json!(OTHER), &format!("its parent {OTHER} is not among the providers"));
    check(&provider, "parent", json!(HOST), "it is its own ancestor");
    check(
        &provider,
        "inventories",
        json!({ "CUSTOM_NO": { "total": 1 } }),
        "inventories.CUSTOM_NO: no such resource class",
    );
    check(&provider, "inventories", json!({ "VCPU": { "total": 0 } }), "inventories.VCPU: total, min_unit");
    check(
        &provider,
        "inventories",
        json!({}),
        &format!("consumers.{SERVER}.allocations.{HOST}.VCPU: the provider has no such"),
    );
    check(&consumer, "allocations", json!({ OTHER: { "VCPU": 1 } }), &format!("allocations.{OTHER}: no such provider"));
    check(&consumer, "allocations", json!({ HOST: { "VCPU": 0 } }), "VCPU: an amount is at least 1");
    check(&consumer, "allocations", json!({ HOST: {} }), "it holds nothing there, leave the provider out");
    check("/consumers", "me", json!({ "project_id": "p", "user_id": "u" }), "consumers.me: not a uuid");
    assert!(Placement::from_json("{").unwrap_err().to_string().contains("line 1 column 1"));
}

#[test]
fn a_clone_is_independent_once_it_is_written_to() {
    let original = world();
    let mut copy = original.clone();
    copy.handle(&swap(MIGRATION));
    assert_eq!((holders(&original), holders(&copy)), (vec![SERVER], vec![MIGRATION]));
}
