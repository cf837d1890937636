//! Removes secrets from every text that the module reports.
//!
//! AWS, a proxy or a `credential_process` may quote the values that requests are signed with in their messages, whatever
//! their error code is. So the values themselves are replaced, in each way in which they may be written.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use std::sync::RwLock;

const REDACTED: &str = "<redacted>";

/// The characters that URLs do not escape.
const URL_ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Shorter values are not credentials of AWS, whose key IDs have at least 16 characters
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKey.html>), but placeholders for emulators, such as
/// `test`, or account numbers, which ordinary texts contain.
const MIN_LENGTH: usize = 16;

/// The secrets of a run.
#[derive(Debug, Default)]
pub(crate) struct Secrets(RwLock<Vec<String>>);

impl Secrets {
    /// Adds a value to be removed from texts.
    pub(crate) fn add(&self, secret: &str) {
        if secret.len() < MIN_LENGTH {
            return;
        }
        let encoded = utf8_percent_encode(secret, URL_ESCAPED).to_string();
        let lowercase = lowercase_escapes(&encoded);
        let encoded_twice = encoded.replace('%', "%25");
        let escaped = secret.replace('/', "\\/");
        if let Ok(mut secrets) = self.0.write() {
            for spelling in [secret.to_owned(), encoded, lowercase, encoded_twice, escaped] {
                if !secrets.contains(&spelling) {
                    secrets.push(spelling);
                }
            }
            // A secret that contains another one is replaced as a whole.
            secrets.sort_by_key(|spelling| std::cmp::Reverse(spelling.len()));
        }
    }

    /// Returns the text without the secrets.
    pub(crate) fn redact(&self, text: String) -> String {
        let Ok(secrets) = self.0.read() else { return text };
        secrets.iter().fold(text, |text, secret| {
            if text.contains(secret.as_str()) { text.replace(secret.as_str(), REDACTED) } else { text }
        })
    }

    /// Returns the JSON with the secrets removed from all of its texts.
    pub(crate) fn redact_json(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.redact(text)),
            Value::Array(items) => items.into_iter().map(|item| self.redact_json(item)).collect(),
            Value::Object(members) => {
                members.into_iter().map(|(name, member)| (name, self.redact_json(member))).collect()
            }
            other => other,
        }
    }
}

/// Returns a percent-encoded text with its hexadecimal digits in lower case.
fn lowercase_escapes(encoded: &str) -> String {
    let mut parts = encoded.split('%');
    let start = parts.next().unwrap_or_default().to_owned();
    parts.fold(start, |text, part| match part.split_at_checked(2) {
        Some((digits, rest)) => format!("{text}%{}{rest}", digits.to_ascii_lowercase()),
        None => format!("{text}%{part}"),
    })
}

/// Returns a text without what looks like a credential: key IDs of AWS, and long random texts. It may come from a
/// program that was to provide credentials and failed, so that their values are not known.
pub(crate) fn redact_unknown(text: &str) -> String {
    let is_part = |character: char| character.is_ascii_alphanumeric() || "+/=%_-\\".contains(character);
    let mut redacted = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|character| !is_part(character)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        redacted.push_str(if looks_secret(word) { REDACTED } else { word });
        let separators = after.find(is_part).unwrap_or(after.len());
        let (between, next) = after.split_at(separators);
        redacted.push_str(between);
        rest = next;
    }
    redacted
}

/// Returns whether a word holds a key ID or is as long and as mixed as a secret key, which has 40 characters.
fn looks_secret(word: &str) -> bool {
    let has = |kind: fn(&char) -> bool| word.chars().any(|character| kind(&character));
    let is_mixed = has(char::is_ascii_uppercase) && has(char::is_ascii_lowercase) && has(char::is_ascii_digit);
    let has_key_id = ["AKIA", "ASIA"].iter().any(|prefix| {
        let ids = word.match_indices(prefix).filter_map(|(start, _)| word.get(start..));
        ids.map(|id| id.chars().take_while(char::is_ascii_alphanumeric).count()).any(|length| length >= MIN_LENGTH)
    });
    has_key_id || (word.len() >= 32 && is_mixed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_removed_in_every_spelling() {
        let secrets = Secrets::default();
        secrets.add("FwoGZXIvYXdzEBYaDH+/abc==");
        for spelling in [
            "FwoGZXIvYXdzEBYaDH+/abc==",
            "FwoGZXIvYXdzEBYaDH%2B%2Fabc%3D%3D",
            "FwoGZXIvYXdzEBYaDH%2b%2fabc%3d%3d",
            "FwoGZXIvYXdzEBYaDH%252B%252Fabc%253D%253D",
            "FwoGZXIvYXdzEBYaDH+\\/abc==",
        ] {
            assert_eq!(secrets.redact(format!("token {spelling}.")), "token <redacted>.");
        }
        assert_eq!(secrets.redact("an ordinary line".into()), "an ordinary line");
    }

    #[test]
    fn what_looks_like_a_credential_is_removed_although_it_is_not_known() {
        for secret in [
            "AKIAIOSFODNN7EXAMPLE",
            "ASIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "wJalrXUtnFEMI%2FK7MDENG%2FbPxRfiCYEXAMPLEKEY",
            "wJalrXUtnFEMI\\/K7MDENG\\/bPxRfiCYEXAMPLEKEY",
            "FwoGZXIvYXdzEBYaDH0abcdefghijklmnopqrstuvwxyz+ABCDEF==",
        ] {
            let text = redact_unknown(&format!("error: key={secret}, \"{secret}\" expired"));
            assert!(!text.contains(secret) && text.starts_with("error: ") && text.ends_with(" expired"), "{text}");
        }
        for text in [
            "",
            "vault: permission denied (code 2)",
            "/usr/local/lib/node_modules/some-package/bin/sign-in.js failed",
            "é: ü",
        ] {
            assert_eq!(redact_unknown(text), text);
        }
    }

    #[test]
    fn placeholders_and_account_numbers_stay() {
        let secrets = Secrets::default();
        for value in ["test", "", "300000000001"] {
            secrets.add(value);
        }
        assert_eq!(secrets.redact("arn:aws:iam::300000000001:role/test".into()), "arn:aws:iam::300000000001:role/test");
    }

    #[test]
    fn a_secret_that_contains_another_one_is_removed_as_a_whole() {
        let secrets = Secrets::default();
        secrets.add("AKIAIOSFODNN7EXAMPLE");
        secrets.add("prefix-AKIAIOSFODNN7EXAMPLE-suffix");
        assert_eq!(secrets.redact("<prefix-AKIAIOSFODNN7EXAMPLE-suffix>".into()), "<<redacted>>");
    }
}
