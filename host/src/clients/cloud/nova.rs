//! Sends a GET to nova, and sends it again if another answer may come.

use reqwest::Url;
use reqwest::header::{ACCEPT, HeaderValue};
use serde_json::Value;

use super::error::one_line;
use super::{AUTHORITIES, Cloud, Doubt, Error, TIMEOUTS};
use crate::clients::in_flight::despite_shortage;
use crate::clients::outgoing::{self, Attempt, BodyError, Pauses, Repeat};

/// Since 2.53, the id of a hypervisor is the compute node's UUID. The version must stay below 2.69: from then on nova
/// also answers 404 for a soft-deleted server whose cell is down; before, it always answers 500 if a cell is down.
const MICROVERSION: &str = "compute 2.53";

/// How much of an answer an error shows, in characters.
const SHOWN: usize = 200;

/// One GET.
struct Get<'a> {
    microversion: &'a str,
    path: &'a str,
    query: &'a [(&'a str, &'a str)],
}

/// nova's answer or none, and whether the request may be sent again.
type Answer = (Result<NovaResponse, Doubt>, Repeat);

/// nova's answer: a status, and JSON or null.
pub(super) struct NovaResponse {
    pub(super) what: String,
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Cloud {
    /// Sends a GET with a query to nova, at most three times.
    pub(super) async fn ask_nova(&self, path: &str, query: &[(&str, &str)]) -> Result<NovaResponse, Doubt> {
        self.ask_nova_at(MICROVERSION, path, query).await
    }

    /// The same with another microversion.
    pub(super) async fn ask_nova_at(
        &self,
        microversion: &str,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<NovaResponse, Doubt> {
        let _permit = self.in_flight.permit().await;
        let get = Get { microversion, path, query };
        let mut attempt = self.connections.kept(TIMEOUTS.first_read);
        let mut pauses = Pauses::default();
        loop {
            let (answer, repeat) = self.ask_where_nova_is(&get, &attempt).await;
            let Some(pause) = pauses.next(repeat) else { return answer };
            tokio::time::sleep(pause).await;
            attempt = self.connections.afresh(TIMEOUTS.answer);
        }
    }

    /// If nova does not answer, or something else does not find the path, a new catalogue may have another endpoint.
    async fn ask_where_nova_is(&self, get: &Get<'_>, attempt: &Attempt) -> Answer {
        let token = match self.token().await {
            Ok(token) => token,
            Err(cause) => return (Err(get.without_token(&cause)), Repeat::No),
        };
        // After the token, because a new one has a new catalogue.
        let Some(nova) = self.nova_now() else { return (Err(Doubt::NoNova { cloud: self.name.clone() }), Repeat::No) };
        let answer = self.ask_authorized(get, &nova, &token, attempt).await;
        let is_elsewhere = match &answer {
            (Ok(answer), _) => answer.status == 404 && !answer.is_not_found(),
            (Err(doubt), repeat) => *repeat == Repeat::Soon || matches!(doubt, Doubt::Untrusted(_)),
        };
        if is_elsewhere && self.nova_moved(&nova).await {
            let nova = self.nova_now().unwrap_or(nova);
            return self.ask_authorized(get, &nova, &self.present(), attempt).await;
        }
        answer
    }

    /// If nova refuses the token, it is renewed once.
    async fn ask_authorized(&self, get: &Get<'_>, nova: &str, token: &str, attempt: &Attempt) -> Answer {
        let answer = self.ask_once(get, nova, token, attempt).await;
        if !answer.0.as_ref().is_ok_and(|answer| answer.status == 401) {
            return answer;
        }
        match self.renew(token).await {
            Ok(token) => self.ask_once(get, nova, &token, attempt).await,
            Err(cause) => (Err(get.without_token(&cause)), Repeat::No),
        }
    }

    async fn ask_once(&self, get: &Get<'_>, nova: &str, token: &str, attempt: &Attempt) -> Answer {
        let (url, token) = match get.url_and_token(nova, token) {
            Ok(ready) => ready,
            Err(doubt) => return (Err(doubt), Repeat::No),
        };
        let request = || {
            let request = attempt.client.get(url.clone()).timeout(attempt.answer).header("x-auth-token", token.clone());
            request.header("openstack-api-version", get.microversion).header(ACCEPT, "application/json").send()
        };
        let mut response = match despite_shortage(request).await {
            Ok(response) => response,
            Err(cause) => {
                if !cause.is_connect() {
                    self.connections.give_up(attempt);
                }
                return get.not_sent(nova, &cause);
            }
        };
        let status = response.status().as_u16();
        tracing::debug!(method = "GET", path = get.path, status, "nova");
        let repeat = Repeat::of(status, response.headers());
        let body = match outgoing::body(&mut response, outgoing::LARGEST).await {
            Ok(body) => json(&body),
            Err(BodyError::TooLarge(largest)) => {
                return (Err(Doubt::TooLarge { what: get.what(), largest }), Repeat::No);
            }
            Err(cause @ BodyError::Incomplete(_)) => return (Err(get.no_answer(cause.to_string())), Repeat::Soon),
            Err(cause) => {
                return (Err(Doubt::Unreadable { what: get.what(), cause: cause.to_string() }), Repeat::No);
            }
        };
        (Ok(NovaResponse { status, body, what: get.what() }), repeat)
    }
}

/// The body as JSON; another body, such as a proxy's HTML, as text, so that an error can show it.
fn json(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| {
        let text = String::from_utf8_lossy(body.get(..SHOWN).unwrap_or(body)).into_owned();
        Value::String(text.split_whitespace().collect::<Vec<_>>().join(" "))
    })
}

impl Get<'_> {
    fn what(&self) -> String {
        format!("GET {}", self.path)
    }

    fn no_answer(&self, cause: String) -> Doubt {
        Doubt::NoAnswer { what: self.what(), cause }
    }

    /// Keystone gives no token for the request.
    fn without_token(&self, cause: &Error) -> Doubt {
        match cause {
            Error::Untrusted { .. } => Doubt::Untrusted(cause.to_string()),
            cause => self.no_answer(one_line(cause)),
        }
    }

    /// Why there is no answer, and whether another try may have one.
    fn not_sent(&self, nova: &str, cause: &reqwest::Error) -> Answer {
        let proxy = outgoing::through_proxy(nova);
        match outgoing::untrusted(cause, nova, AUTHORITIES) {
            Some(why) => {
                let why = format!("no connection to nova at {}{proxy}: {why}", outgoing::without_password(nova));
                (Err(Doubt::Untrusted(why)), Repeat::No)
            }
            None => (Err(self.no_answer(format!("{}{proxy}", outgoing::root(cause)))), Repeat::Soon),
        }
    }

    fn url_and_token(&self, nova: &str, token: &str) -> Result<(Url, HeaderValue), Doubt> {
        let url = Url::parse_with_params(&format!("{nova}{}", self.path), self.query);
        let url = url.map_err(|cause| self.no_answer(one_line(&cause)))?;
        let token = HeaderValue::try_from(token);
        let mut token = token.map_err(|_| self.no_answer("the token is not a header's value".to_owned()))?;
        token.set_sensitive(true);
        Ok((url, token))
    }
}

impl NovaResponse {
    /// Whether this is nova's own 404, not one of a proxy or another service.
    pub(super) fn is_not_found(&self) -> bool {
        self.status == 404 && self.body.get("itemNotFound").is_some()
    }

    /// Whether this is nova's own 403.
    pub(super) fn is_forbidden(&self) -> bool {
        self.status == 403 && self.body.get("forbidden").is_some()
    }

    /// The error for an answer that gives no information: with nova's message, or the beginning of another body.
    pub(super) fn doubt(self) -> Doubt {
        if self.is_forbidden() {
            return Doubt::Forbidden { what: self.what };
        }
        let own = self.body.as_object().and_then(|body| body.values().next()?.get("message")?.as_str());
        let text = own.map(str::to_owned).or_else(|| self.body.as_str().map(str::to_owned));
        let body = text.unwrap_or_else(|| self.body.to_string()).chars().take(SHOWN).collect();
        Doubt::Refused { what: self.what, status: self.status, body }
    }
}
