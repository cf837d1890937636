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

/// Returns the strings of a member that may be a string or a list of strings.
pub(crate) fn texts(member: &Value) -> impl Iterator<Item = &str> {
    let list = member.as_array().map_or(std::slice::from_ref(member), Vec::as_slice);
    list.iter().filter_map(Value::as_str)
}

/// Returns whether a member that may be a string or a list of strings holds a string.
pub(crate) fn contains(member: Option<&Value>, string: &str) -> bool {
    match member {
        Some(Value::String(text)) => text == string,
        Some(Value::Array(list)) => list.iter().any(|entry| entry == string),
        _ => false,
    }
}

/// Returns whether a statement's actions include one. Their letter case does not matter, and `*` and `?` stand for others.
/// See <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html>.
pub(crate) fn includes_action(statement: &Value, action: &str) -> bool {
    let includes = |pattern: &Value| {
        let pattern = pattern.as_str().unwrap_or_default().to_ascii_lowercase();
        matches_pattern(pattern.as_bytes(), action.to_ascii_lowercase().as_bytes())
    };
    match statement.get("Action") {
        Some(Value::Array(patterns)) => patterns.iter().any(includes),
        Some(pattern) => includes(pattern),
        None => false,
    }
}

/// Compares a text with a pattern in which `*` stands for any characters and `?` for one, without recursion: the time
/// grows with the product of both lengths only.
fn matches_pattern(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut star) = (0, None);
    let mut position = 0;
    while let Some(byte) = text.get(position) {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, position));
                at += 1;
            }
            Some(b'?') => (at, position) = (at + 1, position + 1),
            Some(expected) if expected == byte => (at, position) = (at + 1, position + 1),
            _ => match star {
                Some((star_at, taken)) => {
                    (at, position) = (star_at + 1, taken + 1);
                    star = Some((star_at, taken + 1));
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(|rest| *rest == b'*')
}

/// Returns whether a statement allows something.
pub(crate) fn allows(statement: &Value) -> bool {
    statement.get("Effect").and_then(Value::as_str) == Some("Allow")
}

/// Returns whether two texts hold the same document, however they are encoded and formatted: lists in another order, one
/// value in place of a list, actions in another letter case.
pub(crate) fn is_equivalent(text: &str, other: &str) -> bool {
    let normal = |text: &str| parse(text).map(|document| normalized(&document));
    normal(text).is_some_and(|document| Some(document) == normal(other))
}

/// Returns a document in a form in which equal ones are the same.
fn normalized(document: &Value) -> Value {
    let mut document = document.clone();
    if let Some(statements) = statements(&document) {
        let mut statements: Vec<_> = statements.iter().map(normalized_statement).collect();
        statements.sort_by_key(Value::to_string);
        document["Statement"] = Value::from(statements);
    }
    document
}

fn normalized_statement(statement: &Value) -> Value {
    let mut statement = statement.clone();
    for key in ["Action", "NotAction"] {
        if let Some(actions) = statement.get_mut(key) {
            *actions = as_sorted_list(actions, |text| text.to_ascii_lowercase());
        }
    }
    for key in ["Resource", "NotResource"] {
        if let Some(resources) = statement.get_mut(key) {
            *resources = as_sorted_list(resources, str::to_owned);
        }
    }
    // {"Service": "a"} and {"StringEquals": {"key": "a"}}: the values are lists, too.
    for key in ["Principal", "Condition"] {
        if let Some(member) = statement.get_mut(key) {
            sort_leaves(member);
        }
    }
    statement
}

fn sort_leaves(member: &mut Value) {
    match member {
        Value::Object(members) => members.values_mut().for_each(sort_leaves),
        leaf => *leaf = as_sorted_list(leaf, str::to_owned),
    }
}

fn as_sorted_list(member: &Value, spell: impl Fn(&str) -> String) -> Value {
    let text = |value: &Value| value.as_str().map_or_else(|| value.clone(), |text| Value::from(spell(text)));
    let mut list: Vec<_> = match member {
        Value::Array(values) => values.iter().map(text).collect(),
        value => vec![text(value)],
    };
    list.sort_by_key(Value::to_string);
    list.dedup();
    Value::from(list)
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
    fn documents_with_the_same_meaning_are_equivalent() {
        let document = |statement: Value| json!({"Version": VERSION, "Statement": statement}).to_string();
        let one = document(json!([
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
            {"Effect": "Allow", "Action": ["s3:Get*", "s3:Put*"], "Resource": "a", "Condition": {"StringEquals": {"k": "v"}}},
        ]));
        let other = document(json!([
            {"Effect": "Allow", "Action": ["S3:put*", "s3:get*"], "Resource": ["a"], "Condition": {"StringEquals": {"k": ["v"]}}},
            {"Action": ["STS:assumeRole"], "Principal": {"Service": ["lambda.amazonaws.com"]}, "Effect": "Allow"},
        ]));
        assert!(is_equivalent(&one, &other));
        let single = document(json!({"Effect": "Allow", "Action": "a:B", "Resource": "*"}));
        assert!(is_equivalent(&single, &document(json!([{"Effect": "Allow", "Action": ["A:b"], "Resource": ["*"]}]))));
        for different in [
            document(json!({"Effect": "Deny", "Action": "a:B", "Resource": "*"})),
            document(json!({"Effect": "Allow", "Action": "a:B", "Resource": "A"})),
            document(json!({"Effect": "Allow", "Action": ["a:B", "a:C"], "Resource": "*"})),
            document(
                json!({"Effect": "Allow", "Action": "a:B", "Resource": "*", "Condition": {"Bool": {"x": "true"}}}),
            ),
        ] {
            assert!(!is_equivalent(&single, &different), "{different}");
        }
    }

    #[test]
    fn actions_have_wildcards_and_no_letter_case() {
        let includes = |action: Value| includes_action(&json!({"Action": action}), "sts:AssumeRole");
        for action in
            ["sts:AssumeRole", "STS:assumerole", "sts:*", "*", "sts:Assume*", "sts:AssumeRol?", "s*:*e", "*Role*"]
        {
            assert!(includes(json!(action)) && includes(json!(["a:b", action])), "{action}");
        }
        for action in ["sts:AssumeRoleWithSAML", "sts:", "sts:Assume?", "", "s3:*", "sts:AssumeRole?", "*x"] {
            assert!(!includes(json!(action)), "{action}");
        }
        assert!(!includes_action(&json!({}), "sts:AssumeRole") && !includes(json!(7)));
        assert!(!includes(json!("*a".repeat(5000))));
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
