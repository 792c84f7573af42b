//! One answer of Placement, or of a proxy before it: may a read be repeated, and when?

use std::time::Duration;

use super::HttpOutcome;

/// The statuses of a proxy that has no answer of the service behind it.
const GATEWAY: [u16; 3] = [502, 503, 504];

/// An answer, and when the request may be repeated, if the answer says so.
pub(super) struct Answer {
    pub outcome: HttpOutcome,
    pub retry_after: Option<Duration>,
}

impl From<HttpOutcome> for Answer {
    fn from(outcome: HttpOutcome) -> Self {
        Self { outcome, retry_after: None }
    }
}

impl Answer {
    /// How long to wait before the read is repeated: `usual`, or what a 429 asks for, but at most `most`. `None` if it
    /// must not be repeated.
    pub fn pause(&self, usual: Duration, most: Duration) -> Option<Duration> {
        match self.outcome {
            HttpOutcome::Response { status: 429, .. } => self.retry_after.filter(|wanted| *wanted <= most),
            HttpOutcome::Response { status, .. } => GATEWAY.contains(&status).then_some(usual),
            HttpOutcome::Lost(_) | HttpOutcome::Unsent(_) => Some(usual),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_are_repeated_if_another_answer_may_come() {
        let (usual, most) = (Duration::from_millis(200), Duration::from_secs(30));
        let answer = |status, retry_after: Option<u64>| Answer {
            outcome: HttpOutcome::Response { status, body: Vec::new() },
            retry_after: retry_after.map(Duration::from_secs),
        };
        for status in [502, 503, 504] {
            assert_eq!(answer(status, Some(9)).pause(usual, most), Some(usual), "{status}");
        }
        for status in [200, 404, 409, 500] {
            assert_eq!(answer(status, Some(1)).pause(usual, most), None, "{status}");
        }
        let asked = [Some(1), Some(30), Some(31), None].map(|seconds| answer(429, seconds).pause(usual, most));
        assert_eq!(asked, [Some(Duration::from_secs(1)), Some(most), None, None]);
        assert_eq!(Answer::from(HttpOutcome::Lost(String::new())).pause(usual, most), Some(usual));
    }
}
