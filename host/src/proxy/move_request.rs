//! nova's `move_allocations` as a request: POST /allocations with two consumers, of which one is emptied and the other gets
//! what that one held.

use std::collections::BTreeMap;

use http::HeaderMap;
use serde::{Deserialize, Deserializer};
use uuid::Uuid;

use crate::contract::{Allocation, Holding, MoveTask, Owner, ResourceAmount};

/// The consumer generations that nova sends exist from this minor version on. From 1.38 on a write also sets the consumer's
/// type, which the contract does not have.
const MINOR_VERSIONS: std::ops::Range<u32> = 28..38;

/// A move as its client wants it.
#[derive(Debug, Clone, PartialEq)]
pub struct MoveRequest {
    /// The consumer that is emptied.
    pub source: String,
    /// The consumer that gets the allocations.
    pub target: String,
    /// What the client has read of the source.
    held: Holding,
    /// The generation of the target that the client has read; `None` if the target held nothing.
    pub target_generation: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    allocations: BTreeMap<String, Resources>,
    project_id: String,
    user_id: String,
    #[serde(deserialize_with = "present")]
    consumer_generation: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Resources {
    resources: BTreeMap<String, u32>,
    /// nova sends the provider's generation, and Placement ignores it.
    #[serde(rename = "generation")]
    _generation: Option<serde::de::IgnoredAny>,
}

/// A key that must be there, even if it is null.
fn present<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    Option::deserialize(from)
}

impl MoveRequest {
    /// The move; `None` for any other request.
    pub fn parse(headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        let version = headers.get("openstack-api-version")?.to_str().ok()?.strip_prefix("placement 1.")?;
        if !MINOR_VERSIONS.contains(&version.trim().parse().ok()?) {
            return None;
        }
        let entries: BTreeMap<String, Entry> = serde_json::from_slice(body).ok()?;
        let [one, other] = entries.into_iter().collect::<Vec<_>>().try_into().ok()?;
        let ((source, emptied), (target, given)) = match (one.1.allocations.is_empty(), other.1.allocations.is_empty())
        {
            (true, false) => (one, other),
            (false, true) => (other, one),
            _ => return None,
        };
        let same_owner = emptied.project_id == given.project_id && emptied.user_id == given.user_id;
        if !same_owner || !is_canonical(&source) || !is_canonical(&target) {
            return None;
        }
        let owner = Owner { project: given.project_id, user: given.user_id, generation: emptied.consumer_generation? };
        let held =
            Holding { consumer: source.clone(), owner: Some(owner), allocations: allocations(given.allocations) };
        Some(Self { source, target, held, target_generation: given.consumer_generation })
    }

    /// Whether the consumers still hold what the client has read.
    pub fn is_of(&self, source: &Holding, target: &Holding) -> bool {
        let generation = target.owner.as_ref().map(|owner| owner.generation);
        source.owner == self.held.owner && sorted(source) == sorted(&self.held) && generation == self.target_generation
    }

    /// What the source holds, as the client has read it.
    pub fn allocations(&self) -> &[Allocation] {
        &self.held.allocations
    }

    /// The task.
    pub fn task(&self, target_is_new: bool) -> MoveTask {
        MoveTask { source: self.source.clone(), target: self.target.clone(), target_is_new }
    }

    /// Both consumers.
    pub fn consumers(&self) -> Vec<String> {
        vec![self.source.clone(), self.target.clone()]
    }
}

fn is_canonical(consumer: &str) -> bool {
    Uuid::try_parse(consumer).is_ok_and(|uuid| uuid.to_string() == consumer)
}

fn allocations(given: BTreeMap<String, Resources>) -> Vec<Allocation> {
    let amounts = |resources: BTreeMap<String, u32>| {
        resources.into_iter().map(|(class, amount)| ResourceAmount { class, amount }).collect()
    };
    given.into_iter().map(|(provider, given)| Allocation { provider, resources: amounts(given.resources) }).collect()
}

/// Each provider and class with its amount, in order.
pub fn sorted(holding: &Holding) -> Vec<(&str, &str, u32)> {
    amounts(&holding.allocations)
}

/// The same of allocations.
pub fn amounts(allocations: &[Allocation]) -> Vec<(&str, &str, u32)> {
    let mut all = Vec::new();
    for Allocation { provider, resources } in allocations {
        all.extend(resources.iter().map(|held| (provider.as_str(), held.class.as_str(), held.amount)));
    }
    all.sort_unstable();
    all
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const SERVER: &str = "0b9f1e2c-7d3a-4c53-8fb4-5f3a3b1d9c11";
    const RECORD: &str = "1b9f1e2c-7d3a-4c53-8fb4-5f3a3b1d9c11";

    /// As nova's client builds it, with the provider's generation.
    fn nova() -> Value {
        json!({
            SERVER: { "allocations": {}, "project_id": "p", "user_id": "u", "consumer_generation": 3 },
            RECORD: { "allocations": { "node": { "resources": { "VCPU": 2, "MEMORY_MB": 64 }, "generation": 7 } },
                      "project_id": "p", "user_id": "u", "consumer_generation": null },
        })
    }

    fn parse(version: &str, body: &Value) -> Option<MoveRequest> {
        let headers = HeaderMap::from_iter([(
            http::HeaderName::from_static("openstack-api-version"),
            http::HeaderValue::from_str(version).unwrap(),
        )]);
        MoveRequest::parse(&headers, body.to_string().as_bytes())
    }

    #[test]
    fn novas_request_is_a_move() {
        let asked = parse("placement 1.28", &nova()).unwrap();
        assert_eq!((asked.source.as_str(), asked.target.as_str(), asked.target_generation), (SERVER, RECORD, None));
        let nothing = Holding { consumer: RECORD.into(), owner: None, allocations: Vec::new() };
        let mut held = asked.held.clone();
        assert!(asked.is_of(&held, &nothing));
        assert_eq!(amounts(asked.allocations()), [("node", "MEMORY_MB", 64), ("node", "VCPU", 2)]);
        held.owner.as_mut().unwrap().generation = 4;
        assert!(!asked.is_of(&held, &nothing), "another generation");
        assert!(!asked.is_of(&asked.held, &asked.held), "the target holds something");
    }

    #[test]
    fn other_requests_are_none() {
        for version in ["placement 1.27", "placement 1.38", "placement latest", "compute 2.1"] {
            assert_eq!(parse(version, &nova()), None, "{version}");
        }
        let changed = |change: &dyn Fn(&mut Value)| {
            let mut body = nova();
            change(&mut body);
            parse("placement 1.28", &body)
        };
        assert_eq!(changed(&|body| body[SERVER]["consumer_generation"] = Value::Null), None);
        assert_eq!(changed(&|body| body[SERVER]["user_id"] = json!("other")), None);
        assert_eq!(changed(&|body| body[RECORD]["allocations"] = json!({})), None);
        assert_eq!(changed(&|body| body[SERVER]["allocations"] = body[RECORD]["allocations"].clone()), None);
        assert_eq!(changed(&|body| body["third"] = body[SERVER].clone()), None);
        assert_eq!(changed(&|body| body[RECORD]["mappings"] = json!({})), None);
        assert_eq!(changed(&|body| body[RECORD] = json!({ "allocations": {} })), None);
    }
}
