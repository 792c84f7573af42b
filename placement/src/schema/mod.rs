//! Schema checks: the part of JSON Schema that Placement's schemas use, with the texts of Python's jsonschema.

pub(crate) mod allocations;
mod pattern;
pub(crate) mod providers;
mod repr;
mod violation;

use serde_json::{Map, Value};

pub(crate) use pattern::Pattern;
use repr::repr;
use violation::{JsonPath, Violation};

use crate::errors::ErrorResponse;
use crate::uuids::is_uuid;

/// The schema of a JSON value.
pub(crate) enum Schema {
    Object(Object),
    List { items: &'static Schema, min: usize },
    Integer { min: i64, max: i64 },
    IntegerOrNull,
    Number { max: f64 },
    Text(Text),
    Uuid,
    UuidOrNull,
}

/// The schema of a JSON object.
pub(crate) struct Object {
    pub(crate) fields: &'static [(&'static str, &'static Schema)],
    pub(crate) required: &'static [&'static str],
    /// The pattern and the schema of keys that are not in `fields`.
    pub(crate) keys: Option<(Pattern, &'static Schema)>,
    /// True if other keys are allowed.
    pub(crate) open: bool,
    pub(crate) min: usize,
}

impl Object {
    /// An object without keys; the base for other schemas.
    pub(crate) const EMPTY: Self = Self { fields: &[], required: &[], keys: None, open: false, min: 0 };
}

/// The schema of a JSON string.
pub(crate) struct Text {
    pub(crate) min: usize,
    pub(crate) max: usize,
    pub(crate) pattern: Option<Pattern>,
}

/// Any string of 1 to 255 characters.
pub(crate) static NAME: Schema = Schema::Text(Text { min: 1, max: 255, pattern: None });

/// Checks a document. The refusal names the violation nearest to the root, like jsonschema's best match.
pub(crate) fn check(schema: &Schema, value: &Value) -> Result<(), ErrorResponse> {
    nearest(schema, value)
        .map_err(|violation| ErrorResponse::bad_request(format!("JSON does not validate: {violation}")))
}

/// Checks the parameters of a query.
pub(crate) fn check_query(schema: &Schema, query: &Value) -> Result<(), ErrorResponse> {
    nearest(schema, query)
        .map_err(|violation| ErrorResponse::bad_request(format!("Invalid query string parameters: {violation}")))
}

fn nearest(schema: &Schema, value: &Value) -> Result<(), Violation> {
    let mut found = Vec::new();
    schema.inspect(value, &JsonPath::Root, &mut found);
    found.into_iter().min_by_key(Violation::depth).map_or(Ok(()), Err)
}

impl Schema {
    fn inspect(&self, value: &Value, place: &JsonPath, found: &mut Vec<Violation>) {
        let mut fault = |keyword, text: String| found.push(Violation::new(keyword, text, place));
        let mistyped = |kinds: &str| format!("{} is not of type {kinds}", repr(value));
        match (self, value) {
            (Self::Object(object), Value::Object(fields)) => object.inspect(fields, place, found),
            (Self::Object(_), _) => fault("type", mistyped("'object'")),
            (Self::List { items, min }, Value::Array(list)) => inspect_list(items, *min, list, place, found),
            (Self::List { .. }, _) => fault("type", mistyped("'array'")),
            (Self::IntegerOrNull, Value::Null) => {}
            (Self::IntegerOrNull, value) if is_integer(value) => {}
            (Self::IntegerOrNull, _) => fault("type", mistyped("'integer', 'null'")),
            (Self::Integer { min, max }, value) if is_integer(value) => {
                inspect_bounds(value, *min, *max, &mut fault);
            }
            (Self::Integer { .. }, _) => fault("type", mistyped("'integer'")),
            (Self::Number { max }, Value::Number(number)) => {
                if number.as_f64().is_some_and(|number| number > *max) {
                    fault("maximum", format!("{} is greater than the maximum of {max:e}", repr(value)));
                }
            }
            (Self::Number { .. }, _) => fault("type", mistyped("'number'")),
            (Self::Text(text), Value::String(string)) => text.inspect(string, &mut fault),
            (Self::UuidOrNull, Value::Null) => {}
            (Self::Uuid | Self::UuidOrNull, Value::String(string)) => {
                if !is_uuid(string) {
                    fault("format", format!("{} is not a 'uuid'", repr(value)));
                }
            }
            (Self::Text(_) | Self::Uuid | Self::UuidOrNull, _) => fault("type", mistyped("'string'")),
        }
    }
}

impl Object {
    fn inspect(&self, fields: &Map<String, Value>, place: &JsonPath, found: &mut Vec<Violation>) {
        let mut fault = |keyword, text: String| found.push(Violation::new(keyword, text, place));
        if fields.len() < self.min {
            let fault_text = if self.min == 1 { "should be non-empty" } else { "does not have enough properties" };
            fault("minProperties", format!("{} {fault_text}", repr(&Value::Object(fields.clone()))));
        }
        if let Some(text) = self.extra_keys(fields) {
            fault("additionalProperties", text);
        }
        for name in self.required.iter().filter(|name| !fields.contains_key(**name)) {
            fault("required", format!("'{name}' is a required property"));
        }
        for (key, value) in fields {
            if let Some(schema) = self.schema_of(key) {
                schema.inspect(value, &JsonPath::Key(place, key), found);
            }
        }
    }

    fn schema_of(&self, key: &str) -> Option<&'static Schema> {
        let field = self.fields.iter().find(|(name, _)| *name == key).map(|(_, schema)| *schema);
        field.or_else(|| self.keys.as_ref().filter(|(form, _)| form.fits(key)).map(|(_, schema)| *schema))
    }

    fn extra_keys(&self, fields: &Map<String, Value>) -> Option<String> {
        let mut extra: Vec<&String> = fields.keys().filter(|key| self.schema_of(key).is_none()).collect();
        extra.sort();
        if self.open || extra.is_empty() {
            return None;
        }
        let one = extra.len() == 1;
        let names = extra.into_iter().map(|key| repr::text(key)).collect::<Vec<_>>().join(", ");
        Some(match &self.keys {
            Some((form, _)) => {
                let verb = if one { "does" } else { "do" };
                format!("{names} {verb} not match any of the regexes: '{}'", form.regex())
            }
            None => {
                let verb = if one { "was" } else { "were" };
                format!("Additional properties are not allowed ({names} {verb} unexpected)")
            }
        })
    }
}

impl Text {
    fn inspect(&self, string: &str, fault: &mut impl FnMut(&'static str, String)) {
        let length = string.chars().count();
        let shown = repr::text(string);
        if length < self.min {
            let text = if self.min == 1 { "should be non-empty" } else { "is too short" };
            fault("minLength", format!("{shown} {text}"));
        }
        if length > self.max {
            fault("maxLength", format!("{shown} is too long"));
        }
        if let Some(pattern) = self.pattern.filter(|pattern| !pattern.fits(string)) {
            fault("pattern", format!("{shown} does not match '{}'", pattern.regex()));
        }
    }
}

fn inspect_list(items: &Schema, min: usize, list: &[Value], place: &JsonPath, found: &mut Vec<Violation>) {
    if list.len() < min {
        let shown = repr(&Value::Array(list.to_vec()));
        let text = if min == 1 { "should be non-empty" } else { "is too short" };
        found.push(Violation::new("minItems", format!("{shown} {text}"), place));
    }
    for (index, item) in list.iter().enumerate() {
        items.inspect(item, &JsonPath::Item(place, index), found);
    }
}

#[expect(clippy::cast_precision_loss, reason = "bounds are below 2^53")]
fn inspect_bounds(value: &Value, min: i64, max: i64, fault: &mut impl FnMut(&'static str, String)) {
    let number = value.as_f64().unwrap_or_default();
    if number < min as f64 {
        fault("minimum", format!("{} is less than the minimum of {min}", repr(value)));
    }
    if number > max as f64 {
        fault("maximum", format!("{} is greater than the maximum of {max}", repr(value)));
    }
}

/// JSON Schema counts 2.0 as an integer.
fn is_integer(value: &Value) -> bool {
    value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0)
}
