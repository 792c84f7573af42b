//! An effect as a request to Placement, and Placement's answer as a reply: the same for every transport.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value, json};
use swaparoo_placement::{Method, Microversion, Request};

use crate::contract::{
    Allocation, DeleteAllocations, Effect, ForeignAnswer, Holding, Mapping, NewHolding, Owner, Refusal, Reply,
    ResourceAmount, Silence, Traits,
};
use crate::sound;

/// Longest detail handed to a policy, in bytes. Placement's longest (a schema error) is about 1,500.
const DETAIL: usize = 2_000;
/// As much of a foreign body as tells whose it is, in bytes.
const FOREIGN: usize = 500;

/// What a transport brought back.
#[derive(Debug, Clone)]
pub enum Answer {
    /// A whole HTTP answer.
    Response {
        /// HTTP's.
        status: u16,
        /// Unread.
        body: Vec<u8>,
    },
    /// The request was sent, or may have been, and no whole answer came.
    Lost(String),
    /// Nothing was sent.
    Unsent(String),
}

/// The request that an effect is; none when it is not Placement's to answer.
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

/// The reply that an answer makes. A read that went unanswered has changed nothing; a write may have.
#[must_use]
pub fn reply(request: &Request, effect: &Effect, answer: Answer) -> Reply {
    let read = request.method == Method::Get;
    match answer {
        Answer::Response { status: 200, body } if read => shown(effect, &body).unwrap_or_else(|| foreign(200, &body)),
        Answer::Response { status: 204, .. } if !read => Reply::Written,
        Answer::Response { status, body } => {
            refusal(status, &body).map_or_else(|| foreign(status, &body), Reply::Refused)
        }
        Answer::Lost(detail) if !read => Reply::Lost(Silence { detail }),
        Answer::Lost(detail) | Answer::Unsent(detail) => Reply::Unreachable(Silence { detail }),
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

/// GET /allocations/{consumer} at 1.28: the owner's fields are there only when something is held.
#[derive(Deserialize)]
struct Shown {
    allocations: BTreeMap<String, Resources>,
    project_id: Option<String>,
    user_id: Option<String>,
    consumer_generation: Option<u32>,
}

#[derive(Deserialize)]
struct Resources {
    resources: BTreeMap<String, u32>,
}

/// GET /resource_providers/{uuid}/traits.
#[derive(Deserialize)]
struct ShownTraits {
    traits: BTreeSet<String>,
}

/// What a read shows; none when it is not of that read's form.
fn shown(effect: &Effect, body: &[u8]) -> Option<Reply> {
    if matches!(effect, Effect::GetProviderTraits(_)) {
        let ShownTraits { traits } = serde_json::from_slice(body).ok()?;
        return Some(Reply::Traits(Traits { traits: traits.into_iter().collect() }));
    }
    holding(effect, body).map(Reply::Holding)
}

/// None when it is not of that form; above all, a missing generation is never made up.
fn holding(effect: &Effect, body: &[u8]) -> Option<Holding> {
    let Effect::GetAllocations(get) = effect else { return None };
    let shown: Shown = serde_json::from_slice(body).ok()?;
    let owner = if shown.allocations.is_empty() {
        None
    } else {
        Some(Owner { project: shown.project_id?, user: shown.user_id?, generation: shown.consumer_generation? })
    };
    let amounts = |resources: Resources| {
        resources.resources.into_iter().map(|(class, amount)| ResourceAmount { class, amount }).collect()
    };
    let allocations = shown.allocations.into_iter();
    let allocations = allocations.map(|(provider, held)| Allocation { provider, resources: amounts(held) });
    let allocations: Vec<Allocation> = allocations.collect();
    is_sound(owner.as_ref(), &allocations).then_some(())?;
    Some(Holding { consumer: get.consumer.clone(), owner, allocations })
}

/// What rules read they also write, and what they write must mean something: else a right policy would be taken for one
/// that answers nonsense.
fn is_sound(owner: Option<&Owner>, allocations: &[Allocation]) -> bool {
    let owned =
        owner.is_none_or(|of| sound::owner(&of.project, &of.user).is_ok() && sound::generation(of.generation).is_ok());
    owned && sound::allocations(allocations).is_ok()
}

/// Placement's error form; the code is there from microversion 1.23 on, save for errors made before the version is read.
#[derive(Deserialize)]
struct Errors {
    errors: Vec<ErrorEntry>,
}

#[derive(Deserialize)]
struct ErrorEntry {
    #[serde(default)]
    code: String,
    detail: String,
}

/// Placement's own error, if the answer is one.
#[must_use]
pub fn refusal(status: u16, body: &[u8]) -> Option<Refusal> {
    let errors: Errors = serde_json::from_slice(body).ok()?;
    let first = errors.errors.into_iter().next().filter(|_| status >= 400)?;
    Some(Refusal { status, code: first.code, detail: beginning(first.detail, DETAIL) })
}

fn foreign(status: u16, body: &[u8]) -> Reply {
    Reply::Foreign(foreign_answer(status, body))
}

/// An answer that is not Placement's, as much of it as is worth keeping.
#[must_use]
pub fn foreign_answer(status: u16, body: &[u8]) -> ForeignAnswer {
    ForeignAnswer { status, body: beginning(String::from_utf8_lossy(body).into_owned(), FOREIGN) }
}

fn beginning(mut text: String, bytes: usize) -> String {
    text.truncate(text.floor_char_boundary(bytes));
    text
}
