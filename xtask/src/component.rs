//! Makes components, which the host loads, from core modules.

use crate::step::{say, step};
use crate::wasm::Toolchain;
use crate::workspace::{Package, Workspace};
use anyhow::{Context, Result, bail};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use wasmparser::{Parser, Payload};
use wit_component::ComponentEncoder;

/// The crate of the rules. Each of its examples without required features becomes a policy's component.
pub const PLUGIN: &str = "swaparoo-plugin";
/// The crate of hostile components for tests.
const HOSTILE: &str = "swaparoo-hostile";
/// The largest size of a component in bytes, so that a change that makes one much larger is noticed. Moves alone need half
/// of it, in the world `move-policy`; a whole migration has some forty more kinds of values, and each is lifted and
/// lowered. A tenth is the description of the types in four interfaces. The cost of a call does not grow with it: a fresh
/// instance shares the code, and its memory is as small as before (`cargo xtask bench decision`).
const LIMIT: u64 = 192 * 1024;

/// Builds the policies into `target/policies/`.
pub fn build_policies(workspace: &Workspace, toolchain: &Toolchain) -> Result<()> {
    let plugin = workspace.package(PLUGIN).with_context(|| format!("the workspace has no package {PLUGIN}"))?;
    step(
        "build the policies as components",
        || // All are built before one is refused, so that their sizes are all printed.
        hold_to_limit(&build(workspace, toolchain, plugin, &workspace.policies())?),
    )
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
        // A policy's name has a dash where its target, a Rust name, has an underscore; the others keep their targets'
        // names.
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
    let mut bytes = ComponentEncoder::default().validate(true).module(&core)?.encode()?;
    if let Some(names) = section_of_names(&bytes)? {
        bytes.drain(names);
    }
    Ok(fs::write(component, &bytes)?)
}

/// Where the encoder has put the names of types and functions, for people who debug the component. Nothing else reads
/// them, and they are 3,000 bytes.
fn section_of_names(component: &[u8]) -> Result<Option<Range<usize>>> {
    let mut begin = 0;
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::CustomSection(section) if section.name() == "component-name" => {
                return Ok(Some(usize::try_from(begin)?..usize::try_from(section.range().end)?));
            }
            // The sections of the module inside lie before the end of the section that contains it.
            payload => begin = payload.as_section().map_or(begin, |(_, range)| range.end.max(begin)),
        }
    }
    Ok(None)
}

fn hold_to_limit(components: &[PathBuf]) -> Result<()> {
    let sizes = components.iter().map(|component| Ok((component, fs::metadata(component)?.len())));
    let sizes = sizes.collect::<Result<Vec<_>>>()?;
    for (component, size) in &sizes {
        say(&format!("{}: {size} bytes of at most {LIMIT}", component.display()));
    }
    if let Some((component, size)) = sizes.iter().find(|(_, size)| *size > LIMIT) {
        bail!("{} has {size} bytes, and at most {LIMIT} are allowed", component.display());
    }
    Ok(())
}

/// Whether a product is newer than its sources and than this program.
pub fn is_current(product: &Path, source: &Path) -> bool {
    let made = |path: &Path| fs::metadata(path).and_then(|file| file.modified()).ok();
    let newest: Option<SystemTime> = made(source).max(std::env::current_exe().ok().and_then(|program| made(&program)));
    made(product).is_some_and(|product| newest.is_some_and(|newest| product >= newest))
}
