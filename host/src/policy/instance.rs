//! One instance of a policy, within its limits.

use std::sync::Arc;

use wasmtime::component::{Instance as Unbound, InstancePre};
use wasmtime::{ResourceLimiter, Store};

use super::bindings::{self, World, WorldIndices};
use super::slots::{Slot, Slots};
use super::{CallError, Decision, Limits, config, fault, sense};
use crate::contract::{Exchange, Task};

/// What instances are made of: a component with all its imports (none) in place, and where its functions are.
pub struct Origin {
    pre: InstancePre<Bounds>,
    indices: WorldIndices,
    limits: Limits,
    slots: Arc<Slots>,
    /// Places of the pool that an instance takes: one for each of its memories, and all that there are rather than more.
    places: u32,
}

/// An instance that runs, before its functions are known to have the contract's types. It is dropped before its slot
/// is given back: fields drop in this order.
pub struct Started {
    store: Store<Bounds>,
    instance: Unbound,
    slot: Slot,
}

/// An instance that can be called.
pub struct Instance {
    store: Store<Bounds>,
    world: World,
    _slot: Slot,
}

/// What an instance's store knows: how far it may grow, and how far it has, all its memories and tables together.
pub struct Bounds {
    limits: Limits,
    memory: usize,
    elements: usize,
}

/// A request to grow beyond the limits. It ends the call: a policy that is told "no" instead would be free to go on
/// and answer something else than it answers on a larger machine.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("asked for {wanted} {of} of at most {limit}")]
pub struct Exhausted {
    pub wanted: usize,
    pub limit: usize,
    pub of: &'static str,
}

impl Origin {
    pub fn new(pre: InstancePre<Bounds>, limits: Limits, slots: Arc<Slots>) -> wasmtime::Result<Self> {
        let memories = pre.component().resources_required().map_or(config::MEMORIES, |needed| needed.num_memories);
        let places = memories.max(1).min(limits.instances);
        Ok(Self { indices: WorldIndices::new(&pre)?, pre, limits, slots, places })
    }

    /// A fresh instance, which no call has touched yet.
    pub fn instance(&self) -> Result<Instance, CallError> {
        self.start()?.bind(self).map_err(|error| fault::of_host(&error))
    }

    pub fn start(&self) -> Result<Started, CallError> {
        let slot = self.slots.take(self.places);
        let mut store = Store::new(self.pre.engine(), Bounds { limits: self.limits, memory: 0, elements: 0 });
        store.limiter(|bounds| bounds);
        store.set_hostcall_fuel(self.limits.output_bytes);
        refuel(&mut store)?;
        let instance = self.pre.instantiate(&mut store).map_err(|error| fault::on_start(&error, &self.limits))?;
        Ok(Started { store, instance, slot })
    }

    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The machine code, as a cache keeps it and another process takes it.
    pub fn compiled(&self) -> wasmtime::Result<Vec<u8>> {
        self.pre.component().serialize()
    }
}

impl Started {
    /// Fails if a function has not the contract's type; the same for every instance of one origin.
    pub fn bind(mut self, origin: &Origin) -> wasmtime::Result<Instance> {
        let world = origin.indices.load(&mut self.store, &self.instance)?;
        Ok(Instance { store: self.store, world, _slot: self.slot })
    }
}

impl Instance {
    pub fn describe(&mut self) -> Result<bindings::Description, CallError> {
        let limits = self.store.data().limits;
        let rules = self.world.swaparoo_policy_rules();
        rules.call_describe(&mut self.store).map_err(|error| fault::in_call(&error, &limits))
    }

    pub fn next_step(&mut self, task: &Task, history: &[Exchange]) -> Result<Decision, CallError> {
        let limits = self.store.data().limits;
        let rules = self.world.swaparoo_policy_rules();
        let step =
            rules.call_next_step(&mut self.store, task, history).map_err(|error| fault::in_call(&error, &limits))?;
        sense::check(&step, &limits).map_err(CallError::Nonsense)?;
        let left = self.store.get_fuel().map_err(|error| fault::of_host(&error))?;
        Ok(Decision { step, fuel_used: limits.fuel.saturating_sub(left) })
    }

    /// Fills the tank for one more call on this instance.
    pub fn refuel(&mut self) -> Result<(), CallError> {
        refuel(&mut self.store)
    }
}

fn refuel(store: &mut Store<Bounds>) -> Result<(), CallError> {
    let fuel = store.data().limits.fuel;
    store.set_fuel(fuel).map_err(|error| fault::of_host(&error))
}

impl Bounds {
    /// Adds what one of them grows by to what all of them have.
    fn grow(
        held: &mut usize,
        current: usize,
        desired: usize,
        limit: usize,
        of: &'static str,
    ) -> wasmtime::Result<bool> {
        let wanted = held.saturating_sub(current).saturating_add(desired);
        if wanted > limit {
            return Err(Exhausted { wanted, limit, of }.into());
        }
        *held = wanted;
        Ok(true)
    }
}

impl ResourceLimiter for Bounds {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Self::grow(&mut self.memory, current, desired, self.limits.memory_bytes, "bytes of memory")
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Self::grow(&mut self.elements, current, desired, self.limits.table_elements, "table elements")
    }

    /// Within the limits, and yet the machine does not give it: no answer is better than one that depends on it.
    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(error)
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(error)
    }
}
