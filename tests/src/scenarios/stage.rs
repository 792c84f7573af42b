//! The environment of a scenario: Placement's model with faults, nova's answers, and changes by other clients.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use swaparoo::contract::{Effect, ForeignAnswer, Paused, Refusal, Reply, ServerAnswer, ServerState, Silence};
use swaparoo::placement_codec::{self, HttpOutcome};
use swaparoo_placement::{Consumer, Fault, Invalid, Inventory, Method, Placement, Provider, Request, Response};

use super::Scenario;
use super::cast::{self, id};

/// Allocations in VCPU, by consumer and provider.
pub type Holds = BTreeMap<String, BTreeMap<String, u64>>;

pub struct Stage<'a> {
    scenario: &'a Scenario,
    model: Placement,
    /// A replica of Placement's database that is behind: it shows the time before every migration.
    replica: Placement,
    /// The number of effects of each kind, and of `read` and `write`, so far.
    asked: BTreeMap<String, usize>,
    /// The scenario's faults and changes that have happened.
    came_about: BTreeSet<&'a str>,
    deleted: bool,
}

impl<'a> Stage<'a> {
    #[expect(clippy::expect_used, reason = "a test helper: the files contain only valid allocations")]
    pub fn set(scenario: &'a Scenario) -> Self {
        let usual = Holds::from([("server".into(), BTreeMap::from([("source".into(), 2)]))]);
        let model = placement(scenario.before.as_ref().unwrap_or(&usual)).expect("valid allocations");
        let replica = placement(&usual).expect("valid allocations");
        Self { scenario, model, replica, asked: BTreeMap::new(), came_about: BTreeSet::new(), deleted: false }
    }

    /// Performs an effect and returns the reply.
    pub fn answer(&mut self, effect: &Effect) -> Reply {
        if let Effect::Pause(_) = effect {
            return Reply::Paused(Paused { ms: 0 });
        }
        match placement_codec::request(effect) {
            Some(request) => self.placement(effect, &request),
            None => self.nova(effect),
        }
    }

    /// The current allocations.
    pub fn holds(&self) -> Holds {
        let held = self.model.holdings();
        let amounts = |resources: &BTreeMap<String, swaparoo_placement::Resources>| {
            resources.iter().map(|(node, held)| (cast::named(node), held.values().sum())).collect()
        };
        held.iter().map(|(consumer, resources)| (cast::named(consumer), amounts(resources))).collect()
    }

    /// The scenario's answers, faults and changes that were not used.
    pub fn unasked(&self) -> Vec<String> {
        let asked = |effect: &str| self.asked.get(effect).copied().unwrap_or_default();
        let answers = self.scenario.nova.iter().filter(|(effect, answers)| asked(effect) < answers.len());
        let others = self.scenario.placement.keys().chain(self.scenario.meanwhile.keys());
        let others = others.filter(|request| !self.came_about.contains(request.as_str()));
        answers.map(|(effect, _)| effect).chain(others).cloned().collect()
    }

    fn nova(&mut self, effect: &Effect) -> Reply {
        let nth = self.count(effect.name());
        self.happen(&format!("{} {}", effect.name(), nth + 1));
        if nth == 0 {
            self.happen(effect.name());
        }
        if self.deleted && matches!(effect, Effect::FindServer(_)) {
            return Reply::Server(ServerAnswer { state: ServerState::Gone, details: None });
        }
        let value = cast::nova(&self.scenario.nova, effect, nth);
        #[expect(clippy::panic, reason = "a test helper: the message names the answer")]
        let reply: Reply = serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{value}: {error}"));
        if let Reply::Selections(answer) = &reply {
            self.claim(answer.selections.first().and_then(|first| first.allocation_request.as_ref()));
        }
        reply
    }

    /// The scheduler claims the first host for the server.
    fn claim(&mut self, request: Option<&swaparoo::contract::AllocationRequest>) {
        let Some(request) = request else { return };
        let held = request.allocations.iter().map(|allocation| {
            let resources: serde_json::Map<String, Value> =
                allocation.resources.iter().map(|resource| (resource.class.clone(), resource.amount.into())).collect();
            (allocation.provider.clone(), json!({ "resources": resources }))
        });
        let claimed: serde_json::Map<String, Value> = held.collect();
        self.rewrite("server", |allocations| allocations.extend(claimed));
    }

    fn placement(&mut self, effect: &Effect, request: &Request) -> Reply {
        let kind = if request.method == Method::Get { "read" } else { "write" };
        let nth = self.count(kind) + 1;
        self.happen(&format!("{kind} {nth}"));
        let answer = match self.trouble(kind, nth).unwrap_or_default() {
            "unsent" => {
                return placement_codec::reply(request, effect, HttpOutcome::Unsent("connection refused".into()));
            }
            "lost" => return Reply::Lost(Silence { detail: "connection reset".into() }),
            "lost, done" => {
                self.model.handle(request);
                return Reply::Lost(Silence { detail: "connection reset".into() });
            }
            "bad gateway" => return Reply::Foreign(ForeignAnswer { status: 502, body: "<html>".into() }),
            "stale" => self.replica.handle(request),
            "server error" => return Reply::Refused(server_error()),
            "server error, done" => {
                self.model.handle(request);
                return Reply::Refused(server_error());
            }
            "server error, forgotten" => {
                self.write_and_forget(request);
                return Reply::Refused(server_error());
            }
            "forbidden" => return Reply::Foreign(ForeignAnswer { status: 403, body: "<html>".into() }),
            "empty record" => return Reply::Refused(empty_record()),
            "refused" => return Reply::Refused(refused(409, "it would violate inventory constraints.")),
            "not found" => return Reply::Refused(refused(404, "No resource provider with that uuid.")),
            "provider conflict" => match self.model.handle_with(request, Some(Fault::ProviderConflict)) {
                swaparoo_placement::Delivery::Response(response) => response,
                _ => return Reply::Lost(Silence { detail: "connection reset".into() }),
            },
            _ => self.model.handle(request),
        };
        placement_codec::reply(request, effect, HttpOutcome::Response { status: answer.status, body: bytes(&answer) })
    }

    /// Placement does the write, fails after its commit, and deletes the records of the consumers that it created.
    fn write_and_forget(&mut self, request: &Request) {
        let known: BTreeSet<String> = self.model.consumers().keys().cloned().collect();
        self.model.handle(request);
        let created: Vec<String> = self.model.consumers().keys().filter(|id| !known.contains(*id)).cloned().collect();
        for id in created {
            self.model.handle(&Request::delete(&format!("/allocations/{id}")));
        }
    }

    fn trouble(&mut self, kind: &str, nth: usize) -> Option<&'a str> {
        let named = |(key, trouble): (&'a String, &'a String)| {
            let number = key.strip_prefix(kind)?.trim();
            let applies = match number.strip_suffix("..") {
                Some(from) => nth >= from.parse::<usize>().ok()?,
                None => nth == number.parse::<usize>().ok()?,
            };
            applies.then_some((key.as_str(), trouble.as_str()))
        };
        let (key, trouble) = self.scenario.placement.iter().find_map(named)?;
        self.came_about.insert(key);
        Some(trouble)
    }

    fn happen(&mut self, before: &str) {
        let Some((key, doing)) = self.scenario.meanwhile.get_key_value(before) else { return };
        self.came_about.insert(key);
        match doing.as_str() {
            "server deleted" => {
                self.deleted = true;
                self.model.handle(&Request::delete(&format!("/allocations/{}", id("server"))));
            }
            "server touched" => self.rewrite("server", |_| {}),
            "migration touched" => self.rewrite("migration", |_| {}),
            "server claims" => self.rewrite("server", |allocations| {
                allocations.insert(id("second").to_owned(), json!({ "resources": { "VCPU": 1 } }));
            }),
            _ => {}
        }
    }

    fn rewrite(&mut self, consumer: &str, change: impl FnOnce(&mut serde_json::Map<String, Value>)) {
        let known = self.model.consumers().get(id(consumer));
        let generation = known.map(|known| known.generation);
        let held = known.into_iter().flat_map(|known| &known.allocations);
        let mut allocations = held.map(|(node, resources)| (node.clone(), json!({ "resources": resources }))).collect();
        change(&mut allocations);
        let body = json!({
            "allocations": allocations, "project_id": "p", "user_id": "u", "consumer_generation": generation,
        });
        self.model.handle(&Request::put(&format!("/allocations/{}", id(consumer)), body));
    }

    fn count(&mut self, kind: &str) -> usize {
        let asked = self.asked.entry(kind.to_owned()).or_default();
        *asked += 1;
        *asked - 1
    }
}

fn placement(holds: &Holds) -> Result<Placement, Invalid> {
    let mut model = Placement::default();
    for (node, its_trait) in
        [("source", "COMPUTE_NODE"), ("first", "COMPUTE_NODE"), ("second", "COMPUTE_NODE"), ("nested", "CUSTOM_NESTED")]
    {
        let mut provider = Provider::named(node).with("VCPU", Inventory::of(16));
        provider.traits = [its_trait.to_owned()].into();
        model.add_provider(id(node), provider)?;
    }
    for (consumer, held) in holds {
        let owned = Consumer::of("p", "u");
        let held = held.iter().fold(owned, |owned, (node, amount)| owned.holding(id(node), "VCPU", *amount));
        model.add_consumer(id(consumer), held)?;
    }
    Ok(model)
}

fn refused(status: u16, detail: &str) -> Refusal {
    Refusal { status, code: "placement.undefined_code".into(), detail: detail.into() }
}

fn server_error() -> Refusal {
    refused(500, "The server has either erred or is incapable of performing the requested operation.")
}

fn empty_record() -> Refusal {
    let detail = "consumer generation conflict - expected 0 but got None";
    Refusal { status: 409, code: "placement.concurrent_update".into(), detail: detail.into() }
}

fn bytes(response: &Response) -> Vec<u8> {
    if response.body.is_null() { Vec::new() } else { response.body.to_string().into_bytes() }
}
