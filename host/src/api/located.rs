//! Where in a document the mistake is. A body whose form hangs on its `kind` is read into memory first, and then what is
//! wrong has lost its place; these read the parts with their places.

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::contract::{RequestSpec, Selection};

/// Any part, by its own fields.
///
/// # Errors
/// It is not of that form; the error begins with the place.
pub fn located<'de, T: DeserializeOwned, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    read("", from)
}

/// The field of this name.
///
/// # Errors
/// As above.
pub fn request_spec<'de, D: Deserializer<'de>>(from: D) -> Result<RequestSpec, D::Error> {
    read("request_spec", from)
}

/// The field of this name, which may be left out or null.
///
/// # Errors
/// As above.
pub fn host_list<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<Selection>>, D::Error> {
    read("host_list", from)
}

fn read<'de, T: DeserializeOwned, D: Deserializer<'de>>(field: &str, from: D) -> Result<T, D::Error> {
    let value = Value::deserialize(from)?;
    serde_path_to_error::deserialize(value).map_err(|error| {
        let (path, why) = (error.path().to_string(), error.inner());
        let dot = if path.starts_with('[') || field.is_empty() { "" } else { "." };
        match path.as_str() {
            "." if field.is_empty() => D::Error::custom(why),
            "." => D::Error::custom(format!("{field}: {why}")),
            path => D::Error::custom(format!("{field}{dot}{path}: {why}")),
        }
    })
}
