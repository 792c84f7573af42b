//! Escapes text from a policy, Placement, nova or a client for terminals and logs. Control characters move the cursor,
//! end the line or start a terminal command; other characters change the order in which text is displayed. Both are
//! written in Rust's form (`\u{1b}`, `\u{202e}`), so that the text stays readable.

use std::borrow::Cow;
use std::fmt::Write;

/// Escapes text for one line: line breaks are escaped, too.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    escaped(text, is_unprintable, |escaped, c| escaped.extend(c.escape_default()))
}

/// Escapes a text of several lines that this program formats and that contains values from others.
#[must_use]
pub fn lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c != '\n' && is_unprintable(c), |escaped, c| escaped.extend(c.escape_default()))
}

/// Escapes JSON text in JSON's form, so that the data stays the same. JSON itself requires this only for the first 32
/// characters.
#[must_use]
pub fn json(text: &str) -> Cow<'_, str> {
    escaped(
        text,
        |c| c != '\n' && is_unprintable(c),
        |escaped, c| {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                // Writing to a string does not fail.
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        },
    )
}

/// Whether a terminal interprets the character instead of showing it: C0, DEL and C1, line and paragraph separators,
/// the byte order mark, and all characters that change the direction of text.
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{206f}' | '\u{feff}'
        )
}

fn escaped(text: &str, unfit: impl Fn(char) -> bool, escape: impl Fn(&mut String, char)) -> Cow<'_, str> {
    if !text.contains(&unfit) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if unfit(c) { escape(&mut escaped, c) } else { escaped.push(c) }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "a\u{1b}]0;title\u{7}\r\u{9b}2J\u{202e}b\u{2066}\u{200f}\u{61c}\u{2028}\u{feff}\u{7f}ü\n";

    #[test]
    fn control_characters_are_escaped() {
        // Letters of other scripts are shown as they are.
        let rest = "a\\u{1b}]0;title\\u{7}\\r\\u{9b}2J\\u{202e}b\\u{2066}\\u{200f}\\u{61c}\\u{2028}\\u{feff}\\u{7f}ü";
        assert_eq!(line(HOSTILE), format!("{rest}\\n"));
        assert_eq!(lines(HOSTILE), format!("{rest}\n"));
        assert_eq!(line(&line(HOSTILE)), line(HOSTILE));
    }

    #[test]
    fn text_without_such_characters_is_left_alone() {
        let text = "PUT /allocations nothing, at generation 3: \u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{1f600} \\n";
        assert!(matches!(line(text), Cow::Borrowed(same) if same == text));
    }

    #[test]
    fn json_stays_the_same_data() {
        let value = serde_json::json!({ "detail": HOSTILE, "n": 1 });
        let shown = serde_json::to_string_pretty(&value).unwrap();
        let printed = json(&shown);
        assert!(printed.chars().all(|c| c == '\n' || !is_unprintable(c)), "{printed}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&printed).unwrap(), value);
    }
}
