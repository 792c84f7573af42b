//! What a token is requested with, in Keystone's form.

use std::collections::BTreeMap;

use openstack_sdk_core::config::{Auth, CloudConfig};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

/// The request for a token. It contains a secret, so that it is not printed.
pub(super) struct Credentials(Value);

/// Why the configuration gives no credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CredentialsError {
    /// A setting is missing.
    Missing(&'static str),
    /// The method of authentication is unknown here.
    Method(String),
}

impl Credentials {
    /// The credentials in a configuration.
    ///
    /// # Errors
    /// A setting that the method needs is missing, or the method is not one of those below.
    pub(super) fn of(config: &CloudConfig) -> Result<Self, CredentialsError> {
        let auth = config.auth.as_ref().ok_or(CredentialsError::Missing("auth"))?;
        let method = config.auth_type.as_deref().unwrap_or("password");
        let (identity, scope) = match method.strip_prefix("v3").unwrap_or(method) {
            "password" => (password(auth)?, scope(auth).ok_or(CredentialsError::Missing("project_name"))?.into()),
            "token" => (by_token(auth)?, scope(auth)),
            // Such credentials are valid for one project, and Keystone refuses a request that names it.
            "applicationcredential" => (application_credential(auth)?, None),
            _ => return Err(CredentialsError::Method(method.to_owned())),
        };
        let mut request = json!({ "identity": identity });
        if let (Some(request), Some(scope)) = (request.as_object_mut(), scope) {
            request.insert("scope".to_owned(), scope);
        }
        Ok(Self(json!({ "auth": request })))
    }

    /// The body of POST /v3/auth/tokens.
    pub(super) fn request(&self) -> &Value {
        &self.0
    }
}

fn password(auth: &Auth) -> Result<Value, CredentialsError> {
    let mut user = user(auth).ok_or(CredentialsError::Missing("username"))?;
    let password = secret(auth.password.as_ref()).ok_or(CredentialsError::Missing("password"))?;
    user.insert("password", password);
    Ok(json!({ "methods": ["password"], "password": { "user": user } }))
}

fn by_token(auth: &Auth) -> Result<Value, CredentialsError> {
    let token = secret(auth.token.as_ref()).ok_or(CredentialsError::Missing("token"))?;
    Ok(json!({ "methods": ["token"], "token": { "id": token } }))
}

fn application_credential(auth: &Auth) -> Result<Value, CredentialsError> {
    let missing = CredentialsError::Missing;
    let secret = secret(auth.application_credential_secret.as_ref());
    let mut credential = BTreeMap::from([("secret", secret.ok_or(missing("application_credential_secret"))?)]);
    match (&auth.application_credential_id, &auth.application_credential_name) {
        (Some(id), _) => _ = credential.insert("id", json!(id)),
        (None, Some(name)) => {
            credential.insert("name", json!(name));
            credential.insert("user", json!(user(auth).ok_or(missing("username"))?));
        }
        (None, None) => return Err(missing("application_credential_id")),
    }
    Ok(json!({ "methods": ["application_credential"], "application_credential": credential }))
}

/// A user by id, or by name in a domain.
fn user(auth: &Auth) -> Option<BTreeMap<&'static str, Value>> {
    named(auth.user_id.as_ref(), auth.username.as_ref(), domain(&auth.user_domain_id, &auth.user_domain_name))
}

fn scope(auth: &Auth) -> Option<Value> {
    if auth.system_scope.is_some() {
        return Some(json!({ "system": { "all": true } }));
    }
    let of_project = domain(&auth.project_domain_id, &auth.project_domain_name);
    if let Some(project) = named(auth.project_id.as_ref(), auth.project_name.as_ref(), of_project) {
        return Some(json!({ "project": project }));
    }
    domain(&auth.domain_id, &auth.domain_name).map(|domain| json!({ "domain": domain }))
}

fn named(id: Option<&String>, name: Option<&String>, domain: Option<Value>) -> Option<BTreeMap<&'static str, Value>> {
    match (id, name) {
        (Some(id), _) => Some(BTreeMap::from([("id", json!(id))])),
        (None, Some(name)) => {
            let domain = domain.unwrap_or_else(|| json!({ "id": "default" }));
            Some(BTreeMap::from([("name", json!(name)), ("domain", domain)]))
        }
        (None, None) => None,
    }
}

fn domain(id: &Option<String>, name: &Option<String>) -> Option<Value> {
    let id = id.as_ref().map(|id| json!({ "id": id }));
    id.or_else(|| name.as_ref().map(|name| json!({ "name": name })))
}

fn secret(value: Option<&SecretString>) -> Option<Value> {
    value.map(|value| json!(value.expose_secret()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(auth_type: &str, auth: Auth) -> Result<Value, CredentialsError> {
        let config = CloudConfig { auth: Some(auth), auth_type: Some(auth_type.to_owned()), ..CloudConfig::default() };
        Credentials::of(&config).map(|credentials| credentials.0)
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn a_password_is_scoped_to_the_project() {
        let auth = Auth {
            username: some("nova"),
            password: Some("p".to_owned().into()),
            user_domain_name: some("Default"),
            project_name: some("service"),
            project_domain_id: some("d"),
            ..Auth::default()
        };
        let user = json!({"name": "nova", "domain": {"name": "Default"}, "password": "p"});
        let identity = json!({"methods": ["password"], "password": {"user": user}});
        let scope = json!({"project": {"name": "service", "domain": {"id": "d"}}});
        let expected = json!({"auth": {"identity": identity, "scope": scope}});
        assert_eq!(of("v3password", auth), Ok(expected));
    }

    #[test]
    fn an_application_credential_names_no_project() {
        let auth = Auth {
            application_credential_id: some("ac"),
            application_credential_secret: Some("s".to_owned().into()),
            project_name: some("service"),
            ..Auth::default()
        };
        let credential = json!({"id": "ac", "secret": "s"});
        let identity = json!({"methods": ["application_credential"], "application_credential": credential});
        assert_eq!(of("v3applicationcredential", auth), Ok(json!({"auth": {"identity": identity}})));
    }

    #[test]
    fn missing_settings_and_other_methods_are_named() {
        assert_eq!(of("password", Auth::default()), Err(CredentialsError::Missing("username")));
        assert_eq!(of("token", Auth::default()), Err(CredentialsError::Missing("token")));
        assert_eq!(of("v3oidcpassword", Auth::default()), Err(CredentialsError::Method("v3oidcpassword".to_owned())));
    }
}
