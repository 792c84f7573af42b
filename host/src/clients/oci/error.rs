//! Why a policy was not sent to a registry, or not read from it.

use std::time::Duration;

use oci_client::errors::{OciDistributionError, OciEnvelope, OciErrorCode};

use super::Location;
use crate::clients::outgoing::{TlsError, root};
use crate::printable;
use crate::secret_file::SecretFileError;

/// Why a push or a pull failed.
#[derive(Debug, thiserror::Error)]
pub enum OciError {
    /// A file with authorities cannot be used.
    #[error(transparent)]
    Authorities(#[from] TlsError),
    /// The password cannot be read.
    #[error(transparent)]
    Password(#[from] SecretFileError),
    /// The client cannot be made.
    #[error("cannot prepare requests to registries: {0}")]
    Client(String),
    /// The file is another one.
    #[error("it is not a WebAssembly component, so it is not sent: {why}")]
    NoComponent {
        /// Where it is wrong.
        why: String,
    },
    /// There is nothing of this name.
    #[error("{0} does not exist in the registry")]
    NotFound(Location),
    /// The registry wants another user, or this one may not do that.
    #[error("the registry does not let this user read or write {0}: name one with --registry-user")]
    NotAuthorized(Location),
    /// The registry does not answer.
    #[error("the registry of {at} does not answer: {why}")]
    Unreachable {
        /// What was asked for.
        at: Location,
        /// The system's error.
        why: String,
    },
    /// All took too long.
    #[error("the registry did not do all within {0:?}")]
    Timeout(Duration),
    /// The manifest is another artifact's.
    #[error("{at} is no policy: it has not one layer of application/wasm, but [{found}]")]
    NoPolicy {
        /// The artifact.
        at: Location,
        /// The media types of its layers.
        found: String,
    },
    /// A layer is larger than any policy.
    #[error("{at} has a layer of {bytes} bytes; at most {most} are read")]
    TooLarge {
        /// The artifact.
        at: Location,
        /// As its manifest says.
        bytes: usize,
        /// The limit.
        most: usize,
    },
    /// The registry sends more than the manifest says.
    #[error("the registry sends more for a layer of {at} than the {stated} bytes that its manifest states")]
    Longer {
        /// The artifact.
        at: Location,
        /// As its manifest says.
        stated: usize,
    },
    /// The registry sends other bytes than the manifest says.
    #[error("what the registry sends for {0} has another digest than its manifest states")]
    Digest(Location),
    /// The registry refused, or its answer is not understood.
    #[error("the registry of {at} fails: {why}")]
    Other {
        /// What was asked for.
        at: Location,
        /// In the registry's or the client's words.
        why: String,
    },
}

const UNKNOWN: [OciErrorCode; 3] = [OciErrorCode::ManifestUnknown, OciErrorCode::NameUnknown, OciErrorCode::NotFound];
const DENIED: [OciErrorCode; 2] = [OciErrorCode::Unauthorized, OciErrorCode::Denied];

fn has(envelope: &OciEnvelope, codes: &[OciErrorCode]) -> bool {
    envelope.errors.iter().any(|error| codes.contains(&error.code))
}

impl OciError {
    pub(super) fn of_client(error: OciDistributionError) -> Self {
        Self::Client(error.to_string())
    }

    pub(super) fn of(at: &Location, error: OciDistributionError) -> Self {
        let at = at.clone();
        match error {
            OciDistributionError::ImageManifestNotFoundError(_) => Self::NotFound(at),
            OciDistributionError::UnauthorizedError { .. }
            | OciDistributionError::AuthenticationFailure(_)
            | OciDistributionError::ServerError { code: 401 | 403, .. } => Self::NotAuthorized(at),
            OciDistributionError::DigestError(_) => Self::Digest(at),
            OciDistributionError::RequestError(error) => Self::Unreachable { at, why: root(&error) },
            OciDistributionError::RegistryError { envelope, .. } if has(&envelope, &UNKNOWN) => Self::NotFound(at),
            OciDistributionError::RegistryError { envelope, .. } if has(&envelope, &DENIED) => Self::NotAuthorized(at),
            OciDistributionError::RegistryError { envelope, .. } => {
                let words = envelope.errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join(", ");
                Self::Other { at, why: printable::line(&words).into_owned() }
            }
            error => Self::Other { at, why: printable::line(&error.to_string()).into_owned() },
        }
    }
}
