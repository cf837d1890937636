//! Removes secrets from every text that the module reports.
//!
//! AWS, a proxy or a `credential_process` may quote the values that requests are signed with in their messages, whatever
//! their error code is. So the values themselves are replaced, in each way in which they may be written.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
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
        let lowercase = encoded.replace("%2B", "%2b").replace("%2F", "%2f").replace("%3D", "%3d");
        let escaped = secret.replace('/', "\\/");
        if let Ok(mut secrets) = self.0.write() {
            for spelling in [secret.to_owned(), encoded, lowercase, escaped] {
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
            "FwoGZXIvYXdzEBYaDH+\\/abc==",
        ] {
            assert_eq!(secrets.redact(format!("token {spelling}.")), "token <redacted>.");
        }
        assert_eq!(secrets.redact("an ordinary line".into()), "an ordinary line");
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
