//! Whose token a client has sent, as Keystone says
//! (<https://docs.openstack.org/api-ref/identity/v3/#validate-and-show-information-for-token>).

use chrono::{DateTime, Utc};
use reqwest::header::ACCEPT;
use reqwest::{RequestBuilder, StatusCode};
use serde::Deserialize;

use super::keystone::{KeystoneError, TIMEOUT};
use super::{Cloud, Error};
use crate::clients::in_flight::despite_shortage;
use crate::clients::outgoing;

/// The owner of a valid token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenOwner {
    /// The id of the user.
    pub user: String,
    /// The names of the user's roles in the scope of the token, in lower case.
    pub roles: Vec<String>,
    /// When the token expires.
    pub expires: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Shown {
    token: ShownToken,
}

#[derive(Deserialize)]
struct ShownToken {
    user: ShownUser,
    #[serde(default)]
    roles: Vec<ShownRole>,
    expires_at: DateTime<Utc>,
}

#[derive(Deserialize)]
struct ShownUser {
    id: String,
}

#[derive(Deserialize)]
struct ShownRole {
    name: String,
}

impl Cloud {
    /// The owner of a token; `None` if it is unknown, expired or revoked. With `allow_expired` one that has expired has an owner,
    /// too, within Keystone's `[token] allow_expired_window`. A 401 to the service's own token renews that one,
    /// once.
    ///
    /// # Errors
    /// Keystone does not answer, or refuses the service's own credentials.
    pub async fn owner_of(&self, token: &str, allow_expired: bool) -> Result<Option<TokenOwner>, Error> {
        let own = self.token().await?;
        let failed = |error| Error::of_renewal(&self.name, &self.config, error);
        match self.keystone.show(&own, token, allow_expired).await.map_err(failed)? {
            Some(answer) => Ok(answer),
            None => {
                let own = self.renew(&own).await?;
                let refused = || KeystoneError::Refused("401 to a new token: the service may not see others'".into());
                self.keystone
                    .show(&own, token, allow_expired)
                    .await
                    .map_err(failed)?
                    .ok_or_else(refused)
                    .map_err(failed)
            }
        }
    }
}

impl super::keystone::Keystone {
    /// The owner of a token, which may be unknown; `None` if Keystone refuses the own token.
    async fn show(
        &self,
        own: &str,
        token: &str,
        allow_expired: bool,
    ) -> Result<Option<Option<TokenOwner>>, KeystoneError> {
        let attempt = self.connections.kept(TIMEOUT);
        let request = || self.get(&attempt.client, own, token, allow_expired).timeout(attempt.answer).send();
        let mut answer = match despite_shortage(request).await {
            Ok(answer) => answer,
            Err(error) => {
                self.connections.give_up(&attempt);
                return Err(self.not_sent(&error));
            }
        };
        let status = answer.status();
        let body = outgoing::body(&mut answer, outgoing::LARGEST).await;
        let body = body.map_err(|error| KeystoneError::NoAnswer(error.to_string()))?;
        match status {
            StatusCode::OK => owner(&body).map(|owner| Some(Some(owner))),
            StatusCode::NOT_FOUND if is_keystones(&body) => Ok(Some(None)),
            StatusCode::UNAUTHORIZED => Ok(None),
            _ => Err(super::keystone::failure(status.as_u16(), &body)),
        }
    }

    fn get(&self, client: &reqwest::Client, own: &str, token: &str, allow_expired: bool) -> RequestBuilder {
        let mut url = self.tokens.clone();
        url.set_query(Some(if allow_expired { "nocatalog&allow_expired=1" } else { "nocatalog" }));
        let request = client.get(url);
        request.header(ACCEPT, "application/json").header("x-auth-token", own).header("x-subject-token", token)
    }
}

fn owner(body: &[u8]) -> Result<TokenOwner, KeystoneError> {
    let shown: Shown = serde_json::from_slice(body)
        .map_err(|error| KeystoneError::NoAnswer(format!("its description of a token cannot be read: {error}")))?;
    let ShownToken { user, roles, expires_at } = shown.token;
    let roles = roles.into_iter().map(|role| role.name.to_lowercase()).collect();
    Ok(TokenOwner { user: user.id, roles, expires: expires_at })
}

/// A 404 of something else, such as a proxy, says nothing about the token.
fn is_keystones(body: &[u8]) -> bool {
    matches!(super::keystone::failure(404, body), KeystoneError::Refused(_))
}
