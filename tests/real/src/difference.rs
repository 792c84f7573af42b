//! The differences of two answers to one request: status, code, text after the server's own first sentence, document.

use serde_json::{Number, Value};
use swaparoo_placement::Response;

/// How much of an error's text must be the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    /// The whole text. For a schema violation only the fault, without the printed schema and document after it.
    All,
    /// The kind of error, up to the first colon: for requests with several faults, where the first one may differ.
    Kind,
}

/// The difference between the model's answer and the real one; none if they are equal.
#[must_use]
pub fn difference(model: &Response, real: &Response, words: Words) -> Option<String> {
    let differ = |what: &str, model: String, real: String| {
        (model != real).then(|| format!("{what}\n  model: {model}\n  real:  {real}"))
    };
    let header = |response: &Response, name| {
        let value = response.headers.iter().find(|(known, _)| *known == name);
        value.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    differ("status", model.status.to_string(), real.status.to_string())
        .or_else(|| differ("code", format!("{:?}", model.code()), format!("{:?}", real.code())))
        .or_else(|| differ("text", text(model, words), text(real, words)))
        .or_else(|| differ("allow", header(model, "allow"), header(real, "allow")))
        .or_else(|| differ("cache-control", header(model, "cache-control"), header(real, "cache-control")))
        .or_else(|| differ("document", document(model), document(real)))
}

/// The text of an error without the sentence that a server writes before it.
fn text(response: &Response, words: Words) -> String {
    let detail = response.detail().unwrap_or_default();
    let tail = detail.split_once("\n\n").map_or(detail, |(_, tail)| tail).trim();
    let text = tail.split("  Failed validating").next().unwrap_or(tail);
    match words {
        // The two servers have different JSON parsers, with different error texts.
        Words::All if !text.starts_with("Malformed JSON") => sorted_lists(text),
        Words::All | Words::Kind => text.split(':').next().unwrap_or(text).to_owned(),
    }
}

/// Sorts the lists in a text, since the real Placement lists classes and providers in the order of a Python set.
fn sorted_lists(text: &str) -> String {
    let sorted = |quoted: &str| {
        let mut items: Vec<_> = quoted.split(", ").collect();
        items.sort_unstable();
        items.join(", ")
    };
    let parts = text.split('\'').enumerate();
    parts.map(|(at, part)| if at % 2 == 1 { sorted(part) } else { part.to_owned() }).collect::<Vec<_>>().join("'")
}

fn document(response: &Response) -> String {
    if response.is_success() { plain(&response.body).to_string() } else { String::new() }
}

/// The document with sorted keys, sorted lists, and 2 instead of 2.0.
fn plain(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().and_then(Number::from_f64).map_or(Value::Null, Value::Number),
        Value::Array(list) => {
            let mut list: Vec<_> = list.iter().map(plain).collect();
            list.sort_by_key(Value::to_string);
            list.into()
        }
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().map(|(key, value)| (key.clone(), plain(value))).collect();
            fields.sort_by(|(one, _), (other, _)| one.cmp(other));
            fields.into_iter().collect()
        }
        Value::Null | Value::Bool(_) | Value::String(_) => value.clone(),
    }
}
