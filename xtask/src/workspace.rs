//! The workspace's folders, packages and targets.

use crate::native;
use crate::step::text;
use anyhow::{Context, Result};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The workspace that this program belongs to.
pub struct Workspace {
    /// The folder of the root manifest.
    pub root: PathBuf,
    /// cargo's target folder of the native build.
    pub native_target: PathBuf,
    /// Whether each crate of the workspace is linted while it is compiled.
    pub lints: bool,
    packages: Vec<Package>,
}

/// A package, from `cargo metadata`.
#[derive(Deserialize)]
pub struct Package {
    /// Its name in the manifest.
    pub name: String,
    /// Its libraries, programs, examples, tests and benchmarks.
    pub targets: Vec<CargoTarget>,
}

/// A target of a package.
#[derive(Deserialize)]
pub struct CargoTarget {
    /// Its name in the manifest.
    pub name: String,
    /// `bin`, `example`, `bench` ...
    pub kind: Vec<String>,
    /// `bin`, `cdylib` ...
    pub crate_types: Vec<String>,
    /// The features that it requires.
    #[serde(rename = "required-features", default)]
    pub required_features: Vec<String>,
}

#[derive(Deserialize)]
struct CargoMetadata {
    packages: Vec<Package>,
    target_directory: PathBuf,
}

impl Workspace {
    /// The workspace of the manifest that cargo runs this program for.
    pub fn here() -> Result<Self> {
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR").context("run this as `cargo xtask`")?;
        let root = Path::new(&manifest).parent().context("xtask is not in a workspace")?.to_owned();
        let mut cargo = native::cargo_in(&root);
        let metadata = text(cargo.args(["metadata", "--no-deps", "--format-version", "1"]))?;
        let metadata: CargoMetadata = serde_json::from_str(&metadata).context("cannot parse `cargo metadata`")?;
        Ok(Self { root, native_target: metadata.target_directory, lints: false, packages: metadata.packages })
    }

    /// The same workspace, but each of its crates is linted while it is compiled.
    pub fn linted(self) -> Self {
        Self { lints: true, ..self }
    }

    /// The package of that name, if the workspace has it.
    pub fn package(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == name)
    }

    /// The folder of build products that are not cargo's: `target/` at the root, wherever cargo's target folder is.
    pub fn products(&self) -> PathBuf {
        self.root.join("target")
    }

    /// The components, one file per policy.
    pub fn policies(&self) -> PathBuf {
        self.products().join("policies")
    }

    /// The hostile components for tests.
    pub fn hostile(&self) -> PathBuf {
        self.policies().join("hostile")
    }

    /// The browser module, for `nodejs` or for the `web`.
    pub fn browser(&self, kind: &str) -> PathBuf {
        self.products().join("browser").join(kind)
    }
}

impl CargoTarget {
    /// Whether it is an example that is built as a library; this lets one crate produce several wasm modules.
    pub fn is_wasm_module(&self) -> bool {
        self.kind.iter().any(|kind| kind == "example") && self.crate_types.iter().any(|kind| kind == "cdylib")
    }
}
