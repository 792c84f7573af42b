//! nova's times.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::NaiveDateTime;

/// How long ago this was, by a time in nova's format, which is in UTC; `None` if it is not understood or in the future.
pub fn since(time: &str, now: SystemTime) -> Option<Duration> {
    let bare = time.trim_end_matches('Z').trim_end_matches("+00:00");
    let time = NaiveDateTime::parse_from_str(bare, "%Y-%m-%dT%H:%M:%S%.f").ok()?.and_utc().timestamp();
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
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn novas_formats_are_understood() {
        let now = UNIX_EPOCH + Duration::from_secs(1_000_000_060);
        for text in ["2001-09-09T01:46:40", "2001-09-09T01:46:40.000000", "2001-09-09T01:46:40Z"] {
            assert_eq!(since(text, now), Some(Duration::from_secs(60)), "{text}");
        }
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
