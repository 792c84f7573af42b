//! JSON values in Python's format, for error texts that quote the request.

use serde_json::Value;

/// Python's repr of a JSON value.
pub(crate) fn repr(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(string) => text(string),
        Value::Array(list) => format!("[{}]", list.iter().map(repr).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => {
            let pairs = fields.iter().map(|(key, value)| format!("{}: {}", text(key), repr(value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
    }
}

/// Python's repr of a string: single quotes unless only they occur inside.
pub(crate) fn text(string: &str) -> String {
    let escaped = string.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t");
    if string.contains('\'') && !string.contains('"') {
        format!("\"{escaped}\"")
    } else {
        format!("'{}'", escaped.replace('\'', "\\'"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_printed_as_python_prints_them() {
        let check = |value: Value, expected: &str| assert_eq!(repr(&value), expected);
        check(json!({"a": [1, 2.5, null, true], "b": "it's"}), r#"{'a': [1, 2.5, None, True], 'b': "it's"}"#);
        check(json!("both ' and \""), r#"'both \' and "'"#);
        check(json!("line\nbreak"), r"'line\nbreak'");
    }
}
