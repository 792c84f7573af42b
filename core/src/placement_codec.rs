//! Converts effects to requests to Placement, and Placement's answers to replies; the same for every transport.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value, json};
use swaparoo_placement::{Method, Microversion, Request};

use crate::contract::{
    Allocation, DeleteAllocations, Effect, ForeignAnswer, Holding, Mapping, NewHolding, Owner, Refusal, Reply,
    ResourceAmount, Silence, Traits,
};
use crate::validate;

/// The longest detail passed to a policy, in bytes. Placement's longest (a schema error) is about 1,500.
const DETAIL: usize = 2_000;
/// How much of an unexpected body is kept, in bytes: enough to recognize its sender.
const FOREIGN: usize = 500;

/// The most bytes of an answer that is read as JSON, and the most traits of a resource provider. A usual answer has a few
/// kilobytes, and a policy has no memory for one of a megabyte.
const LARGEST: usize = 1 << 20;
const MOST_TRAITS: usize = 4_096;

/// The result of sending a request.
#[derive(Debug, Clone)]
pub enum HttpOutcome {
    /// A complete HTTP response.
    Response {
        /// The HTTP status code.
        status: u16,
        /// The bytes of the body, not parsed yet.
        body: Vec<u8>,
    },
    /// The request was or may have been sent, and no complete response arrived; the text says why.
    Lost(String),
    /// The request was not sent; the text says why.
    Unsent(String),
    /// The request was not sent, because the certificate of the service is not accepted; the text says why, and how to
    /// correct it.
    Untrusted(String),
}

/// The request for an effect; `None` if Placement does not answer this kind of effect.
#[must_use]
pub fn request(effect: &Effect) -> Option<Request> {
    match effect {
        Effect::GetAllocations(get) => Some(Request::get(&path(&get.consumer))),
        Effect::PostAllocations(post) => {
            let entry = |new: &NewHolding| (new.consumer.clone(), body(new));
            let consumers: Map<String, Value> = post.consumers.iter().map(entry).collect();
            Some(Request::post("/allocations", Value::Object(consumers)))
        }
        Effect::DeleteAllocations(delete) => {
            let DeleteAllocations { consumer, project, user, generation } = delete.clone();
            let nothing = NewHolding { consumer, project, user, generation: Some(generation), allocations: Vec::new() };
            Some(Request::put(&path(&nothing.consumer), body(&nothing)))
        }
        Effect::PutAllocations(put) => {
            let mut sent = body(&put.holding);
            let microversion = Microversion::named(&put.version)?;
            if microversion >= Microversion::MAPPINGS && !put.mappings.is_empty() {
                let of = |mapping: &Mapping| (mapping.requester.clone(), json!(mapping.providers));
                let mappings = put.mappings.iter().map(of).collect();
                sent.as_object_mut()?.insert("mappings".to_owned(), Value::Object(mappings));
            }
            Some(Request::put(&path(&put.holding.consumer), sent).at(microversion))
        }
        Effect::GetProviderTraits(get) => Some(Request::get(&format!("/resource_providers/{}/traits", get.provider))),
        _ => None,
    }
}

/// The reply for an answer. A read without an answer has changed nothing; a write may have been done.
#[must_use]
pub fn reply(request: &Request, effect: &Effect, answer: HttpOutcome) -> Reply {
    let read = request.method == Method::Get;
    match answer {
        HttpOutcome::Response { status: 200, body } if read => {
            parse_holding(effect, &body).unwrap_or_else(|invalid| invalid.reply(&body))
        }
        HttpOutcome::Response { status: 204, .. } if !read => Reply::Written,
        HttpOutcome::Response { status, body } => {
            refusal(status, &body).map_or_else(|| foreign(status, &body), Reply::Refused)
        }
        HttpOutcome::Lost(detail) if !read => Reply::Lost(Silence { detail }),
        HttpOutcome::Lost(detail) | HttpOutcome::Unsent(detail) | HttpOutcome::Untrusted(detail) => {
            Reply::Unreachable(Silence { detail })
        }
    }
}

fn path(consumer: &str) -> String {
    format!("/allocations/{consumer}")
}

fn body(new: &NewHolding) -> Value {
    let resources = |allocation: &Allocation| -> Map<String, Value> {
        allocation.resources.iter().map(|r| (r.class.clone(), r.amount.into())).collect()
    };
    let allocations: Map<String, Value> =
        new.allocations.iter().map(|a| (a.provider.clone(), json!({ "resources": resources(a) }))).collect();
    json!({
        "allocations": allocations,
        "project_id": new.project,
        "user_id": new.user,
        "consumer_generation": new.generation,
    })
}

/// GET /allocations/{consumer} at 1.28: the owner's fields exist only if the consumer has allocations.
#[derive(Deserialize)]
struct ShownAllocations {
    allocations: BTreeMap<String, ShownResources>,
    project_id: Option<String>,
    user_id: Option<String>,
    consumer_generation: Option<u32>,
}

#[derive(Deserialize)]
struct ShownResources {
    resources: BTreeMap<String, u32>,
}

/// GET /resource_providers/{uuid}/traits.
#[derive(Deserialize)]
struct ShownTraits {
    traits: BTreeSet<String>,
}

/// Why the body of a read is rejected.
enum InvalidBody {
    /// It does not have the form that Placement gives it.
    Form,
    /// It is larger than an answer of Placement; the text says why.
    Size(String),
}

impl InvalidBody {
    fn reply(self, body: &[u8]) -> Reply {
        let Self::Size(why) = self else { return foreign(200, body) };
        let start = String::from_utf8_lossy(body.get(..FOREIGN).unwrap_or(body)).into_owned();
        Reply::Foreign(ForeignAnswer { status: 200, body: beginning(format!("{why}: {start}"), FOREIGN) })
    }
}

/// The reply for the body of a read.
fn parse_holding(effect: &Effect, body: &[u8]) -> Result<Reply, InvalidBody> {
    if body.len() > LARGEST {
        return Err(InvalidBody::Size(format!("it has {} bytes; the maximum is {LARGEST}", body.len())));
    }
    match effect {
        Effect::GetProviderTraits(_) => traits(body).map(Reply::Traits),
        _ => holding(effect, body).map(Reply::Holding),
    }
}

fn traits(body: &[u8]) -> Result<Traits, InvalidBody> {
    let ShownTraits { traits } = serde_json::from_slice(body).map_err(|_| InvalidBody::Form)?;
    if traits.len() > MOST_TRAITS {
        return Err(InvalidBody::Size(format!("there are {} traits; the maximum is {MOST_TRAITS}", traits.len())));
    }
    if let Some(long) = traits.iter().find(|name| name.chars().count() > validate::MOST_CHARACTERS) {
        return Err(InvalidBody::Size(format!("{} is not the name of a trait", validate::quoted(long))));
    }
    Ok(Traits { traits: traits.into_iter().collect() })
}

/// A missing generation is never replaced by a default.
fn holding(effect: &Effect, body: &[u8]) -> Result<Holding, InvalidBody> {
    let Effect::GetAllocations(get) = effect else { return Err(InvalidBody::Form) };
    let shown: ShownAllocations = serde_json::from_slice(body).map_err(|_| InvalidBody::Form)?;
    let ShownAllocations { allocations, project_id, user_id, consumer_generation } = shown;
    let owner = match (project_id, user_id, consumer_generation) {
        _ if allocations.is_empty() => None,
        (Some(project), Some(user), Some(generation)) => Some(Owner { project, user, generation }),
        _ => return Err(InvalidBody::Form),
    };
    let allocations: Vec<Allocation> = allocations.into_iter().map(allocation).collect();
    validate::size(&allocations).map_err(|invalid| InvalidBody::Size(invalid.to_string()))?;
    if is_sound(owner.as_ref(), &allocations) {
        return Ok(Holding { consumer: get.consumer.clone(), owner, allocations });
    }
    Err(InvalidBody::Form)
}

fn allocation((provider, held): (String, ShownResources)) -> Allocation {
    let amounts = held.resources.into_iter().map(|(class, amount)| ResourceAmount { class, amount });
    Allocation { provider, resources: amounts.collect() }
}

/// Policies write values that they have read, and writes are validated. So invalid values must be rejected when they
/// are read; otherwise a correct policy would be blamed for them.
fn is_sound(owner: Option<&Owner>, allocations: &[Allocation]) -> bool {
    let owned = owner
        .is_none_or(|of| validate::owner(&of.project, &of.user).is_ok() && validate::generation(of.generation).is_ok());
    owned && validate::allocations(allocations).is_ok()
}

/// Placement's form of errors. The code exists since microversion 1.23, except in errors made before Placement reads
/// the requested version.
#[derive(Deserialize)]
struct PlacementErrors {
    errors: Vec<ErrorEntry>,
}

#[derive(Deserialize)]
struct ErrorEntry {
    #[serde(default)]
    code: String,
    detail: String,
}

/// Placement's error, if the answer has the form of one.
#[must_use]
pub fn refusal(status: u16, body: &[u8]) -> Option<Refusal> {
    if body.len() > LARGEST {
        return None;
    }
    let errors: PlacementErrors = serde_json::from_slice(body).ok()?;
    let first = errors.errors.into_iter().next().filter(|_| status >= 400)?;
    Some(Refusal { status, code: first.code, detail: beginning(first.detail, DETAIL) })
}

fn foreign(status: u16, body: &[u8]) -> Reply {
    Reply::Foreign(foreign_answer(status, body))
}

/// An answer that Placement does not give; the body is truncated.
#[must_use]
pub fn foreign_answer(status: u16, body: &[u8]) -> ForeignAnswer {
    ForeignAnswer { status, body: beginning(String::from_utf8_lossy(body).into_owned(), FOREIGN) }
}

fn beginning(mut text: String, bytes: usize) -> String {
    text.truncate(text.floor_char_boundary(bytes));
    text
}
