//! Selects the cloud from `clouds.yaml` or the `OS_*` variables, and its endpoints.

use std::env;
use std::path::PathBuf;
use std::sync::Once;

use openstack_sdk_core::config::{self, CloudConfig, ConfigFile};
use openstack_sdk_core::utils::expand_tilde;
use reqwest::Url;

use super::Error;
use super::credentials::{Credentials, CredentialsError};
use super::keystone::{Keystone, Token};
use crate::clients::outgoing::{Tls, TlsError};
use crate::secret_file;

/// The files are read again at each attempt to connect; the warning about their permissions is logged once.
static WARNED: Once = Once::new();

/// The option of `clouds.yaml` with another endpoint of Placement than the catalogue's.
pub(super) const PLACEMENT_OVERRIDE: &str = "placement_endpoint_override";

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
    if found.is_some() {
        WARNED.call_once(|| open_to_others(&files).iter().for_each(|warning| tracing::warn!("{warning}")));
    }
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
    let secrets = variable("OS_CLIENT_SECURE_FILE").or_else(config::find_secure_file);
    vendors().into_iter().chain(clouds).chain(secrets).collect()
}

fn vendors() -> Option<PathBuf> {
    variable("OS_CLIENT_VENDOR_FILE").or_else(config::find_vendor_file)
}

/// A warning for each file that may contain a password and is open to others. Files of vendors contain none.
fn open_to_others(files: &[PathBuf]) -> Vec<String> {
    let vendors = vendors();
    let files = files.iter().filter(|file| Some(*file) != vendors.as_ref());
    let warning = |file: &PathBuf| {
        let (mode, file) = (secret_file::mode_if_open(file)?, file.display());
        Some(format!("{file} may contain a password and is open to others (mode {mode:o}): chmod 600 {file}"))
    };
    files.filter_map(warning).collect()
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

/// The Keystone of a configuration, and how the certificates of the cloud's services are checked.
pub(super) fn keystone(cloud: &str, config: &CloudConfig) -> Result<(Keystone, Tls), Error> {
    let missing = |setting| Error::Missing { cloud: cloud.to_owned(), setting };
    let auth_url = config.auth.as_ref().and_then(|auth| auth.auth_url.as_ref()).ok_or_else(|| missing("auth_url"))?;
    let credentials = Credentials::of(config).map_err(|error| match error {
        CredentialsError::Missing(setting) => missing(setting),
        CredentialsError::Method(method) => Error::Method { cloud: cloud.to_owned(), method },
    })?;
    let not_a_url = |cause| Error::NotAKeystone { cloud: cloud.to_owned(), url: auth_url.clone(), cause };
    let url = Url::parse(auth_url).map_err(not_a_url)?;
    let tls = tls(cloud, config)?;
    let keystone = Keystone::new(&url, credentials, &tls);
    let keystone = keystone.map_err(|cause| Error::tls(cloud, &cause))?;
    Ok((keystone, tls))
}

/// The same for all services of the cloud: `cacert`, `cert` with `key`, and `verify`.
fn tls(cloud: &str, config: &CloudConfig) -> Result<Tls, Error> {
    let mut tls = Tls::default();
    if config.verify == Some(false) {
        tracing::warn!("{cloud} has `verify: false`: any certificate of its services is accepted; give its `cacert`");
        tls = tls.without_verification();
    }
    let fails = |cause: TlsError| Error::tls(cloud, &cause);
    if let Some(authorities) = &config.cacert {
        tls = tls.trusting(&path(authorities)).map_err(fails)?;
    }
    let option = |name: &str| config.options.get(name).map(|value| path(&value.to_string()));
    match (option("cert"), option("key")) {
        (Some(certificate), key) => tls.identified_by(&certificate, key.as_deref()).map_err(fails),
        (None, Some(_)) => Err(Error::Missing { cloud: cloud.to_owned(), setting: "cert" }),
        (None, None) => Ok(tls),
    }
}

fn path(text: &str) -> PathBuf {
    expand_tilde(text).unwrap_or_else(|| text.into())
}

/// The configured interface; python clients also write `internalURL` for `internal`.
pub(super) fn interface(config: &CloudConfig) -> &str {
    config.interface.as_deref().map_or("public", |interface| interface.strip_suffix("URL").unwrap_or(interface))
}

/// The endpoint of a service: the override in the configuration, or the one in Keystone's catalogue for the region and
/// the interface.
pub(super) fn endpoint(config: &CloudConfig, token: &Token, service: &str) -> Option<String> {
    let overridden = config.options.get(&format!("{service}_endpoint_override")).map(ToString::to_string);
    let url = overridden.or_else(|| {
        let entries = token.catalogue.iter().filter(|entry| entry.kind == service);
        let mut endpoints = entries.flat_map(|entry| &entry.endpoints);
        let region = |region: Option<&str>| config.region_name.is_none() || region == config.region_name.as_deref();
        let found = endpoints.find(|it| it.interface == interface(config) && region(it.region.as_deref()))?;
        Some(found.url.clone())
    })?;
    Some(url.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_files_of_certificates_are_those_of_clouds_yaml() {
        let check = |settings: serde_json::Value, says: &str| {
            let config: CloudConfig = serde_json::from_value(settings).unwrap();
            let error = tls("cloud \"c\"", &config).unwrap_err().to_string();
            assert!(error.starts_with(says), "{says:?} is missing in {error}");
        };
        let of = "the cacert, cert or key of cloud \"c\" cannot be used: cannot read";
        check(serde_json::json!({ "cacert": "/nowhere/ca" }), &format!("{of} /nowhere/ca: No such file"));
        check(
            serde_json::json!({ "cert": "/nowhere/a", "key": "/nowhere/b" }),
            &format!("{of} /nowhere/a: No such file"),
        );
        check(serde_json::json!({ "key": "/nowhere/b" }), "cloud \"c\" has no cert: ");
        assert!(tls("c", &CloudConfig { verify: Some(false), ..CloudConfig::default() }).is_ok());
    }

    #[test]
    fn a_file_that_is_open_to_others_is_named_with_its_mode() {
        let folder = tempfile::tempdir().unwrap();
        let files = ["clouds.yaml", "secure.yaml"].map(|name| folder.path().join(name));
        for (file, mode) in files.iter().zip([0o644, 0o600]) {
            fs::write(file, "").unwrap();
            fs::set_permissions(file, Permissions::from_mode(mode)).unwrap();
        }
        let open = files[0].display();
        let says = format!("{open} may contain a password and is open to others (mode 644): chmod 600 {open}");
        assert_eq!(open_to_others(&files), [says]);
    }
}
