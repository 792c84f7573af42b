//! The named WebAssembly proposals are on, and none that a version of wasmtime turns on by default.

use super::*;

/// Loads a component with a core module that needs one proposal.
fn check(allowed: bool, name: &str, module: &str) {
    let component = format!("(component (core module $m {module}) (core instance (instantiate $m)))");
    let loaded = ENGINE.load(name, &wat::parse_str(component).unwrap()).unwrap_err().to_string();
    // Without an export it is not a policy. This is detected only after it was compiled, so the proposal was accepted.
    assert_eq!(loaded.contains("exports nothing"), allowed, "{name}: {loaded}");
}

#[test]
fn the_output_of_compilers_is_allowed() {
    for (name, module) in [
        ("mutable global", "(global (export \"g\") (mut i32) (i32.const 0))"),
        ("multi-value", "(func (result i32 i32) i32.const 0 i32.const 1)"),
        ("sign extension", "(func (result i32) (i32.extend8_s (i32.const 0)))"),
        ("saturating conversion", "(func (result i32) (i32.trunc_sat_f32_s (f32.const 0)))"),
        ("bulk memory", "(memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)))"),
        ("function reference", "(func $f) (elem declare func $f) (func (result funcref) ref.func $f)"),
        ("two tables", "(table 1 funcref) (table 1 funcref)"),
        ("extended constant", "(global i32 (i32.add (i32.const 1) (i32.const 2)))"),
        ("tail call", "(func $f return_call $f)"),
        ("floating point", "(func (result f64) (f64.add (f64.const 1) (f64.const 2)))"),
    ] {
        check(true, name, module);
    }
}

#[test]
fn other_proposals_are_refused() {
    for (name, module) in [
        ("gc", "(type (struct))"),
        ("subtypes", "(type (sub (func)))"),
        ("typed function references", "(type $t (func)) (func (param (ref null $t)))"),
        ("externref", "(func (param externref))"),
        ("exceptions", "(tag)"),
        ("threads", "(memory 1 1 shared)"),
        ("atomics", "(memory 1) (func (result i32) (i32.atomic.load (i32.const 0)))"),
        ("SIMD", "(func (result v128) (v128.const i64x2 0 0))"),
        ("relaxed SIMD", "(func (param v128) (result v128) (i8x16.relaxed_swizzle (local.get 0) (local.get 0)))"),
        ("memory64", "(memory i64 1)"),
        ("wide arithmetic", "(func (result i64 i64) (i64.mul_wide_u (i64.const 1) (i64.const 2)))"),
        ("page sizes", "(memory 1 (pagesize 1))"),
        ("stack switching", "(type $f (func)) (type (cont $f))"),
    ] {
        check(false, name, module);
    }
}
