//! Parsers of values with a unit, such as `"30s"` and `"1MiB"`, of numbers and URLs.

use std::fmt;
use std::marker::PhantomData;
use std::num::NonZeroU64;
use std::ops::RangeInclusive;
use std::time::Duration;

use reqwest::Url;
use serde::de::{Deserializer, Error, Unexpected, Visitor};

/// A duration such as `"200ms"`, `"60s"`, `"5m"`, `"12h"`, `"30d"`.
pub fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    from.deserialize_any(WithUnit::<Duration>(PhantomData))
}

/// A size such as `"64KiB"`, in bytes.
pub fn size<'de, D: Deserializer<'de>>(from: D) -> Result<usize, D::Error> {
    from.deserialize_any(WithUnit::<usize>(PhantomData))
}

/// A size within these bounds, which are whole numbers of MiB.
pub fn size_within<'de, D: Deserializer<'de>>(from: D, bounds: RangeInclusive<usize>) -> Result<usize, D::Error> {
    let bytes = size(from)?;
    if bounds.contains(&bytes) {
        return Ok(bytes);
    }
    let [least, most] = [bounds.start(), bounds.end()].map(|bound| bound >> 20);
    Err(D::Error::custom(format!("it must be \"{least}MiB\" to \"{most}MiB\"")))
}

/// A whole number greater than 0.
pub fn positive<'de, D: Deserializer<'de>, T: TryFrom<NonZeroU64>>(from: D) -> Result<T, D::Error> {
    let number = from.deserialize_any(WholeNumber(1..=u64::MAX))?;
    let value = NonZeroU64::new(number).and_then(|number| T::try_from(number).ok());
    value.ok_or_else(|| D::Error::custom(format!("{number} is too large")))
}

/// A whole number within these bounds.
pub fn integer_within<'de, D: Deserializer<'de>>(from: D, bounds: RangeInclusive<u64>) -> Result<u64, D::Error> {
    from.deserialize_any(WholeNumber(bounds))
}

/// An `http://` or `https://` address.
pub fn url<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Url>, D::Error> {
    let text: String = serde::Deserialize::deserialize(from)?;
    let url = Url::parse(&text).map_err(|error| D::Error::custom(format!("{text:?} is not a URL: {error}")))?;
    match url.scheme() {
        "http" | "https" => Ok(Some(url)),
        _ => Err(D::Error::custom(format!("{text:?} is not a URL of http:// or https://"))),
    }
}

/// A duration in an option of the command line.
///
/// # Errors
/// A number without a unit, or another unit.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let duration = with_unit(text);
    duration.ok_or_else(|| "write a duration with its unit, such as 6h (ms, s, m, h or d)".to_owned())
}

fn with_unit<T: Unit>(text: &str) -> Option<T> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits)?;
    T::of(number.parse().ok()?, unit.trim_start())
}

trait Unit: Sized {
    /// A description of valid values, for error messages.
    const RIGHT: &'static str;

    fn of(number: u64, unit: &str) -> Option<Self>;
}

impl Unit for Duration {
    const RIGHT: &'static str = "a duration with its unit in quotes, such as \"60s\" (ms, s, m, h or d)";

    fn of(number: u64, unit: &str) -> Option<Self> {
        let seconds = match unit {
            "ms" => return Some(Self::from_millis(number)),
            "s" => 1,
            "m" => 60,
            "h" => 60 * 60,
            "d" => 24 * 60 * 60,
            _ => return None,
        };
        number.checked_mul(seconds).map(Self::from_secs)
    }
}

impl Unit for usize {
    const RIGHT: &'static str = "a size with its unit in quotes, such as \"1MiB\" (B, KiB, MiB or GiB)";

    fn of(number: u64, unit: &str) -> Option<Self> {
        let bytes = match unit {
            "B" => 1,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            _ => return None,
        };
        number.checked_mul(bytes)?.try_into().ok()
    }
}

struct WithUnit<T>(PhantomData<T>);

impl<T: Unit> Visitor<'_> for WithUnit<T> {
    type Value = T;

    fn expecting(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        text.write_str(T::RIGHT)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        with_unit(text).ok_or_else(|| E::custom(format!("{text:?} is not understood: write {}", T::RIGHT)))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        Err(E::custom(format!("{number} has no unit: write {}", T::RIGHT)))
    }
}

struct WholeNumber(RangeInclusive<u64>);

impl Visitor<'_> for WholeNumber {
    type Value = u64;

    fn expecting(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.start(), self.0.end()) {
            (least, &u64::MAX) => write!(text, "a whole number of at least {least}"),
            (least, most) => write!(text, "a whole number of {least} to {most}"),
        }
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<u64, E> {
        let value = u64::try_from(number).ok().filter(|value| self.0.contains(value));
        value.ok_or_else(|| E::invalid_value(Unexpected::Signed(number), &self))
    }
}
