//! What a policy may cost.

/// The bounds that an engine holds its policies to. Every one of them ends one call, or refuses one component; none of
/// them ends the service. They are the same on every machine, so a task that fails by one fails by it everywhere, save
/// `wasm_stack_bytes`: how deep a stack of that size reaches depends on the processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Fuel a call, in wasmtime's unit: about one a WebAssembly instruction and one a byte copied. Default 20,000,000:
    /// some 500 times what a step of the standard rules takes, 15 times what reading the longest history takes, and
    /// about 50 ms of a thread that does nothing else.
    pub fuel: u64,
    /// Linear memory of an instance, in bytes, all its memories together. Default 4 MiB: room for the longest history with the longest details
    /// that Placement's refusals may have in it.
    pub memory_bytes: usize,
    /// Elements of an instance's tables, all together. Default 4,096; a table holds functions that are called by pointer, and the
    /// standard rules have some twenty.
    pub table_elements: usize,
    /// Stack for compiled code, in bytes. Default 256 KiB: it is taken from the calling thread, whose whole stack is
    /// usually 2 MiB.
    pub wasm_stack_bytes: usize,
    /// What one answer may make the host allocate, in bytes as wasmtime counts them: list entries by their size in
    /// Rust, strings by their length, each as often as it is referred to. Default 1 MiB; a swap of a server on 50
    /// resource providers is some 50 KiB.
    pub output_bytes: usize,
    /// Size of a component file, in bytes. Default 4 MiB. It says little of what compiling takes: of ordinary code that
    /// many take some ten seconds, and 8 KiB may be made to take minutes; see [`WorkerLimits`](crate::worker::WorkerLimits).
    pub component_bytes: usize,
    /// Effects of one step. Default 16; the standard rules ask for 2.
    pub effects: usize,
    /// Exchanges of a history. Default 500; the standard rules end within 50.
    pub exchanges: usize,
    /// The longest pause a policy may ask for, in milliseconds. Default 60,000; nova's own are up to 6,000.
    pub pause_ms: u32,
    /// Calls that run at once; one more waits for its turn. Default 64: a call takes microseconds and waits for
    /// nothing, so more than there are threads is never used. Each takes 4 GiB of address space, not of memory; an instance
    /// with several memories counts as that many.
    pub instances: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            fuel: 20_000_000,
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
