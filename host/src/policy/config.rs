//! How wasmtime is set: deterministic, bounded, and without what a policy has no use for.

use wasmtime::{Config, Enabled, PoolingAllocationConfig};

use super::Limits;

/// What of its memory a place in the pool keeps between instances, in bytes: it is cleared by hand rather than given
/// back to the system and faulted in again, which is most of the cost of a fresh instance. A call
/// of the standard rules on a history of the usual length touches less. Kernels from 6.7 on tell which pages were.
const KEPT_RESIDENT: usize = 256 << 10;

/// Core instances, memories and tables of one component. A component made of one core module has one of each; tools
/// that adapt a module for a world without imports add a few small instances.
const CORE_INSTANCES: u32 = 8;
const MEMORIES: u32 = 1;
const TABLES: u32 = 4;

pub fn config(limits: &Limits) -> Config {
    let mut config = Config::new();
    config.consume_fuel(true).max_wasm_stack(limits.wasm_stack_bytes);
    config.allocation_strategy(pool(limits)).memory_init_cow(true);
    only_what_is_needed(&mut config);
    config
}

/// Integer code over one memory is all that rules need. What is left out is what varies between processors (floating
/// point NaNs, SIMD), what waits (threads, async), and what would only be more to trust.
fn only_what_is_needed(config: &mut Config) {
    config.cranelift_nan_canonicalization(true);
    config.wasm_simd(false).wasm_relaxed_simd(false);
    config.concurrency_support(false);
    config.wasm_memory64(false).wasm_multi_memory(false).wasm_custom_page_sizes(false);
    config.wasm_tail_call(false).wasm_wide_arithmetic(false);
    // A trap is told by its kind: a policy's stack is for its author's debugger, not for an operator's log.
    config.wasm_backtrace_max_frames(None).native_unwind_info(false).generate_address_map(false);
}

fn pool(limits: &Limits) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.pagemap_scan(Enabled::Auto);
    pool.total_component_instances(limits.instances)
        .max_core_instances_per_component(CORE_INSTANCES)
        .total_core_instances(limits.instances.saturating_mul(CORE_INSTANCES))
        .max_memories_per_component(MEMORIES)
        .total_memories(limits.instances.saturating_mul(MEMORIES))
        .max_tables_per_component(TABLES)
        .max_tables_per_module(TABLES)
        .total_tables(limits.instances.saturating_mul(TABLES))
        .max_memory_size(limits.memory_bytes)
        .table_elements(limits.table_elements)
        .linear_memory_keep_resident(KEPT_RESIDENT)
        .table_keep_resident(limits.table_elements.saturating_mul(size_of::<usize>()));
    pool
}
