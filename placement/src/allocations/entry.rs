//! The entries of a write, from a document that matches its schema.

use serde_json::{Map, Value};

use crate::consumer::Claim;

/// Below microversion 1.8 a write names no project and user; Placement then stores this value for both (placement
/// conf/placement.py, incomplete_consumer_project_id).
const INCOMPLETE: &str = "00000000-0000-0000-0000-000000000000";

/// The entry of a write for one consumer: the consumer and all its new allocations. Empty: delete all.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct AllocationEntry {
    pub(crate) claim: Claim,
    /// In the order of the request, which decides about the first error.
    pub(crate) providers: Vec<(String, Vec<(String, u64)>)>,
}

impl AllocationEntry {
    pub(crate) fn read(consumer: &str, body: &Value) -> Self {
        let text = |field| body.get(field).and_then(Value::as_str).map(str::to_owned);
        let claim = Claim {
            uuid: consumer.to_owned(),
            project_id: text("project_id").unwrap_or_else(|| INCOMPLETE.to_owned()),
            user_id: text("user_id").unwrap_or_else(|| INCOMPLETE.to_owned()),
            consumer_type: text("consumer_type"),
            generation: body.get("consumer_generation").cloned().unwrap_or_default(),
        };
        let providers = match body.get("allocations") {
            Some(Value::Object(providers)) => providers.iter().map(of_pair).collect(),
            Some(Value::Array(list)) => of_list(list),
            _ => Vec::new(),
        };
        Self { claim, providers }
    }
}

/// The entries of a POST: one for each consumer, with the key as it was written.
pub(crate) fn of_document(body: &Value) -> Vec<AllocationEntry> {
    let consumers = body.as_object().into_iter().flatten();
    consumers.map(|(uuid, body)| AllocationEntry::read(uuid, body)).collect()
}

fn of_pair((uuid, body): (&String, &Value)) -> (String, Vec<(String, u64)>) {
    (uuid.clone(), resources(body))
}

/// The list format below microversion 1.12. Of two items for the same provider, the later one counts, at the place of
/// the earlier one.
fn of_list(list: &[Value]) -> Vec<(String, Vec<(String, u64)>)> {
    let mut providers = Map::new();
    for item in list {
        if let Some(uuid) = item.pointer("/resource_provider/uuid").and_then(Value::as_str) {
            providers.insert(uuid.to_owned(), item.clone());
        }
    }
    providers.iter().map(of_pair).collect()
}

fn resources(body: &Value) -> Vec<(String, u64)> {
    let resources = body.get("resources").and_then(Value::as_object).into_iter().flatten();
    resources.map(|(class, amount)| (class.clone(), integer(amount))).collect()
}

/// An integer; the schema also accepts 2.0 for 2.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the schema has checked: whole, at least 1"
)]
fn integer(value: &Value) -> u64 {
    value.as_u64().or_else(|| value.as_f64().map(|float| float as u64)).unwrap_or(0)
}
