//! Finds the files that the program embeds, all made by `cargo xtask build`: the policies in `target/policies`, or in the
//! folder that `SWAPAROO_POLICIES` names, and the debugger's page in `target/debugger`, or in the folder that
//! `SWAPAROO_DEBUGGER` names. The crate compiles without them, so that an editor and `cargo check` need nothing built.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::io;
use std::path::{Path, PathBuf};

/// Set while the policies and the page are still being built, and other crates of the same cargo command are compiled:
/// then this crate is not.
const NOT_YET: &str = "SWAPAROO_NOT_YET";

const POLICIES: [(&str, &str); 3] = [("STANDARD", "standard"), ("SEED", "seed"), ("NOVA_34", "nova-34")];

/// The content types of the page's files, by the end of their names. Other files would have no content type.
const KINDS: [(&str, &str); 9] = [
    ("html", "text/html; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("wasm", "application/wasm"),
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("woff2", "font/woff2"),
    ("json", "application/json"),
    ("txt", "text/plain; charset=utf-8"),
];

fn main() {
    // Without `rerun-if-env-changed`: the next build runs this again anyway, since it has failed.
    if env::var_os(NOT_YET).is_some() {
        println!("cargo::error=what this crate embeds is not built yet ({NOT_YET} is set)");
    } else if let Err(error) = policies().and_then(|()| page()) {
        println!("cargo::error={error}");
    }
}

/// Embeds a policy that is not built as an empty file: then the crate compiles, and a program that needs the policy says
/// which command builds it.
fn policies() -> Result<(), Box<dyn Error>> {
    let folder = made("SWAPAROO_POLICIES", "policies");
    for (name, file) in POLICIES {
        let policy = folder.join(file).with_extension("wasm");
        println!("cargo::rerun-if-changed={}", policy.display());
        let embedded = if is_built(&policy) { policy } else { empty(file)? };
        println!("cargo::rustc-env=SWAPAROO_POLICY_{name}={}", embedded.display());
    }
    println!("cargo::rustc-env=SWAPAROO_POLICIES_FOLDER={}", folder.display());
    Ok(())
}

fn empty(name: &str) -> Result<PathBuf, Box<dyn Error>> {
    let file = out_dir()?.join(name);
    fs::write(&file, [])?;
    Ok(file)
}

/// Writes the table of the page's files, which `http/page/files.rs` includes. It is empty where the page is not built.
fn page() -> Result<(), Box<dyn Error>> {
    let folder = made("SWAPAROO_DEBUGGER", "debugger");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = Vec::new();
    if is_built(&folder.join("index.html")) {
        find(&folder, &mut files)?;
    }
    files.sort();
    let mut table = String::from("&[");
    for file in files {
        table.push_str(&row(&folder, &file)?);
    }
    table.push(']');
    Ok(fs::write(out_dir()?.join("page.rs"), table)?)
}

fn out_dir() -> Result<PathBuf, &'static str> {
    env::var_os("OUT_DIR").map(PathBuf::from).ok_or("cargo sets no OUT_DIR")
}

/// The files in there, without the compressed forms of others.
fn find(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, files)?;
        } else if !path.extension().is_some_and(|end| end == "br" || end == "gz") {
            files.push(path);
        }
    }
    Ok(())
}

fn row(folder: &Path, file: &Path) -> Result<String, Box<dyn Error>> {
    let path = file.strip_prefix(folder)?.to_str().ok_or("a file of the page has a name that is not UTF-8")?;
    let end = file.extension().and_then(|end| end.to_str()).unwrap_or_default();
    let kind = KINDS.iter().find(|(known, _)| *known == end);
    let (_, kind) = kind.ok_or_else(|| format!("{path} of the page is of no kind that host/build.rs knows: add it"))?;
    let mut hash = DefaultHasher::new();
    hash.write(&fs::read(file)?);
    let mut row = format!("File {{ path: {path:?}, kind: {kind:?}, plain: include_bytes!({file:?}), ");
    for (name, end) in [("brotli", ".br"), ("gzip", ".gz")] {
        let mut compressed = file.as_os_str().to_owned();
        compressed.push(end);
        if Path::new(&compressed).is_file() {
            hash.write(&fs::read(&compressed)?);
            write!(row, "{name}: Some(include_bytes!({compressed:?})), ")?;
        } else {
            write!(row, "{name}: None, ")?;
        }
    }
    write!(row, "tag: \"{:016x}\" }}, ", hash.finish())?;
    Ok(row)
}

/// Warns of a file that is not there.
fn is_built(file: &Path) -> bool {
    let built = file.is_file();
    if !built {
        println!("cargo::warning={} does not exist: the program is built without it", file.display());
        println!("cargo::warning=`cargo xtask build` makes it");
    }
    built
}

/// The folder that the variable names, or that one in `target` at the root of the workspace, wherever cargo's own target
/// folder is.
fn made(variable: &str, name: &str) -> PathBuf {
    println!("cargo::rerun-if-env-changed={variable}");
    let manifest = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    let usual = || Path::new(&manifest).with_file_name("target").join(name);
    env::var_os(variable).map_or_else(usual, PathBuf::from)
}
