//! Which WebAssembly proposals a policy may use. A component that uses another is refused when it is parsed.

use wasmtime::{Config, WasmFeatures};

/// All that are on. A new version of wasmtime may turn on more by itself; here it does not. What is left out is what
/// varies between processors (SIMD), what waits (threads, async), what needs a collector (gc, exceptions, typed function
/// references: RUSTSEC-2026-0570 was in these), and what would only be more to trust.
const ALLOWED: [WasmFeatures; 12] = [
    // A policy is a component.
    WasmFeatures::COMPONENT_MODEL,
    // A component of several core modules with a memory each: what copies values between them works on two memories.
    WasmFeatures::MULTI_MEMORY,
    // The stack pointer that core modules of one component share.
    WasmFeatures::MUTABLE_GLOBAL,
    // Tables that core modules of one component share, and function pointers in what rustc and LLVM make.
    WasmFeatures::REFERENCE_TYPES,
    // memory.copy and memory.fill, which rustc and LLVM make of each copy.
    WasmFeatures::BULK_MEMORY,
    // What rustc and LLVM make of ordinary code by default, all of the set that LLVM calls lime1.
    WasmFeatures::MULTI_VALUE,
    WasmFeatures::SIGN_EXTENSION,
    WasmFeatures::SATURATING_FLOAT_TO_INT,
    WasmFeatures::EXTENDED_CONST,
    WasmFeatures::CALL_INDIRECT_OVERLONG,
    WasmFeatures::BULK_MEMORY_OPT,
    // Rust's formatting has floating point in it, whatever is formatted; NaNs are made the same everywhere.
    WasmFeatures::FLOATS,
];

/// Turns everything off, and then these on.
pub fn only_allowed(config: &mut Config) {
    config.wasm_features(WasmFeatures::all(), false);
    for feature in ALLOWED {
        config.wasm_features(feature, true);
    }
}
