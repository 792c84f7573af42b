//! The browser module: the same rules with wasm-bindgen and typings, for node and for web pages.

use crate::component::{PLUGIN, is_current};
use crate::native;
use crate::step::{run, step};
use crate::wasm::Toolchain;
use crate::workspace::Workspace;
use anyhow::Result;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The example target, and the base name of the files made from it.
const NAME: &str = "browser";
/// The package and program that runs wasm-bindgen.
const BINDGEN: &str = "xtask-bindgen";

/// Builds `target/browser/{nodejs,web}/browser.{js,d.ts}` and `browser_bg.wasm`.
pub fn build(workspace: &Workspace, toolchain: &Toolchain) -> Result<()> {
    step("build the browser module", || {
        // A separate build, since the feature would change the components too.
        let choice = ["--package", PLUGIN, "--example", NAME, "--features", "browser"];
        let module = toolchain.build(workspace, &choice)?.join(NAME).with_extension("wasm");
        ["nodejs", "web"]
            .into_iter()
            .try_for_each(|kind| bind(workspace, &module, &workspace.browser(kind), NAME, kind))
    })
}

/// Builds the program that `bind` runs. It comes first, since it would otherwise wait for a native build that runs in
/// parallel with the modules' build.
pub fn build_bindgen(workspace: &Workspace) -> Result<()> {
    step("build wasm-bindgen", || run(native::cargo(workspace).args(["build", "--quiet", "--package", BINDGEN])))
}

/// Makes JavaScript of that name, with typings, for a module, unless it is up to date. `kind`: nodejs or web.
pub fn bind(workspace: &Workspace, module: &Path, to: &Path, name: &str, kind: &str) -> Result<()> {
    if is_current(&to.join(format!("{name}.js")), module) {
        return Ok(());
    }
    fs::create_dir_all(to)?;
    run(Command::new(workspace.native_target.join("debug").join(BINDGEN)).arg(module).arg(to).args([name, kind]))
}
