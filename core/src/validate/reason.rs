//! Validates what a policy says in its own words: its reasons, and a failure that only it has.

use serde_json::{Map, Value};

use super::{ValidationError, invalid, quoted};
use crate::contract::{PolicyFailure, Reason};

/// The maximum length of a code, of a reason's data and of a failure's text in bytes (wit/log.wit).
const CODE_BYTES: usize = 64;
const DATA_BYTES: usize = 16_384;
const TEXT_BYTES: usize = 2_000;

/// A reason. Its data must be an object: it is one in records and in the API.
pub fn reason(reason: &Reason) -> Result<(), ValidationError> {
    code("reason", &reason.code)?;
    let Some(data) = &reason.data else { return Ok(()) };
    let of = format!("the data of reason {}", quoted(&reason.code));
    if data.len() > DATA_BYTES {
        return Err(invalid("reason", format!("{of} has {} bytes; the maximum is {DATA_BYTES}", data.len())));
    }
    match serde_json::from_slice::<Map<String, Value>>(data.as_bytes()) {
        Ok(_) => Ok(()),
        Err(error) => Err(invalid("reason", format!("{of} is not a JSON object: {error}"))),
    }
}

/// A failure that the contract does not name.
pub fn policy_failure(failure: &PolicyFailure) -> Result<(), ValidationError> {
    code("failure", &failure.code)?;
    if failure.text.len() <= TEXT_BYTES {
        return Ok(());
    }
    let (code, bytes) = (quoted(&failure.code), failure.text.len());
    Err(invalid("failure", format!("the text of failure {code} has {bytes} bytes; the maximum is {TEXT_BYTES}")))
}

fn code(field: &str, code: &str) -> Result<(), ValidationError> {
    let named = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !code.is_empty() && code.len() <= CODE_BYTES && code.chars().all(named) {
        return Ok(());
    }
    let why = format!("the code {} is not 1 to {CODE_BYTES} lower case letters, digits and dashes", quoted(code));
    Err(invalid(field, why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::BuiltInReason;

    fn said(code: &str, data: Option<&str>) -> Result<(), String> {
        reason(&Reason { code: code.into(), data: data.map(str::to_owned) }).map_err(|invalid| invalid.to_string())
    }

    fn refused(result: Result<(), String>, why: &str) {
        let error = result.expect_err(why);
        assert!(error.contains(why), "{error:?} does not contain {why:?}");
    }

    #[test]
    fn every_built_in_code_is_valid() {
        for code in BuiltInReason::CODES {
            assert_eq!(said(code, None), Ok(()));
        }
    }

    #[test]
    fn a_reason_has_a_short_code_and_an_object() {
        assert_eq!(said("my-rule", Some("{}")), Ok(()));
        assert_eq!(said(&"x".repeat(64), Some(r#"{"text":"it is Monday"}"#)), Ok(()));
        refused(said("", None), "the code \"\" is not 1 to 64");
        refused(said(&"x".repeat(65), None), "is not 1 to 64");
        refused(said("My rule", None), "the code \"My rule\" is not 1 to 64");
        refused(said("ü", None), "is not 1 to 64");
        for data in ["", "null", "[]", "1", "\"text\"", "{", "{} {}", "{\"a\":1e999}"] {
            refused(said("my-rule", Some(data)), "the data of reason \"my-rule\" is not a JSON object");
        }
        let nested = format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200));
        refused(said("my-rule", Some(&nested)), "recursion limit");
        let long = format!("{{\"a\":\"{}\"}}", "x".repeat(DATA_BYTES));
        refused(said("my-rule", Some(&long)), "bytes; the maximum is 16384");
    }

    #[test]
    fn a_policys_own_failure_has_a_short_code_and_a_text() {
        let judged = |code: &str, text: String| {
            let failure = PolicyFailure { code: code.into(), text, needs_operator: false };
            policy_failure(&failure).map_err(|invalid| invalid.to_string())
        };
        assert_eq!(judged("key-error", "x".repeat(2_000)), Ok(()));
        refused(judged("key error", String::new()), "the code \"key error\" is not 1 to 64");
        refused(judged("key-error", "x".repeat(2_001)), "has 2001 bytes; the maximum is 2000");
    }
}
