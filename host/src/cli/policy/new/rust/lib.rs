//! What the component exports: `describe` and `next-step` of the interface move-rules in wit/rules.wit.

mod ask;
mod history;
mod rules;

// Generated code.
#[allow(clippy::all)]
mod contract {
    wit_bindgen::generate!({
        world: "move-policy",
        path: "wit",
        pub_export_macro: true,
        default_bindings_module: "crate::contract",
        additional_derives: [PartialEq],
    });
}

use contract::exports::swaparoo::policy::move_rules::Guest;
use contract::swaparoo::policy::moves::{Description, Exchange, Step, Task, TaskKind};
use history::History;

/// The name of the policy, in records and lists.
const NAME: &str = "{{name}}";

/// The settings of a task, in JSON Schema.
const SETTINGS: &str = r#"{
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "attempts": {
      "type": "integer", "minimum": 1, "maximum": 6, "description": "the most writes of one move; default 4"
    }
  }
}"#;

/// nova does not continue a migration with one of these statuses.
const ENDED: [&str; 7] = ["error", "failed", "cancelled", "completed", "confirmed", "reverted", "done"];

struct Policy;

impl Guest for Policy {
    fn describe() -> Description {
        Description {
            name: NAME.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            contract: "1.0.0".to_owned(),
            tasks: vec![TaskKind::Move, TaskKind::Replace, TaskKind::Revert],
            settings_schema: Some(SETTINGS.to_owned()),
            ended_statuses: ENDED.map(str::to_owned).to_vec(),
        }
    }

    fn next_step(task: Task, settings: Option<String>, recorded: Vec<Exchange>) -> Step {
        let mut history = History::of(&recorded);
        let attempts = attempts(settings.as_deref());
        let end = match task {
            Task::Move(task) => rules::move_allocations(&mut history, &task, attempts),
            Task::Replace(task) => rules::replace(&mut history, &task, attempts),
            Task::Revert(task) => rules::revert(&mut history, &task, attempts),
        };
        history.close(end)
    }
}

/// The host has checked the settings against the schema.
fn attempts(settings: Option<&str>) -> u32 {
    let settings: serde_json::Value = settings.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    settings["attempts"].as_u64().and_then(|attempts| attempts.try_into().ok()).unwrap_or(4)
}

contract::export!(Policy);
