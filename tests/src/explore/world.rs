//! The environment of one path: Placement's model, one server in nova, and delayed writes.

use serde_json::json;
use swaparoo::contract::{
    ComputeNodeAnswer, Effect, ForeignAnswer, Paused, Refusal, Reply, ServerAnswer, ServerState, Silence,
};
use swaparoo::placement_codec::{self, HttpOutcome};
use swaparoo_placement::{Fault, Placement, Request, Response};

use super::fate::{Event, Fate};
use super::scene::{NODE, OTHER_NODE, SERVER, Scene};

/// The environment.
#[derive(Debug, Clone)]
pub struct World {
    /// Placement with the allocations.
    pub placement: Placement,
    /// Whether the server exists in nova.
    pub server: bool,
    /// Whether nova's last answer to the policy was that the server is gone.
    pub known_gone: bool,
    /// The number of changes by other clients.
    pub events: u32,
    /// Whether other clients have deleted the source's allocations.
    pub source_deleted: bool,
    /// Whether other clients have deleted the target's allocations.
    pub target_deleted: bool,
    /// Whether other clients have claimed something for the target.
    pub target_claimed: bool,
    /// The number of the policy's writes that were done.
    pub done: u32,
    late: Vec<Request>,
}

impl World {
    /// The environment at the start of a scene.
    pub fn of(scene: &Scene) -> Self {
        Self {
            placement: scene.placement.clone(),
            server: scene.server,
            known_gone: false,
            events: 0,
            source_deleted: false,
            target_deleted: false,
            target_claimed: false,
            done: 0,
            late: Vec::new(),
        }
    }

    /// Whether a consumer has any allocations.
    pub fn holds(&self, consumer: &str) -> bool {
        self.placement.holdings().contains_key(consumer)
    }

    /// Whether a consumer has the source's allocations from the beginning.
    pub fn holds_the_stake(&self, consumer: &str) -> bool {
        self.placement.holdings().get(consumer).is_some_and(|held| held.contains_key(NODE))
    }

    /// Performs an effect with this result, and returns the reply.
    pub fn answer(&mut self, effect: &Effect, fate: Fate, scene: &Scene) -> Reply {
        self.events += u32::from(fate.is_rare());
        if let Fate::After(event) = fate {
            self.happen(event, scene);
        }
        match placement_codec::request(effect) {
            Some(request) => self.ask_placement(&request, effect, fate),
            None if fate == Fate::Outage => Reply::Unreachable(silence("nova is out")),
            None => self.ask_nova(effect),
        }
    }

    /// Lets delayed writes arrive.
    pub fn deliver_late(&mut self) {
        for request in std::mem::take(&mut self.late) {
            self.write(&request);
        }
    }

    fn ask_nova(&mut self, effect: &Effect) -> Reply {
        match effect {
            Effect::FindServer(_) => {
                self.known_gone = !self.server;
                let state = if self.server { ServerState::Present } else { ServerState::Gone };
                Reply::Server(ServerAnswer { state })
            }
            Effect::FindComputeNode(_) => {
                Reply::ComputeNode(ComputeNodeAnswer { node: self.server.then(|| NODE.to_owned()) })
            }
            _ => Reply::Paused(Paused { ms: 0 }),
        }
    }

    fn ask_placement(&mut self, request: &Request, effect: &Effect, fate: Fate) -> Reply {
        let write = !matches!(effect, Effect::GetAllocations(_));
        if write {
            self.deliver_late();
        }
        let answer = match fate {
            Fate::Answered | Fate::After(_) if write => self.write(request),
            Fate::Answered | Fate::After(_) => self.placement.handle(request),
            Fate::Outage => {
                return placement_codec::reply(request, effect, HttpOutcome::Unsent("connection refused".into()));
            }
            Fate::DoneAndLost => {
                self.write(request);
                return Reply::Lost(silence("connection reset"));
            }
            Fate::NotDoneAndLost => return Reply::Lost(silence("connection reset")),
            Fate::LostAndLate => {
                self.late.push(request.clone());
                return Reply::Lost(silence("no answer in 60 s"));
            }
            Fate::ForeignAndDone => {
                self.write(request);
                return Reply::Foreign(ForeignAnswer { status: 502, body: "<html>Bad Gateway</html>".into() });
            }
            Fate::Forbidden => return Reply::Foreign(ForeignAnswer { status: 403, body: "<html>no</html>".into() }),
            Fate::Refused => return Reply::Refused(constraint()),
            Fate::ProviderConflict => self.spoilt(request, Fault::ProviderConflict),
            Fate::ConsumerRaced => self.spoilt(request, Fault::ConsumerRaced),
        };
        placement_codec::reply(request, effect, HttpOutcome::Response { status: answer.status, body: bytes(&answer) })
    }

    fn write(&mut self, request: &Request) -> Response {
        let response = self.placement.handle(request);
        self.done += u32::from(response.is_success());
        response
    }

    fn spoilt(&mut self, request: &Request, fault: Fault) -> Response {
        match self.placement.handle_with(request, Some(fault)) {
            swaparoo_placement::Delivery::Response(response) => {
                self.done += u32::from(response.is_success());
                response
            }
            // These two faults have an answer.
            _ => Response { status: 500, headers: Vec::new(), body: serde_json::Value::Null },
        }
    }

    fn happen(&mut self, event: Event, scene: &Scene) {
        let delete = |consumer: &str| Request::delete(&format!("/allocations/{consumer}"));
        match event {
            Event::SourceTouched => self.touch(scene.source()),
            Event::SourceDeleted => {
                self.placement.handle(&delete(scene.source()));
                self.source_deleted = true;
            }
            Event::TargetClaims => {
                self.claim(scene.target());
                self.target_claimed = true;
            }
            Event::TargetEmptied => {
                self.placement.handle(&delete(scene.target()));
                self.target_deleted = true;
            }
            Event::TargetOrphaned => {
                let nothing =
                    json!({"allocations": {}, "project_id": "p", "user_id": "u", "consumer_generation": null});
                self.placement.handle(&Request::put(&format!("/allocations/{}", scene.target()), nothing));
            }
            Event::ServerDeleted => {
                self.server = false;
                self.target_deleted |= self.holds(SERVER);
                self.placement.handle(&delete(SERVER));
            }
        }
    }

    /// Writes a consumer's allocations again, unchanged.
    fn touch(&mut self, consumer: &str) {
        self.rewrite(consumer, |_| {});
    }

    /// Adds a claim on the other node, as nova's scheduler does.
    fn claim(&mut self, consumer: &str) {
        self.rewrite(consumer, |allocations| {
            allocations.insert(OTHER_NODE.to_owned(), json!({ "resources": { "VCPU": 3 } }));
        });
    }

    fn rewrite(&mut self, consumer: &str, change: impl FnOnce(&mut serde_json::Map<String, serde_json::Value>)) {
        let known = self.placement.consumers().get(consumer);
        let generation = known.map(|known| known.generation);
        let held = known.into_iter().flat_map(|known| &known.allocations);
        let mut allocations =
            held.map(|(provider, resources)| (provider.clone(), json!({ "resources": resources }))).collect();
        change(&mut allocations);
        let body = json!({
            "allocations": allocations,
            "project_id": "project",
            "user_id": "user",
            "consumer_generation": generation,
        });
        self.placement.handle(&Request::put(&format!("/allocations/{consumer}"), body));
    }
}

fn constraint() -> Refusal {
    let detail = "Unable to create allocation for 'VCPU': it would violate inventory constraints.".into();
    Refusal { status: 409, code: "placement.undefined_code".into(), detail }
}

fn silence(detail: &str) -> Silence {
    Silence { detail: detail.into() }
}

fn bytes(response: &Response) -> Vec<u8> {
    if response.body.is_null() { Vec::new() } else { response.body.to_string().into_bytes() }
}
