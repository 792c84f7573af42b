//! The faults that a proxy applies to a request.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use swaparoo_placement::Method;

/// A fault for one request.
#[derive(Clone)]
pub enum Act {
    /// The connection is closed, and Placement does not receive the request.
    DropRequest,
    /// Placement does the request, and the connection is closed instead of an answer.
    DropAnswer,
    /// Placement does not receive the request, and this is the answer.
    Answer(Canned),
    /// Placement does not receive the request, and this is the answer of a front end's limit, with this Retry-After.
    Limit(&'static str),
    /// Placement does the request, but its answer is not sent; the connection stays open.
    HoldAnswer,
    /// The connection is closed, and the request is passed on when the test says so.
    Keep(KeptRequest),
    /// The request is passed on to the Placement at this URL instead.
    Elsewhere(String),
    /// An action runs first, then the request is passed on.
    First(Hook),
    /// An action runs instead, and Placement does not receive the request.
    Instead(Hook),
    /// Placement does the request, then an action runs before the answer is passed on.
    Then(Hook),
}

/// A request that a proxy keeps, as the queue of a web server does.
#[derive(Clone, Default)]
pub struct KeptRequest(Arc<Mutex<Option<reqwest::RequestBuilder>>>);

impl KeptRequest {
    pub(crate) fn keep(&self, request: reqwest::RequestBuilder) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(request);
    }

    /// Passes the request on, and returns the status of Placement's answer; `None` if nothing was kept.
    ///
    /// # Errors
    /// Placement does not answer.
    pub async fn arrive(&self) -> reqwest::Result<Option<u16>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        match kept {
            Some(request) => Ok(Some(request.send().await?.status().as_u16())),
            None => Ok(None),
        }
    }
}

/// An action that runs while a request waits.
pub type Hook = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

impl Act {
    /// Runs an action before the request is passed on, such as a write of another client.
    pub fn first<F, Fut>(hook: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        Self::First(Arc::new(move || Box::pin(hook())))
    }

    /// Runs an action instead of passing the request on.
    pub fn instead<F, Fut>(hook: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        Self::Instead(Arc::new(move || Box::pin(hook())))
    }

    /// Runs an action before the answer is passed on.
    pub fn then<F, Fut>(hook: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        Self::Then(Arc::new(move || Box::pin(hook())))
    }
}

/// A fake answer.
#[derive(Clone, Debug)]
pub struct Canned {
    /// The HTTP status.
    pub status: u16,
    /// The content type.
    pub content_type: &'static str,
    /// The content.
    pub body: String,
}

impl Canned {
    /// An error in Placement's own form.
    #[must_use]
    pub fn internal_error() -> Self {
        let body = r#"{"errors": [{"status": 500, "title": "Internal Server Error", "detail": "made up",
            "code": "placement.undefined_code", "request_id": "req-00000000-0000-0000-0000-000000000000"}]}"#;
        Self { status: 500, content_type: "application/json", body: body.to_owned() }
    }

    /// Placement's answer if a provider has changed during a write, and its own retries are used up.
    #[must_use]
    pub fn provider_conflict() -> Self {
        let body = r#"{"errors": [{"status": 409, "title": "Conflict", "code": "placement.concurrent_update",
            "detail": "Another thread concurrently updated the resource provider data. Please retry your update",
            "request_id": "req-00000000-0000-0000-0000-000000000000"}]}"#;
        Self { status: 409, content_type: "application/json", body: body.to_owned() }
    }

    /// The answer of a proxy without a Placement behind it.
    #[must_use]
    pub fn unavailable() -> Self {
        let body = "<html><body><h1>503 Service Unavailable</h1></body></html>";
        Self { status: 503, content_type: "text/html", body: body.to_owned() }
    }

    /// The answer of a web server that does not know the path.
    #[must_use]
    pub fn no_such_path() -> Self {
        Self { status: 404, ..Self::unavailable() }
    }

    /// The answer of the middleware in front of Placement to a request without a token.
    #[must_use]
    pub fn unauthorized() -> Self {
        let body = r#"{"message": "This server could not verify that you are authorized.", "code": "401 Unauthorized",
            "title": "Unauthorized"}"#;
        Self { status: 401, content_type: "application/json", body: body.to_owned() }
    }

    /// Placement's answer to an unknown microversion: an error without a code.
    #[must_use]
    pub fn not_acceptable() -> Self {
        let body = r#"{"errors": [{"status": 406, "title": "Not Acceptable", "detail": "made up",
            "max_version": "1.39", "min_version": "1.0"}]}"#;
        Self { status: 406, content_type: "application/json", body: body.to_owned() }
    }

    /// A success whose body does not answer the request.
    #[must_use]
    pub fn garbage() -> Self {
        Self { status: 200, content_type: "application/json", body: "}{ not json".to_owned() }
    }
}

/// A fault with its request: the `nth` of a method with a path prefix, counted from 1, or each. `GET /` asks for the
/// versions, as the start of a service and `/readyz` do; only a rule for `versions` applies to it.
pub(crate) struct Rule {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) nth: Option<usize>,
    pub(crate) versions: bool,
    pub(crate) act: Act,
}

impl Rule {
    /// Counts a request, and returns the fault if it applies.
    pub(crate) fn take(&mut self, method: &str, path: &str) -> Option<Act> {
        let passed_over = self.nth == Some(0) || self.versions != (path == "/");
        if passed_over || method != self.method.to_string() || !path.starts_with(&self.path) {
            return None;
        }
        self.nth = self.nth.map(|nth| nth - 1);
        self.nth.is_none_or(|nth| nth == 0).then(|| self.act.clone())
    }
}
