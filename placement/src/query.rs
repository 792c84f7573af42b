//! Parses the query part of a path and decodes percent signs and plus signs.

/// The pairs of name and value, in order.
pub(crate) fn pairs(query: &str) -> Vec<(String, String)> {
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escape = (*first == b'%').then(|| after.get(..2)).flatten().and_then(hex);
        bytes.push(match (first, escape) {
            (_, Some(byte)) => byte,
            (b'+', None) => b' ',
            (byte, None) => *byte,
        });
        rest = if escape.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digits: &[u8]) -> Option<u8> {
    std::str::from_utf8(digits).ok().and_then(|text| u8::from_str_radix(text, 16).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_resolved() {
        let check = |query: &str, expected: &[(&str, &str)]| {
            let got = pairs(query);
            let got: Vec<_> = got.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            assert_eq!(got, expected, "{query}");
        };
        check("", &[]);
        check("a=1&b=x%20y+z", &[("a", "1"), ("b", "x y z")]);
        check("a&b=%zz&c=%", &[("a", ""), ("b", "%zz"), ("c", "%")]);
    }
}
