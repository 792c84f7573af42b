//! When the same request is sent again, after which pause, and how often.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::DateTime;
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// The pauses before a request is sent again, so that it is sent at most three times.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(800)];
/// The pause after a 429 that names none.
const UNNAMED: Duration = Duration::from_secs(1);
/// The pause after a 408.
const INCOMPLETE: Duration = Duration::from_millis(200);
/// The longest total time for which the header Retry-After is obeyed. A task that waits longer blocks others.
const OBEYED: Duration = Duration::from_secs(30);
/// The statuses of a proxy that has no answer of the service behind it.
const GATEWAY: [u16; 3] = [502, 503, 504];

/// What an answer says about sending the request again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// It would get the same answer.
    No,
    /// Another answer may come.
    Soon,
    /// A front end did not pass the request on: it was not done, and may be sent again after this time.
    After(Duration),
}

impl Repeat {
    /// What a status says, with the header Retry-After.
    pub fn of(status: u16, headers: &HeaderMap) -> Self {
        match status {
            429 => Self::After(retry_after(headers).unwrap_or(UNNAMED)),
            // A proxy's answer on a connection on which it received no complete request in time.
            408 => Self::After(INCOMPLETE),
            status if GATEWAY.contains(&status) => Self::Soon,
            _ => Self::No,
        }
    }

    /// The same for a request that may be repeated only if it was not done.
    #[must_use]
    pub fn if_not_done(self) -> Self {
        if self == Self::Soon { Self::No } else { self }
    }
}

/// Seconds, or a time of the clock.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?;
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = u64::try_from(DateTime::parse_from_rfc2822(value).ok()?.timestamp()).ok()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    Some(Duration::from_secs(at).saturating_sub(now))
}

/// The pauses of one request that are left.
#[derive(Debug)]
pub struct Pauses {
    left: std::array::IntoIter<Duration, 2>,
    obeyed: Duration,
}

impl Default for Pauses {
    fn default() -> Self {
        Self { left: PAUSES.into_iter(), obeyed: Duration::ZERO }
    }
}

impl Pauses {
    /// The pause before the request is sent again; `None` if it is not sent again.
    pub fn next(&mut self, repeat: Repeat) -> Option<Duration> {
        let usual = self.left.next()?;
        match repeat {
            Repeat::No => None,
            Repeat::Soon => Some(usual),
            Repeat::After(asked) => {
                self.obeyed = self.obeyed.checked_add(asked).filter(|obeyed| *obeyed <= OBEYED)?;
                Some(asked)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn repeat(status: u16, retry_after: &str) -> Repeat {
        Repeat::of(status, &HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_str(retry_after).unwrap())]))
    }

    #[test]
    fn a_request_is_repeated_if_another_answer_may_come() {
        for status in [502, 503, 504] {
            assert_eq!(repeat(status, "9"), Repeat::Soon, "{status}");
            assert_eq!(repeat(status, "9").if_not_done(), Repeat::No, "{status} does not say whether a write was done");
        }
        for status in [200, 404, 409, 500] {
            assert_eq!(repeat(status, "1"), Repeat::No, "{status}");
        }
        let seconds = |seconds| Repeat::After(Duration::from_secs(seconds));
        assert_eq!(repeat(429, "7"), seconds(7));
        assert_eq!(repeat(429, "7").if_not_done(), seconds(7));
        assert_eq!(repeat(429, "Wed, 21 Oct 2015 07:28:00 GMT"), seconds(0), "that time has passed");
        assert_eq!(repeat(429, "soon"), seconds(1));
        assert_eq!(Repeat::of(429, &HeaderMap::new()), seconds(1));
        assert_eq!(repeat(408, "7").if_not_done(), Repeat::After(INCOMPLETE));
    }

    #[test]
    fn a_request_is_sent_at_most_three_times_and_not_after_long_pauses() {
        let pauses = |repeats: &[Repeat]| {
            let mut pauses = Pauses::default();
            repeats.iter().map_while(|repeat| pauses.next(*repeat)).map(|it| it.as_millis()).collect::<Vec<_>>()
        };
        let after = |seconds| Repeat::After(Duration::from_secs(seconds));
        assert_eq!(pauses(&[Repeat::Soon; 5]), [200, 800]);
        assert_eq!(pauses(&[Repeat::Soon, Repeat::No]), [200]);
        assert_eq!(pauses(&[after(20), after(10), after(0)]), [20_000, 10_000]);
        assert_eq!(pauses(&[after(20), after(11)]), [20_000]);
        assert_eq!(pauses(&[after(u64::MAX)]), [0; 0]);
    }
}
