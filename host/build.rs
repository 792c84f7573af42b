//! Finds the policies that the program embeds: made by `cargo xtask build` in `target/policies`, or in the folder that
//! `SWAPAROO_POLICIES` names.

use std::env;
use std::path::{Path, PathBuf};

const POLICIES: [(&str, &str); 3] = [("STANDARD", "standard"), ("SEED", "seed"), ("NOVA_34", "nova-34")];

fn main() {
    // The pure half runs no policy.
    if env::var_os("CARGO_FEATURE_ENGINE").is_none() {
        return;
    }
    println!("cargo::rerun-if-env-changed=SWAPAROO_POLICIES");
    let folder = env::var_os("SWAPAROO_POLICIES").map_or_else(built, PathBuf::from);
    for (name, file) in POLICIES {
        let policy = folder.join(file).with_extension("wasm");
        println!("cargo::rerun-if-changed={}", policy.display());
        if policy.is_file() {
            println!("cargo::rustc-env=SWAPAROO_POLICY_{name}={}", policy.display());
        } else {
            println!("cargo::error={} is not there: run `cargo xtask build`, which makes it", policy.display());
            return;
        }
    }
}

/// `target/policies` at the root of the workspace, wherever cargo's own target folder is.
fn built() -> PathBuf {
    let manifest = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    Path::new(&manifest).with_file_name("target").join("policies")
}
