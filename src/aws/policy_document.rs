//! Reads, compares and writes IAM policy documents.
//!
//! The grammar allows one value in place of a list with one entry, for statements as for principals and actions
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>).

use serde_json::{Value, json};

const VERSION: &str = "2012-10-17";

/// Returns a document with these statements.
pub(crate) fn document(statements: Vec<Value>) -> Value {
    json!({"Version": VERSION, "Statement": statements})
}

/// Returns the document that a text holds, which may be URL-encoded, as IAM's answers are; `None` if the text does not
/// hold a JSON object.
pub(crate) fn parse(text: &str) -> Option<Value> {
    // A document has no `%` escapes of its own outside of strings, and begins with `{`, which is encoded as `%7B`.
    let decoded = if text.trim_start().starts_with('{') {
        text.into()
    } else {
        percent_encoding::percent_decode_str(text).decode_utf8().ok()?
    };
    serde_json::from_str(&decoded).ok().filter(Value::is_object)
}

/// Returns the document's statements, whether it holds a list or one statement; `None` if it holds something else.
pub(crate) fn statements(document: &Value) -> Option<Vec<Value>> {
    match document.get("Statement") {
        Some(Value::Array(statements)) => Some(statements.clone()),
        Some(single @ Value::Object(_)) => Some(vec![single.clone()]),
        _ => None,
    }
}

/// Returns whether a member that may be a string or a list of strings holds a string.
pub(crate) fn contains(member: Option<&Value>, string: &str) -> bool {
    match member {
        Some(Value::String(text)) => text == string,
        Some(Value::Array(list)) => list.iter().any(|entry| entry == string),
        _ => false,
    }
}

/// Returns whether a statement allows something.
pub(crate) fn allows(statement: &Value) -> bool {
    statement.get("Effect").and_then(Value::as_str) == Some("Allow")
}

/// Returns whether two texts hold the same document, however they are encoded and formatted.
pub(crate) fn is_equivalent(text: &str, other: &str) -> bool {
    parse(text).is_some_and(|document| Some(document) == parse(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_read_whether_it_is_url_encoded_or_not() {
        let plain = r#"{"Statement": {"Effect": "Allow", "Action": "a%2Fb"}}"#;
        let encoded = percent_encoding::utf8_percent_encode(plain, percent_encoding::NON_ALPHANUMERIC).to_string();
        assert_eq!(parse(plain).unwrap()["Statement"]["Action"], "a%2Fb");
        assert!(is_equivalent(plain, &encoded));
        for text in ["", "[]", "7", "garbage", "%ff"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn one_statement_is_a_list_of_one() {
        assert_eq!(statements(&json!({"Statement": {"Sid": "a"}})), Some(vec![json!({"Sid": "a"})]));
        assert_eq!(statements(&json!({"Statement": []})), Some(vec![]));
        assert_eq!(statements(&json!({"Statement": 7})), None);
    }

    #[test]
    fn a_string_is_found_alone_and_in_a_list() {
        assert!(contains(Some(&json!("a")), "a") && contains(Some(&json!(["b", "a"])), "a"));
        assert!(!contains(Some(&json!("ab")), "a") && !contains(None, "a"));
    }
}
