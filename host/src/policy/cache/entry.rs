//! One compiled policy: what it is called, and how its machine code becomes a component again.

use std::hash::{Hash, Hasher};

use sha2::{Digest as _, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::policy::Digest;
use crate::seal::{Checked, Key};

/// An entry's name says all that its content depends on: the component, and by one hash the processor, wasmtime's
/// version and settings, and this crate's version.
pub fn name(engine: &Engine, digest: Digest) -> String {
    let mut key = Hash256(Sha256::new());
    env!("CARGO_PKG_VERSION").hash(&mut key);
    engine.precompile_compatibility_hash().hash(&mut key);
    let key = key.0.finalize();
    let key: String = key.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{digest}-{key}.cwasm")
}

/// The component, if this program has sealed it under that name.
pub fn open(engine: &Engine, key: &Key, name: &str, sealed: Vec<u8>) -> Result<Component, String> {
    let checked = key.open(name, sealed).map_err(|error| error.to_string())?;
    deserialize(engine, &checked)
}

// The one place that needs it. wasmtime cannot check machine code; it trusts that it wrote the bytes itself. A `Checked`
// is had only by a seal under a key that nobody but this user has, or that one worker process was given: so the bytes
// are whole, and came out of this program's compiler.
#[allow(unsafe_code)]
pub fn deserialize(engine: &Engine, compiled: &Checked) -> Result<Component, String> {
    // SAFETY: see above; wasmtime itself compares its version and every setting.
    unsafe { Component::deserialize(engine, compiled.bytes()) }.map_err(|error| format!("{error:#}"))
}

/// SHA-256 as a hasher: the standard library's own gives no promise from one of its versions to the next.
struct Hash256(Sha256);

impl Hasher for Hash256 {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Not asked for: the digest is taken instead.
    fn finish(&self) -> u64 {
        0
    }
}
