//! How long ago nova's times were.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::describe::count;
use crate::facts::timestamp;

/// How long ago this was, by a time in nova's format, which is in UTC; `None` if it is not understood or in the future.
pub fn since(time: &str, now: SystemTime) -> Option<Duration> {
    let time = timestamp(time)?;
    let now = now.duration_since(UNIX_EPOCH).ok()?;
    now.checked_sub(Duration::from_secs(u64::try_from(time).ok()?))
}

/// A duration in words, in the largest unit that is not 0.
pub fn words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let (number, unit) = units
        .into_iter()
        .map(|(size, unit)| (seconds / size, unit))
        .find(|(number, _)| *number > 0)
        .unwrap_or((0, "second"));
    count(number, unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_time_before_now_is_ago() {
        let now = UNIX_EPOCH + Duration::from_secs(1_000_000_060);
        assert_eq!(since("2001-09-09T01:46:40", now), Some(Duration::from_secs(60)));
        for text in ["yesterday", "", "2001-09-10T01:46:40"] {
            assert_eq!(since(text, now), None, "{text}");
        }
    }

    #[test]
    fn the_largest_unit_is_named() {
        for (seconds, expected) in [(0, "0 seconds"), (60, "1 minute"), (7_300, "2 hours"), (200_000, "2 days")] {
            assert_eq!(words(Duration::from_secs(seconds)), expected);
        }
    }
}
