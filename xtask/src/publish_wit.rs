//! `cargo xtask publish-wit`: the contract as a WIT package in a registry, from which `wkg` and other tools read it.

use crate::step::{run, say, step};
use crate::workspace::Workspace;
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use wit_parser::Resolve;

/// Encodes the package, and sends it with `swaparoo policy push`; `more` are options of that command.
pub fn publish(workspace: &Workspace, program: &Path, to: &str, more: &[String]) -> Result<()> {
    let package = step("encode the WIT package", || write(workspace))?;
    run(Command::new(program).args(["policy", "push"]).arg(&package).args(["--to", to]).args(more))
}

/// Writes `target/wit/swaparoo-policy-VERSION.wasm`.
fn write(workspace: &Workspace) -> Result<PathBuf> {
    let (name, bytes) = encode(&workspace.root.join("wit"))?;
    let folder = workspace.products().join("wit");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let file = folder.join(format!("{name}.wasm"));
    fs::write(&file, bytes).with_context(|| format!("cannot write {}", file.display()))?;
    say(&format!("the package: {}", file.display()));
    Ok(file)
}

/// The package in this folder: its name with its version, and its encoding.
fn encode(folder: &Path) -> Result<(String, Vec<u8>)> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let name = resolve.packages.get(package).context("the package was not read")?.name.clone();
    let version = name.version.as_ref().context("the package has no version")?;
    let bytes = wit_component::encode(&resolve, package)?;
    Ok((format!("{}-{}-{version}", name.namespace, name.name), bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wit_component::DecodedWasm;

    #[test]
    fn the_package_has_the_contract() {
        let (name, bytes) = encode(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit")).unwrap();
        assert!(name.starts_with("swaparoo-policy-"), "{name}");
        let DecodedWasm::WitPackage(resolve, package) = wit_component::decode(&bytes).unwrap() else {
            panic!("it is not a package")
        };
        let mut worlds: Vec<&str> = resolve.packages[package].worlds.keys().map(String::as_str).collect();
        worlds.sort_unstable();
        assert_eq!(worlds, ["migration-overlay", "migration-policy", "move-overlay", "move-policy"]);
    }
}
