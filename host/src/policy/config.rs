//! How wasmtime is set: deterministic, bounded, and without what a policy has no use for.

use wasmtime::{Config, Enabled, PoolingAllocationConfig};

use super::{Limits, features};

/// What of its memory a place in the pool keeps between instances, in bytes: it is cleared by hand rather than given
/// back to the system and faulted in again, which is most of the cost of a fresh instance. A call
/// of the standard rules on a history of the usual length touches less. Kernels from 6.7 on tell which pages were.
const KEPT_RESIDENT: usize = 256 << 10;

/// Core instances, memories and tables of one component. A component made of one core module has one of each; tools
/// that adapt a module for a world without imports add a few small instances, and those that compose components have all
/// of each component's. Whatever their number, [`Limits`] bounds the sum of what is in them.
const CORE_INSTANCES: u32 = 32;
pub const MEMORIES: u32 = 4;
const TABLES: u32 = 8;

/// For an engine that runs policies.
pub fn running(limits: &Limits) -> Config {
    let mut config = compiling(limits);
    config.allocation_strategy(pool(limits));
    config
}

/// For one that only compiles them, and reserves nothing; what it makes, the other one runs.
pub fn compiling(limits: &Limits) -> Config {
    let mut config = Config::new();
    config.consume_fuel(true).max_wasm_stack(limits.wasm_stack_bytes).memory_init_cow(true);
    features::only_allowed(&mut config);
    config.cranelift_nan_canonicalization(true).concurrency_support(false);
    // A trap is told by its kind: a policy's stack is for its author's debugger, not for an operator's log.
    config.wasm_backtrace_max_frames(None).native_unwind_info(false).generate_address_map(false);
    config
}

fn pool(limits: &Limits) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.pagemap_scan(Enabled::Auto);
    pool.total_component_instances(limits.instances)
        .max_core_instances_per_component(CORE_INSTANCES)
        .total_core_instances(limits.instances.saturating_mul(CORE_INSTANCES))
        .max_memories_per_component(MEMORIES)
        // As many as instances: one that has several takes the places of as many, see `Origin`. Each reserves 4 GiB of
        // addresses, so that no access needs to be checked.
        .total_memories(limits.instances.max(MEMORIES))
        .max_tables_per_component(TABLES)
        .max_tables_per_module(TABLES)
        .total_tables(limits.instances.saturating_mul(TABLES))
        .max_memory_size(limits.memory_bytes)
        .table_elements(limits.table_elements)
        .linear_memory_keep_resident(KEPT_RESIDENT)
        .table_keep_resident(limits.table_elements.saturating_mul(size_of::<usize>()));
    pool
}
