//! The limits of a policy.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The limits that an engine enforces. Exceeding one ends one call or refuses one component, never the service. They
/// are the same on every machine, unless an operator raises some (`[policies.limits]`), so a task that exceeds one exceeds
/// it everywhere. The exceptions are `wasm_stack_bytes`, because how many calls fit into a stack of that size depends on
/// the processor, and `call_time`, which no policy without hostile code reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Fuel for one call, in wasmtime's unit: about 1 for each WebAssembly instruction and each copied byte. Default
    /// 20,000,000: about 500 times a step of the standard rules, 15 times reading the longest history, and about 50 ms
    /// of one thread.
    pub fuel: u64,
    /// Processor time for one call. Default 2 s, forty times what ordinary code takes for all its fuel. Some
    /// instructions cost one unit of fuel and take a hundred times as long as others (`ref.func`, for example).
    pub call_time: Duration,
    /// Linear memory of an instance in bytes, the sum of all its memories. Default 4 MiB: enough for the longest
    /// history with the longest details of Placement's refusals.
    pub memory_bytes: usize,
    /// Elements of an instance's tables, the sum of all. Default 4,096. A table holds functions that are called by
    /// pointer; the standard rules have about twenty.
    pub table_elements: usize,
    /// Stack for compiled code in bytes. Default 256 KiB, out of the stack of the calling thread, which usually has 2
    /// MiB.
    pub wasm_stack_bytes: usize,
    /// Bytes that the host may allocate for one answer, as wasmtime counts them: list entries by their size in Rust,
    /// strings by their length, each as often as it is referenced. Default 1 MiB; a swap of a server on 50 resource
    /// providers needs about 50 KiB.
    pub output_bytes: usize,
    /// Size of a component file in bytes. Default 4 MiB. It does not limit the time to compile: 4 MiB of ordinary code
    /// take about ten seconds, but 8 KiB can be made to take minutes; see
    /// [`WorkerLimits`](crate::engine::worker::WorkerLimits).
    pub component_bytes: usize,
    /// Effects in one step. Default 16; the standard rules ask for at most 2.
    pub effects: usize,
    /// Exchanges in a history. Default 500; the standard rules end within 50.
    pub exchanges: usize,
    /// The longest pause that a policy may ask for, in milliseconds. Default 60,000; nova's pauses are up to 6,000.
    pub pause_ms: u32,
    /// Calls at the same time; further calls wait. Default 64: a call takes microseconds and waits for nothing, so a
    /// number above the number of threads is never used. Each takes 4 GiB of address space, not of memory; an instance
    /// with several memories counts once for each.
    pub instances: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            fuel: 20_000_000,
            call_time: Duration::from_secs(2),
            memory_bytes: 4 << 20,
            table_elements: 4_096,
            wasm_stack_bytes: 256 << 10,
            output_bytes: 1 << 20,
            component_bytes: 4 << 20,
            effects: 16,
            exchanges: 500,
            pause_ms: 60_000,
            instances: 64,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// The values of the contract's table, in its order.
    fn table() -> Vec<u64> {
        let wit = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("wit").join("rules.wit");
        let text = std::fs::read_to_string(wit).unwrap();
        let rows = text.lines().skip_while(|line| !line.contains("| limit | value |")).skip(2);
        let rows = rows.map_while(|line| line.trim().strip_prefix("/// |"));
        rows.map(|row| row.split('|').nth(1).unwrap().trim().replace(',', "").parse().unwrap()).collect()
    }

    #[test]
    fn the_contract_states_the_limits() {
        let Limits { fuel, call_time, memory_bytes, table_elements, wasm_stack_bytes, output_bytes, .. } =
            Limits::default();
        let Limits { component_bytes, effects, exchanges, pause_ms, .. } = Limits::default();
        let time = u64::try_from(call_time.as_millis()).unwrap();
        let sizes = [memory_bytes, table_elements, wasm_stack_bytes, output_bytes, component_bytes, effects, exchanges];
        let sizes = sizes.map(|size| u64::try_from(size).unwrap());
        assert_eq!(table(), [&[fuel, time], &sizes[..], &[pause_ms.into()]].concat());
    }
}
