//! One instance of a policy, with its limits.

use std::sync::Arc;
use std::time::Duration;

use wasmtime::component::{Instance as Unbound, InstancePre};
use wasmtime::{ResourceLimiter, Store, UpdateDeadline};

use super::check_world::ExportedRules;
use super::instance_limit::{InstanceLimit, InstancePermit};
use super::world::{Indices, Rules, World};
use super::{CallError, Decision, Limits, Usage, clock, config, trap, validate_step};
use crate::contract::{Description, Exchange, Task, Version};

/// The template for instances: a component with its imports resolved (there are none), and the indexes of its
/// functions.
#[derive(Clone)]
pub struct PolicyPre {
    pre: InstancePre<StoreLimits>,
    indices: Indices,
    limits: Limits,
    instance_limit: Arc<InstanceLimit>,
    /// The places in the pool that an instance takes: one for each of its memories, at most all places.
    places: u32,
}

/// A started instance, before its functions are checked for the contract's types. Fields drop in order, so the instance
/// is dropped before its slot becomes free.
pub struct UncheckedInstance {
    store: Store<StoreLimits>,
    instance: Unbound,
    permit: InstancePermit,
}

/// An instance that can be called.
pub struct Instance {
    store: Store<StoreLimits>,
    rules: Rules,
    _permit: InstancePermit,
}

/// The data of an instance's store: how far it may grow and how far it has grown, the sum of its memories and tables; and
/// when its call ends, in processor time of the thread.
pub struct StoreLimits {
    limits: Limits,
    memory: usize,
    elements: usize,
    ends: Duration,
}

/// A request to grow beyond the limits. It ends the call: if the policy only got an error, it could continue and give
/// another answer than on a larger machine.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("asked for {wanted} {of} of at most {limit}")]
pub struct Exhausted {
    pub wanted: usize,
    pub limit: usize,
    pub of: &'static str,
}

impl PolicyPre {
    /// A template in a host of this version of the contract.
    pub fn new(
        rules: &ExportedRules,
        host: Version,
        pre: InstancePre<StoreLimits>,
        limits: Limits,
        instance_limit: Arc<InstanceLimit>,
    ) -> wasmtime::Result<Self> {
        let memories = pre.component().resources_required().map_or(config::MEMORIES, |needed| needed.num_memories);
        let places = memories.max(1).min(limits.instances);
        Ok(Self { indices: Indices::new(rules, host, &pre)?, pre, limits, instance_limit, places })
    }

    /// A fresh instance.
    pub fn instance(&self) -> Result<Instance, CallError> {
        self.start()?.bind(self).map_err(|error| trap::of_host(&error))
    }

    pub fn start(&self) -> Result<UncheckedInstance, CallError> {
        let permit = self.instance_limit.acquire(self.places);
        let limits = StoreLimits { limits: self.limits, memory: 0, elements: 0, ends: Duration::ZERO };
        let mut store = Store::new(self.pre.engine(), limits);
        store.limiter(|bounds| bounds);
        store.epoch_deadline_callback(|store| Ok(store.data().at_deadline()));
        store.set_hostcall_fuel(self.limits.output_bytes);
        refuel(&mut store)?;
        let instance = self.pre.instantiate(&mut store).map_err(|error| trap::on_start(&error, &self.limits))?;
        Ok(UncheckedInstance { store, instance, permit })
    }

    /// The world of its component.
    pub fn world(&self) -> World {
        self.indices.world()
    }

    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The machine code, as the cache stores it and another process loads it.
    pub fn compiled(&self) -> wasmtime::Result<Vec<u8>> {
        self.pre.component().serialize()
    }
}

impl UncheckedInstance {
    /// Fails if a function does not have the contract's type; the result is the same for every instance of one
    /// template.
    pub fn bind(mut self, pre: &PolicyPre) -> wasmtime::Result<Instance> {
        let rules = pre.indices.load(&mut self.store, &self.instance)?;
        Ok(Instance { store: self.store, rules, _permit: self.permit })
    }
}

impl Instance {
    pub fn describe(&mut self) -> Result<Description, CallError> {
        let limits = self.store.data().limits;
        self.rules.describe(&mut self.store).map_err(|error| trap::in_call(&error, &limits))
    }

    pub fn next_step(
        &mut self,
        task: &Task,
        settings: Option<&str>,
        history: &[Exchange],
    ) -> Result<Decision, CallError> {
        let limits = self.store.data().limits;
        let called = self.rules.next_step(&mut self.store, task, settings, history);
        let step = called.map_err(|error| trap::in_call(&error, &limits))?;
        validate_step::check(&step, &limits).map_err(CallError::Nonsense)?;
        let left = self.store.get_fuel().map_err(|error| trap::of_host(&error))?;
        Ok(Decision { step, fuel_used: limits.fuel.saturating_sub(left), memory_bytes: self.store.data().memory })
    }

    /// What the instance uses after a call of `describe`.
    pub fn usage(&mut self) -> Result<Usage, CallError> {
        self.describe()?;
        let left = self.store.get_fuel().map_err(|error| trap::of_host(&error))?;
        let StoreLimits { limits, memory, elements, .. } = self.store.data();
        Ok(Usage { fuel: limits.fuel.saturating_sub(left), memory_bytes: *memory, table_elements: *elements })
    }

    /// Resets the fuel and the time for another call on this instance.
    pub fn refuel(&mut self) -> Result<(), CallError> {
        refuel(&mut self.store)
    }
}

fn refuel(store: &mut Store<StoreLimits>) -> Result<(), CallError> {
    let Limits { fuel, call_time, .. } = store.data().limits;
    store.data_mut().ends = clock::processor_time().saturating_add(call_time);
    store.set_epoch_deadline(clock::ticks(call_time));
    store.set_fuel(fuel).map_err(|error| trap::of_host(&error))
}

impl StoreLimits {
    /// Ends the call, unless its thread had to wait for a processor meanwhile and has used less time than it may.
    fn at_deadline(&self) -> UpdateDeadline {
        let left = self.ends.saturating_sub(clock::processor_time());
        if left.is_zero() { UpdateDeadline::Interrupt } else { UpdateDeadline::Continue(clock::ticks(left)) }
    }

    /// Adds the growth of one memory or table to the sum.
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

impl ResourceLimiter for StoreLimits {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Self::grow(&mut self.memory, current, desired, self.limits.memory_bytes, "bytes of memory")
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Self::grow(&mut self.elements, current, desired, self.limits.table_elements, "table elements")
    }

    /// Within the limits, but the machine has no memory: no answer is better than one that depends on the machine.
    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(error)
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(error)
    }
}
