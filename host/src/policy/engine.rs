//! The engine: makes policies out of components.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use wasmtime::component::{Component, Linker};

use super::builtin::BUILT_IN;
use super::cache::deserialize;
use super::compile::one_line;
use super::instance::Origin;
use super::slots::Slots;
use super::{Cache, Digest, EngineError, Limits, LoadError, Policy, compile, config, description, format, shape};
use crate::contract::Description;
use crate::seal::Checked;

/// Runs policies, and loads those that somebody vouches for: it compiles in this process, as long as that takes and with
/// as much memory. For all others there is [`Loader`](super::Loader). One serves a whole program: it owns the pool that
/// all instances come from.
pub struct Engine {
    pub(super) wasm: wasmtime::Engine,
    limits: Limits,
    slots: Arc<Slots>,
    pub(super) cache: Cache,
}

impl Engine {
    /// An engine that holds its policies to `limits` and keeps what it compiles in `cache`.
    pub fn new(limits: Limits, cache: Cache) -> Result<Self, EngineError> {
        let wasm = wasmtime::Engine::new(&config::running(&limits))
            .map_err(|error| EngineError { instances: limits.instances, why: format!("{error:#}") })?;
        Ok(Self { wasm, limits, slots: Slots::new(limits.instances), cache })
    }

    /// The limits that its policies are held to.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The policy that a person names: `standard`, `seed` or `nova-34`, or else the path of a component file. (A file
    /// of such a name is `./standard`.)
    pub fn resolve(&self, name: &str) -> Result<Policy, LoadError> {
        match Named::of(name)? {
            Named::BuiltIn(component) => self.load(name, component),
            Named::File(path) => self.load_file(path),
        }
    }

    /// The policy in a component file.
    pub fn load_file(&self, path: &Path) -> Result<Policy, LoadError> {
        self.load(&path.display().to_string(), &self.read(path)?)
    }

    /// The policy in a component file's bytes; `name` is what errors call it. Everything that can be found out about a
    /// component without a task is found out here: a policy that is returned can be called.
    pub fn load(&self, name: &str, bytes: &[u8]) -> Result<Policy, LoadError> {
        let digest = self.check(name, bytes)?;
        if let Some(component) = self.cache.find(&self.wasm, digest) {
            return self.accept(name, digest, &component);
        }
        self.keep(name, digest, &compile::here(&self.wasm, name, bytes)?)
    }

    /// A component file's bytes, if they are not too many.
    pub(super) fn read(&self, path: &Path) -> Result<Vec<u8>, LoadError> {
        read(path, self.limits.component_bytes).map_err(|source| LoadError::Unreadable { path: path.into(), source })
    }

    /// What can be told before anything is parsed.
    pub(super) fn check(&self, name: &str, bytes: &[u8]) -> Result<Digest, LoadError> {
        let limit = self.limits.component_bytes;
        if bytes.len() > limit {
            return Err(LoadError::TooLarge { name: name.into(), limit });
        }
        format::check(name, bytes)?;
        Ok(Digest::of(bytes))
    }

    /// The policy that was compiled elsewhere.
    pub(super) fn take(&self, name: &str, digest: Digest, compiled: &Checked) -> Result<Policy, LoadError> {
        let component = self.component(name, compiled)?;
        self.keep(name, digest, &component)
    }

    /// The same, of a process that keeps nothing.
    pub(crate) fn revive(&self, name: &str, digest: Digest, compiled: &Checked) -> Result<Policy, LoadError> {
        self.accept(name, digest, &self.component(name, compiled)?)
    }

    fn component(&self, name: &str, compiled: &Checked) -> Result<Component, LoadError> {
        let why = |why: String| why.split_whitespace().collect::<Vec<_>>().join(" ");
        deserialize(&self.wasm, compiled).map_err(|error| LoadError::Invalid { name: name.into(), why: why(error) })
    }

    fn keep(&self, name: &str, digest: Digest, component: &Component) -> Result<Policy, LoadError> {
        let policy = self.accept(name, digest, component)?;
        self.cache.keep(component, digest);
        Ok(policy)
    }

    pub(super) fn accept(&self, name: &str, digest: Digest, component: &Component) -> Result<Policy, LoadError> {
        shape::check(name, component)?;
        let origin = Linker::new(&self.wasm)
            .instantiate_pre(component)
            .and_then(|linked| Origin::new(linked, self.limits, Arc::clone(&self.slots)))
            .map_err(|error| other_types(name, &error))?;
        let description = describe(name, &origin)?;
        Ok(Policy { digest, description, origin })
    }
}

/// What a person names.
pub(super) enum Named<'a> {
    BuiltIn(&'static [u8]),
    File(&'a Path),
}

impl<'a> Named<'a> {
    pub fn of(name: &'a str) -> Result<Self, LoadError> {
        if let Some(built_in) = BUILT_IN.iter().find(|built_in| built_in.name == name) {
            return match built_in.component {
                [] => Err(LoadError::NotBuilt { name: name.into() }),
                component => Ok(Self::BuiltIn(component)),
            };
        }
        let path = Path::new(name);
        if name.contains('/') || path.extension().is_some() || path.exists() {
            return Ok(Self::File(path));
        }
        Err(LoadError::Unknown { name: name.into() })
    }
}

fn describe(name: &str, origin: &Origin) -> Result<Description, LoadError> {
    let failed = |source| LoadError::Describe { name: name.into(), source };
    let started = origin.start().map_err(failed)?;
    let mut instance = started.bind(origin).map_err(|error| other_types(name, &error))?;
    let said = instance.describe().map_err(failed)?;
    description::check(said).map_err(|what| LoadError::Description { name: name.into(), what })
}

fn other_types(name: &str, error: &wasmtime::Error) -> LoadError {
    LoadError::OtherTypes { name: name.into(), why: one_line(error) }
}

/// Reads one byte more than allowed and no further: the size that a file reports need not be what it gives.
fn read(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}
