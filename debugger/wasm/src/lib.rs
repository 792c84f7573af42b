//! The WebAssembly of the debugger's page: the rules (the plugin's own module), a simulation of nova and Placement to
//! run them on, and the texts for display. It is pure: it reads no clock, sends no requests, and keeps no state except
//! a running exploration.

pub mod answer_plan;
pub mod change;
pub mod effect_counts;
#[cfg(feature = "full")]
pub mod explore;
#[cfg(feature = "full")]
pub mod explored_path;
pub mod known_facts;
pub mod opened_task;
#[cfg(feature = "full")]
pub mod pasted;
pub mod play;
#[cfg(feature = "full")]
pub mod recorded;
#[cfg(feature = "full")]
pub mod reply_check;
pub mod rules;
pub mod run_view;
pub mod scenarios;
pub mod snapshot;
pub mod verdict;
pub mod violation_view;

use js_sys::Function;
use opened_task::{OpenedTask, Source};
use rules::{Rules, to_js};
use serde::de::DeserializeOwned;
#[cfg(feature = "full")]
use swaparoo_contract::{VERSION, Version};
#[cfg(feature = "full")]
use swaparoo_core::record::{Header, Record};
#[cfg(feature = "full")]
pub use swaparoo_plugin::browser::{describe, names, next_step};
use wasm_bindgen::prelude::{JsError, JsValue, wasm_bindgen};

/// The built-in scenarios.
#[wasm_bindgen(unchecked_return_type = "ScenarioView[]")]
pub fn scenarios() -> Result<JsValue, JsError> {
    js_result(to_js(&scenarios::ALL))
}

/// The task of a source.
///
/// # Errors
/// The source cannot be opened, as in `play`.
#[wasm_bindgen(js_name = taskOf, unchecked_return_type = "Task")]
pub fn task_of(#[wasm_bindgen(unchecked_param_type = "Source")] source: JsValue) -> Result<JsValue, JsError> {
    js_result(to_js(&open(source)?.task))
}

/// Checks that the content of a file is a record.
///
/// # Errors
/// It is not a record, or has another version; the error says where and why.
#[cfg(feature = "full")]
#[wasm_bindgen(js_name = checkRecord)]
pub fn check_record(name: &str, record: JsValue) -> Result<(), JsError> {
    let form = |error: &serde_wasm_bindgen::Error| JsError::new(&format!("{name} is not a record: {}", why(error)));
    let header: Header = serde_wasm_bindgen::from_value(record.clone()).map_err(|error| form(&error))?;
    js_result(header.check(name.as_ref()).map_err(|error| error.to_string()))?;
    let record: Record = serde_wasm_bindgen::from_value(record).map_err(|error| form(&error))?;
    js_result(record.check(name.as_ref()).map_err(|error| error.to_string()))
}

/// Checks that a reply that was written by hand can be the answer to an effect.
///
/// # Errors
/// It is not a reply, or it answers another effect.
#[cfg(feature = "full")]
#[wasm_bindgen(js_name = checkReply)]
pub fn check_reply(
    #[wasm_bindgen(unchecked_param_type = "Effect")] effect: JsValue,
    #[wasm_bindgen(unchecked_param_type = "Reply")] reply: JsValue,
) -> Result<(), JsError> {
    js_result(reply_check::check(&read("the effect", effect)?, &read("the reply", reply)?))
}

/// Whether components of this version of the contract run here, as in a host of the page's version.
#[cfg(feature = "full")]
#[must_use]
#[wasm_bindgen(js_name = supportsContract)]
pub fn supports_contract(version: &str) -> bool {
    Version::parse(version).is_some_and(|version| VERSION.supports(version))
}

/// Plays a task to its end under the policy of that name, or under `rules`, the `next-step` of another module.
///
/// # Errors
/// The source cannot be opened, the changes are invalid, or the policy does not exist.
#[wasm_bindgen(unchecked_return_type = "RunView")]
pub fn play(
    #[wasm_bindgen(unchecked_param_type = "Source")] source: JsValue,
    policy: &str,
    #[wasm_bindgen(unchecked_param_type = "Change[]")] changes: JsValue,
    open_task: bool,
    #[wasm_bindgen(unchecked_param_type = "NextStep | undefined")] rules: Option<Function>,
) -> Result<JsValue, JsError> {
    let (opened, rules) = (open(source)?, js_result(Rules::of(policy, rules))?);
    let changes: Vec<change::Change> = read("changes", changes)?;
    js_result(play::play(&opened, &rules, &changes, open_task).and_then(run_to_js))
}

/// The recorded run of a task, made from its exchanges and its end without running rules.
///
/// # Errors
/// The source cannot be opened.
#[cfg(feature = "full")]
#[wasm_bindgen(unchecked_return_type = "RunView")]
pub fn recorded(
    #[wasm_bindgen(unchecked_param_type = "Source")] source: JsValue,
    open_task: bool,
) -> Result<JsValue, JsError> {
    js_result(run_to_js(recorded::recorded(&open(source)?, open_task)))
}

/// A running exploration.
#[cfg(feature = "full")]
#[wasm_bindgen]
pub struct Exploration(explore::Explorer);

#[cfg(feature = "full")]
#[wasm_bindgen]
impl Exploration {
    /// Explores this share of what can happen from the exchange `from` on, with at most `most` faults or events on a path.
    ///
    /// # Errors
    /// As `play`, or the task ends before that exchange.
    #[wasm_bindgen(constructor)]
    pub fn new(
        #[wasm_bindgen(unchecked_param_type = "Source")] source: JsValue,
        policy: &str,
        #[wasm_bindgen(unchecked_param_type = "Change[]")] changes: JsValue,
        from: usize,
        most: usize,
        #[wasm_bindgen(unchecked_param_type = "Share")] share: JsValue,
        #[wasm_bindgen(unchecked_param_type = "NextStep | undefined")] rules: Option<Function>,
    ) -> Result<Exploration, JsError> {
        let (opened, rules) = (open(source)?, js_result(Rules::of(policy, rules))?);
        let changes: Vec<change::Change> = read("changes", changes)?;
        let share: explore::Share = read("share", share)?;
        js_result(explore::Explorer::new(&opened, &rules, &changes, from, most, share)).map(Self)
    }

    /// Continues until `count` more paths have ended.
    ///
    /// # Errors
    /// A value cannot be converted for the other module.
    #[wasm_bindgen(unchecked_return_type = "Portion")]
    pub fn run(&mut self, histories: usize) -> Result<JsValue, JsError> {
        js_result(self.0.run(histories).and_then(|portion| to_js(&portion)))
    }
}

/// TypeScript types for values that have no type of their own here.
#[wasm_bindgen(typescript_custom_section)]
const ALIASES: &str = r#"
/**
 * The contract's `next-step`, its values in the JSON of a record.
 */
export type NextStep = (task: Task, history: Exchange[]) => Step;

/**
 * What `--record` writes.
 */
export interface RecordFile {
    format: string;
    contract: string;
    id: string;
    task: Task;
    policy: { name: string; version: string; digest: string };
    history: Exchange[];
    end: { finished: unknown } | { failed: unknown };
    times?: { asked_ms: number; answered_ms: number }[];
    beside?: { after: number; actor: string; what: string }[];
    unavoidable_after?: number;
}
"#;

fn open(source: JsValue) -> Result<OpenedTask, JsError> {
    let source: Source = read("source", source)?;
    js_result(OpenedTask::of(source))
}

/// Converts a run for the page. Most exchanges change nothing, so equal snapshots share one value; otherwise a record
/// with tens of thousands of exchanges would contain a copy for each.
fn run_to_js(mut run: run_view::RunView) -> Result<JsValue, String> {
    let snapshots = js_sys::Array::new();
    let mut last: Option<(snapshot::Snapshot, JsValue)> = None;
    for snapshot in std::mem::take(&mut run.snapshots) {
        let js_value = match last.take() {
            Some((before, js_value)) if before == snapshot => js_value,
            _ => to_js(&snapshot)?,
        };
        snapshots.push(&js_value);
        last = Some((snapshot, js_value));
    }
    let js_value = to_js(&run)?;
    js_sys::Reflect::set(&js_value, &"snapshots".into(), &snapshots)
        .map_err(|_| "a course has no such form".to_owned())?;
    Ok(js_value)
}

fn read<T: DeserializeOwned>(what: &str, value: JsValue) -> Result<T, JsError> {
    let form = |error| JsError::new(&format!("{what} is not of its form: {}", why(&error)));
    serde_wasm_bindgen::from_value(value).map_err(form)
}

/// The message of an error, without JavaScript's prefix.
fn why(error: &serde_wasm_bindgen::Error) -> String {
    let said = error.to_string();
    said.strip_prefix("Error: ").unwrap_or(&said).to_owned()
}

fn js_result<T>(result: Result<T, String>) -> Result<T, JsError> {
    result.map_err(|error| JsError::new(&error))
}
