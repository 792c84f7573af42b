//! Deserializers that put the path of the wrong field into the error. serde buffers a body whose form depends on its
//! `kind`, and the path of an error inside it is lost; these functions keep the path.

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::contract::{RequestSpec, Selection};

/// Reads any type; the path in the error starts at this type's own fields.
pub fn value<'de, T: DeserializeOwned, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    read("", from)
}

/// Reads the field `request_spec`.
pub fn request_spec<'de, D: Deserializer<'de>>(from: D) -> Result<RequestSpec, D::Error> {
    read("request_spec", from)
}

/// Reads the field `host_list`, which may be missing or null.
pub fn host_list<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<Selection>>, D::Error> {
    read("host_list", from)
}

fn read<'de, T: DeserializeOwned, D: Deserializer<'de>>(field: &str, from: D) -> Result<T, D::Error> {
    let json = Value::deserialize(from)?;
    serde_path_to_error::deserialize(json).map_err(|error| {
        let (path, why) = (error.path().to_string(), error.inner());
        let dot = if path.starts_with('[') || field.is_empty() { "" } else { "." };
        match path.as_str() {
            "." if field.is_empty() => D::Error::custom(why),
            "." => D::Error::custom(format!("{field}: {why}")),
            path => D::Error::custom(format!("{field}{dot}{path}: {why}")),
        }
    })
}
