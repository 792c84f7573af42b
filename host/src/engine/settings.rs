//! A policy's settings: a JSON object that its rules get with each task.

use std::error::Error;
use std::thread;

use boon::{Compiler, Draft, SchemaIndex, Schemas, UrlLoader};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::contract::Description;

/// The maximum length of the settings and of their schema in bytes (wit/rules.wit). It also bounds how deep a schema's
/// references to itself can be nested.
const MOST_BYTES: usize = 16_384;
/// The stack of a check in bytes.
const STACK: usize = 32 << 20;
/// The name of the schema; nothing is loaded from there.
const SCHEMA: &str = "https://swaparoo.invalid/settings";

/// The settings of one policy, as text and in JSON as the object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Map<String, Value>", into = "Map<String, Value>")]
pub struct Settings(String);

/// Why a policy cannot have these settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// They are too long.
    #[error("the settings have {bytes} bytes; the maximum is {MOST_BYTES}")]
    TooLong {
        /// Their length.
        bytes: usize,
    },
    /// The policy describes no settings.
    #[error("the policy {policy} has no settings: leave them out")]
    NoSettings {
        /// The policy's name.
        policy: String,
    },
    /// They do not conform to the policy's schema.
    #[error("the settings do not fit the policy {policy}: {why}")]
    Misfit {
        /// The policy's name.
        policy: String,
        /// The fields that do not conform, and why.
        why: String,
    },
}

impl Settings {
    /// What the rules get.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Checks that the policy with this description can have them.
    pub(super) fn check(&self, description: &Description) -> Result<(), SettingsError> {
        let policy = description.name.clone();
        let Some(schema) = &description.settings_schema else { return Err(SettingsError::NoSettings { policy }) };
        let conforms = || {
            let (schemas, index) = compile(schema)?;
            let settings = serde_json::from_str(&self.0).map_err(|error| error.to_string())?;
            schemas.validate(&settings, index).map_err(|error| faults(&error.to_string()))
        };
        on_a_large_stack(conforms).map_err(|why| SettingsError::Misfit { policy, why })
    }
}

impl TryFrom<Map<String, Value>> for Settings {
    type Error = SettingsError;

    fn try_from(object: Map<String, Value>) -> Result<Self, SettingsError> {
        let text = Value::Object(object).to_string();
        if text.len() > MOST_BYTES {
            return Err(SettingsError::TooLong { bytes: text.len() });
        }
        Ok(Self(text))
    }
}

impl From<Settings> for Map<String, Value> {
    fn from(settings: Settings) -> Self {
        serde_json::from_str(&settings.0).unwrap_or_default()
    }
}

/// Checks the schema that a policy describes.
pub(super) fn check_schema(schema: &str) -> Result<(), String> {
    if schema.len() > MOST_BYTES {
        return Err(format!("its settings schema has {} bytes; the maximum is {MOST_BYTES}", schema.len()));
    }
    on_a_large_stack(|| compile(schema).map(drop))
        .map_err(|why| format!("its settings schema is not a JSON Schema: {why}"))
}

/// The validator calls itself for each reference, and an overflow of the stack would end the service. The longest chain of
/// references that fits into a schema needs some 4 MiB in a debug build.
fn on_a_large_stack(work: impl FnOnce() -> Result<(), String> + Send) -> Result<(), String> {
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        let thread = thread.map_err(|error| format!("the machine has no thread for its check: {error}"))?;
        thread.join().unwrap_or_else(|_| Err("its check panicked".to_owned()))
    })
}

fn compile(schema: &str) -> Result<(Schemas, SchemaIndex), String> {
    let schema: Map<String, Value> = serde_json::from_str(schema).map_err(|error| error.to_string())?;
    let mut compiler = Compiler::new();
    compiler.set_default_draft(Draft::V2020_12);
    compiler.use_loader(Box::new(NothingElse));
    let mut schemas = Schemas::new();
    let added = compiler.add_resource(SCHEMA, Value::Object(schema));
    let compiled = added.and_then(|()| compiler.compile(SCHEMA, &mut schemas));
    compiled.map(|index| (schemas, index)).map_err(|error| faults(&error.to_string()))
}

/// A schema is complete: it refers to no file and no other server.
struct NothingElse;

impl UrlLoader for NothingElse {
    fn load(&self, url: &str) -> Result<Value, Box<dyn Error>> {
        Err(format!("it refers to {url}; a settings schema refers only to itself").into())
    }
}

/// The faults in one line, without the line that names the schema.
fn faults(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(|line| line.trim().trim_start_matches("- ")).collect();
    match lines.split_first() {
        Some((_, rest)) if !rest.is_empty() => rest.join("; "),
        _ => lines.join("; "),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::contract::{CONTRACT, TaskKind};

    fn of(value: Value) -> Settings {
        serde_json::from_value(value).unwrap()
    }

    fn judged(schema: Option<Value>, settings: Value) -> Result<(), String> {
        let (name, version, contract) = ("mine".into(), "1".into(), CONTRACT.into());
        let settings_schema = schema.map(|schema| schema.to_string());
        let described = Description {
            name,
            version,
            contract,
            tasks: vec![TaskKind::Move],
            settings_schema,
            ended_statuses: Vec::new(),
        };
        of(settings).check(&described).map_err(|error| error.to_string())
    }

    fn attempts() -> Value {
        json!({ "type": "object", "properties": { "attempts": { "type": "integer", "minimum": 1 } } })
    }

    #[test]
    fn settings_conform_to_the_policys_schema() {
        assert_eq!(judged(Some(attempts()), json!({ "attempts": 3 })), Ok(()));
        assert_eq!(judged(Some(json!({})), json!({ "any": [1] })), Ok(()));
        for wrong in [json!("3"), json!(0), json!(1.5)] {
            let why = judged(Some(attempts()), json!({ "attempts": wrong })).unwrap_err();
            assert!(why.starts_with("the settings do not fit the policy mine: ") && why.contains("attempts"), "{why}");
        }
        let none = judged(None, json!({ "attempts": 3 })).unwrap_err();
        assert_eq!(none, "the policy mine has no settings: leave them out");
    }

    #[test]
    fn settings_are_an_object_that_keeps_its_order() {
        let settings = of(json!({ "b": 1, "a": 2 }));
        assert_eq!(settings.text(), r#"{"b":1,"a":2}"#);
        assert_eq!(serde_json::to_string(&settings).unwrap(), settings.text());
        assert!(serde_json::from_value::<Settings>(json!([])).is_err());
        let long = serde_json::from_value::<Settings>(json!({ "a": "x".repeat(MOST_BYTES) })).unwrap_err().to_string();
        assert!(long.contains("the maximum is 16384"), "{long}");
    }

    #[test]
    fn a_schema_is_one_and_refers_only_to_itself() {
        assert_eq!(check_schema(&attempts().to_string()), Ok(()));
        let itself = json!({ "$defs": { "n": { "type": "integer" } }, "properties": { "a": { "$ref": "#/$defs/n" } } });
        assert_eq!(check_schema(&itself.to_string()), Ok(()));
        for wrong in ["", "true", "[]", "{", r#"{"type":"integr"}"#, r#"{"properties":1}"#] {
            let why = check_schema(wrong).unwrap_err();
            assert!(why.starts_with("its settings schema is not a JSON Schema: "), "{wrong}: {why}");
        }
        for elsewhere in ["file:///etc/hostname", "https://example.org/schema", "other"] {
            let why = check_schema(&json!({ "$ref": elsewhere }).to_string()).unwrap_err();
            assert!(why.contains("refers only to itself") || why.contains("loading"), "{elsewhere}: {why}");
        }
        let long = json!({ "title": "x".repeat(MOST_BYTES) }).to_string();
        assert!(check_schema(&long).unwrap_err().contains("the maximum is 16384"));
    }

    /// As deep as a schema of this size can be nested.
    #[test]
    fn a_long_chain_of_references_ends() {
        let mut schema = json!({ "$ref": "#/$defs/0" });
        let links = 500;
        for link in 0..links {
            schema["$defs"][link.to_string()] = json!({ "$ref": format!("#/$defs/{}", link + 1) });
        }
        schema["$defs"][links.to_string()] = json!({ "type": "object" });
        let text = schema.to_string();
        assert!(text.len() <= MOST_BYTES, "{}", text.len());
        assert_eq!(check_schema(&text), Ok(()));
        assert_eq!(judged(Some(schema), json!({})), Ok(()));
    }
}
