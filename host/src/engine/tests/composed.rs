//! Policies that tools composed of several components: they work like other policies, and the limits apply to the sum
//! of all their memories and tables.

use std::time::Duration;

use wasm_encoder::{ComponentInstanceSection, ComponentSection as _, ComponentSectionId, RawSection};
use wasmparser::{Parser, Payload};

use super::*;
use crate::engine::{CallError, LoadError};

/// `standard`, with an instance of each of these components inside.
fn standard_with(components: &[Vec<u8>]) -> Vec<u8> {
    let mut policy = BUILT_IN[0].component.to_vec();
    let first = components_in(&policy);
    for (index, component) in (first..).zip(components) {
        let id = ComponentSectionId::Component.into();
        RawSection { id, data: component }.append_to_component(&mut policy);
        let mut instance = ComponentInstanceSection::new();
        instance.instantiate(index, std::iter::empty::<(&str, _, _)>());
        instance.append_to_component(&mut policy);
    }
    policy
}

/// The number of components directly inside a component.
fn components_in(component: &[u8]) -> u32 {
    let (mut depth, mut found) = (0, 0);
    for payload in Parser::new(0).parse_all(component) {
        match payload.unwrap() {
            Payload::ComponentSection { .. } if depth == 1 => found += 1,
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            _ => {}
        }
    }
    found
}

fn text(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

#[test]
fn a_component_with_several_memories_decides_the_same() {
    let policy = ENGINE.load("composed", &standard_with(&[wat("two_memories")])).unwrap();
    assert_eq!(policy.description(), super::policy("standard").description());
    let [composed, alone] =
        [&policy, &*super::policy("standard")].map(|policy| policy.next_step(&task(1), &read_both()));
    assert_eq!(composed.unwrap().step, alone.unwrap().step);
}

#[test]
fn the_limit_applies_to_all_memories_together() {
    let part = || text("(component (core module $m (memory 40)) (core instance (instantiate $m)))");
    assert!(ENGINE.load("large", &standard_with(&[part()])).is_ok());
    let error = ENGINE.load("too large", &standard_with(&[part(), part()])).unwrap_err();
    let line = format!("{:#}", anyhow::Error::new(error));
    assert!(line.contains("bytes of memory; the maximum is 4194304"), "{line}");
    // A policy may start with little memory and ask for more.
    let grows = "(component (core module $m (memory 1)
        (func $start (drop (memory.grow (i32.const 40)))) (start $start)) (core instance (instantiate $m)))";
    assert!(ENGINE.load("grows", &standard_with(&[text(grows)])).is_ok());
    let error = ENGINE.load("grows, too", &standard_with(&[text(grows), text(grows)])).unwrap_err();
    assert!(matches!(error, LoadError::Describe { .. }), "{error:?}");
}

#[test]
fn the_limit_applies_to_all_tables_together() {
    let part = || text("(component (core module $m (table 3000 funcref)) (core instance (instantiate $m)))");
    assert!(ENGINE.load("large", &standard_with(&[part()])).is_ok());
    let error = ENGINE.load("too large", &standard_with(&[part(), part()])).unwrap_err();
    let line = format!("{:#}", anyhow::Error::new(error));
    assert!(line.contains("table elements; the maximum is 4096"), "{line}");
}

#[test]
fn its_start_is_limited_in_time_with_any_fuel() {
    let limits = Limits { instances: 4, call_time: Duration::from_millis(300), ..Limits::default() };
    let engine = Engine::new(limits, Cache::off()).unwrap();
    let error = engine.load("slow", &standard_with(&[wat("loops_over_ref_func")])).unwrap_err();
    let LoadError::Describe { source, .. } = error else { panic!("{error:?}") };
    assert_eq!(source, CallError::OutOfTime { limit: limits.call_time });
    assert!(engine.resolve("standard").unwrap().next_step(&task(1), &read_both()).is_ok());
}

/// A tail call takes no stack, so only fuel ends such a start.
#[test]
fn endless_tail_calls_use_up_the_fuel() {
    let calls_itself = "(component (core module $m (func $start (return_call $start)) (start $start))
        (core instance (instantiate $m)))";
    let error = ENGINE.load("endless", &standard_with(&[text(calls_itself)])).unwrap_err();
    let LoadError::Describe { source, .. } = error else { panic!("{error:?}") };
    assert_eq!(source, CallError::OutOfFuel { limit: ENGINE.limits().fuel });
}

#[test]
fn callers_wait_if_all_memories_are_in_use() {
    let engine = Engine::new(Limits { instances: 5, ..Limits::default() }, Cache::off()).unwrap();
    let composed = engine.load("composed", &standard_with(&[wat("two_memories")])).unwrap();
    let alone = engine.resolve("standard").unwrap();
    let calls = |policy: &Policy| (0..20).try_for_each(|_| policy.next_step(&task(1), &[]).map(drop));
    std::thread::scope(|scope| {
        let policies = [&composed, &alone].into_iter().cycle().take(8);
        let threads: Vec<_> = policies.map(|policy| scope.spawn(move || calls(policy))).collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), Ok(()));
        }
    });
}
