//! Has settings, and repeats them and the times of the history in its reasons.
#![cfg(target_family = "wasm")]

use swaparoo_hostile::{description, get, perform, subject};
use swaparoo_plugin::contract::{Description, Exchange, Failed, Failure, PolicyFailure, Reason, Step, Task};

const SCHEMA: &str = r#"{"type":"object","properties":{"attempts":{"type":"integer","minimum":1}}}"#;

swaparoo_hostile::policy!(
    describe: Description { settings_schema: Some(SCHEMA.into()), ..description() },
    with_settings: next_step
);

fn next_step(task: &Task, settings: Option<String>, history: &[Exchange]) -> Step {
    if history.is_empty() {
        return perform(vec![get(subject(task))]);
    }
    let times: Vec<String> = history.iter().map(|one| format!("[{},{}]", one.asked_at, one.answered_at)).collect();
    let reasons = vec![
        Reason { code: "settings".into(), data: settings },
        Reason { code: "times".into(), data: Some(format!("{{\"times\":[{}]}}", times.join(","))) },
    ];
    let (code, text) = ("all-told".into(), "it has nothing else to do".into());
    Step::Failed(Failed { failure: Failure::Other(PolicyFailure { code, text, needs_operator: true }), reasons })
}
