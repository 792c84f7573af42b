//! Loads policies from components.

use std::borrow::Cow;
use std::sync::Arc;

use super::{Distrust, RegistryError, Vouched};
use crate::engine::worker::{Isolation, QueueWait};
use crate::engine::{Digest, Limits, LoadError, Loader, Policy};
use crate::journal::{PolicyMeta, StoredPolicy, now};

/// Loads only components that passed `Trust::check`. The registry has the loader only in this form, so it cannot
/// parse, compile or run a component whose signature was not checked.
pub struct VouchedLoader(Loader);

/// A loaded policy, and the data that the journal stores about it.
pub struct Loaded {
    pub policy: Arc<Policy>,
    pub stored: StoredPolicy,
}

impl VouchedLoader {
    pub fn new(loader: Loader) -> Self {
        Self(loader)
    }

    /// Where the promotion check runs policies.
    pub fn isolation(&self) -> &Isolation {
        self.0.isolation()
    }

    /// The limits that policies are held to.
    pub fn limits(&self) -> &Limits {
        self.0.engine().limits()
    }

    /// Loads a component; errors use `name` for it.
    ///
    /// # Errors
    /// The component is not a policy, or its name or version differs from the signed statement.
    pub async fn load(&self, name: &str, vouched: Vouched, wait: QueueWait) -> Result<Loaded, RegistryError> {
        let (component, signature, statement) = vouched.into_parts();
        let policy = self.0.load(name, &component, wait).await?;
        if let Some(statement) = statement {
            statement.check_description(policy.description()).map_err(Distrust::from)?;
        }
        let meta = policy_meta(&policy, signature.map(|signature| signature.to_string()));
        Ok(Loaded { policy: Arc::new(policy), stored: StoredPolicy { meta, component } })
    }

    /// Removes the compiled forms of a policy from the cache.
    pub async fn forget_compiled(&self, digest: Digest) {
        self.0.forget_compiled(digest).await;
    }

    /// The bytes of the built-in policy or component file with this name.
    ///
    /// # Errors
    /// The policy does not exist, or the file cannot be read.
    pub fn component(&self, name: &str) -> Result<Cow<'static, [u8]>, LoadError> {
        self.0.component(name)
    }
}

fn policy_meta(policy: &Policy, signature: Option<String>) -> PolicyMeta {
    let described = policy.description();
    let (name, version) = (described.name.clone(), described.version.clone());
    PolicyMeta { digest: policy.digest().to_string(), name, version, signature, added_at: now() }
}
