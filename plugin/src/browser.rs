//! The rules as a browser module, built with wasm-bindgen: the same function, with the JSON that a record uses.

use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::{JsError, JsValue, wasm_bindgen};

use crate::contract::{Exchange, Step, Task};
use crate::policies;
use crate::policy::Policy;

/// The TypeScript types of the contract's type aliases. Its records, variants and enums define theirs with their types.
#[wasm_bindgen(typescript_custom_section)]
const ALIASES: &str = r"
/**
 * The UUID of a consumer: 36 characters, lower case, with dashes.
 */
export type ConsumerId = string;

/**
 * The UUID of a resource provider.
 */
export type ProviderId = string;

/**
 * A resource provider's or consumer's generation.
 */
export type Generation = number;
";

/// The names of the policies in this module, the default first.
#[wasm_bindgen(js_name = policies, unchecked_return_type = "string[]")]
pub fn names() -> Vec<String> {
    policies::ALL.iter().map(|policy| policy.name().to_owned()).collect()
}

/// The contract's `describe`.
///
/// # Errors
/// Throws if no policy has this name.
#[wasm_bindgen(unchecked_return_type = "Description")]
pub fn describe(policy: &str) -> Result<JsValue, JsError> {
    to_js(&named(policy)?.describe())
}

/// The contract's `next-step`.
///
/// # Errors
/// Throws if no policy has this name, or if `task` or `history` does not match the contract. The error says which of
/// them, and where.
#[wasm_bindgen(js_name = nextStep, unchecked_return_type = "Step")]
pub fn next_step(
    policy: &str,
    #[wasm_bindgen(unchecked_param_type = "Task")] task: JsValue,
    #[wasm_bindgen(unchecked_param_type = "Exchange[]")] history: JsValue,
) -> Result<JsValue, JsError> {
    let policy = named(policy)?;
    let task: Task = from_js("task", task)?;
    let history: Vec<Exchange> = from_js("history", history)?;
    to_js::<Step>(&crate::next_step(policy, &task, &history))
}

fn named(name: &str) -> Result<&'static dyn Policy, JsError> {
    policies::named(name)
        .ok_or_else(|| JsError::new(&format!("no policy is named {name:?}; there are standard, seed and nova-34")))
}

fn from_js<T: DeserializeOwned>(what: &str, value: JsValue) -> Result<T, JsError> {
    serde_wasm_bindgen::from_value(value)
        .map_err(|error| JsError::new(&format!("{what} does not match the contract: {error}")))
}

fn to_js<T: Serialize>(value: &T) -> Result<JsValue, JsError> {
    Ok(value.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?)
}
