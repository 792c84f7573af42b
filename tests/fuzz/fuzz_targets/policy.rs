//! The policy loader, and the first call of a loaded policy. Bytes that are not a policy must be refused, policies must
//! end within their limits, and the engine must still run the program's own policy afterwards.
#![no_main]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a fuzz target reports a fault by a panic")]

use std::sync::OnceLock;

use swaparoo::contract::{MoveTask, Task};
use swaparoo::engine::{BUILT_IN, Cache, Engine, Limits, Policy};

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

libfuzzer_sys::fuzz_target!(|component: &[u8]| {
    let (engine, own) = engine();
    if let Ok(policy) = engine.load("fuzzed", component) {
        let _ = policy.next_step(&task(), &[]);
        own.next_step(&task(), &[]).expect("the engine still runs other policies");
    }
});
