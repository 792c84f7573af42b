//! Error codes of the HTTP API. Clients depend on them, so a code is never renamed, reused or removed.

use http::StatusCode;

/// Why a request failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The request is malformed.
    BadRequest,
    /// The route, task or policy does not exist.
    NotFound,
    /// The token is missing or unknown.
    Unauthorized,
    /// The token's roles do not allow this request.
    Forbidden,
    /// The route does not support this method.
    MethodNotAllowed,
    /// The body's Content-Type is not the one that the route accepts.
    UnsupportedMediaType,
    /// The body is larger than the route allows.
    RequestTooLarge,
    /// The client was too slow to send its request.
    Timeout,
    /// The limit of open tasks is reached.
    TooManyTasks,
    /// The journal cannot be written or read now.
    JournalUnavailable,
    /// The request does not fit the current state of the task or policy.
    Conflict,
    /// The idempotency key was already used for a different request.
    KeyReused,
    /// The task does not wait for a reply.
    NotWaiting,
    /// The reply does not match the task's effect, or the effect already has a different reply.
    ReplyMismatch,
    /// The task is not parked.
    NotParked,
    /// The component is not a policy that this service can run.
    PolicyInvalid,
    /// No policy has that digest or name.
    PolicyUnknown,
    /// The policy has no signature, but one is required.
    SignatureMissing,
    /// No trusted key made the policy's signature.
    SignatureWrong,
    /// The gate refused to make the policy active.
    PromotionRefused,
    /// There is no previous policy to roll back to.
    NoPreviousPolicy,
    /// The service is stopping.
    Stopping,
    /// An internal error; the service log has details.
    Internal,
    /// The service did not answer within the deadline; work that has started continues.
    Unanswered,
    /// A value in a task or reply is invalid.
    InvalidValue,
    /// The reply came after the effect's timeout.
    ReplyTooLate,
    /// The client has reached its limit of concurrent requests or connections.
    TooManyRequests,
    /// The limit of active connections is reached.
    TooManyConnections,
    /// The journal has reached its maximum size.
    JournalFull,
    /// Keystone or Placement has not answered since the service started.
    Starting,
    /// The limit of policies being compiled or checked, or waiting for that, is reached.
    PoliciesBusy,
    /// A newer version of the policy was already active.
    PolicyOlder,
    /// The task belongs to another runner, which cannot be asked now.
    OtherRunner,
    /// Keystone does not say whose token it is.
    KeystoneUnavailable,
    /// The client asks for a version of the API that does not exist.
    VersionUnsupported,
    /// The proxy could not send a request to Placement.
    PlacementUnreachable,
    /// Placement did not answer a request of the proxy; a write may have been done.
    PlacementSilent,
    /// The proxy could not decide a move, or not in time; the text says what was done.
    NotDecided,
}

impl Code {
    /// All codes, in the order in which they were added.
    pub const ALL: [Self; 38] = [
        Self::BadRequest,
        Self::NotFound,
        Self::Unauthorized,
        Self::Forbidden,
        Self::MethodNotAllowed,
        Self::UnsupportedMediaType,
        Self::RequestTooLarge,
        Self::Timeout,
        Self::TooManyTasks,
        Self::JournalUnavailable,
        Self::Conflict,
        Self::KeyReused,
        Self::NotWaiting,
        Self::ReplyMismatch,
        Self::NotParked,
        Self::PolicyInvalid,
        Self::PolicyUnknown,
        Self::SignatureMissing,
        Self::SignatureWrong,
        Self::PromotionRefused,
        Self::NoPreviousPolicy,
        Self::Stopping,
        Self::Internal,
        Self::Unanswered,
        Self::InvalidValue,
        Self::ReplyTooLate,
        Self::TooManyRequests,
        Self::TooManyConnections,
        Self::JournalFull,
        Self::Starting,
        Self::PoliciesBusy,
        Self::PolicyOlder,
        Self::OtherRunner,
        Self::KeystoneUnavailable,
        Self::VersionUnsupported,
        Self::PlacementUnreachable,
        Self::PlacementSilent,
        Self::NotDecided,
    ];

    /// The code as in the response body.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.wire().0
    }

    /// The HTTP status of responses with this code.
    #[must_use]
    pub fn status(self) -> StatusCode {
        self.wire().1
    }

    fn wire(self) -> (&'static str, StatusCode) {
        match self {
            Self::BadRequest => ("swaparoo.bad_request", StatusCode::BAD_REQUEST),
            Self::NotFound => ("swaparoo.not_found", StatusCode::NOT_FOUND),
            Self::Unauthorized => ("swaparoo.unauthorized", StatusCode::UNAUTHORIZED),
            Self::Forbidden => ("swaparoo.forbidden", StatusCode::FORBIDDEN),
            Self::MethodNotAllowed => ("swaparoo.method_not_allowed", StatusCode::METHOD_NOT_ALLOWED),
            Self::UnsupportedMediaType => ("swaparoo.unsupported_media_type", StatusCode::UNSUPPORTED_MEDIA_TYPE),
            Self::RequestTooLarge => ("swaparoo.request_too_large", StatusCode::PAYLOAD_TOO_LARGE),
            Self::Timeout => ("swaparoo.timeout", StatusCode::REQUEST_TIMEOUT),
            Self::TooManyTasks => ("swaparoo.too_many_tasks", StatusCode::SERVICE_UNAVAILABLE),
            Self::JournalUnavailable => ("swaparoo.journal_unavailable", StatusCode::SERVICE_UNAVAILABLE),
            Self::Conflict => ("swaparoo.conflict", StatusCode::CONFLICT),
            Self::KeyReused => ("swaparoo.key_reused", StatusCode::UNPROCESSABLE_ENTITY),
            Self::NotWaiting => ("swaparoo.not_waiting", StatusCode::CONFLICT),
            Self::ReplyMismatch => ("swaparoo.reply_mismatch", StatusCode::CONFLICT),
            Self::NotParked => ("swaparoo.not_parked", StatusCode::CONFLICT),
            Self::PolicyInvalid => ("swaparoo.policy_invalid", StatusCode::UNPROCESSABLE_ENTITY),
            Self::PolicyUnknown => ("swaparoo.policy_unknown", StatusCode::NOT_FOUND),
            Self::SignatureMissing => ("swaparoo.signature_missing", StatusCode::FORBIDDEN),
            Self::SignatureWrong => ("swaparoo.signature_wrong", StatusCode::FORBIDDEN),
            Self::PromotionRefused => ("swaparoo.promotion_refused", StatusCode::CONFLICT),
            Self::NoPreviousPolicy => ("swaparoo.no_previous_policy", StatusCode::CONFLICT),
            Self::Stopping => ("swaparoo.stopping", StatusCode::SERVICE_UNAVAILABLE),
            Self::Internal => ("swaparoo.internal", StatusCode::INTERNAL_SERVER_ERROR),
            Self::Unanswered => ("swaparoo.unanswered", StatusCode::GATEWAY_TIMEOUT),
            Self::InvalidValue => ("swaparoo.unsound_value", StatusCode::UNPROCESSABLE_ENTITY),
            Self::ReplyTooLate => ("swaparoo.reply_too_late", StatusCode::CONFLICT),
            Self::TooManyRequests => ("swaparoo.too_many_requests", StatusCode::TOO_MANY_REQUESTS),
            Self::TooManyConnections => ("swaparoo.too_many_connections", StatusCode::SERVICE_UNAVAILABLE),
            Self::JournalFull => ("swaparoo.journal_full", StatusCode::SERVICE_UNAVAILABLE),
            Self::Starting => ("swaparoo.starting", StatusCode::SERVICE_UNAVAILABLE),
            Self::PoliciesBusy => ("swaparoo.policies_busy", StatusCode::SERVICE_UNAVAILABLE),
            Self::PolicyOlder => ("swaparoo.policy_older", StatusCode::CONFLICT),
            Self::OtherRunner => ("swaparoo.other_runner", StatusCode::SERVICE_UNAVAILABLE),
            Self::KeystoneUnavailable => ("swaparoo.keystone_unavailable", StatusCode::SERVICE_UNAVAILABLE),
            Self::VersionUnsupported => ("swaparoo.version_unsupported", StatusCode::NOT_ACCEPTABLE),
            Self::PlacementUnreachable => ("swaparoo.placement_unreachable", StatusCode::SERVICE_UNAVAILABLE),
            Self::PlacementSilent => ("swaparoo.placement_silent", StatusCode::BAD_GATEWAY),
            Self::NotDecided => ("swaparoo.not_decided", StatusCode::SERVICE_UNAVAILABLE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Code;

    /// Codes may only be added at the end: clients depend on each existing one.
    const PINNED: &str = "\
bad_request 400, not_found 404, unauthorized 401, forbidden 403, method_not_allowed 405, unsupported_media_type 415, \
request_too_large 413, timeout 408, too_many_tasks 503, journal_unavailable 503, conflict 409, key_reused 422, \
not_waiting 409, reply_mismatch 409, not_parked 409, policy_invalid 422, policy_unknown 404, signature_missing 403, \
signature_wrong 403, promotion_refused 409, no_previous_policy 409, stopping 503, internal 500, unanswered 504, \
unsound_value 422, reply_too_late 409, too_many_requests 429, too_many_connections 503, journal_full 503, starting 503, \
policies_busy 503, policy_older 409, other_runner 503, keystone_unavailable 503, version_unsupported 406, \
placement_unreachable 503, placement_silent 502, not_decided 503";

    #[test]
    fn the_list_only_grows() {
        let line = |code: &Code| format!("{} {}", code.as_str(), code.status().as_u16());
        let now: Vec<String> = Code::ALL.iter().map(line).collect();
        let pinned: Vec<String> = PINNED.split(", ").map(|code| format!("swaparoo.{code}")).collect();
        assert_eq!(now, pinned);
    }
}
