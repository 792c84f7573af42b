//! The policy that is active before the first promotion.

use std::borrow::Cow;
use std::path::Path;

use super::vouched_loader::{Loaded, VouchedLoader};
use super::{Distrust, RegistryError, Trust, Vouched};
use crate::engine::worker::QueueWait;
use crate::engine::{Loader, check_name};
use crate::registry::signature::Envelope;

/// The policy that `policies.default` names, loaded, with the data that the journal stores about it.
pub struct BootstrapPolicy(pub(super) Loaded);

impl BootstrapPolicy {
    /// Reads a built-in policy, or a component's file with the signature file next to it.
    ///
    /// # Errors
    /// The policy does not exist, is not trusted, is not a valid component, or has the name of a built-in one.
    pub async fn read(loader: &Loader, name: &str, trust: &Trust) -> Result<Self, RegistryError> {
        Self::load(&VouchedLoader::new(loader.clone()), name, trust).await
    }

    pub(super) async fn load(loader: &VouchedLoader, name: &str, trust: &Trust) -> Result<Self, RegistryError> {
        let vouched = match loader.component(name).map_err(RegistryError::Bootstrap)? {
            Cow::Borrowed(own) => vouched(trust, own.to_vec(), None),
            Cow::Owned(component) => vouched(trust, component, Some(&Envelope::beside(Path::new(name)))),
        };
        let vouched = vouched.map_err(|why| RegistryError::BootstrapDistrusted { name: name.into(), why })?;
        let loaded = loader.load(name, vouched, QueueWait::Patiently).await.map_err(|error| match error {
            RegistryError::Invalid(why) => RegistryError::Bootstrap(why),
            error => error,
        })?;
        check_name(name, &loaded.policy).map_err(RegistryError::Bootstrap)?;
        Ok(Self(loaded))
    }
}

fn vouched(trust: &Trust, component: Vec<u8>, beside: Option<&Path>) -> Result<Vouched, Distrust> {
    let beside = beside.filter(|beside| beside.exists());
    let signature = beside.map(Envelope::read).transpose()?;
    trust.check_deciding(trust.check(component, signature)?)
}
