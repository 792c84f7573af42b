//! Clients with tokens of Keystone. Its answer about a token is used again for a bounded time; meanwhile Keystone may be away.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use sha2::{Digest, Sha256};
use tokio::sync::{Mutex as AsyncMutex, Semaphore};
use tokio::time::Instant;

use super::codes::Code;
use super::config::KeystoneConfig;
use super::error::ApiError;
use super::tokens::Roles;

/// The longest token that is asked for; Fernet and JWS tokens have some hundred characters.
const LONGEST: usize = 8 << 10;
/// A refused token is asked for again after this time: it may be valid only later, if Keystones differ.
const REFUSED_FOR: Duration = Duration::from_secs(10);
/// Requests to Keystone at a time, so that guessed tokens do not overload it.
const AT_ONCE: usize = 8;
/// Answers that are kept. Beyond it those that are over are forgotten, and then all.
const KEPT: usize = 10_000;
/// Retry-After while Keystone is away.
const SOON: Duration = Duration::from_secs(2);

/// The owner of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The id of the user.
    pub user: String,
    /// The names of the user's roles, in lower case.
    pub roles: Vec<String>,
    /// How long the token is still valid.
    pub valid_for: Duration,
}

/// Asks Keystone.
pub trait TokenAuthority: Send + Sync {
    /// The owner of a token, `None` if it is not valid, or why Keystone cannot say. With `allow_expired` Keystone also knows a
    /// token that has expired within its `[token] allow_expired_window`.
    fn owner<'a>(&'a self, token: &'a str, allow_expired: bool) -> BoxFuture<'a, Result<Option<Owner>, String>>;
}

/// A client that Keystone knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeystoneClient {
    /// The id of the user, whose requests are limited together.
    pub user: String,
    /// What the client may do.
    pub roles: Roles,
    /// Whether its token is a service token: it has one of `auth.keystone.service_token_roles`.
    pub is_service: bool,
}

/// Keystone's tokens, with its last answers.
pub struct KeystoneTokens {
    authority: Arc<dyn TokenAuthority>,
    roles: BTreeMap<String, Roles>,
    service_token_roles: BTreeSet<String>,
    cache_for: Duration,
    /// By the token's digest, which differs with `allow_expired`.
    answers: Mutex<HashMap<[u8; 32], Cell>>,
    asking: Semaphore,
}

/// The last answer about one token. A request that asks Keystone holds the lock, so that others wait for the same answer.
type Cell = Arc<AsyncMutex<Option<Answer>>>;

/// Keystone's answer, and until when it is used.
#[derive(Debug, Clone)]
struct Answer {
    client: Option<KeystoneClient>,
    until: Instant,
}

impl fmt::Debug for KeystoneTokens {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        text.debug_struct("KeystoneTokens").field("roles", &self.roles).finish_non_exhaustive()
    }
}

impl KeystoneTokens {
    /// Asks this Keystone.
    #[must_use]
    pub fn new(authority: Arc<dyn TokenAuthority>, config: &KeystoneConfig) -> Self {
        let KeystoneConfig { roles, service_token_roles, cache_for } = config.clone();
        let (answers, asking) = (Mutex::default(), Semaphore::new(AT_ONCE));
        Self { authority, roles, service_token_roles, cache_for, answers, asking }
    }

    /// The client with this token, for which a service may ask with its own token (`X-Service-Token`), as nova does in long
    /// operations. With a service token a token that has expired is accepted, too; what the client may do depends on that one alone.
    ///
    /// # Errors
    /// As for [`client`](Self::client); [`Code::Unauthorized`] if the service token is not valid, as keystonemiddleware refuses it.
    pub(super) async fn client_of_service(
        &self,
        token: &[u8],
        service: &[u8],
    ) -> Result<Option<KeystoneClient>, ApiError> {
        let Some(service) = self.client(service).await? else {
            return Err(ApiError::new(Code::Unauthorized, "the token in X-Service-Token is unknown or has expired"));
        };
        match self.client(token).await? {
            None if service.is_service => self.known(token, true).await,
            client => Ok(client),
        }
    }

    /// The client with this token; `None` if the token is not valid.
    ///
    /// # Errors
    /// [`Code::KeystoneUnavailable`] if Keystone cannot say, and has not said within the last time.
    pub(super) async fn client(&self, token: &[u8]) -> Result<Option<KeystoneClient>, ApiError> {
        self.known(token, false).await
    }

    async fn known(&self, token: &[u8], allow_expired: bool) -> Result<Option<KeystoneClient>, ApiError> {
        let Some(token) = str::from_utf8(token).ok().filter(|token| is_possible(token)) else { return Ok(None) };
        let cell = self.cell(digest(token, allow_expired));
        let mut answer = cell.lock().await;
        if let Some(known) = answer.as_ref().filter(|known| Instant::now() < known.until) {
            return Ok(known.client.clone());
        }
        let new = self.ask(token, allow_expired).await?;
        let client = new.client.clone();
        *answer = Some(new);
        Ok(client)
    }

    async fn ask(&self, token: &str, allow_expired: bool) -> Result<Answer, ApiError> {
        let _permit = self.asking.acquire().await;
        let unavailable = |why| {
            let detail = format!("Keystone cannot say whose token this is: {why}");
            ApiError::new(Code::KeystoneUnavailable, detail).retry_after(SOON)
        };
        let owner = self.authority.owner(token, allow_expired).await.map_err(unavailable)?;
        // A token that has expired already does not expire again.
        let valid_for = |owner: &Owner| if allow_expired { self.cache_for } else { owner.valid_for };
        let kept = owner.as_ref().map_or(REFUSED_FOR, valid_for).min(self.cache_for);
        let client = owner.map(|Owner { user, roles, .. }| {
            let is_service = roles.iter().any(|role| self.service_token_roles.contains(role));
            KeystoneClient { user, roles: self.roles_of(&roles), is_service }
        });
        Ok(Answer { client, until: Instant::now() + kept })
    }

    fn roles_of(&self, names: &[String]) -> Roles {
        names.iter().filter_map(|name| self.roles.get(name)).fold(Roles::default(), |all, roles| all.union(*roles))
    }

    fn cell(&self, digest: [u8; 32]) -> Cell {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() >= KEPT && !answers.contains_key(&digest) {
            let now = Instant::now();
            let is_over = |answer: &Answer| answer.until <= now;
            answers.retain(|_, cell| cell.try_lock().map_or(true, |answer| !answer.as_ref().is_none_or(is_over)));
            if answers.len() >= KEPT {
                answers.clear();
            }
        }
        answers.entry(digest).or_default().clone()
    }
}

fn digest(token: &str, allow_expired: bool) -> [u8; 32] {
    Sha256::new().chain_update([u8::from(allow_expired)]).chain_update(token).finalize().into()
}

/// A token goes into a header.
fn is_possible(token: &str) -> bool {
    !token.is_empty() && token.len() <= LONGEST && token.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::FutureExt;
    use futures_util::future::join_all;

    use super::*;
    use crate::http::tokens::Role;

    /// Knows the tokens `admin-1`, `service-2`, ... by their first word; those with `expired` only if they may have expired; `away`
    /// stands for a Keystone that does not answer.
    #[derive(Default)]
    struct Known(AtomicUsize);

    impl TokenAuthority for Known {
        fn owner<'a>(&'a self, token: &'a str, allow_expired: bool) -> BoxFuture<'a, Result<Option<Owner>, String>> {
            self.0.fetch_add(1, Ordering::Relaxed);
            let role = token.split('-').next().unwrap_or_default().to_owned();
            let valid_for = Duration::from_secs(if token.ends_with("short") { 5 } else { 3600 });
            let has_expired = token.ends_with("expired") && !allow_expired;
            async move {
                tokio::time::sleep(Duration::from_millis(10)).await;
                match role.as_str() {
                    "away" => Err("no answer".to_owned()),
                    "unknown" => Ok(None),
                    _ if has_expired => Ok(None),
                    _ => Ok(Some(Owner { user: token.to_owned(), roles: vec![role, "member".to_owned()], valid_for })),
                }
            }
            .boxed()
        }
    }

    fn tokens() -> (Arc<Known>, KeystoneTokens) {
        let known = Arc::new(Known::default());
        (known.clone(), KeystoneTokens::new(known, &KeystoneConfig::default()))
    }

    #[tokio::test(start_paused = true)]
    async fn the_roles_of_keystone_are_mapped() {
        let (_, tokens) = tokens();
        let only = |role| Roles::default().and(role);
        let expected = [
            ("admin-1", Roles::ALL),
            ("service-1", only(Role::Tasks)),
            ("reader-1", only(Role::Read)),
            ("other-1", Roles::default()),
        ];
        for (token, roles) in expected {
            let client = tokens.client(token.as_bytes()).await.unwrap().unwrap();
            assert_eq!(client, KeystoneClient { user: token.to_owned(), roles, is_service: token == "service-1" });
        }
        for none in ["unknown-1", "", "two words", "ä"] {
            assert_eq!(tokens.client(none.as_bytes()).await.unwrap(), None, "{none}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_used_again_for_a_bounded_time() {
        let (known, tokens) = tokens();
        let asked = async |token: &'static str, after: u64| {
            tokio::time::advance(Duration::from_secs(after)).await;
            let before = known.0.load(Ordering::Relaxed);
            tokens.client(token.as_bytes()).await.unwrap();
            known.0.load(Ordering::Relaxed) - before
        };
        assert_eq!([asked("admin-1", 0).await, asked("admin-1", 59).await, asked("admin-1", 2).await], [1, 0, 1]);
        assert_eq!([asked("admin-short", 0).await, asked("admin-short", 6).await], [1, 1], "not beyond its expiry");
        assert_eq!([asked("unknown-1", 0).await, asked("unknown-1", 9).await, asked("unknown-1", 2).await], [1, 0, 1]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_token_lets_an_expired_token_pass() {
        let (known, tokens) = tokens();
        let asked = async |token: &str, service: &str| {
            let client = tokens.client_of_service(token.as_bytes(), service.as_bytes()).await;
            client.map(|client| client.map(|client| client.roles)).map_err(|error| error.code)
        };
        let reads = Ok(Some(Roles::default().and(Role::Read)));
        assert_eq!(asked("reader-expired", "service-1").await, reads, "its own roles");
        assert_eq!(asked("reader-1", "member-1").await, reads);
        assert_eq!(asked("reader-expired", "admin-1").await, Ok(None), "no service token");
        assert_eq!(asked("unknown-1", "service-1").await, Ok(None));
        for service in ["unknown-1", "service-expired", "two words"] {
            assert_eq!(asked("reader-1", service).await, Err(Code::Unauthorized), "{service}");
        }
        assert_eq!(asked("reader-1", "away-1").await, Err(Code::KeystoneUnavailable));
        let before = known.0.load(Ordering::Relaxed);
        assert_eq!(asked("reader-expired", "service-1").await, reads);
        assert_eq!(known.0.load(Ordering::Relaxed), before, "the answer is used again");
        assert_eq!(tokens.client(b"reader-expired").await.unwrap(), None, "not without a service token");
    }

    #[tokio::test(start_paused = true)]
    async fn requests_at_the_same_time_ask_once() {
        let (known, tokens) = tokens();
        let clients = join_all((0..20).map(|_| tokens.client(b"admin-1"))).await;
        assert!(clients.into_iter().all(|client| client.unwrap().is_some()));
        assert_eq!(known.0.load(Ordering::Relaxed), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn while_keystone_is_away_nothing_is_refused_and_nothing_is_kept() {
        let (known, tokens) = tokens();
        for asked in 1..=2 {
            let error = tokens.client(b"away-1").await.unwrap_err();
            assert_eq!(error.code, Code::KeystoneUnavailable);
            assert_eq!(known.0.load(Ordering::Relaxed), asked);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_number_of_answers_is_bounded() {
        let (_, tokens) = tokens();
        for number in 0..=KEPT {
            tokens.cell(Sha256::digest(number.to_string()).into());
        }
        assert!(tokens.answers.lock().unwrap().len() <= KEPT);
    }
}
