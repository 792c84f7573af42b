//! The rules that decide: a built-in policy, or a component that the page runs.

use js_sys::{Array, Function};
use serde::Serialize;
use swaparoo_contract::{Exchange, Step, Task};
use swaparoo_plugin::policies;
use swaparoo_plugin::policy::Policy;
use swaparoo_sim::explorer;
use wasm_bindgen::JsValue;

/// A policy.
#[derive(Clone)]
pub enum Rules {
    /// A built-in policy of this module.
    BuiltIn(&'static dyn Policy),
    /// The `next-step` of a component, with values in the JSON form of a record.
    Given(Function),
}

impl Rules {
    /// Uses the function if it is given, otherwise the policy of that name.
    ///
    /// # Errors
    /// The policy does not exist.
    pub fn of(name: &str, function: Option<Function>) -> Result<Self, String> {
        if let Some(function) = function {
            return Ok(Self::Given(function));
        }
        let known = || format!("no policy is named {name:?}; there are standard, seed and nova-34");
        policies::named(name).map(Self::BuiltIn).ok_or_else(known)
    }
}

/// The rules of one task, with its history in the form that they read.
pub enum TaskRules {
    /// Built-in rules.
    BuiltIn(&'static dyn Policy),
    /// A component's rules.
    Given(Function, JsValue, Array),
}

impl TaskRules {
    /// Starts a task.
    ///
    /// # Errors
    /// A value cannot be converted for the other module.
    pub fn new(rules: &Rules, task: &Task) -> Result<Self, String> {
        Ok(match rules {
            Rules::BuiltIn(policy) => Self::BuiltIn(*policy),
            Rules::Given(function) => Self::Given(function.clone(), to_js(task)?, Array::new()),
        })
    }
}

impl explorer::Policy for TaskRules {
    fn next_step(&mut self, task: &Task, history: &[Exchange], kept: usize) -> Result<Step, String> {
        match self {
            Self::BuiltIn(policy) => Ok(swaparoo_plugin::next_step(*policy, task, history)),
            Self::Given(function, task, converted) => {
                let kept = u32::try_from(kept).unwrap_or(u32::MAX).min(converted.length());
                converted.set_length(kept);
                for exchange in history.iter().skip(usize::try_from(kept).unwrap_or(usize::MAX)) {
                    converted.push(&to_js(exchange)?);
                }
                let step = function.call2(&JsValue::NULL, task, converted).map_err(|thrown| error_text(&thrown))?;
                read_step(step)
            }
        }
    }
}

/// Converts a value to JavaScript.
///
/// # Errors
/// The value cannot be represented.
pub fn to_js<T: Serialize>(value: &T) -> Result<JsValue, String> {
    value.serialize(&serde_wasm_bindgen::Serializer::json_compatible()).map_err(|error| error.to_string())
}

#[cfg(feature = "full")]
fn read_step(step: JsValue) -> Result<Step, String> {
    serde_wasm_bindgen::from_value(step).map_err(|error| format!("the policy's answer is not a step: {error}"))
}

/// Components need the full build.
#[cfg(not(feature = "full"))]
fn read_step(_: JsValue) -> Result<Step, String> {
    Err("this build runs built-in policies only".to_owned())
}

fn error_text(thrown: &JsValue) -> String {
    let message = js_sys::Reflect::get(thrown, &"message".into()).ok().and_then(|message| message.as_string());
    message.or_else(|| thrown.as_string()).unwrap_or_else(|| "the policy failed without a message".to_owned())
}
