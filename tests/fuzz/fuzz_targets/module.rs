//! The engine with valid components: a generator makes modules and components from the bytes, alone and inside a
//! correct policy, so that they are compiled and instantiated at each of its calls. The bytes decide whether they use
//! only the enabled proposals or any. They must be refused or end within their limits, and the engine must still run
//! the program's own policy afterwards.
#![no_main]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a fuzz target reports a fault by a panic")]

use std::sync::OnceLock;

use libfuzzer_sys::arbitrary::{Arbitrary as _, Result, Unstructured};
use swaparoo::contract::{MoveTask, Task};
use swaparoo::engine::{BUILT_IN, Cache, Engine, Limits, Policy};
use wasm_encoder::{ComponentInstanceSection, ComponentSection as _, ComponentSectionId, InstanceSection, RawSection};
use wasm_smith::{Component, Config, Module};
use wasmparser::{Parser, Payload};

fn task() -> Task {
    let [source, target] = ["00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"];
    Task::Move(MoveTask { source: source.into(), target: target.into(), target_is_new: true })
}

fn engine() -> &'static (Engine, Policy) {
    static ENGINE: OnceLock<(Engine, Policy)> = OnceLock::new();
    ENGINE.get_or_init(|| {
        // Little fuel, so that a loop costs only milliseconds.
        let limits = Limits { fuel: 1_000_000, ..Limits::default() };
        let engine = Engine::new(limits, Cache::off()).expect("this machine has an engine");
        let own = engine.load(BUILT_IN[0].name, BUILT_IN[0].component).expect("the program's own policy");
        (engine, own)
    })
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // Too few bytes give no module.
    let Ok(component) = component(&mut Unstructured::new(bytes)) else { return };
    let (engine, own) = engine();
    if let Ok(policy) = engine.load("generated", &component) {
        let _ = policy.next_step(&task(), &[]);
        own.next_step(&task(), &[]).expect("the engine still runs other policies");
    }
});

fn component(from: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let config = if from.ratio(3, 4)? { allowed(from)? } else { Config::arbitrary(from)? };
    // It imports nothing, since imports are refused.
    let config = Config { max_imports: 0, min_imports: 0, ..config };
    Ok(match from.int_in_range(0..=3)? {
        0 => Component::new(config, from)?.to_bytes(),
        1 => with(ComponentSectionId::Component, &Component::new(config, from)?.to_bytes()),
        _ => with(ComponentSectionId::CoreModule, &Module::new(config, from)?.to_bytes()),
    })
}

/// With the proposals that a policy may use.
fn allowed(from: &mut Unstructured<'_>) -> Result<Config> {
    Ok(Config {
        max_memories: from.int_in_range(0..=2)?,
        max_memory32_bytes: 2 << 20,
        max_tables: from.int_in_range(0..=4)?,
        max_table_elements: 2_000,
        // References to functions are allowed, other references are not.
        reference_types_enabled: from.ratio(1, 4)?,
        custom_descriptors_enabled: false,
        custom_page_sizes_enabled: false,
        exceptions_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        relaxed_simd_enabled: false,
        simd_enabled: false,
        tail_call_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        ..Config::default()
    })
}

/// A policy that contains an instance of this component.
fn with(kind: ComponentSectionId, bytes: &[u8]) -> Vec<u8> {
    let mut policy = BUILT_IN[0].component.to_vec();
    let index = count(&policy, kind);
    RawSection { id: kind.into(), data: bytes }.append_to_component(&mut policy);
    match kind {
        ComponentSectionId::Component => {
            let mut instance = ComponentInstanceSection::new();
            instance.instantiate(index, std::iter::empty::<(&str, _, _)>());
            instance.append_to_component(&mut policy);
        }
        _ => {
            let mut instance = InstanceSection::new();
            instance.instantiate(index, std::iter::empty::<(&str, _)>());
            instance.append_to_component(&mut policy);
        }
    }
    policy
}

/// The number of these items directly in a component, without those of nested components.
fn count(component: &[u8], kind: ComponentSectionId) -> u32 {
    let (mut depth, mut found) = (0, 0);
    for payload in Parser::new(0).parse_all(component) {
        match payload.expect("the program's own policy") {
            Payload::ComponentSection { .. } if depth == 1 && kind == ComponentSectionId::Component => found += 1,
            Payload::ModuleSection { .. } if depth == 1 && kind == ComponentSectionId::CoreModule => found += 1,
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            _ => {}
        }
    }
    found
}
