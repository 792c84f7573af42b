//! The wire's error codes. Append-only: clients tell errors apart by these, so none is renamed, reused or taken away.

use http::StatusCode;

/// Why a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The request is not understood.
    BadRequest,
    /// No such route, task or policy.
    NotFound,
    /// No token, or one that is not known.
    Unauthorized,
    /// The token's roles do not reach this far.
    Forbidden,
    /// The route takes other methods.
    MethodNotAllowed,
    /// The body is of another type than the route takes.
    UnsupportedMediaType,
    /// The body is larger than the route takes.
    RequestTooLarge,
    /// The client was too slow to send its request.
    Timeout,
    /// As many tasks are open as may be.
    TooManyTasks,
    /// What must be remembered cannot be written down now.
    JournalUnavailable,
    /// The request does not go with the state of what it is about.
    Conflict,
    /// The idempotency key was used for another request.
    KeyReused,
    /// The task does not wait for a reply.
    NotWaiting,
    /// The reply does not answer what the task asks.
    ReplyMismatch,
    /// The task is not parked.
    NotParked,
    /// The component is no policy that this service can run.
    PolicyInvalid,
    /// No policy of that digest or name.
    PolicyUnknown,
    /// A policy without the signature that is asked for.
    SignatureMissing,
    /// A policy whose signature is by none of the trusted keys.
    SignatureWrong,
    /// The policy did not prove what it must before it becomes active.
    PromotionRefused,
    /// There is no policy to roll back to.
    NoPreviousPolicy,
    /// The service is about to end.
    Stopping,
    /// A mistake of the service's own; its log says more.
    Internal,
    /// The service did not answer in the time that a request may take; what it began goes on.
    Unanswered,
    /// A value that cannot be right: a task's, or a reply's.
    UnsoundValue,
    /// The question was given up before the reply came.
    ReplyTooLate,
    /// The client has as many requests or connections at work as it may.
    TooManyRequests,
    /// As many connections are at work as may be.
    TooManyConnections,
    /// The journal is as large as it may be.
    JournalFull,
    /// What every task needs was not there yet since the start.
    Starting,
    /// As many policies are compiled and judged, or wait for it, as may be.
    PoliciesBusy,
    /// A newer version of the policy was active.
    PolicyOlder,
}

impl Code {
    /// All of them, in the order in which they came to be.
    pub const ALL: [Self; 32] = [
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
        Self::UnsoundValue,
        Self::ReplyTooLate,
        Self::TooManyRequests,
        Self::TooManyConnections,
        Self::JournalFull,
        Self::Starting,
        Self::PoliciesBusy,
        Self::PolicyOlder,
    ];

    /// As it is sent.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.wire().0
    }

    /// The HTTP status that it comes with.
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
            Self::UnsoundValue => ("swaparoo.unsound_value", StatusCode::UNPROCESSABLE_ENTITY),
            Self::ReplyTooLate => ("swaparoo.reply_too_late", StatusCode::CONFLICT),
            Self::TooManyRequests => ("swaparoo.too_many_requests", StatusCode::TOO_MANY_REQUESTS),
            Self::TooManyConnections => ("swaparoo.too_many_connections", StatusCode::SERVICE_UNAVAILABLE),
            Self::JournalFull => ("swaparoo.journal_full", StatusCode::SERVICE_UNAVAILABLE),
            Self::Starting => ("swaparoo.starting", StatusCode::SERVICE_UNAVAILABLE),
            Self::PoliciesBusy => ("swaparoo.policies_busy", StatusCode::SERVICE_UNAVAILABLE),
            Self::PolicyOlder => ("swaparoo.policy_older", StatusCode::CONFLICT),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Code;

    /// A line may be added at the end. A client somewhere depends on each that is here.
    const PINNED: &str = "\
bad_request 400, not_found 404, unauthorized 401, forbidden 403, method_not_allowed 405, unsupported_media_type 415, \
request_too_large 413, timeout 408, too_many_tasks 503, journal_unavailable 503, conflict 409, key_reused 422, \
not_waiting 409, reply_mismatch 409, not_parked 409, policy_invalid 422, policy_unknown 404, signature_missing 403, \
signature_wrong 403, promotion_refused 409, no_previous_policy 409, stopping 503, internal 500, unanswered 504, \
unsound_value 422, reply_too_late 409, too_many_requests 429, too_many_connections 503, journal_full 503, starting 503, \
policies_busy 503, policy_older 409";

    #[test]
    fn the_list_only_grows() {
        let line = |code: &Code| format!("{} {}", code.as_str(), code.status().as_u16());
        let now: Vec<String> = Code::ALL.iter().map(line).collect();
        let pinned: Vec<String> = PINNED.split(", ").map(|code| format!("swaparoo.{code}")).collect();
        assert_eq!(now, pinned);
    }
}
