//! Core modules into components: what the host loads.

use crate::step::{say, step};
use crate::wasm::Toolchain;
use crate::workspace::{Package, Workspace};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use wit_component::ComponentEncoder;

/// The crate of the rules; each example without features of its own is the component of a policy.
pub const PLUGIN: &str = "swaparoo-plugin";
/// The crate of components that misbehave on purpose.
const HOSTILE: &str = "swaparoo-hostile";
/// The bytes that a policy is to have at most: it is copied to every host, and read, checked and compiled there. A
/// standard library that is built along gives less; the one that rustup brings, with its panics' words, more.
const AIM: u64 = 64 * 1024;

/// Builds the policies into `target/policies/`.
pub fn build_policies(workspace: &Workspace, toolchain: &Toolchain) -> Result<()> {
    let plugin = workspace.package(PLUGIN).with_context(|| format!("the workspace has no package {PLUGIN}"))?;
    step("build the policies as components", || say_sizes(&build(workspace, toolchain, plugin, &workspace.policies())?))
}

/// Builds the hostile components into `target/policies/hostile/`.
pub fn build_hostile(workspace: &Workspace, toolchain: &Toolchain) -> Result<()> {
    let Some(hostile) = workspace.package(HOSTILE) else { return Ok(()) };
    step("build the hostile components", || build(workspace, toolchain, hostile, &workspace.hostile()).map(drop))
}

fn build(workspace: &Workspace, toolchain: &Toolchain, from: &Package, to: &Path) -> Result<Vec<PathBuf>> {
    let modules = toolchain.build(workspace, &["--package", &from.name, "--examples"])?;
    fs::create_dir_all(to)?;
    let targets = from.targets.iter().filter(|target| target.is_wasm_module() && target.required_features.is_empty());
    let components = targets.map(|target| {
        let module = modules.join(&target.name).with_extension("wasm");
        // A policy has a dash where its target, a Rust name, has an underscore; the others keep their targets' names.
        let name = if from.name == PLUGIN { target.name.replace('_', "-") } else { target.name.clone() };
        let component = to.join(name).with_extension("wasm");
        if !is_current(&component, &module) {
            encode(&module, &component).with_context(|| format!("cannot encode {}", module.display()))?;
        }
        Ok(component)
    });
    components.collect()
}

fn encode(module: &Path, component: &Path) -> Result<()> {
    let core = fs::read(module)?;
    let bytes = ComponentEncoder::default().validate(true).module(&core)?.encode()?;
    Ok(fs::write(component, &bytes)?)
}

fn say_sizes(components: &[PathBuf]) -> Result<()> {
    for component in components {
        let size = fs::metadata(component)?.len();
        let over = if size > AIM { "OVER the aim of" } else { "within the aim of" };
        say(&format!("{}: {size} bytes, {over} {AIM}", component.display()));
    }
    Ok(())
}

/// Whether a product is newer than what it is made from and than this program, which made it.
pub fn is_current(product: &Path, source: &Path) -> bool {
    let made = |path: &Path| fs::metadata(path).and_then(|file| file.modified()).ok();
    let newest: Option<SystemTime> = made(source).max(std::env::current_exe().ok().and_then(|program| made(&program)));
    made(product).is_some_and(|product| newest.is_some_and(|newest| product >= newest))
}
