//! Whether the client's cached copy is current (RFC 9110, 13.1.2).

use http::HeaderMap;
use http::header::IF_NONE_MATCH;

/// Whether If-None-Match contains this entity tag, including its quotes.
pub fn is_current(headers: &HeaderMap, etag: &str) -> bool {
    let values = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    // A proxy that compresses responses turns the tag into a weak one (`W/`).
    let mut tags = values.flat_map(|value| value.split(',')).map(|tag| tag.trim().trim_start_matches("W/"));
    tags.any(|tag| tag == etag || tag == "*")
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn check(said: &[&'static str], current: bool) {
        let headers = HeaderMap::from_iter(said.iter().map(|said| (IF_NONE_MATCH, HeaderValue::from_static(said))));
        assert_eq!(is_current(&headers, "\"a\""), current, "{said:?}");
    }

    #[test]
    fn a_tag_is_among_those_that_the_client_has() {
        check(&[], false);
        check(&["\"a\""], true);
        check(&["\"b\", W/\"a\""], true);
        check(&["\"b\"", "\"a\""], true);
        check(&["*"], true);
        check(&["a"], false);
        check(&["\"b\""], false);
    }
}
