//! Gives invalid answers. The subject's first digit selects which:
//! 0 no effects, 1 too many effects, 2 a pause of weeks, 3 an invalid UUID, 4 a consumer twice in one write,
//! 5 a string that is not UTF-8, 6 a string outside its memory.
#![cfg(target_family = "wasm")]
// Safe Rust cannot make invalid strings.
#![allow(unsafe_code)]

use swaparoo_hostile::{get, perform, subject};
use swaparoo_plugin::contract::{Effect, Exchange, GetAllocations, NewHolding, Pause, PostAllocations, Step, Task};

swaparoo_hostile::policy!(next_step);

fn next_step(task: &Task, _: &[Exchange]) -> Step {
    let subject = subject(task);
    perform(match subject.as_bytes().first() {
        Some(b'0') => vec![],
        Some(b'1') => vec![get(subject); 17],
        Some(b'2') => vec![Effect::Pause(Pause { up_to_ms: u32::MAX })],
        Some(b'3') => vec![get("../../servers")],
        Some(b'4') => vec![twice(subject)],
        Some(b'5') => vec![of(not_utf8())],
        _ => vec![of(elsewhere())],
    })
}

fn twice(consumer: &str) -> Effect {
    let entry = NewHolding {
        consumer: consumer.into(),
        project: "p".into(),
        user: "u".into(),
        generation: Some(1),
        allocations: Vec::new(),
    };
    Effect::PostAllocations(PostAllocations { consumers: vec![entry.clone(), entry] })
}

fn of(consumer: String) -> Effect {
    Effect::GetAllocations(GetAllocations { consumer })
}

fn not_utf8() -> String {
    // SAFETY: none. The invalid string is intended.
    unsafe { String::from_utf8_unchecked(vec![0xff, 0xfe]) }
}

fn elsewhere() -> String {
    // SAFETY: none. The memory is not allocated, and this component never reads it.
    unsafe { String::from_raw_parts(0xfff0_0000 as *mut u8, 36, 36) }
}
