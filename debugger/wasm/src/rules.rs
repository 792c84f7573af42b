//! The rules that decide: a built-in policy, or a component that the page runs.

use js_sys::{Array, Function};
use serde::Serialize;
use swaparoo_contract::{Exchange, Step, Task};
use swaparoo_plugin::policies;
use swaparoo_plugin::policy::Policy;
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

/// One task under some rules, with its history in the form that the rules read.
pub enum TaskRun {
    /// Built-in rules.
    BuiltIn(&'static dyn Policy, Box<Task>, Vec<Exchange>),
    /// A component's rules.
    Given(Function, JsValue, Array),
}

impl TaskRun {
    /// Starts a task with an empty history.
    ///
    /// # Errors
    /// A value cannot be converted for the other module.
    pub fn new(rules: &Rules, task: &Task) -> Result<Self, String> {
        Ok(match rules {
            Rules::BuiltIn(policy) => Self::BuiltIn(*policy, Box::new(task.clone()), Vec::new()),
            Rules::Given(function) => Self::Given(function.clone(), to_js(task)?, Array::new()),
        })
    }

    /// Appends an exchange.
    ///
    /// # Errors
    /// A value cannot be converted for the other module.
    pub fn push(&mut self, exchange: &Exchange) -> Result<(), String> {
        match self {
            Self::BuiltIn(_, _, history) => history.push(exchange.clone()),
            Self::Given(_, _, history) => {
                history.push(&to_js(exchange)?);
            }
        }
        Ok(())
    }

    /// Keeps only the first `length` exchanges.
    pub fn truncate(&mut self, length: usize) {
        match self {
            Self::BuiltIn(_, _, history) => history.truncate(length),
            Self::Given(_, _, history) => history.set_length(u32::try_from(length).unwrap_or(u32::MAX)),
        }
    }

    /// Asks the rules for the next step.
    ///
    /// # Errors
    /// The component failed, or its answer is not a step.
    pub fn step(&self) -> Result<Step, String> {
        match self {
            Self::BuiltIn(policy, task, history) => Ok(swaparoo_plugin::next_step(*policy, task, history)),
            Self::Given(function, task, history) => {
                let step = function.call2(&JsValue::NULL, task, history).map_err(|thrown| error_text(&thrown))?;
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
