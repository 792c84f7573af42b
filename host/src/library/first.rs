//! The policy that is active before any was promoted.

use std::path::Path;
use std::sync::Arc;

use super::loader::{Loaded, Loader};
use super::{Distrust, LibraryError, Trust, Vouched};
use crate::policy::Engine;
use crate::signature::Envelope;

/// The policy that the configuration names, with all that is kept of it.
pub struct First(pub(super) Loaded);

impl First {
    /// Reads it: one of the program's own, or a component's file, with its signature beside it.
    ///
    /// # Errors
    /// It does not exist, no trusted key vouches for it, or it is not a policy.
    pub fn read(engine: Arc<Engine>, name: &str, trust: &Trust) -> Result<Self, LibraryError> {
        Self::load(&Loader::new(engine), name, trust)
    }

    pub(super) fn load(loader: &Loader, name: &str, trust: &Trust) -> Result<Self, LibraryError> {
        let component = loader.component(name)?;
        let beside = Envelope::beside(Path::new(name));
        let vouched = vouched(trust, component.into_owned(), &beside);
        let vouched = vouched.map_err(|why| LibraryError::FirstDistrusted { name: name.into(), why })?;
        loader.load(name, vouched).map(Self)
    }
}

fn vouched(trust: &Trust, component: Vec<u8>, signature: &Path) -> Result<Vouched, Distrust> {
    let signature = signature.exists().then(|| Envelope::read(signature)).transpose()?;
    trust.check_deciding(trust.check(component, signature)?)
}
