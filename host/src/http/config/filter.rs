//! The filter of the log.

use serde::{Deserialize, Deserializer};
use tracing_subscriber::EnvFilter;

/// The levels that stand alone; numbers from 0 to 5 mean the same.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// A filter in the syntax of `RUST_LOG`.
pub fn filter<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    checked(&text).map_err(serde::de::Error::custom)?;
    Ok(text)
}

fn checked(text: &str) -> Result<(), String> {
    if let Some(word) = text.split(',').map(str::trim).find(|directive| is_a_word(directive) && !is_level(directive)) {
        return Err(format!(
            "{word:?} is no level: write one of {}, or {word}=debug if it is the name of a module",
            LEVELS.join(", ")
        ));
    }
    let parsed = EnvFilter::builder().parse(text);
    parsed.map(drop).map_err(|error| format!("{text:?} is not a filter such as \"info\": {error}"))
}

/// Whether it is only a word. `EnvFilter` takes it for the name of a module, and logs nothing else, without a warning.
fn is_a_word(directive: &str) -> bool {
    !directive.is_empty() && !directive.contains(['=', '['])
}

fn is_level(word: &str) -> bool {
    LEVELS.iter().any(|level| level.eq_ignore_ascii_case(word)) || word.parse::<u8>().is_ok_and(|number| number <= 5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_no_level_is_refused() {
        for right in ["info", "WARN", "3", "", "warn,swaparoo=debug", "info,[task{id=1}]=debug", "[task]"] {
            assert_eq!(checked(right), Ok(()), "{right}");
        }
        let levels = "write one of off, error, warn, info, debug, trace";
        for (wrong, word) in
            [("inof", "inof"), ("info,swaparoo", "swaparoo"), ("6", "6"), ("warn, hyper ,info", "hyper")]
        {
            let says = format!("{word:?} is no level: {levels}, or {word}=debug if it is the name of a module");
            assert_eq!(checked(wrong), Err(says), "{wrong}");
        }
        assert!(
            checked("swaparoo=inof").is_err_and(|why| why.starts_with("\"swaparoo=inof\" is not a filter such as"))
        );
    }
}
