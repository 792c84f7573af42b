//! The engine: makes policies out of components.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use wasmtime::component::{Component, Linker};

use super::builtin::BUILT_IN;
use super::config::config;
use super::instance::Origin;
use super::slots::Slots;
use super::{Cache, Digest, EngineError, Limits, LoadError, Policy, description, format, shape};
use crate::contract::Description;

/// Loads policies. One serves a whole program: it owns the pool that all instances come from.
pub struct Engine {
    pub(super) wasm: wasmtime::Engine,
    limits: Limits,
    slots: Arc<Slots>,
    cache: Cache,
}

impl Engine {
    /// An engine that holds its policies to `limits` and keeps what it compiles in `cache`.
    pub fn new(limits: Limits, cache: Cache) -> Result<Self, EngineError> {
        let wasm = wasmtime::Engine::new(&config(&limits))
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
        self.load(name, &self.component(name)?)
    }

    /// The bytes of the component that a person names so, before anything is done with them.
    pub fn component(&self, name: &str) -> Result<Cow<'static, [u8]>, LoadError> {
        if let Some(built_in) = BUILT_IN.iter().find(|built_in| built_in.name == name) {
            return Ok(built_in.component.into());
        }
        let path = Path::new(name);
        if name.contains('/') || path.extension().is_some() || path.exists() {
            return self.read(path).map(Cow::from);
        }
        Err(LoadError::Unknown { name: name.into() })
    }

    fn read(&self, path: &Path) -> Result<Vec<u8>, LoadError> {
        let limit = self.limits.component_bytes;
        let bytes = read(path, limit).map_err(|source| LoadError::Unreadable { path: path.into(), source })?;
        if bytes.len() > limit {
            return Err(LoadError::TooLarge { name: path.display().to_string(), limit });
        }
        Ok(bytes)
    }

    /// The policy in a component file's bytes; `name` is what errors call it. Everything that can be found out about a
    /// component without a task is found out here: a policy that is returned can be called.
    pub fn load(&self, name: &str, bytes: &[u8]) -> Result<Policy, LoadError> {
        let limit = self.limits.component_bytes;
        if bytes.len() > limit {
            return Err(LoadError::TooLarge { name: name.into(), limit });
        }
        format::check(name, bytes)?;
        let digest = Digest::of(bytes);
        if let Some(component) = self.cache.find(&self.wasm, digest) {
            return self.accept(name, digest, &component);
        }
        let component = Component::from_binary(&self.wasm, bytes)
            .map_err(|error| LoadError::Invalid { name: name.into(), why: one_line(&error) })?;
        let policy = self.accept(name, digest, &component)?;
        self.cache.keep(&component, digest);
        Ok(policy)
    }

    fn accept(&self, name: &str, digest: Digest, component: &Component) -> Result<Policy, LoadError> {
        shape::check(name, component)?;
        let origin = Linker::new(&self.wasm)
            .instantiate_pre(component)
            .and_then(|linked| Origin::new(linked, self.limits, Arc::clone(&self.slots)))
            .map_err(|error| other_types(name, &error))?;
        let description = describe(name, &origin)?;
        Ok(Policy { digest, description, origin })
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

/// wasmtime's words, its chain of causes in one line.
fn one_line(error: &wasmtime::Error) -> String {
    format!("{error:#}").split_whitespace().collect::<Vec<_>>().join(" ")
}
