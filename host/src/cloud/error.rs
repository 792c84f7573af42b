//! What goes wrong with a cloud, in one line for the person who has to mend it. Never with a secret in it.

use std::path::PathBuf;

use openstack_sdk::config::CloudConfig;
use openstack_sdk::{AuthError, OpenStackError};

/// Why there is no cloud to speak to, or no token.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody said which cloud.
    #[error("no cloud is named and OS_AUTH_URL is not set: name one of clouds.yaml, or source an openrc file")]
    NoCloud,
    /// There is a name, and nothing that it could stand in.
    #[error(
        "there is no cloud \"{name}\", as there is no clouds.yaml: put one here, into ~/.config/openstack or \
         /etc/openstack, or name it by OS_CLIENT_CONFIG_FILE"
    )]
    NoFile {
        /// The name given.
        name: String,
    },
    /// There is no cloud of that name.
    #[error("there is no cloud \"{name}\" in {files}; known there: {}", names(known))]
    UnknownCloud {
        /// The name given.
        name: String,
        /// The names that there are.
        known: Vec<String>,
        /// The files that were read.
        files: String,
    },
    /// A file that is not there or not of clouds.yaml's form.
    #[error("cannot read {}: {cause}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// Files that do not go together.
    #[error("cannot read {files} together: {cause}")]
    Files {
        /// The files.
        files: String,
        /// What is wrong.
        cause: String,
    },
    /// An `OS_*` variable with a value that it cannot have.
    #[error("cannot read the OS_* variables: {cause}")]
    Variables {
        /// What is wrong.
        cause: String,
    },
    /// The description lacks something.
    #[error("{cloud} has no {setting}: set it in clouds.yaml, or OS_{} in the environment", setting.to_uppercase())]
    Missing {
        /// Which cloud.
        cloud: String,
        /// What it lacks.
        setting: &'static str,
    },
    /// No Keystone where it should be.
    #[error("the keystone of {cloud} does not answer at {url}: {cause}")]
    NoAnswer {
        /// Which cloud.
        cloud: String,
        /// Where Keystone should be.
        url: String,
        /// What came instead.
        cause: String,
    },
    /// Keystone does not take the credentials.
    #[error("the keystone of {cloud} refuses the credentials at {url}: {cause}")]
    Refused {
        /// Which cloud.
        cloud: String,
        /// Where Keystone is.
        url: String,
        /// Keystone's reason.
        cause: String,
    },
    /// The catalogue has no Placement.
    #[error(
        "{cloud} has no placement endpoint (interface {interface}, region {region}): give another region or interface, \
         or its URL as placement_endpoint_override"
    )]
    NoPlacement {
        /// Which cloud.
        cloud: String,
        /// The interface wanted.
        interface: String,
        /// The region wanted.
        region: String,
    },
    /// The endpoint is not where anything can be sent.
    #[error("the placement endpoint of {cloud} is not a URL: \"{url}\": {cause}")]
    NotAUrl {
        /// Which cloud.
        cloud: String,
        /// The endpoint.
        url: String,
        /// What is wrong with it.
        cause: <reqwest::Url as std::str::FromStr>::Err,
    },
    /// A token could not be had any more.
    #[error("no new token of {cloud}: {cause}")]
    NoToken {
        /// Which cloud.
        cloud: String,
        /// Why.
        cause: String,
    },
}

impl Error {
    /// Whether it may pass by itself: Keystone is away, or not in order.
    #[must_use]
    pub fn passes(&self) -> bool {
        matches!(self, Self::NoAnswer { .. } | Self::NoToken { .. })
    }

    /// What openstack_sdk says when it cannot connect.
    pub(super) fn of_keystone(cloud: &str, config: &CloudConfig, cause: OpenStackError) -> Self {
        let cloud = cloud.to_owned();
        let url = config.auth.as_ref().and_then(|auth| auth.auth_url.clone()).unwrap_or_default();
        match cause {
            OpenStackError::Discovery { .. } => Self::NoAnswer { cloud, url, cause: "no version document".to_owned() },
            cause if is_refusal(&cause) => Self::Refused { cloud, url, cause: one_line(&cause) },
            cause => Self::NoAnswer { cloud, url, cause: one_line(&cause) },
        }
    }
}

fn names(known: &[String]) -> String {
    if known.is_empty() { "none".to_owned() } else { known.join(", ") }
}

fn is_refusal(cause: &OpenStackError) -> bool {
    let OpenStackError::AuthError { source } = cause else { return false };
    match source {
        AuthError::Identity(error) => refuses(error.code),
        AuthError::UnknownAuth { code, .. } => refuses(u32::from(*code)),
        AuthError::Reqwest { .. } => false,
        _ => true,
    }
}

/// A Keystone that is too slow or too busy (408, 429) has not looked at the credentials.
fn refuses(code: u32) -> bool {
    (400..500).contains(&code) && !matches!(code, 408 | 429)
}

/// openstack_sdk's errors go over several lines.
pub(super) fn one_line(cause: &dyn std::error::Error) -> String {
    cause.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Why it cannot be said what nova knows of a server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// The catalogue has no compute service.
    #[error(
        "{cloud} has no compute endpoint: give another region or interface, or its URL as compute_endpoint_override"
    )]
    NoNova {
        /// Which cloud.
        cloud: String,
    },
    /// nova's task state is `deleting`.
    #[error("server {server} is just being deleted: ask again when it is gone")]
    BeingDeleted {
        /// Its UUID.
        server: String,
    },
    /// nova says 404 to everybody but administrators and owners, and these credentials are not an administrator's.
    #[error(
        "nova does not show server {server} to these credentials, which see but their own project: use an \
         administrator's"
    )]
    NotAdministrator {
        /// Its UUID.
        server: String,
    },
    /// nova has it in a list and not by its id.
    #[error("nova lists server {server} but does not show it to these credentials: use an administrator's")]
    Hidden {
        /// Its UUID.
        server: String,
    },
    /// The server is there, and its host is not shown.
    #[error("nova does not show the host of server {server} to these credentials: use an administrator's")]
    HostHidden {
        /// Its UUID.
        server: String,
    },
    /// An answer of nova that is neither yes nor no.
    #[error("nova answered {status} to {what}: {body}")]
    Refused {
        /// What was asked.
        what: String,
        /// The HTTP status.
        status: u16,
        /// The beginning of the body.
        body: String,
    },
    /// No answer.
    #[error("nova did not answer {what}: {cause}")]
    NoAnswer {
        /// What was asked.
        what: String,
        /// What the transport says, or Keystone when it gave no token.
        cause: String,
    },
}
