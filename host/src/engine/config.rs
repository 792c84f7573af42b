//! wasmtime's settings: deterministic, limited, and without features that a policy does not need.

use wasmtime::{Config, Enabled, PoolingAllocationConfig};

use super::{Limits, features};

/// Bytes of memory that a place in the pool keeps between instances. They are cleared by wasmtime instead of being
/// returned to the system and faulted in again, which would be most of the cost of a fresh instance. A call of the
/// standard rules on a history of usual length touches less. Kernels from 6.7 on report the touched pages.
const KEPT_RESIDENT: usize = 256 << 10;

/// The maximum number of core instances, memories and tables of one component. A component of one core module has one
/// of each. Tools that adapt a module for a world without imports add a few small instances; a composed component has
/// those of all its parts, and one from Python has some forty: one for each interface of WASI that is replaced. [`Limits`]
/// limits their sum, so their number does not matter.
const CORE_INSTANCES: u32 = 64;
pub const MEMORIES: u32 = 4;
const TABLES: u32 = 8;

/// Settings for an engine that runs policies.
pub fn running(limits: &Limits) -> Config {
    let mut config = compiling(limits);
    config.allocation_strategy(pool(limits));
    config
}

/// Settings for an engine that only compiles, and so reserves no memory. The other engine can run its output.
pub fn compiling(limits: &Limits) -> Config {
    let mut config = Config::new();
    config.consume_fuel(true).epoch_interruption(true).max_wasm_stack(limits.wasm_stack_bytes).memory_init_cow(true);
    features::only_allowed(&mut config);
    config.cranelift_nan_canonicalization(true).concurrency_support(false);
    // Only the kind of a trap is reported: a policy's stack helps its author in a debugger, not an operator in a log.
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
        // As many as instances; an instance with several memories takes several places. Each reserves 4 GiB of address
        // space, so that no memory access needs a check.
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
