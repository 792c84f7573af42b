//! Generates `types.rs`, the Rust types of the contract, from `wit/`. wit-bindgen and wasmtime would each generate their
//! own set, and a host that also links rules (the debugger, the tests) would have both.
//!
//! A type that both `moves` and `migrations` define is generated twice: the one of `migrations` belongs to the full set,
//! the other to the module `moves`, with conversions between them.

mod attributes;
mod component_values;
mod conversions;
mod names;
mod types;

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use types::Types;
use wit_parser::Resolve;

fn main() -> Result<(), Box<dyn Error>> {
    let wit = Path::new(&variable("CARGO_MANIFEST_DIR")?).with_file_name("wit");
    println!("cargo::rerun-if-changed={}", wit.display());
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(&wit)?;
    let code = Types::of(&resolve, package)?.code()?;
    Ok(fs::write(Path::new(&variable("OUT_DIR")?).join("types.rs"), code)?)
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|error| format!("{name}: {error}"))
}
