//! Fails with a text that contains terminal control characters: they change the window's title, forge a line, and
//! reverse the text.
#![cfg(target_family = "wasm")]

use swaparoo_hostile::{harmless, subject};
use swaparoo_plugin::contract::{
    Attempt, BuiltInReason, Conflict, Exchange, Failed, Failure, PolicyFailure, Reason, Refusal, Silence, Step, Task,
    Unsettled,
};

const TEXT: &str = "owned\u{1b}]0;title\u{7}\u{9b}2J\r\nfinished: moved \u{202e}\u{2066}\u{200f}\u{2028}\u{feff}";

swaparoo_hostile::policy!(next_step);

fn next_step(task: &Task, history: &[Exchange]) -> Step {
    if history.is_empty() {
        return harmless(task, history);
    }
    let refusal = || Refusal { status: 409, code: TEXT.into(), detail: TEXT.into() };
    let failure = match subject(task).as_bytes().first() {
        Some(b'0') => Failure::Unreachable(Silence { detail: TEXT.into() }),
        Some(b'1') => Failure::Unsettled(Unsettled { write_at: 7, holdings: Vec::new() }),
        Some(b'3') => {
            Failure::Other(PolicyFailure { code: "my-failure".into(), text: TEXT.into(), needs_operator: false })
        }
        _ => Failure::Refused(refusal()),
    };
    let conflict = Conflict { attempt: Attempt { number: 1, of: 4 }, refusal: refusal() };
    let reasons = vec![
        BuiltInReason::NoAnswer(Silence { detail: TEXT.into() }).into(),
        BuiltInReason::ConsumerConflict(conflict).into(),
        Reason::with_text("my-rule", TEXT),
    ];
    Step::Failed(Failed { failure, reasons })
}
