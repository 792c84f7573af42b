//! Compiled policies on disk, so that a program need not compile them each time it starts.
//!
//! What is in the cache is machine code that will be run, so it must be this program's own: the folder must belong to
//! this user and be writable by nobody else, and each entry is sealed, so that a write cut short or a bad disk is
//! noticed. Whatever is wrong with the cache, it costs time and a warning, never a policy.

use std::fs::{self, DirBuilder};
use std::hash::{Hash, Hasher};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;
use tracing::warn;
use wasmtime::Engine;
use wasmtime::component::Component;

use super::Digest;

/// A seal's length in bytes: a SHA-256 of the entry's name and body.
const SEAL: usize = 32;

/// A folder of compiled policies, or none.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: Option<PathBuf>,
}

impl Cache {
    /// No cache: every load compiles.
    pub fn off() -> Self {
        Self { folder: None }
    }

    /// The user's own: `$XDG_CACHE_HOME/swaparoo`, or `~/.cache/swaparoo`. Off when there is neither.
    pub fn of_user() -> Self {
        let [caches, home] = ["XDG_CACHE_HOME", "HOME"].map(|name| std::env::var_os(name).map(PathBuf::from));
        folder_of_user(caches, home).map_or_else(Self::off, |folder| Self::at(&folder))
    }

    /// The cache in `folder`, which is made, for this user alone, if it does not exist. A folder that cannot be made or
    /// trusted is warned about and left alone: the cache is off then.
    pub fn at(folder: &Path) -> Self {
        match trusted(folder) {
            Ok(()) => Self { folder: Some(folder.into()) },
            Err(why) => {
                warn!(folder = %folder.display(), %why, "compiled policies are not cached");
                Self::off()
            }
        }
    }

    /// The compiled component, if it is there and sound.
    pub(super) fn find(&self, engine: &Engine, digest: Digest) -> Option<Component> {
        let path = self.folder.as_ref()?.join(entry_name(engine, digest));
        let entry = match fs::read(&path) {
            Ok(entry) => entry,
            Err(error) if error.kind() == ErrorKind::NotFound => return None,
            Err(error) => {
                warn!(file = %path.display(), %error, "cannot read a compiled policy; compiling it again");
                return None;
            }
        };
        open(engine, &path, &entry).inspect_err(|why| discard(&path, why)).ok()
    }

    /// Puts a compiled component there.
    pub(super) fn keep(&self, component: &Component, digest: Digest) {
        let Some(folder) = &self.folder else { return };
        let name = entry_name(component.engine(), digest);
        if let Err(why) = write(folder, &name, component) {
            warn!(file = %folder.join(&name).display(), %why, "cannot cache a compiled policy");
        }
    }
}

/// An entry's name says all that its content depends on: the component, and by one hash the processor, wasmtime's
/// version and settings, and this crate's version.
fn entry_name(engine: &Engine, digest: Digest) -> String {
    let mut key = Key(Sha256::new());
    env!("CARGO_PKG_VERSION").hash(&mut key);
    engine.precompile_compatibility_hash().hash(&mut key);
    let key = key.0.finalize();
    let key: String = key.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{digest}-{key}.cwasm")
}

/// SHA-256 as a hasher: the standard library's own gives no promise from one of its versions to the next.
struct Key(Sha256);

impl Hasher for Key {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Not asked for: the digest is taken instead.
    fn finish(&self) -> u64 {
        0
    }
}

/// By the XDG base directory specification, which says to ignore a path that is not absolute.
fn folder_of_user(caches: Option<PathBuf>, home: Option<PathBuf>) -> Option<PathBuf> {
    let absolute = |path: &PathBuf| path.is_absolute();
    let in_home = || home.filter(absolute).map(|home| home.join(".cache"));
    caches.filter(absolute).or_else(in_home).map(|caches| caches.join("swaparoo"))
}

pub(super) fn seal(name: &str, body: &[u8]) -> [u8; SEAL] {
    Sha256::new().chain_update(name).chain_update(body).finalize().into()
}

fn open(engine: &Engine, path: &Path, entry: &[u8]) -> Result<Component, String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    match entry.split_first_chunk::<SEAL>() {
        Some((sealed, body)) if *sealed == seal(&name, body) => deserialize(engine, body),
        Some(_) => Err("its content is not what was written".into()),
        None => Err(format!("it has {} bytes, fewer than its seal", entry.len())),
    }
}

// The one place that needs it. wasmtime cannot check machine code; it trusts that it wrote the bytes itself. They are
// read once and judged as read: the seal says that they are whole, their name that this engine made them, and the
// folder's owner and mode that nobody but this user could have put them there.
#[allow(unsafe_code)]
fn deserialize(engine: &Engine, body: &[u8]) -> Result<Component, String> {
    // SAFETY: see above; wasmtime itself compares its version and every setting.
    unsafe { Component::deserialize(engine, body) }.map_err(|error| format!("{error:#}"))
}

fn discard(path: &Path, why: &str) {
    warn!(file = %path.display(), %why, "removing a damaged compiled policy; compiling it again");
    if let Err(error) = fs::remove_file(path) {
        warn!(file = %path.display(), %error, "cannot remove it");
    }
}

/// Whole or not at all, whoever else writes the same entry now.
fn write(folder: &Path, name: &str, component: &Component) -> io::Result<()> {
    let body = component.serialize().map_err(io::Error::other)?;
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(&seal(name, &body))?;
    file.write_all(&body)?;
    file.persist(folder.join(name))?;
    Ok(())
}

fn trusted(folder: &Path) -> Result<(), String> {
    let said = |error: io::Error| error.to_string();
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(said)?;
    let found = fs::symlink_metadata(folder).map_err(said)?;
    let (owner, me) = (found.uid(), rustix::process::geteuid().as_raw());
    if found.is_symlink() {
        return Err("it is a symbolic link".into());
    }
    if !found.is_dir() {
        return Err("it is not a folder".into());
    }
    if owner != me {
        return Err(format!("it belongs to the user {owner}, not to {me}"));
    }
    if found.mode() & 0o022 != 0 {
        return Err(format!("others may write to it (its mode is {:o})", found.mode() & 0o777));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_folder_is_found_by_two_variables() {
        for (caches, home, expected) in [
            (Some("/c"), Some("/h"), Some("/c/swaparoo")),
            (None, Some("/h"), Some("/h/.cache/swaparoo")),
            (Some("c"), Some("/h"), Some("/h/.cache/swaparoo")),
            (Some(""), Some("h"), None),
            (None, None, None),
        ] {
            let [caches, home, expected] = [caches, home, expected].map(|path| path.map(PathBuf::from));
            assert_eq!(folder_of_user(caches, home), expected);
        }
    }
}
