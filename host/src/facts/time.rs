//! nova's times.

use chrono::NaiveDateTime;

/// The seconds since 1970 of a time in nova's format, which is in UTC; `None` if it does not have this format.
#[must_use]
pub fn timestamp(time: &str) -> Option<i64> {
    let bare = time.trim_end_matches('Z').trim_end_matches("+00:00");
    Some(NaiveDateTime::parse_from_str(bare, "%Y-%m-%dT%H:%M:%S%.f").ok()?.and_utc().timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn novas_formats_are_understood() {
        for text in
            ["2001-09-09T01:46:40", "2001-09-09T01:46:40.000000", "2001-09-09T01:46:40Z", "2001-09-09T01:46:40+00:00"]
        {
            assert_eq!(timestamp(text), Some(1_000_000_000), "{text}");
        }
        for text in ["yesterday", "", "2001-09-09", "2001-09-09T01:46:40+02:00"] {
            assert_eq!(timestamp(text), None, "{text}");
        }
    }
}
