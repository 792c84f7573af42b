//! `xtask-bindgen MODULE FOLDER NAME KIND`: writes JavaScript of that name, with typings, for a module.

use anyhow::{Context as _, Result, bail};
use std::path::Path;
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let [module, folder, name, kind] = given.as_slice() else {
        bail!("usage: xtask-bindgen MODULE FOLDER NAME nodejs|web");
    };
    let mut bindgen = Bindgen::new();
    // Nothing reads the names of functions in the page, and each byte of the first load counts.
    bindgen.remove_name_section(true).remove_producers_section(true);
    match kind.as_str() {
        "nodejs" => bindgen.nodejs(true)?,
        "web" => bindgen.web(true)?,
        other => bail!("the kind of JavaScript is {other:?}; it must be nodejs or web"),
    };
    bindgen.typescript(true).out_name(name).input_path(module);
    bindgen.generate(Path::new(folder)).with_context(|| format!("cannot make JavaScript for {module}"))
}
