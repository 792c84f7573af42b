//! Whose rules decide: a policy that is built in, or a component that the page runs.

use js_sys::{Array, Function};
use serde::Serialize;
use swaparoo_contract::{Exchange, Step, Task};
use swaparoo_plugin::policies;
use swaparoo_plugin::policy::Policy;
use wasm_bindgen::JsValue;

/// A policy.
#[derive(Clone)]
pub enum Rules {
    /// One of those in this module.
    BuiltIn(&'static dyn Policy),
    /// The contract's `next-step` of a component, its values in the JSON of a record.
    Given(Function),
}

impl Rules {
    /// The function, if one is given, or the policy of that name.
    ///
    /// # Errors
    /// There is no policy of that name.
    pub fn of(name: &str, function: Option<Function>) -> Result<Self, String> {
        if let Some(function) = function {
            return Ok(Self::Given(function));
        }
        let known = || format!("no policy is named {name:?}; there are standard, seed and nova-34");
        policies::named(name).map(Self::BuiltIn).ok_or_else(known)
    }
}

/// One task under some rules, its history in the form that they read.
pub enum Game {
    /// In this module.
    BuiltIn(&'static dyn Policy, Box<Task>, Vec<Exchange>),
    /// In another.
    Given(Function, JsValue, Array),
}

impl Game {
    /// A task that has not begun.
    ///
    /// # Errors
    /// Its values cannot be carried over.
    pub fn new(rules: &Rules, task: &Task) -> Result<Self, String> {
        Ok(match rules {
            Rules::BuiltIn(policy) => Self::BuiltIn(*policy, Box::new(task.clone()), Vec::new()),
            Rules::Given(function) => Self::Given(function.clone(), to_js(task)?, Array::new()),
        })
    }

    /// One exchange more.
    ///
    /// # Errors
    /// Its values cannot be carried over.
    pub fn push(&mut self, exchange: &Exchange) -> Result<(), String> {
        match self {
            Self::BuiltIn(_, _, history) => history.push(exchange.clone()),
            Self::Given(_, _, history) => {
                history.push(&to_js(exchange)?);
            }
        }
        Ok(())
    }

    /// Only the first `length` exchanges stay.
    pub fn truncate(&mut self, length: usize) {
        match self {
            Self::BuiltIn(_, _, history) => history.truncate(length),
            Self::Given(_, _, history) => history.set_length(u32::try_from(length).unwrap_or(u32::MAX)),
        }
    }

    /// The next step.
    ///
    /// # Errors
    /// The component broke down, or answered what is none.
    pub fn step(&self) -> Result<Step, String> {
        match self {
            Self::BuiltIn(policy, task, history) => Ok(swaparoo_plugin::next_step(*policy, task, history)),
            Self::Given(function, task, history) => {
                let step = function.call2(&JsValue::NULL, task, history).map_err(|thrown| said(&thrown))?;
                read_step(step)
            }
        }
    }
}

/// A value as the page has it.
///
/// # Errors
/// It has no such form.
pub fn to_js<T: Serialize>(value: &T) -> Result<JsValue, String> {
    value.serialize(&serde_wasm_bindgen::Serializer::json_compatible()).map_err(|error| error.to_string())
}

#[cfg(feature = "full")]
fn read_step(step: JsValue) -> Result<Step, String> {
    serde_wasm_bindgen::from_value(step).map_err(|error| format!("the policy's step is none: {error}"))
}

/// Other modules' rules take the full build.
#[cfg(not(feature = "full"))]
fn read_step(_: JsValue) -> Result<Step, String> {
    Err("this build runs built-in policies only".to_owned())
}

fn said(thrown: &JsValue) -> String {
    let message = js_sys::Reflect::get(thrown, &"message".into()).ok().and_then(|message| message.as_string());
    message.or_else(|| thrown.as_string()).unwrap_or_else(|| "the policy broke down without a word".to_owned())
}
