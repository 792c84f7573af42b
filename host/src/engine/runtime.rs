//! The engine: loads components as policies.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use wasmtime::component::{Component, Linker};

use super::builtin::BUILT_IN;
use super::cache::deserialize;
use super::compile::one_line;
use super::instance::PolicyPre;
use super::instance_limit::InstanceLimit;
use super::{
    Cache, Digest, EngineError, Limits, LoadError, Policy, check_world, clock, compile, config, description, sniff,
};
use crate::contract::{Description, VERSION, Version};
use crate::engine::seal::Checked;

/// Runs policies, and loads trusted ones: it compiles them in this process without limits of time and memory. Use
/// [`Loader`](super::Loader) for untrusted ones. A program needs only one engine; it owns the pool of all instances.
pub struct Engine {
    pub(super) wasm: wasmtime::Engine,
    limits: Limits,
    instance_limit: Arc<InstanceLimit>,
    pub(super) cache: Cache,
    /// The version of the contract that the host has.
    contract: Version,
}

impl Engine {
    /// An engine that enforces `limits` on its policies and stores compiled policies in `cache`.
    pub fn new(limits: Limits, cache: Cache) -> Result<Self, EngineError> {
        let failed = |why: String| EngineError { instances: limits.instances, why };
        let wasm = wasmtime::Engine::new(&config::running(&limits)).map_err(|error| failed(format!("{error:#}")))?;
        clock::start(&wasm).map_err(|error| failed(format!("it has no thread for its clock: {error}")))?;
        Ok(Self { wasm, limits, instance_limit: InstanceLimit::new(limits.instances), cache, contract: VERSION })
    }

    /// An engine for a test of what a later host does: it calls policies of this host's version as those of an older one.
    #[cfg(test)]
    pub(crate) fn of_contract(self, contract: Version) -> Self {
        Self { contract, ..self }
    }

    /// The limits that the engine enforces on its policies.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Loads a policy by name: `standard`, `seed`, `nova-34`, or the path of a component file. (Write `./standard` for
    /// a file with such a name.)
    pub fn resolve(&self, name: &str) -> Result<Policy, LoadError> {
        match NamedPolicy::of(name)? {
            NamedPolicy::BuiltIn(component) => self.load(name, component),
            NamedPolicy::File(path) => self.load_file(path),
        }
    }

    /// Loads the policy in a component file.
    pub fn load_file(&self, path: &Path) -> Result<Policy, LoadError> {
        self.load(&path.display().to_string(), &self.read(path)?)
    }

    /// Loads a policy from the bytes of a component file; errors call it `name`. All checks that need no task are done
    /// here, so a policy that is returned can be called.
    pub fn load(&self, name: &str, bytes: &[u8]) -> Result<Policy, LoadError> {
        let digest = self.check(name, bytes)?;
        if let Some(component) = self.cache.find(&self.wasm, digest) {
            return self.accept(name, digest, &component);
        }
        self.keep(name, digest, &compile::here(&self.wasm, name, bytes)?)
    }

    /// Reads the bytes of a component file, up to the limit.
    pub(super) fn read(&self, path: &Path) -> Result<Vec<u8>, LoadError> {
        read(path, self.limits.component_bytes).map_err(|source| LoadError::Unreadable { path: path.into(), source })
    }

    /// The checks that do not need to parse the component.
    pub(super) fn check(&self, name: &str, bytes: &[u8]) -> Result<Digest, LoadError> {
        let limit = self.limits.component_bytes;
        if bytes.len() > limit {
            return Err(LoadError::TooLarge { name: name.into(), limit });
        }
        sniff::check(name, bytes)?;
        Ok(Digest::of(bytes))
    }

    /// Loads a policy that a worker compiled, and stores it in the cache.
    pub(super) fn take(&self, name: &str, digest: Digest, compiled: &Checked) -> Result<Policy, LoadError> {
        let component = self.component(name, compiled)?;
        self.keep(name, digest, &component)
    }

    /// The same without the cache.
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
        let rules = check_world::check(name, component, self.contract)?;
        let pre = Linker::new(&self.wasm)
            .instantiate_pre(component)
            .and_then(|linked| {
                PolicyPre::new(&rules, self.contract, linked, self.limits, Arc::clone(&self.instance_limit))
            })
            .map_err(|error| other_types(name, &error))?;
        let description = describe(name, &pre, self.contract)?;
        Ok(Policy { digest, description, pre, settings: None, _lease: self.cache.lease(digest) })
    }
}

/// What the name of a policy refers to.
pub(super) enum NamedPolicy<'a> {
    BuiltIn(&'static [u8]),
    File(&'a Path),
}

impl<'a> NamedPolicy<'a> {
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

fn describe(name: &str, pre: &PolicyPre, host: Version) -> Result<Description, LoadError> {
    let failed = |source| LoadError::Describe { name: name.into(), source };
    let unchecked = pre.start().map_err(failed)?;
    let mut instance = unchecked.bind(pre).map_err(|error| other_types(name, &error))?;
    let said = instance.describe().map_err(failed)?;
    description::check(said, host).map_err(|what| LoadError::Description { name: name.into(), what })
}

fn other_types(name: &str, error: &wasmtime::Error) -> LoadError {
    LoadError::OtherTypes { name: name.into(), why: one_line(error) }
}

/// Reads at most one byte more than allowed: the size that a file reports may differ from what it contains.
fn read(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}
