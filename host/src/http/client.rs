//! Who a client is: by its token, or because it is on this machine.

use std::net::IpAddr;

use http::header::{AUTHORIZATION, HOST, ORIGIN, WWW_AUTHENTICATE};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, HeaderValue};

use super::auth::{Gate, Peer};
use super::codes::Code;
use super::error::ApiError;
use super::keystone_tokens::KeystoneClient;
use super::tokens::{self, Roles};

/// A client, as its token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Client {
    /// What it may do.
    pub roles: Roles,
    /// Whose requests are limited together: those of a token, or of a user of Keystone. `None`: no limit.
    pub limited_as: Option<Vec<u8>>,
    /// The name in the log, so that it shows who changed something.
    pub user: String,
    /// Whether its requests may come from a web page.
    pub from_pages: bool,
}

impl Gate {
    /// The client that has sent this request.
    pub(super) async fn client(&self, head: &Parts) -> Result<Client, ApiError> {
        let all =
            |user: &str, from_pages| Client { roles: Roles::ALL, limited_as: None, user: user.to_owned(), from_pages };
        match head.extensions.get() {
            Some(Peer::Unix) => Ok(all("socket", true)),
            Some(Peer::Tcp(_)) if self.tokens.is_none() && self.keystone.is_none() => {
                from_here(&head.headers).map(|()| all("local", false))
            }
            Some(Peer::Tcp(_)) => self.by_token(&head.headers).await,
            None => Err(unauthorized("the origin of this request is unknown")),
        }
    }

    async fn by_token(&self, headers: &HeaderMap) -> Result<Client, ApiError> {
        let Some(token) = token(headers) else {
            return Err(unauthorized("a token is needed: `Authorization: Bearer TOKEN`, or X-Auth-Token"));
        };
        if let Some(roles) = self.tokens.as_ref().and_then(|tokens| tokens.roles(token)) {
            let (limited_as, user) = (Some(token.to_owned()), tokens::log_name(token));
            return Ok(Client { roles, limited_as, user, from_pages: true });
        }
        let known = match &self.keystone {
            Some(keystone) => match headers.get("x-service-token") {
                Some(service) => keystone.client_of_service(token, service.as_bytes()).await?,
                None => keystone.client(token).await?,
            },
            None => None,
        };
        let KeystoneClient { user, roles, .. } = known.ok_or_else(|| unauthorized("the token is unknown"))?;
        let name = format!("keystone {user}");
        Ok(Client { roles, limited_as: Some(user.into_bytes()), user: name, from_pages: true })
    }
}

fn token(headers: &HeaderMap) -> Option<&[u8]> {
    if let Some(value) = headers.get(AUTHORIZATION) {
        let (scheme, token) = value.as_bytes().split_at_checked("Bearer ".len())?;
        return scheme.eq_ignore_ascii_case(b"Bearer ").then(|| token.trim_ascii());
    }
    headers.get("x-auth-token").map(HeaderValue::as_bytes)
}

fn unauthorized(detail: &str) -> ApiError {
    ApiError::new(Code::Unauthorized, detail)
        .with(WWW_AUTHENTICATE, const { HeaderValue::from_static("Bearer realm=\"swaparoo\"") })
}

/// Without tokens every local program may do everything, but a web page in a local browser may not. Browsers send the
/// page's `Origin`. A page that has changed its DNS name to point here (DNS rebinding) still sends that name as `Host`.
fn from_here(headers: &HeaderMap) -> Result<(), ApiError> {
    if !headers.contains_key(ORIGIN) && headers.get(HOST).is_none_or(is_here) {
        return Ok(());
    }
    let detail = "without auth.tokens only local requests to 127.0.0.1, [::1] or localhost are answered, and none from \
                  web pages; set auth.tokens for all others";
    Err(ApiError::new(Code::Forbidden, detail))
}

fn is_here(host: &HeaderValue) -> bool {
    let Ok(authority) = Authority::try_from(host.as_bytes()) else { return false };
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::net::SocketAddr;
    use std::os::unix::fs::PermissionsExt;
    use std::sync::Arc;

    use axum::extract::Request;
    use futures_util::FutureExt;

    use super::*;
    use crate::http::quota::Quota;
    use crate::http::tokens::{Role, Tokens};

    const TCP: Peer = Peer::Tcp(SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 1));

    fn tokens() -> Arc<Tokens> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::set_permissions(file.path(), fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(file.path(), "tasks token-number-one\ntasks,policies token-number-two").unwrap();
        Arc::new(Tokens::read(file.path()).unwrap())
    }

    fn gate(tokens: Option<Arc<Tokens>>) -> Gate {
        Gate { tokens, keystone: None, quota: Arc::new(Quota::new(&crate::http::config::AuthConfig::default())) }
    }

    fn check(peer: Peer, with: Option<&Arc<Tokens>>, headers: &[(&str, &str)], roles: Result<Roles, Code>) {
        let mut request = Request::new(axum::body::Body::empty());
        request.extensions_mut().insert(peer);
        for (name, value) in headers {
            let name = http::HeaderName::try_from(*name).unwrap();
            request.headers_mut().append(name, HeaderValue::from_str(value).unwrap());
        }
        let client = gate(with.cloned()).client(&request.into_parts().0).now_or_never().unwrap();
        let found = client.map(|client| client.roles).map_err(|error| error.code);
        assert_eq!(found, roles, "{peer:?} {headers:?}");
    }

    #[test]
    fn a_token_over_tcp() {
        let tokens = tokens();
        let check = |headers: &[(&str, &str)], roles| check(TCP, Some(&tokens), headers, roles);
        let tasks = Ok(Roles::default().and(Role::Tasks));
        check(&[("authorization", "Bearer token-number-one")], tasks);
        check(&[("authorization", "bearer  token-number-one ")], tasks);
        check(
            &[("x-auth-token", "token-number-two"), ("origin", "http://a")],
            Ok(Roles::default().and(Role::Tasks).and(Role::Policies)),
        );
        check(&[("authorization", "Bearer token-number-one"), ("x-auth-token", "token-number-two")], tasks);
        let (basic, bare, two) =
            ("Basic token-number-one", "token-number-one", "Bearer token-number-one token-number-two");
        for wrong in ["Bearer token-number-three", "Bearer ", "Bearer", basic, bare, "", two] {
            check(&[("authorization", wrong), ("x-auth-token", "token-number-two")], Err(Code::Unauthorized));
        }
        check(&[("x-auth-token", "Token-number-one")], Err(Code::Unauthorized));
        check(&[], Err(Code::Unauthorized));
    }

    #[test]
    fn no_token_over_the_socket_or_on_this_machine() {
        check(Peer::Unix, Some(&tokens()), &[], Ok(Roles::ALL));
        check(Peer::Unix, None, &[("host", "anything")], Ok(Roles::ALL));
        for here in ["127.0.0.1", "127.0.0.1:8786", "[::1]:8786", "LocalHost:1"] {
            check(TCP, None, &[("host", here)], Ok(Roles::ALL));
            check(TCP, None, &[("host", here), ("origin", "http://127.0.0.1")], Err(Code::Forbidden));
        }
        for elsewhere in ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "10.0.0.1", "a b"] {
            check(TCP, None, &[("host", elsewhere)], Err(Code::Forbidden));
        }
    }

    #[test]
    fn without_a_known_peer_no_request_is_authorized() {
        let request = Request::new(axum::body::Body::empty());
        let client = gate(None).client(&request.into_parts().0).now_or_never().unwrap();
        assert_eq!(client.unwrap_err().code, Code::Unauthorized);
    }
}
