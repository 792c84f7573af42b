//! From components to policies.

use std::borrow::Cow;
use std::sync::Arc;

use super::{Distrust, LibraryError, Vouched};
use crate::journal::{Kept, KeptPolicy, now};
use crate::policy::{LoadError, Loader, Policy};
use crate::worker::{Isolation, Wait};

/// Loads components that are vouched for, and no others. The library has the loader in no other form, so that nothing in
/// it can parse, compile or run a component whose signature has not been checked.
pub struct VouchedLoader(Loader);

/// A policy, ready to be called, and what the journal keeps of it.
pub struct Loaded {
    pub policy: Arc<Policy>,
    pub kept: KeptPolicy,
}

impl VouchedLoader {
    pub fn new(loader: Loader) -> Self {
        Self(loader)
    }

    /// Where policies are judged.
    pub fn isolation(&self) -> &Isolation {
        self.0.isolation()
    }

    /// Loads a component; `name` is what errors call it.
    ///
    /// # Errors
    /// It is not a policy, or calls itself something else than its signature states.
    pub async fn load(&self, name: &str, vouched: Vouched, wait: Wait) -> Result<Loaded, LibraryError> {
        let (component, signature, statement) = vouched.into_parts();
        let policy = self.0.load(name, &component, wait).await?;
        if let Some(statement) = statement {
            statement.check_description(policy.description()).map_err(Distrust::from)?;
        }
        let kept = kept(&policy, signature.map(|signature| signature.to_string()));
        Ok(Loaded { policy: Arc::new(policy), kept: KeptPolicy { kept, component } })
    }

    /// The bytes of a component that a person names, as they are.
    ///
    /// # Errors
    /// There is none of that name, or its file cannot be read.
    pub fn component(&self, name: &str) -> Result<Cow<'static, [u8]>, LoadError> {
        self.0.component(name)
    }
}

fn kept(policy: &Policy, signature: Option<String>) -> Kept {
    let described = policy.description();
    let (name, version) = (described.name.clone(), described.version.clone());
    Kept { digest: policy.digest().to_string(), name, version, signature, added_at: now() }
}
