//! What a scenario does to the requests of its task, by the proxy in front of Placement.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use swaparoo::simulation::Party;
use swaparoo::simulation::scenario::{RequestEvent, Scenario};
use swaparoo_placement::Method;
use swaparoo_real_placement::{Act, Canned};

use super::fixture::Fixture;
use super::other_client::OtherClient;

/// Which writes get a provider conflict, on separate Placements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflicts {
    Never,
    /// The first POST.
    Once,
    Always,
}

impl Conflicts {
    pub fn of(scenario: &Scenario) -> Self {
        match scenario.requests.iter().find(|event| event.what == "provider-conflict") {
            None => Self::Never,
            Some(event) if event.method == "any" => Self::Always,
            Some(_) => Self::Once,
        }
    }
}

/// The token of the task's requests.
pub fn token(scenario: &Scenario) -> &'static str {
    let user = scenario.requests.iter().any(|event| event.what == "not-an-administrator");
    if user { "user" } else { "admin" }
}

/// Prepares the proxy for the scenario's events.
pub async fn arrange(fixture: &Arc<Fixture>, scenario: &Scenario) {
    let mut changes: BTreeMap<_, Vec<OtherClient>> = BTreeMap::new();
    for event in &scenario.requests {
        match event.what.as_str() {
            // The fixture and the client are made for these.
            "provider-conflict" | "not-an-administrator" => {}
            "placement-away" if event.method == "any" => fixture.proxy.close().await,
            what if let Some(act) = act(what) => on(fixture, event, act),
            what => {
                let change = OtherClient::named(what).unwrap_or_else(|| panic!("{}: {event:?}", scenario.name));
                let place = (event.method.clone(), event.nth, event.consumer);
                changes.entry(place).or_default().push(change);
            }
        }
    }
    for ((method, nth, consumer), changes) in changes {
        let event = RequestEvent { method, nth, consumer, what: String::new() };
        on(fixture, &event, first(fixture, changes));
    }
}

fn on(fixture: &Fixture, event: &RequestEvent, act: Act) {
    let method = match event.method.as_str() {
        "GET" => Method::Get,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        other => panic!("no event happens at {other}: {event:?}"),
    };
    let consumer = event.consumer.map(|party| if party == Party::Source { &fixture.source } else { &fixture.target });
    match consumer {
        Some(consumer) => fixture.proxy.on_path(method, &format!("/allocations/{consumer}"), event.nth, act),
        None => fixture.proxy.on(method, event.nth, act),
    }
}

/// Makes the changes just before the request is passed on. The reference is weak, since the fixture owns the proxy and
/// the proxy keeps this closure.
fn first(fixture: &Arc<Fixture>, changes: Vec<OtherClient>) -> Act {
    let fixture = Arc::downgrade(fixture);
    Act::first(move || {
        let (fixture, changes) = (fixture.upgrade(), changes.clone());
        async move {
            for change in changes {
                if let Some(fixture) = &fixture {
                    change.happen(fixture).await;
                }
            }
        }
    })
}

/// A fault of the request or of its answer.
fn act(what: &str) -> Option<Act> {
    let canned = match what {
        "lost-not-done" => return Some(Act::DropRequest),
        "lost-done" => return Some(Act::DropAnswer),
        "answers-internal-error" => Canned::internal_error(),
        "answers-unauthorized" => Canned::unauthorized(),
        "answers-not-acceptable" => Canned::not_acceptable(),
        "answers-unavailable" => Canned::unavailable(),
        "answers-forbidden" => Canned { status: 403, ..Canned::unavailable() },
        "answers-garbage" => Canned::garbage(),
        "answers-404" => status(404),
        "answers-500" => status(500),
        // One more than any consumer has, and many more.
        "answers-1025-classes" => with_classes(1_025),
        "answers-100000-classes" => with_classes(100_000),
        other => without(other.strip_prefix("answers-without-")?),
    };
    Some(Act::Answer(canned))
}

fn status(status: u16) -> Canned {
    let body = json!({ "errors": [{ "status": status, "detail": "made up", "code": "placement.undefined_code" }] });
    Canned { status, content_type: "application/json", body: body.to_string() }
}

/// An answer without one of the required fields.
fn without(field: &str) -> Canned {
    let mut body = holding(&json!({ "VCPU": 2 }));
    body.as_object_mut().and_then(|fields| fields.remove(field)).unwrap();
    Canned { status: 200, content_type: "application/json", body: body.to_string() }
}

/// An answer in Placement's form, about a consumer that has this many classes of one provider.
fn with_classes(classes: usize) -> Canned {
    let held: BTreeMap<String, u32> = (0..classes).map(|class| (format!("CUSTOM_{class}"), 1)).collect();
    Canned { status: 200, content_type: "application/json", body: holding(&json!(held)).to_string() }
}

fn holding(resources: &Value) -> Value {
    json!({
        "allocations": { "5a1d0000-0000-4000-8000-000000000001": { "resources": resources, "generation": 1 } },
        "project_id": "source-project", "user_id": "source-user", "consumer_generation": 1,
    })
}
