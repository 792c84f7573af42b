//! A JSON object that the contract carries as text, and JSON as the object itself. The order of its fields is kept: the
//! same step is the same bytes everywhere.

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Error, Serialize, Serializer};
use serde_json::{Map, Value};

pub fn serialize<S: Serializer>(text: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    let object = text.as_ref().map(|text| serde_json::from_slice::<Map<String, Value>>(text.as_bytes())).transpose();
    object.map_err(S::Error::custom)?.serialize(serializer)
}

pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let object = Option::<Map<String, Value>>::deserialize(deserializer)?;
    Ok(object.map(|object| Value::Object(object).to_string()))
}
