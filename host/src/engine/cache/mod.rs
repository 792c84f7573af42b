//! Compiled policies on disk, so that the program does not have to compile them at each start.
//!
//! The cache contains machine code that will be run, so it must come from this program: no other user may be able to
//! change or replace the folder, and each entry is sealed with a key that only this user can read. A problem with the
//! cache costs time and a warning, but never a policy.

mod entry;
mod eviction;
mod folder;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tracing::warn;
use wasmtime::Engine;
use wasmtime::component::Component;

pub(super) use entry::deserialize;
use eviction::Leases;
use folder::{Folder, Others, Untrusted};

use super::Digest;
use crate::engine::seal::{Key, SEAL};

/// The name of the key file in the folder.
const KEY: &str = "key";
/// Larger than the compiled form of any component that the engine accepts.
const LARGEST: u64 = 128 << 20;

/// The largest size of the cache in bytes: more than a thousand usual policies.
const MOST: u64 = 1 << 30;

/// A folder of compiled policies, or no cache.
#[derive(Debug, Clone)]
pub struct Cache(Option<Arc<OpenCache>>);

#[derive(Debug)]
struct OpenCache {
    path: PathBuf,
    folder: Folder,
    key: Key,
    leases: Leases,
}

impl Cache {
    /// No cache: every policy is compiled when it is loaded.
    pub fn off() -> Self {
        Self(None)
    }

    /// The user's cache: `$XDG_CACHE_HOME/swaparoo`, or `~/.cache/swaparoo`. No cache if neither variable is set.
    pub fn of_user() -> Self {
        let [caches, home] = ["XDG_CACHE_HOME", "HOME"].map(|name| std::env::var_os(name).map(PathBuf::from));
        folder_of_user(caches, home).map_or_else(Self::off, |folder| Self::at(&folder))
    }

    /// The cache in `folder`, which is created with access only for this user if it does not exist. If it cannot be
    /// created or trusted, a warning is logged, the folder is not changed, and the cache is off.
    pub fn at(folder: &Path) -> Self {
        match OpenCache::at(folder) {
            Ok(open) => Self(Some(Arc::new(open))),
            Err(why) => {
                warn!(folder = %folder.display(), %why, "compiled policies are not cached");
                Self::off()
            }
        }
    }

    /// The compiled component, if the cache has it and its seal is valid.
    pub(super) fn find(&self, engine: &Engine, digest: Digest) -> Option<Component> {
        let open = self.0.as_ref()?;
        let name = entry::name(engine, digest);
        let file = open.path.join(&name);
        let sealed = match open.folder.read(&name, LARGEST, Others::MayRead) {
            Ok(found) => found?,
            Err(why @ Untrusted::Io(_)) => {
                warn!(file = %file.display(), %why, "cannot read a compiled policy; compiling it again");
                return None;
            }
            Err(why) => return open.discard(&name, &why.to_string()),
        };
        match entry::open(engine, &open.key, &name, sealed) {
            Ok(component) => Some(component),
            Err(why) => open.discard(&name, &why),
        }
    }

    /// Stores a compiled component. If the cache gets too large, the oldest ones that are not in use are removed.
    pub(super) fn keep(&self, component: &Component, digest: Digest) {
        let Some(open) = &self.0 else { return };
        let name = entry::name(component.engine(), digest);
        let kept = component.serialize().map_err(std::io::Error::other).and_then(|body| {
            let seal = open.key.seal(&name, &body);
            open.folder.write(&name, &[&seal, &body], true)
        });
        if let Err(why) = kept {
            warn!(file = %open.path.join(&name).display(), %why, "cannot cache a compiled policy");
        }
        if let Err(why) = eviction::evict(&open.folder, &open.leases, MOST) {
            warn!(folder = %open.path.display(), %why, "cannot remove old compiled policies");
        }
    }

    /// Keeps the compiled form of this policy in the cache until the returned value is dropped.
    pub(super) fn lease(&self, digest: Digest) -> Arc<()> {
        self.0.as_ref().map_or_else(Arc::default, |open| open.leases.lease(digest))
    }

    /// Removes the compiled forms of this policy.
    pub(super) fn forget(&self, digest: Digest) {
        let Some(open) = &self.0 else { return };
        if let Err(why) = eviction::forget(&open.folder, digest) {
            warn!(folder = %open.path.display(), %why, "cannot remove the compiled form of policy {digest}");
        }
    }
}

impl OpenCache {
    fn at(path: &Path) -> Result<Self, Untrusted> {
        let folder = Folder::open(path)?;
        let key = key(&folder)?;
        Ok(Self { path: path.to_owned(), folder, key, leases: Leases::default() })
    }

    fn discard<T>(&self, name: &str, why: &str) -> Option<T> {
        let file = self.path.join(name);
        warn!(file = %file.display(), %why, "removing a compiled policy that cannot be trusted; compiling it again");
        if let Err(error) = self.folder.remove(name) {
            warn!(file = %file.display(), %error, "cannot remove it");
        }
        None
    }
}

/// The folder's key. The first program that opens the folder creates it.
fn key(folder: &Folder) -> Result<Key, Untrusted> {
    let wrong = |why: &dyn std::fmt::Display| {
        Untrusted::Open(format!("its file `{KEY}` cannot be used: {why}; remove it, and another is made"))
    };
    let read = || match folder.read(KEY, SEAL as u64, Others::MayNothing) {
        Ok(None) => Ok(None),
        Ok(Some(bytes)) => match <[u8; SEAL]>::try_from(bytes) {
            Ok(key) => Ok(Some(Key::of(key))),
            Err(bytes) => Err(wrong(&format!("it has {} bytes, not {SEAL}", bytes.len()))),
        },
        Err(why) => Err(wrong(&why)),
    };
    if let Some(key) = read()? {
        return Ok(key);
    }
    let new = Key::random()?;
    folder.write(KEY, &[new.bytes()], false)?;
    // Another program may have been faster; then its key is used.
    read()?.ok_or_else(|| wrong(&"it was removed"))
}

/// Follows the XDG base directory specification, which says to ignore a path that is not absolute.
fn folder_of_user(caches: Option<PathBuf>, home: Option<PathBuf>) -> Option<PathBuf> {
    let absolute = |path: &PathBuf| path.is_absolute();
    let in_home = || home.filter(absolute).map(|home| home.join(".cache"));
    caches.filter(absolute).or_else(in_home).map(|caches| caches.join("swaparoo"))
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
