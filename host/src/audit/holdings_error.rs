//! Why Placement's allocations could not be read.

use swaparoo_placement::Microversion;

use crate::placement_codec::refusal;

/// How many characters of an answer are shown that is not Placement's.
const SHOWN: usize = 200;

/// The allocations could not be read completely.
#[derive(Debug, thiserror::Error)]
pub enum HoldingsError {
    /// Placement does not answer.
    #[error(
        "Placement does not answer GET {path}: {why}; check that it runs, and check --placement or the cloud's endpoint"
    )]
    Silent {
        /// The path of the request.
        path: String,
        /// The error of the transport.
        why: String,
    },
    /// The certificate of Placement is not accepted.
    #[error("{0}")]
    Untrusted(String),
    /// Placement's answer is not the expected one.
    #[error("Placement answers {status} to GET {path}{}", explained(*status, body))]
    Refused {
        /// The path of the request.
        path: String,
        /// The HTTP status.
        status: u16,
        /// The beginning of the body.
        body: String,
    },
}

impl HoldingsError {
    /// Whether it is Placement's own answer that there is no such provider.
    pub(super) fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { status: 404, body, .. } if refusal(404, body.as_bytes()).is_some())
    }
}

/// Placement's message and the way out, as the end of an error.
fn explained(status: u16, body: &str) -> String {
    let parts = [message(status, body), way_out(status, body)];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { String::new() } else { format!(": {}", parts.join("; ")) }
}

/// Placement's own message, or the beginning of another body.
fn message(status: u16, body: &str) -> String {
    let own = refusal(status, body.as_bytes()).map(|refusal| refusal.detail);
    let text = own.unwrap_or_else(|| body.chars().take(SHOWN).collect());
    text.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches('.').to_owned()
}

/// What an operator can do about a status. Only Placement's own 403 is about the credentials' roles: a proxy may answer
/// 403, too.
fn way_out(status: u16, body: &str) -> String {
    match status {
        401 => "the token is unknown or has expired".to_owned(),
        403 if refusal(status, body.as_bytes()).is_some() => {
            "listing allocations needs an administrator's credentials".to_owned()
        }
        406 => format!("the audit needs a Placement that supports the microversion {}", Microversion::NOVA),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u16, body: &str, words: &str) {
        let error = HoldingsError::Refused { path: "/resource_providers".into(), status, body: body.into() };
        assert_eq!(error.to_string(), format!("Placement answers {status} to GET /resource_providers: {words}"));
    }

    #[test]
    fn an_error_has_placements_message_and_the_way_out_of_its_cause() {
        let own = |status: u16, detail: &str| {
            format!(r#"{{"errors": [{{"status": {status}, "title": "x", "detail": "{detail}"}}]}}"#)
        };
        check(
            403,
            &own(403, "Policy does not allow this."),
            "Policy does not allow this; listing allocations needs an administrator's credentials",
        );
        check(403, "<html> Denied by\n squid", "<html> Denied by squid");
        let range = "Version 1.28 is not supported by the API.\\n Minimum is 1.0 and maximum is 1.17.";
        check(
            406,
            &own(406, range),
            "Version 1.28 is not supported by the API. Minimum is 1.0 and maximum is 1.17; the audit needs a Placement \
             that supports the microversion 1.28",
        );
        check(503, "<html>", "<html>");
        check(401, "", "the token is unknown or has expired");
    }
}
