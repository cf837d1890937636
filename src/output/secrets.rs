//! Removes secrets from every text that the module reports.
//!
//! AWS, a proxy or a `credential_process` may quote the values that requests are signed with in their messages, whatever
//! their error code is. So the values themselves are replaced, in each way in which they may be written.

use crate::error::CUT;
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

/// Shorter parts of a secret before or after a cut are of no use to anyone.
const MIN_PART: usize = 6;

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

    /// Returns the text without the secrets, and without those parts of them that a shortened text has.
    pub(crate) fn redact(&self, text: String) -> String {
        let Ok(secrets) = self.0.read() else { return text };
        let text = secrets.iter().fold(text, |text, secret| {
            if text.contains(secret.as_str()) { text.replace(secret.as_str(), REDACTED) } else { text }
        });
        if text.contains(CUT) { redact_parts(&text, &secrets) } else { text }
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

/// Returns a shortened text without the beginnings of secrets before each cut, and without their ends after it.
fn redact_parts(text: &str, secrets: &[String]) -> String {
    let pieces: Vec<&str> = text.split(CUT).collect();
    let last = pieces.len() - 1;
    let redacted = pieces.iter().enumerate().map(|(index, piece)| {
        let rest = piece.trim_start_matches(' ');
        let hidden = if index > 0 { end_of_secret(rest, secrets) } else { 0 };
        let piece = if hidden == 0 { (*piece).to_owned() } else { format!(" {REDACTED}{}", rest.split_at(hidden).1) };
        let rest = piece.trim_end_matches(' ');
        let hidden = if index < last { start_of_secret(rest, secrets) } else { 0 };
        if hidden == 0 { piece } else { format!("{}{REDACTED}", rest.split_at(rest.len() - hidden).0) }
    });
    redacted.collect::<Vec<_>>().join(CUT)
}

/// Returns the length of the beginning of a secret at the end of a text.
fn start_of_secret(text: &str, secrets: &[String]) -> usize {
    let starts = secrets.iter().flat_map(|secret| secret.char_indices().filter_map(|(at, _)| secret.get(..at)));
    starts.filter(|start| start.len() >= MIN_PART && text.ends_with(start)).map(str::len).max().unwrap_or(0)
}

/// Returns the length of the end of a secret at the start of a text.
fn end_of_secret(text: &str, secrets: &[String]) -> usize {
    let ends = secrets.iter().flat_map(|secret| secret.char_indices().filter_map(|(at, _)| secret.get(at..)));
    ends.filter(|end| end.len() >= MIN_PART && text.starts_with(end)).map(str::len).max().unwrap_or(0)
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
    use crate::error::{Error, ErrorCode};

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
    fn a_part_of_a_secret_at_a_cut_is_removed() {
        let token: String = (0..1200).map(|n| format!("{n}x")).collect();
        let secrets = Secrets::default();
        secrets.add(&token);
        let (start, end) = (token.get(..980).unwrap(), token.get(2000..).unwrap());
        for (text, expected) in [
            (format!("the token {start}…"), "the token <redacted>…".to_owned()),
            (
                format!("a {start} … (7 characters omitted) … {end}, b"),
                "a <redacted>… (7 characters omitted) … <redacted>, b".to_owned(),
            ),
            (format!("a {end}…{start}"), format!("a {end}…{start}")),
            ("an ordinary line … goes on".to_owned(), "an ordinary line … goes on".to_owned()),
        ] {
            assert_eq!(secrets.redact(text), expected);
        }
    }

    #[test]
    fn an_error_that_is_too_long_for_a_credential_does_not_show_a_part_of_it() {
        let token = "0a1b2c3d4e5f".repeat(200);
        let secrets = Secrets::default();
        secrets.add(&token);
        let error = Error::new(ErrorCode::Internal, format!("the token {token} is invalid"));
        assert!(error.message.len() < token.len());
        assert!(!secrets.redact(error.message.clone()).contains("0a1b2c3d"), "{}", error.message);
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
