//! Removes from AWS's messages what they quote from a request: it may hold secrets.
//!
//! Lambda quotes all environment variables with their values, others the signed text with the session token.

use crate::error::CUT;

/// The characters of a message that an error shows.
const MAX_CHARS: usize = 1000;

/// Where a quotation begins, to the end of the message.
const QUOTATIONS: [&str; 7] = [
    "Authorization:",
    "Authorization=",
    "AWS4-HMAC-SHA256",
    "The Canonical String",
    "The String-to-Sign",
    "x-amz-security-token",
    "X-Amz-Security-Token",
];

/// Values shorter than this, such as numbers and `true`, are too common to recognize.
const MIN_SECRET_CHARS: usize = 4;

const REMOVED: &str = CUT;

/// Returns a message without what it quotes: signed texts, objects, and `secrets` that were sent.
pub(crate) fn remove(message: &str, secrets: &[String]) -> String {
    let end = QUOTATIONS.iter().filter_map(|quotation| message.find(quotation)).min().unwrap_or(message.len());
    let without_objects = remove_objects(message.get(..end).unwrap_or_default());
    let text = secrets.iter().fold(without_objects, |text, secret| remove_word(&text, secret));
    shorten(text.trim_end())
}

/// Removes objects in JSON or in Java's notation, from the first brace to the last. The quantifiers of a regular
/// expression, such as `{1,64}`, stay.
fn remove_objects(text: &str) -> String {
    let begins = |at: &usize| {
        let next = text.get(at + 1..).and_then(|rest| rest.trim_start().chars().next());
        next.is_none_or(|next| !next.is_ascii_digit() && next != ',')
    };
    let Some(start) = text.match_indices('{').map(|(at, _)| at).find(begins) else { return text.to_owned() };
    let end = text.rfind('}').filter(|end| *end > start).map_or(text.len(), |end| end + 1);
    format!("{}{{{REMOVED}}}{}", text.get(..start).unwrap_or_default(), text.get(end..).unwrap_or_default())
}

/// Removes a secret where it stands for itself, not within a longer word, such as a function's name.
fn remove_word(text: &str, secret: &str) -> String {
    if secret.chars().count() < MIN_SECRET_CHARS {
        return text.to_owned();
    }
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(secret) {
        kept.push_str(before);
        let is_within = kept.chars().next_back().is_some_and(is_word) || after.chars().next().is_some_and(is_word);
        kept.push_str(if is_within { secret } else { REMOVED });
        rest = after;
    }
    kept + rest
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}{REMOVED}", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_removed_whatever_their_notation() {
        for (message, expected) in [
            (
                r#"the environment variables you have provided exceeded the 4KB limit. String measured: {"DB_PASSWORD":"hunter2","X":"a}b"}"#,
                "the environment variables you have provided exceeded the 4KB limit. String measured: {…}",
            ),
            (
                "1 validation error detected: Value '{DB_PASSWORD=hunter2}' at 'environment.variables' failed to satisfy constraint: Map value must satisfy constraint",
                "1 validation error detected: Value '{…}' at 'environment.variables' failed to satisfy constraint: Map value must satisfy constraint",
            ),
            (r#"Unexpected end: {"DB_PASSWORD":"hunter2"#, "Unexpected end: {…}"),
            (
                "Value 'a b' at 'name' must satisfy regular expression pattern: [a-z]{1,64}",
                "Value 'a b' at 'name' must satisfy regular expression pattern: [a-z]{1,64}",
            ),
            (r#"{1} and {"a": "hunter2"} and }"#, "{1} and {…}"),
        ] {
            assert_eq!(remove(message, &[]), expected);
        }
    }

    #[test]
    fn signed_texts_are_removed() {
        for (message, expected) in [
            (
                "Signature expired: 1 is now earlier than 2. The Canonical String was\nx-amz-security-token:secret",
                "Signature expired: 1 is now earlier than 2.",
            ),
            ("wrong\nAuthorization: secret", "wrong"),
            (
                "missing equal-sign in Authorization header: 'AWS4-HMAC-SHA256 Credential=secret",
                "missing equal-sign in Authorization header: '",
            ),
            ("Authorization=AWS4-HMAC-SHA256 Credential=secret", ""),
            ("There is none. Make one.", "There is none. Make one."),
        ] {
            assert_eq!(remove(message, &[]), expected);
        }
    }

    #[test]
    fn secrets_are_removed_as_words() {
        let secrets = ["hunter2".to_owned(), "beta".to_owned(), "13".to_owned()];
        for (message, expected) in [
            ("Value 'hunter2' at 'x' is wrong", "Value '…' at 'x' is wrong"),
            ("x=hunter2, y=hunter2", "x=…, y=…"),
            ("the function cats_beta_litexa_handler of 13", "the function cats_beta_litexa_handler of 13"),
            ("hunter2", "…"),
        ] {
            assert_eq!(remove(message, &secrets), expected);
        }
    }

    #[test]
    fn long_messages_are_cut() {
        assert_eq!(remove(&"ä".repeat(5000), &[]).chars().count(), MAX_CHARS + 1);
    }
}
