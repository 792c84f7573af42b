//! Policies in OCI registries. A policy is an artifact as the CNCF's guidance for WebAssembly says
//! (<https://tag-runtime.cncf.io/wgs/wasm/deliverables/wasm-oci-artifact/>): one layer, the component, so that the digest of the
//! layer is the policy's digest. Its signature is an artifact that refers to it.

mod access;
mod error;
mod interface_names;
mod location;
mod media;
mod pull;
mod push;

pub use access::Access;
pub use error::OciError;
pub use location::Location;
pub use pull::Pulled;
pub use push::Envelopes;

use std::time::Duration;

use oci_client::Client;
use oci_client::secrets::RegistryAuth;
use tokio::time::timeout;

/// Of a push or a pull as a whole.
const PATIENCE: Duration = Duration::from_secs(120);

/// A client of registries.
pub struct Registries {
    client: Client,
    auth: RegistryAuth,
}

impl Registries {
    /// A client with this access.
    ///
    /// # Errors
    /// A file of `access` cannot be read, or has no certificate.
    pub fn new(access: &Access) -> Result<Self, OciError> {
        Ok(Self { client: access.client()?, auth: access.auth()? })
    }
}

/// The result of this work, if it ends in time.
async fn in_time<T>(work: impl Future<Output = Result<T, OciError>>) -> Result<T, OciError> {
    timeout(PATIENCE, work).await.unwrap_or(Err(OciError::Timeout(PATIENCE)))
}
