//! How registries are reached.

use std::path::{Path, PathBuf};
use std::time::Duration;

use oci_client::Client;
use oci_client::client::{Certificate, CertificateEncoding, ClientConfig, ClientProtocol};
use oci_client::secrets::RegistryAuth;

use super::OciError;
use crate::clients::outgoing::{Tls, TlsError};
use crate::secret_file;

const CONNECT: Duration = Duration::from_secs(10);
/// Between two pieces of an answer.
const READ: Duration = Duration::from_secs(30);

/// How registries are reached. By default: over TLS with the authorities that the system trusts, without a user.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// A PEM file with authorities that may certify a registry, in addition to the system's.
    pub cafile: Option<PathBuf>,
    /// The user and the file with the password, for registries that want one.
    pub user: Option<(String, PathBuf)>,
    /// Without TLS: for a registry on the same machine.
    pub plain_http: bool,
}

impl Access {
    pub(super) fn client(&self) -> Result<Client, OciError> {
        let protocol = if self.plain_http { ClientProtocol::Http } else { ClientProtocol::Https };
        let extra_root_certificates = self.cafile.as_deref().map(authorities).transpose()?.into_iter().collect();
        let config = ClientConfig {
            protocol,
            extra_root_certificates,
            connect_timeout: Some(CONNECT),
            read_timeout: Some(READ),
            // A policy has no platform, so an index of several is not one.
            platform_resolver: None,
            user_agent: concat!("swaparoo/", env!("CARGO_PKG_VERSION")),
            ..ClientConfig::default()
        };
        Client::try_from(config).map_err(OciError::of_client)
    }

    pub(super) fn auth(&self) -> Result<RegistryAuth, OciError> {
        let Some((user, file)) = &self.user else { return Ok(RegistryAuth::Anonymous) };
        let password = secret_file::read(file, "the password file")?;
        Ok(RegistryAuth::Basic(user.clone(), password.trim().to_owned()))
    }
}

fn authorities(file: &Path) -> Result<Certificate, OciError> {
    // The registries' client says nothing of a file without a certificate.
    Tls::default().trusting(file)?;
    let unreadable = |source| TlsError::Unreadable { file: file.to_owned(), source };
    let data = std::fs::read(file).map_err(unreadable)?;
    Ok(Certificate { encoding: CertificateEncoding::Pem, data })
}
