//! Errors of a cloud. Each is one line for the operator who must fix it, and never contains a secret.

use std::path::PathBuf;

use openstack_sdk_core::config::CloudConfig;

use super::keystone::KeystoneError;

/// The cloud cannot be used, or gives no token.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Neither a cloud's name nor `OS_AUTH_URL` is given.
    #[error("no cloud is named and OS_AUTH_URL is not set: name a cloud in clouds.yaml, or source an openrc file")]
    NoCloud,
    /// A name is given, but no `clouds.yaml` exists.
    #[error(
        "cloud \"{name}\" is unknown because clouds.yaml does not exist: create it here, in ~/.config/openstack or \
         /etc/openstack, or set OS_CLIENT_CONFIG_FILE to its path"
    )]
    NoFile {
        /// The name given.
        name: String,
    },
    /// `clouds.yaml` does not contain this cloud.
    #[error("cloud \"{name}\" is not in {files}; known clouds: {}", names(known))]
    UnknownCloud {
        /// The name given.
        name: String,
        /// The names in the files.
        known: Vec<String>,
        /// The files that were read.
        files: String,
    },
    /// A file does not exist, or does not have the form of `clouds.yaml`.
    #[error("cannot read {}: {cause}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// The error of the parser or the system.
        cause: String,
    },
    /// The files contradict each other.
    #[error("cannot read {files} together: {cause}")]
    Files {
        /// The files.
        files: String,
        /// The error of the parser.
        cause: String,
    },
    /// An `OS_*` variable has an invalid value.
    #[error("cannot read the OS_* variables: {cause}")]
    Variables {
        /// The error of the parser.
        cause: String,
    },
    /// A setting is missing.
    #[error("{cloud} has no {setting}: set it in clouds.yaml, or OS_{} in the environment", setting.to_uppercase())]
    Missing {
        /// The name of the cloud.
        cloud: String,
        /// The missing setting.
        setting: &'static str,
    },
    /// Keystone does not answer.
    #[error("the keystone of {cloud} does not answer at {url}: {cause}")]
    NoAnswer {
        /// The name of the cloud.
        cloud: String,
        /// Keystone's URL in the configuration.
        url: String,
        /// The error of the connection, or the unexpected answer.
        cause: String,
    },
    /// The certificate of Keystone is not accepted.
    #[error("no connection to the keystone of {cloud} at {url}: {cause}")]
    Untrusted {
        /// The name of the cloud.
        cloud: String,
        /// Keystone's URL in the configuration.
        url: String,
        /// Why, and how to correct it.
        cause: String,
    },
    /// Keystone refuses the credentials.
    #[error("the keystone of {cloud} refuses the credentials at {url}: {cause}")]
    Refused {
        /// The name of the cloud.
        cloud: String,
        /// Keystone's URL.
        url: String,
        /// Keystone's reason.
        cause: String,
    },
    /// The catalogue contains no Placement endpoint.
    #[error(
        "{cloud} has no placement endpoint (interface {interface}, region {region}): configure another region or interface, \
         or set its URL as placement_endpoint_override"
    )]
    NoPlacement {
        /// The name of the cloud.
        cloud: String,
        /// The configured interface.
        interface: String,
        /// The configured region.
        region: String,
    },
    /// The endpoint is not a valid URL.
    #[error("the placement endpoint of {cloud} is not a URL: \"{url}\": {cause}")]
    NotAUrl {
        /// The name of the cloud.
        cloud: String,
        /// The endpoint.
        url: String,
        /// The error of the URL parser.
        cause: <reqwest::Url as std::str::FromStr>::Err,
    },
    /// `auth_url` is not a valid URL.
    #[error("the auth_url of {cloud} is not a URL: \"{url}\": {cause}")]
    NotAKeystone {
        /// The name of the cloud.
        cloud: String,
        /// The configured URL.
        url: String,
        /// The error of the URL parser.
        cause: <reqwest::Url as std::str::FromStr>::Err,
    },
    /// The method of authentication is not supported.
    #[error("{cloud} has auth_type \"{method}\": set password, token or v3applicationcredential")]
    Method {
        /// The name of the cloud.
        cloud: String,
        /// The configured method.
        method: String,
    },
    /// The certificates or the key cannot be used.
    #[error("the cacert, cert or key of {cloud} cannot be used: {cause}")]
    Tls {
        /// The name of the cloud.
        cloud: String,
        /// What is wrong.
        cause: String,
    },
    /// Keystone does not give a new token.
    #[error("Keystone gives no new token for {cloud}: {cause}")]
    NoToken {
        /// The name of the cloud.
        cloud: String,
        /// Keystone's error.
        cause: String,
    },
}

impl Error {
    /// Whether a retry may help: Keystone is unreachable or faulty at the moment.
    #[must_use]
    pub fn passes(&self) -> bool {
        matches!(self, Self::NoAnswer { .. } | Self::NoToken { .. })
    }

    pub(super) fn tls(cloud: &str, cause: &dyn std::error::Error) -> Self {
        let causes = std::iter::successors(Some(cause), |cause| cause.source());
        let cause = causes.map(one_line).collect::<Vec<_>>().join(": ");
        Self::Tls { cloud: cloud.to_owned(), cause }
    }

    /// Keystone's answer to the first request for a token.
    pub(super) fn of_keystone(cloud: &str, config: &CloudConfig, cause: KeystoneError) -> Self {
        let cloud = cloud.to_owned();
        let url = config.auth.as_ref().and_then(|auth| auth.auth_url.clone()).unwrap_or_default();
        match cause {
            KeystoneError::Refused(cause) => Self::Refused { cloud, url, cause },
            KeystoneError::NoAnswer(cause) => Self::NoAnswer { cloud, url, cause },
            KeystoneError::Untrusted(cause) => Self::Untrusted { cloud, url, cause },
        }
    }

    /// Keystone's answer to a request for another token.
    pub(super) fn of_renewal(cloud: &str, config: &CloudConfig, cause: KeystoneError) -> Self {
        match cause {
            KeystoneError::Untrusted(_) => Self::of_keystone(cloud, config, cause),
            cause => Self::NoToken { cloud: cloud.to_owned(), cause: one_line(&cause) },
        }
    }
}

fn names(known: &[String]) -> String {
    if known.is_empty() { "none".to_owned() } else { known.join(", ") }
}

/// Some errors have several lines; this joins them.
pub(super) fn one_line(cause: &dyn std::error::Error) -> String {
    cause.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}
