//! Pasted allocations of a consumer: the answer of Placement's API, or the output of the command line.

use std::collections::BTreeMap;

use serde::Deserialize;
use swaparoo_contract::{Allocation, Holding, Owner, ResourceAmount};

/// A pasted text in one of two forms.
#[derive(Deserialize)]
#[serde(untagged)]
enum Pasted {
    /// `GET /allocations/{consumer}`.
    Answer(ApiAnswer),
    /// `openstack resource provider allocation show -f json`.
    Printed(Vec<PastedRow>),
}

#[derive(Deserialize)]
struct ApiAnswer {
    allocations: BTreeMap<String, PastedHolding>,
    project_id: Option<String>,
    user_id: Option<String>,
    consumer_generation: Option<u32>,
}

#[derive(Deserialize)]
struct PastedHolding {
    resources: BTreeMap<String, u32>,
}

#[derive(Deserialize)]
struct PastedRow {
    resource_provider: String,
    resources: BTreeMap<String, u32>,
    project_id: Option<String>,
    user_id: Option<String>,
}

/// Reads either form; an empty text means no allocations.
///
/// # Errors
/// The text has neither form, or a resource provider is not a UUID.
pub fn read(consumer: &str, text: &str) -> Result<Holding, String> {
    if text.trim().is_empty() {
        return Ok(Holding { consumer: consumer.into(), owner: None, allocations: Vec::new() });
    }
    let pasted: Pasted = serde_json::from_str(text).map_err(|error| wrong(consumer, text, &error))?;
    let (held, project, user, generation): (BTreeMap<String, _>, _, _, _) = match pasted {
        Pasted::Answer(answer) => {
            let held = answer.allocations.into_iter().map(|(provider, held)| (provider, held.resources)).collect();
            (held, answer.project_id, answer.user_id, answer.consumer_generation)
        }
        Pasted::Printed(rows) => {
            let owner = rows.first().map(|row| (row.project_id.clone(), row.user_id.clone())).unwrap_or_default();
            let held = rows.into_iter().map(|row| (row.resource_provider, row.resources)).collect();
            (held, owner.0, owner.1, None)
        }
    };
    match held.keys().find(|provider| !is_uuid(provider)) {
        Some(odd) => {
            Err(format!("what is pasted for {consumer} names the resource provider {odd:?}, which is not a UUID"))
        }
        None => Ok(holding(consumer, held, [project, user], generation)),
    }
}

/// Checks that UUIDs are written as Placement writes them; otherwise the model would not find them.
fn is_uuid(id: &str) -> bool {
    let dashes = [8, 13, 18, 23];
    let fits = |(at, byte): (usize, u8)| if dashes.contains(&at) { byte == b'-' } else { byte.is_ascii_hexdigit() };
    id.len() == 36 && id.bytes().enumerate().all(fits)
}

fn holding(
    consumer: &str,
    held: BTreeMap<String, BTreeMap<String, u32>>,
    owner: [Option<String>; 2],
    generation: Option<u32>,
) -> Holding {
    let amounts = |resources: BTreeMap<String, u32>| {
        resources.into_iter().map(|(class, amount)| ResourceAmount { class, amount }).collect()
    };
    let allocations: Vec<Allocation> =
        held.into_iter().map(|(provider, resources)| Allocation { provider, resources: amounts(resources) }).collect();
    let [project, user] = owner.map(|id| id.unwrap_or_else(|| "unknown".into()));
    // The command line does not print it, and rules only pass it on.
    let owner = Owner { project, user, generation: generation.unwrap_or(1) };
    Holding { consumer: consumer.into(), owner: (!allocations.is_empty()).then_some(owner), allocations }
}

fn wrong(consumer: &str, text: &str, error: &serde_json::Error) -> String {
    // If it is not JSON, this error has the position.
    let why =
        serde_json::from_str::<serde_json::Value>(text).err().map_or_else(|| error.to_string(), |no| no.to_string());
    format!(
        "what is pasted for {consumer} is neither the answer of GET /allocations/{{consumer}} nor what `openstack \
         resource provider allocation show -f json` prints: {why}"
    )
}
