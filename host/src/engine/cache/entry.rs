//! One compiled policy in the cache: its name, and how to load its machine code.

use std::hash::{Hash, Hasher};

use sha2::{Digest as _, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::engine::Digest;
use crate::engine::seal::{Checked, Key};

/// The name contains everything that the content depends on: the component, and in one hash the processor, wasmtime's
/// version and settings, and this crate's version.
pub fn name(engine: &Engine, digest: Digest) -> String {
    let mut key = Hash256(Sha256::new());
    env!("CARGO_PKG_VERSION").hash(&mut key);
    engine.precompile_compatibility_hash().hash(&mut key);
    let key = key.0.finalize();
    let key: String = key.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{digest}-{key}.cwasm")
}

/// Loads the component, if this program sealed it under that name.
pub fn open(engine: &Engine, key: &Key, name: &str, sealed: Vec<u8>) -> Result<Component, String> {
    let checked = key.open(name, sealed).map_err(|error| error.to_string())?;
    deserialize(engine, &checked)
}

// The only unsafe code here. wasmtime cannot check machine code; it trusts that it wrote the bytes itself. A `Checked`
// value exists only after its seal was verified, with a key that only this user has or that only one worker process
// received. So the bytes are complete and come from this program's compiler.
#[allow(unsafe_code)]
pub fn deserialize(engine: &Engine, compiled: &Checked) -> Result<Component, String> {
    // SAFETY: see above; wasmtime itself compares its version and every setting.
    unsafe { Component::deserialize(engine, compiled.bytes()) }.map_err(|error| format!("{error:#}"))
}

/// SHA-256 as a hasher, because the standard library's hasher may change with each of its versions.
struct Hash256(Sha256);

impl Hasher for Hash256 {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Not used: the digest is used instead.
    fn finish(&self) -> u64 {
        0
    }
}
