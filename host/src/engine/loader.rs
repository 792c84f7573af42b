//! Loads untrusted components: [`Isolation`] decides in which process they are compiled.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::runtime::NamedPolicy;
use super::{BUILT_IN, Digest, Engine, LoadError, Policy};
use crate::engine::seal::Checked;
use crate::engine::worker::{Isolation, Job, QueueWait, Worker, WorkerError, WorkerOutcome, blocking};

/// How often a worker process is started where no client waits: the system may end one, for example because another
/// program needs all memory for a moment.
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_secs(1);

/// Loads policies into an engine. Cheap to clone.
#[derive(Clone)]
pub struct Loader {
    engine: Arc<Engine>,
    isolation: Isolation,
}

impl Loader {
    /// Loads policies into `engine`, compiled as `isolation` says.
    #[must_use]
    pub fn new(engine: Arc<Engine>, isolation: Isolation) -> Self {
        Self { engine, isolation }
    }

    /// The engine that the policies run in.
    #[must_use]
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// In which process untrusted components are handled.
    #[must_use]
    pub fn isolation(&self) -> &Isolation {
        &self.isolation
    }

    /// The bytes of a component, by the name of a built-in policy or the path of a file. They are not checked yet.
    ///
    /// # Errors
    /// `Unknown`, `NotBuilt`, `Unreadable` or `TooLarge` of [`LoadError`].
    pub fn component(&self, name: &str) -> Result<Cow<'static, [u8]>, LoadError> {
        let path = match NamedPolicy::of(name)? {
            NamedPolicy::BuiltIn(component) => return Ok(component.into()),
            NamedPolicy::File(path) => path,
        };
        let (bytes, limit) = (self.engine.read(path)?, self.engine.limits().component_bytes);
        if bytes.len() > limit {
            return Err(LoadError::TooLarge { name: name.into(), limit });
        }
        Ok(bytes.into())
    }

    /// As [`Engine::resolve`].
    pub async fn resolve(&self, name: &str) -> Result<Policy, LoadError> {
        match NamedPolicy::of(name)? {
            NamedPolicy::BuiltIn(component) => self.load(name, component, QueueWait::Patiently).await,
            NamedPolicy::File(path) => self.load_file(path).await,
        }
    }

    /// As [`Engine::load_file`].
    pub async fn load_file(&self, path: &Path) -> Result<Policy, LoadError> {
        let bytes = self.engine.read(path)?;
        self.load(&path.display().to_string(), &bytes, QueueWait::Patiently).await
    }

    /// As [`Engine::load`]. A worker process may have to wait for its turn; it ends when this future is dropped.
    pub async fn load(&self, name: &str, bytes: &[u8], wait: QueueWait) -> Result<Policy, LoadError> {
        let digest = self.engine.check(name, bytes)?;
        match &self.isolation {
            Isolation::Worker(worker) if !is_built_in(digest) => self.apart(worker, name, digest, bytes, wait).await,
            _ => {
                let (bytes, named) = (bytes.to_vec(), name.to_owned());
                self.blocking(name, move |engine| engine.load(&named, &bytes)).await
            }
        }
    }

    /// Removes the compiled forms of a policy from the cache.
    pub async fn forget_compiled(&self, digest: Digest) {
        let engine = self.engine.clone();
        if let Err(error) = blocking(move || engine.cache.forget(digest)).await {
            tracing::warn!("the compiled form of policy {digest} stays in the cache: {error}");
        }
    }

    async fn apart(
        &self,
        worker: &Worker,
        name: &str,
        digest: Digest,
        bytes: &[u8],
        wait: QueueWait,
    ) -> Result<Policy, LoadError> {
        let named = name.to_owned();
        let cached = self.blocking(name, move |engine| {
            let found = engine.cache.find(&engine.wasm, digest);
            found.map(|component| engine.accept(&named, digest, &component)).transpose()
        });
        if let Some(policy) = cached.await? {
            return Ok(policy);
        }
        let compiled = compiled(worker, name, bytes, wait).await?;
        let named = name.to_owned();
        self.blocking(name, move |engine| engine.take(&named, digest, &compiled)).await
    }

    /// Runs outside the asynchronous threads, because it takes milliseconds of processor time.
    async fn blocking<T: Send + 'static>(
        &self,
        name: &str,
        work: impl FnOnce(&Engine) -> Result<T, LoadError> + Send + 'static,
    ) -> Result<T, LoadError> {
        let engine = self.engine.clone();
        blocking(move || work(&engine)).await.map_err(|source| not_compiled(name, source))?
    }
}

/// The built-in policies are part of the program, so they are trusted like it.
fn is_built_in(digest: Digest) -> bool {
    BUILT_IN.iter().any(|built_in| Digest::of(built_in.component) == digest)
}

async fn compiled(worker: &Worker, name: &str, bytes: &[u8], wait: QueueWait) -> Result<Checked, LoadError> {
    let mut attempts = if wait == QueueWait::Patiently { ATTEMPTS } else { 1 };
    loop {
        attempts -= 1;
        match worker.run(Job::Compile, wait, |_: &_| std::iter::once(bytes.to_vec())).await {
            Ok(WorkerOutcome::Done(compiled)) => return Ok(compiled),
            Ok(WorkerOutcome::Refused(why)) => return Err(LoadError::Invalid { name: name.into(), why }),
            Err(error) if attempts > 0 && error.is_of_the_system() => {
                tracing::warn!("{name} is not compiled: {error}; trying again in {PAUSE:?}");
                tokio::time::sleep(PAUSE).await;
            }
            Err(source) => return Err(not_compiled(name, source)),
        }
    }
}

fn not_compiled(name: &str, source: WorkerError) -> LoadError {
    LoadError::NotCompiled { name: name.into(), source }
}
