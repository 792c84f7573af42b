//! A policy's settings: a JSON object that its rules get with each task.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::contract::Description;

/// The maximum length of the settings and of their schema in bytes (wit/rules.wit).
const MOST_BYTES: usize = 65_536;

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
}

impl Settings {
    /// What the rules get.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Checks that the policy with this description can have them.
    pub(super) fn check(&self, description: &Description) -> Result<(), SettingsError> {
        match &description.settings_schema {
            Some(_) => Ok(()),
            None => Err(SettingsError::NoSettings { policy: description.name.clone() }),
        }
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
    match serde_json::from_str::<Map<String, Value>>(schema) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("its settings schema is not a JSON object: {error}")),
    }
}
