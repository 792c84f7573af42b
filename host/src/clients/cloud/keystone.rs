//! Issues tokens at Keystone's API v3 (<https://docs.openstack.org/api-ref/identity/v3/#password-authentication-with-scoped-authorization>).
//!
//! The requests are made here and not by openstack_sdk, whose client follows redirects with the password and the token,
//! and reads answers of any size.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::Url;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

use super::AUTHORITIES;
use super::credentials::Credentials;
use crate::clients::in_flight::despite_shortage;
use crate::clients::outgoing::{self, Connections, Pauses, Repeat};

pub(super) const TIMEOUT: Duration = Duration::from_secs(30);
/// The largest part of Keystone's own message that is shown, in characters.
const MESSAGE: usize = 300;

/// A Keystone, and the credentials for its tokens.
pub(super) struct Keystone {
    pub(super) connections: Connections,
    pub(super) tokens: Url,
    credentials: Credentials,
}

/// A token with its catalogue.
#[derive(Clone)]
pub(super) struct Token {
    pub(super) id: SecretString,
    /// Milliseconds since 1970.
    pub(super) issued_ms: Option<i64>,
    /// Milliseconds since 1970.
    pub(super) expires_ms: i64,
    pub(super) catalogue: Vec<Service>,
}

/// An entry of the catalogue.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Service {
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) endpoints: Vec<Endpoint>,
}

/// Where a service is.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Endpoint {
    pub(super) interface: String,
    pub(super) region: Option<String>,
    pub(super) url: String,
}

/// Why Keystone issued no token.
#[derive(Debug, thiserror::Error)]
pub(super) enum KeystoneError {
    /// Keystone looked at the credentials and refused them.
    #[error("{0}")]
    Refused(String),
    /// Keystone did not answer, or something else did.
    #[error("{0}")]
    NoAnswer(String),
    /// Its certificate is not accepted.
    #[error("{0}")]
    Untrusted(String),
}

#[derive(Deserialize)]
struct Issued {
    token: Description,
}

#[derive(Deserialize)]
struct Description {
    issued_at: Option<String>,
    expires_at: String,
    #[serde(default)]
    catalog: Vec<Service>,
}

impl Keystone {
    /// The Keystone at `auth_url`, which may end in its version, `/v3`, or not.
    pub(super) fn new(auth_url: &Url, credentials: Credentials, tls: &outgoing::Tls) -> reqwest::Result<Self> {
        let connections = Connections::new(tls)?;
        let mut tokens = auth_url.clone();
        if let Ok(mut path) = tokens.path_segments_mut() {
            path.pop_if_empty();
            if !auth_url.path().trim_end_matches('/').ends_with("/v3") {
                path.push("v3");
            }
            path.extend(["auth", "tokens"]);
        }
        Ok(Self { connections, tokens, credentials })
    }

    /// Requests a token, up to three times if Keystone does not answer: a token more does no harm.
    pub(super) async fn issue(&self) -> Result<Token, KeystoneError> {
        let mut pauses = Pauses::default();
        loop {
            let (issued, repeat) = self.issue_once().await;
            let Some(pause) = pauses.next(repeat) else { return issued };
            tokio::time::sleep(pause).await;
        }
    }

    pub(super) async fn certificate_expiry(&self) -> Option<DateTime<Utc>> {
        self.connections.certificate_expiry(self.tokens.as_str()).await
    }

    async fn issue_once(&self) -> (Result<Token, KeystoneError>, Repeat) {
        let body = self.credentials.request().to_string();
        // Tokens are requested rarely, so that a kept connection would usually be dead.
        let attempt = self.connections.afresh(TIMEOUT);
        let request = || {
            let post = attempt
                .client
                .post(self.tokens.clone())
                .timeout(attempt.answer)
                .header(CONTENT_TYPE, "application/json");
            post.header(ACCEPT, "application/json").body(body.clone()).send()
        };
        let mut response = match despite_shortage(request).await {
            Ok(response) => response,
            Err(error) => {
                let why = self.not_sent(&error);
                let repeat = if matches!(why, KeystoneError::Untrusted(_)) { Repeat::No } else { Repeat::Soon };
                return (Err(why), repeat);
            }
        };
        let id = response.headers().get("x-subject-token").and_then(|id| id.to_str().ok()).map(SecretString::from);
        let status = response.status().as_u16();
        tracing::debug!(method = "POST", path = self.tokens.path(), status, "keystone");
        let repeat = Repeat::of(status, response.headers());
        let body = match outgoing::body(&mut response, outgoing::LARGEST).await {
            Ok(body) => body,
            Err(error) => return (Err(KeystoneError::NoAnswer(error.to_string())), error.repeat()),
        };
        match (status, id) {
            (200 | 201, Some(id)) => (token(id, &body), Repeat::No),
            _ => (Err(failure(status, &body)), repeat),
        }
    }

    /// Why there is no answer.
    pub(super) fn not_sent(&self, error: &reqwest::Error) -> KeystoneError {
        let proxy = outgoing::through_proxy(self.tokens.as_str());
        match outgoing::untrusted(error, self.tokens.as_str(), AUTHORITIES) {
            Some(why) => KeystoneError::Untrusted(format!("{why}{proxy}")),
            None => KeystoneError::NoAnswer(format!("{}{proxy}", outgoing::root(error))),
        }
    }
}

fn token(id: SecretString, body: &[u8]) -> Result<Token, KeystoneError> {
    let not_a_token =
        |why: &dyn ToString| KeystoneError::NoAnswer(format!("its token cannot be read: {}", why.to_string()));
    let Issued { token } = serde_json::from_slice(body).map_err(|error| not_a_token(&error))?;
    let ms = |text: &str| DateTime::parse_from_rfc3339(text).map(|time| time.timestamp_millis());
    let expires_ms = ms(&token.expires_at).map_err(|error| not_a_token(&error))?;
    let issued_ms = token.issued_at.as_deref().and_then(|text| ms(text).ok());
    Ok(Token { id, issued_ms, expires_ms, catalogue: token.catalog })
}

/// Only Keystone's own 4xx is about the credentials; 408 and 429 say that it has not looked at them.
pub(super) fn failure(status: u16, body: &[u8]) -> KeystoneError {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let own = body.get("error").filter(|error| error.get("code").and_then(Value::as_u64) == Some(status.into()));
    let message = own.and_then(|error| error.get("message")).and_then(Value::as_str);
    let message = message.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
    match message {
        Some(message) => {
            let text = format!("{status} {}", message.chars().take(MESSAGE).collect::<String>());
            if (400..500).contains(&status) && !matches!(status, 408 | 429) {
                KeystoneError::Refused(text)
            } else {
                KeystoneError::NoAnswer(text)
            }
        }
        None => KeystoneError::NoAnswer(format!(
            "the answer {status} has neither a token nor an error of Keystone: check auth_url"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_refusal(status: u16, body: &str) -> bool {
        matches!(failure(status, body.as_bytes()), KeystoneError::Refused(_))
    }

    #[test]
    fn only_keystones_own_answers_refuse_credentials() {
        let own = |status: u16| format!(r#"{{"error": {{"code": {status}, "message": "no", "title": "x"}}}}"#);
        for status in [400, 401, 403, 404] {
            assert!(is_refusal(status, &own(status)), "{status}");
            for body in ["", "<html>", "{}", &own(500)] {
                assert!(!is_refusal(status, body), "{status} {body}");
            }
        }
        for status in [200, 201, 302, 307, 408, 429, 500, 503] {
            assert!(!is_refusal(status, &own(status)), "{status}");
        }
    }

    #[test]
    fn a_token_without_its_expiry_is_refused() {
        for body in ["", "{}", r#"{"token": {}}"#, r#"{"token": {"expires_at": "soon"}}"#] {
            let error = token("id".to_owned().into(), body.as_bytes()).err();
            assert!(matches!(error, Some(KeystoneError::NoAnswer(_))), "{body}");
        }
        let body = br#"{"token": {"expires_at": "2026-11-28T10:00:00.000000Z", "methods": ["password"]}}"#;
        assert_eq!(token("id".to_owned().into(), body).ok().map(|token| token.expires_ms), Some(1_795_860_000_000));
    }
}
