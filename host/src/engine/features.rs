//! The WebAssembly proposals that a policy may use. A component that uses another one is refused when it is parsed.

use wasmtime::{Config, WasmFeatures};

/// All proposals that are on, also when a new version of wasmtime turns on more by default. Left out are those that
/// vary between processors (SIMD), that wait (threads, async), that need a garbage collector (gc, exceptions, typed
/// function references: RUSTSEC-2026-0570 was in these), and those that policies do not need.
const ALLOWED: [WasmFeatures; 13] = [
    // Policies are components.
    WasmFeatures::COMPONENT_MODEL,
    // For a component of several core modules with a memory each: the code that copies values between them uses two
    // memories.
    WasmFeatures::MULTI_MEMORY,
    // The core modules of a component share a stack pointer.
    WasmFeatures::MUTABLE_GLOBAL,
    // The core modules of a component share tables, and code from rustc and LLVM contains function pointers.
    WasmFeatures::REFERENCE_TYPES,
    // rustc and LLVM use memory.copy and memory.fill for each copy.
    WasmFeatures::BULK_MEMORY,
    // rustc and LLVM use these for ordinary code by default: the set that LLVM calls lime1.
    WasmFeatures::MULTI_VALUE,
    WasmFeatures::SIGN_EXTENSION,
    WasmFeatures::SATURATING_FLOAT_TO_INT,
    WasmFeatures::EXTENDED_CONST,
    WasmFeatures::CALL_INDIRECT_OVERLONG,
    WasmFeatures::BULK_MEMORY_OPT,
    // QuickJS, the engine inside a policy in JavaScript, is compiled with them. Each call costs fuel as any other.
    WasmFeatures::TAIL_CALL,
    // Rust's formatting code always contains floating point. NaNs are made the same on every machine.
    WasmFeatures::FLOATS,
];

/// Turns all proposals off, then these on.
pub fn only_allowed(config: &mut Config) {
    config.wasm_features(WasmFeatures::all(), false);
    for feature in ALLOWED {
        config.wasm_features(feature, true);
    }
}
