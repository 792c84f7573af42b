//! One answer of Placement, or of a proxy before it: may the request be sent again?

use super::HttpOutcome;
use super::placement_codec::refusal;
use crate::clients::outgoing::Repeat;

/// An answer, and what its status and headers say about sending the request again.
pub(super) struct Answer {
    pub outcome: HttpOutcome,
    pub said: Repeat,
}

impl From<HttpOutcome> for Answer {
    fn from(outcome: HttpOutcome) -> Self {
        Self { outcome, said: Repeat::No }
    }
}

impl Answer {
    /// Whether the request may be sent again. A write may have been done unless the answer shows that it was not.
    /// Placement's own 500 is usually a deadlock in its database, or a lost connection to it.
    pub fn repeat(&self, read: bool) -> Repeat {
        match self.outcome {
            HttpOutcome::Response { status: 500, .. } | HttpOutcome::Lost(_) | HttpOutcome::Unsent(_) if read => {
                Repeat::Soon
            }
            HttpOutcome::Response { .. } if read => self.said,
            _ => self.said.if_not_done(),
        }
    }

    /// Whether Placement did not receive the request and may be at another address.
    pub fn is_elsewhere(&self) -> bool {
        match &self.outcome {
            HttpOutcome::Unsent(_) | HttpOutcome::Untrusted(_) => true,
            HttpOutcome::Response { status: 404, body } => refusal(404, body).is_none(),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn answer(status: u16, body: &str, said: Repeat) -> Answer {
        Answer { outcome: HttpOutcome::Response { status, body: body.into() }, said }
    }

    #[test]
    fn reads_are_repeated_after_server_errors_and_writes_only_if_they_were_not_done() {
        let after = Repeat::After(Duration::from_secs(7));
        let lost = || Answer::from(HttpOutcome::Lost(String::new()));
        let unsent = || Answer::from(HttpOutcome::Unsent(String::new()));
        let untrusted = || Answer::from(HttpOutcome::Untrusted(String::new()));
        for (answer, read, write) in [
            (lost(), Repeat::Soon, Repeat::No),
            (unsent(), Repeat::Soon, Repeat::No),
            (untrusted(), Repeat::No, Repeat::No),
            (answer(500, "", Repeat::No), Repeat::Soon, Repeat::No),
            (answer(503, "", Repeat::Soon), Repeat::Soon, Repeat::No),
            (answer(429, "", after), after, after),
            (answer(409, "", Repeat::No), Repeat::No, Repeat::No),
        ] {
            assert_eq!((answer.repeat(true), answer.repeat(false)), (read, write), "{:?}", answer.outcome);
        }
    }

    #[test]
    fn only_a_404_of_something_else_shows_that_placement_is_elsewhere() {
        let own = r#"{"errors": [{"status": 404, "detail": "No resource provider with uuid X found"}]}"#;
        assert!(answer(404, "<html>", Repeat::No).is_elsewhere());
        assert!(!answer(404, own, Repeat::No).is_elsewhere());
        assert!(!answer(502, "<html>", Repeat::No).is_elsewhere());
        assert!(Answer::from(HttpOutcome::Unsent(String::new())).is_elsewhere());
        assert!(Answer::from(HttpOutcome::Untrusted(String::new())).is_elsewhere(), "its address may have moved");
        assert!(!Answer::from(HttpOutcome::Lost(String::new())).is_elsewhere());
    }
}
