//! The connections to a service: kept for later requests, and given up together when one of them is dead.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue};
use reqwest::tls::TlsInfo;
use reqwest::{Client, ClientBuilder};

use super::body::IDENTITY;
use super::tls::Tls;
use crate::certificate;

/// A service on the same network accepts a connection within milliseconds.
const CONNECT: Duration = Duration::from_secs(5);
/// The most connections that are kept while no request uses them.
const KEPT: usize = 64;
/// An unused connection is checked after this time, and given up after three checks without an answer, 5 s apart.
const KEEPALIVE: Duration = Duration::from_secs(15);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);
const KEEPALIVE_RETRIES: u32 = 3;
/// A connection is given up if the other machine has not acknowledged sent data for this time (TCP_USER_TIMEOUT).
const UNACKNOWLEDGED: Duration = Duration::from_secs(20);

/// How long a connection for requests of others is kept unused.
const PASSING_IDLE: Duration = Duration::from_secs(4);

/// The timeout for a request whose answer does not matter.
const CERTIFICATE: Duration = Duration::from_secs(5);

/// How long a request waits for its complete answer.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// The first time that a read is sent. It may be sent on a kept connection, which may be dead; a new one is not.
    pub first_read: Duration,
    /// Any other time.
    pub answer: Duration,
}

/// How a request is sent once.
#[derive(Debug)]
pub struct Attempt {
    /// The client to send it with.
    pub client: Arc<Client>,
    /// The timeout for the complete answer.
    pub answer: Duration,
}

/// The connections to one service. Clones share them.
#[derive(Debug, Clone)]
pub struct Connections(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    tls: Tls,
    /// Keeps connections.
    keeping: RwLock<Arc<Client>>,
    /// Opens a connection for each request: when an address has moved to another machine, all kept ones are dead.
    afresh: Arc<Client>,
}

impl Connections {
    /// Opens no connection yet.
    ///
    /// # Errors
    /// The system's certificates cannot be loaded, or a configured one cannot be used.
    pub fn new(tls: &Tls) -> reqwest::Result<Self> {
        let keeping = RwLock::new(Arc::new(client(tls, KEPT).build()?));
        Ok(Self(Arc::new(Shared { tls: tls.clone(), keeping, afresh: Arc::new(client(tls, 0).build()?) })))
    }

    /// Sends on a kept connection if there is one.
    pub fn kept(&self, answer: Duration) -> Attempt {
        Attempt { client: self.0.keeping.read().unwrap_or_else(PoisonError::into_inner).clone(), answer }
    }

    /// Sends on a connection of its own.
    pub fn afresh(&self, answer: Duration) -> Attempt {
        Attempt { client: self.0.afresh.clone(), answer }
    }

    /// When the certificate of the service at this URL expires; `None` if it has none or does not answer.
    pub async fn certificate_expiry(&self, url: &str) -> Option<DateTime<Utc>> {
        let response = self.0.afresh.get(url).timeout(CERTIFICATE).send().await.ok()?;
        certificate::expiry(response.extensions().get::<TlsInfo>()?.peer_certificate()?)
    }

    /// This attempt got no answer: the kept connections may all be dead, so none of them is used any more. Requests in
    /// progress continue.
    pub fn give_up(&self, failed: &Attempt) {
        let mut keeping = self.0.keeping.write().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&keeping, &failed.client)
            && let Ok(new) = client(&self.0.tls, KEPT).build()
        {
            *keeping = Arc::new(new);
        }
    }
}

/// A client that passes requests of others on, with their own headers. An unused connection is closed before Apache or
/// uWSGI does so (after 5 s by default), because a write on a connection that the other side closes has no answer.
pub fn passing_on(tls: &Tls, answer: Duration) -> reqwest::Result<Client> {
    let builder = Client::builder().redirect(reqwest::redirect::Policy::none()).connect_timeout(CONNECT);
    let builder = builder.pool_idle_timeout(PASSING_IDLE).pool_max_idle_per_host(KEPT).read_timeout(answer);
    tls.apply(builder.tcp_user_timeout(UNACKNOWLEDGED)).build()
}

/// A redirect is not followed: the token or the password would go along to another service. Answers are requested as
/// they are: nothing here decodes them.
fn client(tls: &Tls, kept: usize) -> ClientBuilder {
    let identity = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(IDENTITY))]);
    let builder = Client::builder().redirect(reqwest::redirect::Policy::none()).default_headers(identity);
    let builder = builder.connect_timeout(CONNECT).pool_max_idle_per_host(kept);
    let builder = builder.tcp_keepalive(KEEPALIVE).tcp_keepalive_interval(KEEPALIVE_INTERVAL);
    let builder = builder.tcp_keepalive_retries(KEEPALIVE_RETRIES).tcp_user_timeout(UNACKNOWLEDGED);
    tls.apply(builder).tls_info(true).user_agent(concat!("swaparoo/", env!("CARGO_PKG_VERSION")))
}
