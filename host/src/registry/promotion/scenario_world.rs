//! The simulation of a scenario: the model of Placement, nova's answers about one server, and injected faults. It
//! answers everything immediately, pauses too, so that a whole task runs without waiting.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use swaparoo_placement::{
    Consumer, Fault, Invalid, Inventory, Method, Placement as Model, Provider, Request, Resources,
};

use super::move_scenarios::{
    ConsumerState, FaultPlan, MIGRATION, NODE, OTHER_NODE, SERVER, Scenario, ServerKnowledge, WriteFault,
};
use crate::contract::{ComputeNodeAnswer, Effect, Paused, Reply, ServerAnswer, ServerState, Silence};
use crate::executor::Executor;
use crate::placement_codec::{self, HttpOutcome};

/// A shared disk pool of the source's node and the destination.
pub const DISKS: &str = "5a1d0000-0000-0000-0000-000000000003";
/// Another server on the source's node, which no task names.
const BYSTANDER: &str = "c0ffee00-0000-0000-0000-000000000003";

/// A running scenario.
#[derive(Debug)]
pub struct ScenarioWorld<'a> {
    scenario: &'a Scenario,
    state: Mutex<WorldState>,
}

#[derive(Debug)]
struct WorldState {
    model: Model,
    /// The number of requested writes.
    writes: u32,
    /// Whether any write has been done.
    written: bool,
}

/// All allocations: consumer, provider, resource class, amount.
pub type HeldByConsumer = BTreeMap<String, BTreeMap<String, Resources>>;

impl<'a> ScenarioWorld<'a> {
    /// The state at the beginning of the scenario; fails if Placement's model refuses it.
    pub fn new(scenario: &'a Scenario) -> Result<Self, Invalid> {
        let mut model = Model::default();
        let lowered = [scenario.server, scenario.migration].contains(&ConsumerState::HoldingTooMuch);
        let vcpu = Inventory { max_unit: if lowered { 1 } else { 16 }, ..Inventory::of(16) };
        let node = |name| Provider::named(name).with("MEMORY_MB", Inventory::of(32_768));
        model.add_provider(NODE, node("source").with("VCPU", vcpu))?;
        model.add_provider(OTHER_NODE, node("destination").with("VCPU", Inventory::of(16)))?;
        model.add_provider(DISKS, Provider::named("disks").with("DISK_GB", Inventory::of(500)))?;
        model.add_consumer(BYSTANDER, Consumer::of("other", "other").holding(NODE, "VCPU", 4))?;
        for (uuid, is) in [(SERVER, scenario.server), (MIGRATION, scenario.migration)] {
            if let Some(consumer) = consumer(is) {
                model.add_consumer(uuid, consumer)?;
            }
        }
        Ok(Self { scenario, state: Mutex::new(WorldState { model, writes: 0, written: false }) })
    }

    /// The present allocations of all consumers.
    pub fn holdings(&self) -> HeldByConsumer {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.model.holdings().into_iter().map(|(uuid, held)| (uuid.to_owned(), held.clone())).collect()
    }

    fn answer(&self, effect: &Effect) -> Reply {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match placement_codec::request(effect) {
            Some(request) => placement_codec::reply(&request, effect, state.placement(self.scenario, &request)),
            None => answer_for_nova(self.scenario.nova, state.written, effect),
        }
    }
}

impl Executor for ScenarioWorld<'_> {
    fn execute(&self, effects: &[Effect]) -> impl Future<Output = Vec<Reply>> + Send {
        std::future::ready(effects.iter().map(|effect| self.answer(effect)).collect())
    }
}

impl WorldState {
    fn placement(&mut self, scenario: &Scenario, request: &Request) -> HttpOutcome {
        let fault = match self.write_fault(scenario.faults, request) {
            Some(WriteFault::Fault(fault)) => Some(fault),
            Some(WriteFault::SourceTouched) => {
                self.touch(scenario.source());
                None
            }
            None => None,
        };
        let before = self.model.clone();
        let answer = self.model.handle_with(request, fault);
        self.written |= self.model != before;
        match answer {
            swaparoo_placement::Delivery::Response(response) => {
                let body = if response.body.is_null() { Vec::new() } else { response.body.to_string().into_bytes() };
                HttpOutcome::Response { status: response.status, body }
            }
            swaparoo_placement::Delivery::Lost => HttpOutcome::Lost("connection reset by peer".into()),
            swaparoo_placement::Delivery::Unreachable => HttpOutcome::Unsent("connection refused".into()),
        }
    }

    fn write_fault(&mut self, faults: FaultPlan, request: &Request) -> Option<WriteFault> {
        let write = request.method != Method::Get;
        self.writes += u32::from(write);
        match faults {
            FaultPlan::Outage => Some(WriteFault::Fault(Fault::Outage)),
            FaultPlan::FirstWrite(write_fault) if write && self.writes == 1 => Some(write_fault),
            FaultPlan::EveryWrite(write_fault) if write => Some(write_fault),
            _ => None,
        }
    }

    /// Increases the source's generation, as a write of unchanged allocations does.
    fn touch(&mut self, source: &str) {
        if let Some(consumer) = self.model.consumers().get(source).cloned() {
            let next = consumer.generation + 1;
            // Cannot fail: only the generation changes.
            let _ = self.model.add_consumer(source, consumer.at_generation(next));
        }
    }
}

fn consumer(is: ConsumerState) -> Option<Consumer> {
    let owned = Consumer::of("project", "user");
    match is {
        ConsumerState::Unknown => None,
        ConsumerState::Orphan => Some(owned),
        ConsumerState::Holding | ConsumerState::HoldingTooMuch => {
            let on_node = owned.holding(NODE, "VCPU", 2).holding(NODE, "MEMORY_MB", 2_048);
            Some(on_node.holding(DISKS, "DISK_GB", 20))
        }
        ConsumerState::Claiming => Some(owned.holding(OTHER_NODE, "VCPU", 3).holding(OTHER_NODE, "MEMORY_MB", 4_096)),
    }
}

fn answer_for_nova(nova: ServerKnowledge, written: bool, effect: &Effect) -> Reply {
    if matches!(effect, Effect::Pause(_)) {
        return Reply::Paused(Paused { ms: 0 });
    }
    let silence = || Silence { detail: "nova does not answer".into() };
    let state = match nova {
        ServerKnowledge::Silent if effect.nova_may_raise() => return Reply::Abandoned(silence()),
        ServerKnowledge::Silent => return Reply::Unreachable(silence()),
        ServerKnowledge::Gone => ServerState::Gone,
        ServerKnowledge::GoneAfterWrite if written => ServerState::Gone,
        ServerKnowledge::Present | ServerKnowledge::GoneAfterWrite => ServerState::Present,
        ServerKnowledge::Unknown => ServerState::Unknown,
    };
    match effect {
        Effect::FindServer(_) => Reply::Server(ServerAnswer { state }),
        Effect::FindComputeNode(_) => {
            Reply::ComputeNode(ComputeNodeAnswer { node: (state != ServerState::Gone).then(|| NODE.to_owned()) })
        }
        // These scenarios contain only moves, and the rules of moves send no other effects to nova.
        _ => Reply::Abandoned(Silence { detail: "the stage has no conductor".into() }),
    }
}
