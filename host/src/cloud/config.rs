//! Selects the cloud from `clouds.yaml` or the `OS_*` variables, and its endpoints.

use std::path::PathBuf;
use std::{env, iter};

use openstack_sdk::AsyncOpenStack;
use openstack_sdk::config::{self, CloudConfig, ConfigFile};

use super::Error;

/// The cloud with this name, or with the name in `OS_CLOUD`, or described by the other `OS_*` variables; and its name
/// for messages.
pub(super) fn find(name: Option<&str>) -> Result<(String, CloudConfig), Error> {
    match name.map(str::to_owned).or_else(|| env::var("OS_CLOUD").ok()) {
        Some(name) => Ok((format!("cloud \"{name}\""), named(&name)?)),
        None if env::var_os("OS_AUTH_URL").is_none() => Err(Error::NoCloud),
        None => {
            let config = CloudConfig::from_env().map_err(|cause| Error::Variables { cause: first_line(&cause) })?;
            Ok(("the cloud of the OS_* variables".to_owned(), config))
        }
    }
}

fn named(name: &str) -> Result<CloudConfig, Error> {
    let files = files();
    if files.is_empty() {
        return Err(Error::NoFile { name: name.to_owned() });
    }
    let mut builder = ConfigFile::builder();
    for file in &files {
        let broken = |cause| Error::File { file: file.clone(), cause: first_line(&cause) };
        builder = builder.add_source(file).map_err(broken)?;
    }
    let unreadable = |cause: String| Error::Files { files: list(&files), cause };
    let clouds = builder.build().map_err(|cause| unreadable(first_line(&cause)))?;
    let found = clouds.get_cloud_config(name).map_err(|cause| unreadable(first_line(&cause)))?;
    found.ok_or_else(|| {
        let mut known = clouds.get_available_clouds();
        known.sort();
        Error::UnknownCloud { name: name.to_owned(), known, files: list(&files) }
    })
}

/// The files to read, as in python-openstacksdk: only the file in `OS_CLIENT_CONFIG_FILE`, or the first one in the
/// usual places. Secrets may be in a separate file next to it.
fn files() -> Vec<PathBuf> {
    let clouds: Vec<_> = match variable("OS_CLIENT_CONFIG_FILE") {
        Some(file) => vec![file],
        None => config::find_config_files_specified_in_env().into_iter().chain(config::find_clouds_file()).collect(),
    };
    let vendors = variable("OS_CLIENT_VENDOR_FILE").or_else(config::find_vendor_file);
    let secrets = variable("OS_CLIENT_SECURE_FILE").or_else(config::find_secure_file);
    vendors.into_iter().chain(clouds).chain(secrets).collect()
}

fn variable(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn list(files: &[PathBuf]) -> String {
    files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(", ")
}

fn first_line(cause: &dyn std::error::Error) -> String {
    cause.to_string().lines().next().unwrap_or_default().to_owned()
}

/// Checks that all settings for the authentication method exist: openstack_sdk would not say which one is missing.
pub(super) fn check(cloud: &str, config: &CloudConfig) -> Result<(), Error> {
    let missing = |setting| Err(Error::Missing { cloud: cloud.to_owned(), setting });
    let Some(auth) = &config.auth else { return missing("auth") };
    let needs: &[(&'static str, bool)] = match config.auth_type.as_deref().unwrap_or("password") {
        "password" | "v3password" => &[
            ("username", auth.username.is_some() || auth.user_id.is_some()),
            ("password", auth.password.is_some()),
            ("project_name", auth.project_name.is_some() || auth.project_id.is_some() || auth.system_scope.is_some()),
        ],
        "applicationcredential" | "v3applicationcredential" => &[
            ("application_credential_id", has_application_credential(auth)),
            ("application_credential_secret", auth.application_credential_secret.is_some()),
        ],
        "token" | "v3token" => &[("token", auth.token.is_some())],
        _ => &[],
    };
    let auth_url = ("auth_url", auth.auth_url.is_some());
    match iter::once(&auth_url).chain(needs).find(|(_, there)| !there) {
        Some((setting, _)) => missing(setting),
        None => Ok(()),
    }
}

fn has_application_credential(auth: &config::Auth) -> bool {
    auth.application_credential_id.is_some() || auth.application_credential_name.is_some()
}

/// The configured interface; python clients also write `internalURL` for `internal`.
pub(super) fn interface(config: &CloudConfig) -> &str {
    config.interface.as_deref().map_or("public", |interface| interface.strip_suffix("URL").unwrap_or(interface))
}

/// The endpoint of a service: the override in the configuration, or the one in Keystone's catalogue for the region and
/// the interface.
pub(super) fn endpoint(config: &CloudConfig, session: &AsyncOpenStack, service: &str) -> Option<String> {
    let overridden = config.options.get(&format!("{service}_endpoint_override")).map(ToString::to_string);
    let url = overridden.or_else(|| {
        let catalogue = session.get_token_catalog()?;
        let endpoints = catalogue.into_iter().filter(|entry| entry.service_type == service);
        let mut endpoints = endpoints.flat_map(|entry| entry.endpoints);
        let region = |region: Option<&str>| config.region_name.is_none() || region == config.region_name.as_deref();
        let found = endpoints.find(|it| it.interface == interface(config) && region(it.region.as_deref()))?;
        Some(found.url)
    })?;
    Some(url.trim_end_matches('/').to_owned())
}
