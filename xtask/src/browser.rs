//! The browser module: the same rules with wasm-bindgen and typings, for node and for web pages.

use crate::component::{PLUGIN, is_current};
use crate::step::step;
use crate::wasm::Toolchain;
use crate::workspace::Workspace;
use anyhow::Result;
use std::fs;
use std::path::Path;
use wasm_bindgen_cli_support::Bindgen;

/// The example target, and the base name of the files made from it.
const NAME: &str = "browser";

/// Builds `target/browser/{nodejs,web}/browser.{js,d.ts}` and `browser_bg.wasm`.
pub fn build(workspace: &Workspace, toolchain: &Toolchain) -> Result<()> {
    step("build the browser module", || {
        // A separate build, since the feature would change the components too.
        let choice = ["--package", PLUGIN, "--example", NAME, "--features", "browser"];
        let module = toolchain.build(workspace, &choice)?.join(NAME).with_extension("wasm");
        bind(&module, &workspace.browser("nodejs"), NAME, |bindgen| bindgen.nodejs(true))?;
        bind(&module, &workspace.browser("web"), NAME, |bindgen| bindgen.web(true))
    })
}

type Configured<'b> = Result<&'b mut Bindgen>;

/// Makes JavaScript of that name, with typings, for a module, unless it is up to date.
pub fn bind(module: &Path, to: &Path, name: &str, kind: impl FnOnce(&mut Bindgen) -> Configured<'_>) -> Result<()> {
    if is_current(&to.join(format!("{name}.js")), module) {
        return Ok(());
    }
    fs::create_dir_all(to)?;
    let mut bindgen = Bindgen::new();
    kind(&mut bindgen)?.typescript(true).out_name(name).input_path(module).generate(to)
}
