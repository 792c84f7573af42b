//! What the debugger's page has of WebAssembly: the rules (the plugin's own module), a rehearsal of nova and Placement to
//! try them on, and words for what is seen. Pure: it reads no clock, asks nobody, and keeps nothing but an exploration on
//! its way.

pub mod change;
pub mod course;
#[cfg(feature = "full")]
pub mod explore;
#[cfg(feature = "full")]
pub mod fits;
pub mod known;
#[cfg(feature = "full")]
pub mod leaf;
pub mod moment;
pub mod opening;
#[cfg(feature = "full")]
pub mod pasted;
pub mod plan;
pub mod play;
#[cfg(feature = "full")]
pub mod recorded;
pub mod rules;
pub mod story;
pub mod verdict;
pub mod wrong;

use js_sys::Function;
use opening::{Opening, Source};
use rules::{Rules, to_js};
use serde::de::DeserializeOwned;
#[cfg(feature = "full")]
use swaparoo_core::record::{Header, Record};
#[cfg(feature = "full")]
pub use swaparoo_plugin::browser::{describe, names, next_step};
use wasm_bindgen::prelude::{JsError, JsValue, wasm_bindgen};

/// The built-in stories.
///
/// # Errors
/// Never: its value has a form.
#[wasm_bindgen(unchecked_return_type = "Story[]")]
pub fn stories() -> Result<JsValue, JsError> {
    told(to_js(&story::ALL))
}

/// The task that a source is about.
///
/// # Errors
/// It cannot be opened; the error says why.
#[wasm_bindgen(js_name = taskOf, unchecked_return_type = "Task")]
pub fn task_of(#[wasm_bindgen(unchecked_param_type = "Source")] source: JsValue) -> Result<JsValue, JsError> {
    told(to_js(&open(source)?.task))
}

/// Whether what a file says is a record.
///
/// # Errors
/// It is none, or of another version; the error says where and why.
#[cfg(feature = "full")]
#[wasm_bindgen(js_name = checkRecord)]
pub fn check_record(name: &str, record: JsValue) -> Result<(), JsError> {
    let form = |error: &serde_wasm_bindgen::Error| JsError::new(&format!("{name} is no record: {}", why(error)));
    let header: Header = serde_wasm_bindgen::from_value(record.clone()).map_err(|error| form(&error))?;
    told(header.check(name.as_ref()).map_err(|error| error.to_string()))?;
    let record: Record = serde_wasm_bindgen::from_value(record).map_err(|error| form(&error))?;
    told(record.check(name.as_ref()).map_err(|error| error.to_string()))
}

/// Whether a reply that was written by hand can be the answer to an effect.
///
/// # Errors
/// It is no reply, or the answer to something else.
#[cfg(feature = "full")]
#[wasm_bindgen(js_name = checkReply)]
pub fn check_reply(
    #[wasm_bindgen(unchecked_param_type = "Effect")] effect: JsValue,
    #[wasm_bindgen(unchecked_param_type = "Reply")] reply: JsValue,
) -> Result<(), JsError> {
    told(fits::fits(&read("the effect", effect)?, &read("the reply", reply)?))
}

/// Plays a task to its end: under the policy of that name, or under `rules`, a `next-step` of another module's.
///
/// # Errors
/// The source cannot be opened, the changes are none, or there is no such policy.
#[wasm_bindgen(unchecked_return_type = "Course")]
pub fn play(
    #[wasm_bindgen(unchecked_param_type = "Source")] source: JsValue,
    policy: &str,
    #[wasm_bindgen(unchecked_param_type = "Change[]")] changes: JsValue,
    open_task: bool,
    #[wasm_bindgen(unchecked_param_type = "NextStep | undefined")] rules: Option<Function>,
) -> Result<JsValue, JsError> {
    let (opening, rules) = (open(source)?, told(Rules::of(policy, rules))?);
    let changes: Vec<change::Change> = read("changes", changes)?;
    told(play::play(&opening, &rules, &changes, open_task).and_then(course_to_js))
}

/// The recorded course of a task: drawn from its exchanges and its end, without asking any rule.
///
/// # Errors
/// The source cannot be opened.
#[cfg(feature = "full")]
#[wasm_bindgen(unchecked_return_type = "Course")]
pub fn recorded(
    #[wasm_bindgen(unchecked_param_type = "Source")] source: JsValue,
    open_task: bool,
) -> Result<JsValue, JsError> {
    told(course_to_js(recorded::recorded(&open(source)?, open_task)))
}

/// An exploration on its way.
#[cfg(feature = "full")]
#[wasm_bindgen]
pub struct Exploration(explore::Explorer);

#[cfg(feature = "full")]
#[wasm_bindgen]
impl Exploration {
    /// From the exchange at `from` on, with at most `most` things beside plain answers on a path.
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
        #[wasm_bindgen(unchecked_param_type = "NextStep | undefined")] rules: Option<Function>,
    ) -> Result<Exploration, JsError> {
        let (opening, rules) = (open(source)?, told(Rules::of(policy, rules))?);
        let changes: Vec<change::Change> = read("changes", changes)?;
        told(explore::Explorer::new(&opening, &rules, &changes, from, most)).map(Self)
    }

    /// Goes on until so many more paths have come to an end.
    ///
    /// # Errors
    /// Values cannot be carried over.
    #[wasm_bindgen(unchecked_return_type = "Portion")]
    pub fn run(&mut self, histories: usize) -> Result<JsValue, JsError> {
        told(self.0.run(histories).and_then(|portion| to_js(&portion)))
    }
}

/// The typings of what has no type of its own here.
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
}
"#;

fn open(source: JsValue) -> Result<Opening, JsError> {
    let source: Source = read("source", source)?;
    told(Opening::of(source))
}

/// A course as the page has it. Most exchanges change nothing: the moments after them are one value, of which a record of
/// tens of thousands would otherwise have a copy each.
fn course_to_js(mut course: course::Course) -> Result<JsValue, String> {
    let moments = js_sys::Array::new();
    let mut last: Option<(moment::Moment, JsValue)> = None;
    for moment in std::mem::take(&mut course.moments) {
        let shown = match last.take() {
            Some((before, shown)) if before == moment => shown,
            _ => to_js(&moment)?,
        };
        moments.push(&shown);
        last = Some((moment, shown));
    }
    let shown = to_js(&course)?;
    js_sys::Reflect::set(&shown, &"moments".into(), &moments).map_err(|_| "a course has no such form".to_owned())?;
    Ok(shown)
}

fn read<T: DeserializeOwned>(what: &str, value: JsValue) -> Result<T, JsError> {
    let form = |error| JsError::new(&format!("{what} is not of its form: {}", why(&error)));
    serde_wasm_bindgen::from_value(value).map_err(form)
}

/// What is wrong, without JavaScript's word for it.
fn why(error: &serde_wasm_bindgen::Error) -> String {
    let said = error.to_string();
    said.strip_prefix("Error: ").unwrap_or(&said).to_owned()
}

fn told<T>(result: Result<T, String>) -> Result<T, JsError> {
    result.map_err(|error| JsError::new(&error))
}
