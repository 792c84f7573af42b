//! The proxy's metrics.

use http::{Method, StatusCode};

use crate::http::config::ProxyMode;
use crate::http::metrics::table;

/// What became of a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoveResult {
    /// The policy decided it, and it is done.
    Done,
    /// Placement refused the policy's write.
    Refused,
    /// The consumers did not hold what the client had read, so it passed, for Placement's own refusal.
    Stale,
    /// It passed, because without nova a way back cannot be decided.
    Passed,
    /// It passed, because no policy could decide it (`proxy.fail = "open"`).
    FailedOpen,
    /// It was answered with 503.
    Failed,
    /// In observation: the policy would have written the same.
    Same,
    /// In observation: the policy would have done something else.
    Differs,
    /// In observation: it is not known what the policy would have done.
    Unknown,
}

/// Counts an answered request.
pub fn request(method: &Method, status: StatusCode) {
    let method = match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        _ => "other",
    };
    let status = status.as_u16().to_string();
    metrics::counter!(table::PROXY_REQUESTS, "method" => method, "status" => status).increment(1);
}

/// Counts a move.
pub fn moved(mode: ProxyMode, result: MoveResult) {
    let result = match result {
        MoveResult::Done => "done",
        MoveResult::Refused => "refused",
        MoveResult::Stale => "stale",
        MoveResult::Passed => "passed",
        MoveResult::FailedOpen => "failed-open",
        MoveResult::Failed => "failed",
        MoveResult::Same => "same",
        MoveResult::Differs => "differs",
        MoveResult::Unknown => "unknown",
    };
    metrics::counter!(table::PROXY_MOVES, "mode" => mode.name(), "result" => result).increment(1);
}
