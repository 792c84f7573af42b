//! What a request would change.

use std::collections::BTreeMap;

use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Method};
use serde::de::IgnoredAny;
use uuid::Uuid;

/// The largest POST /allocations that is read, in bytes; nova's have one kilobyte. A larger one is no move, and passes.
const LARGEST: u64 = 1 << 20;

/// Whose allocations a request changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Those of the consumers in its body.
    Several,
    /// Those of this consumer.
    Consumer(String),
    /// None, or those of a whole cloud (`POST /reshaper`).
    Other,
}

impl Target {
    /// From a request's head. The path may have a prefix, such as `/placement`.
    pub fn of(method: &Method, path: &str, headers: &HeaderMap) -> Self {
        let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if length.is_some_and(|length| length > LARGEST) {
            return Self::Other;
        }
        let mut parts = path.rsplit('/');
        match (method, parts.next(), parts.next()) {
            (&Method::POST, Some("allocations"), _) => Self::Several,
            (&Method::PUT | &Method::DELETE, Some(consumer), Some("allocations")) => {
                Self::Consumer(canonical(consumer))
            }
            _ => Self::Other,
        }
    }

    /// The consumers, in order.
    pub fn consumers(&self, body: &[u8]) -> Vec<String> {
        match self {
            Self::Consumer(consumer) => vec![consumer.clone()],
            Self::Several => serde_json::from_slice::<BTreeMap<String, IgnoredAny>>(body)
                .map(|entries| entries.keys().map(|consumer| canonical(consumer)).collect())
                .unwrap_or_default(),
            Self::Other => Vec::new(),
        }
    }
}

/// The form in which tasks name a consumer.
fn canonical(consumer: &str) -> String {
    Uuid::try_parse(consumer).map_or_else(|_| consumer.to_owned(), |uuid| uuid.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_of_allocations_are_found_under_any_prefix() {
        let of = |method: Method, path: &str| Target::of(&method, path, &HeaderMap::new());
        let consumer = Target::Consumer("0b9f1e2c-7d3a-4c53-8fb4-5f3a3b1d9c11".into());
        assert_eq!(of(Method::POST, "/allocations"), Target::Several);
        assert_eq!(of(Method::POST, "/placement/allocations"), Target::Several);
        assert_eq!(of(Method::PUT, "/allocations/0B9F1E2C7D3A4C538FB45F3A3B1D9C11"), consumer);
        assert_eq!(of(Method::DELETE, "/p/allocations/0b9f1e2c-7d3a-4c53-8fb4-5f3a3b1d9c11"), consumer);
        for (method, path) in [
            (Method::GET, "/allocations/0b9f1e2c-7d3a-4c53-8fb4-5f3a3b1d9c11"),
            (Method::POST, "/reshaper"),
            (Method::PUT, "/resource_providers/a/inventories"),
            (Method::GET, "/resource_providers/a/allocations"),
        ] {
            assert_eq!(of(method, path), Target::Other, "{path}");
        }
    }

    #[test]
    fn a_body_names_its_consumers() {
        assert_eq!(Target::Several.consumers(br#"{"b": {}, "a": {"x": [1]}}"#), ["a", "b"]);
        assert!(Target::Several.consumers(b"[").is_empty());
    }
}
