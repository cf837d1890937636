//! Finds the secrets of a text. Each byte is looked at a limited number of times, so that the time is linear.

use crate::logs::redact::bytes::starts_with;
use crate::logs::redact::decoded::Decoded;
use crate::logs::redact::forms::{formed_value, is_key_id, secret_keys};
use crate::logs::redact::kinds::{By, KINDS};
use crate::logs::redact::names::named_values;
use crate::logs::redact::value::Value;

/// Returns whether a secret, or the last word of a secret's name, may begin here, whatever of it is escaped. That is
/// cheap to find and rare.
fn is_candidate(bytes: &[u8], at: usize) -> bool {
    let begins = |words: &[&str]| {
        let rest = bytes.get(at..).unwrap_or_default();
        words.iter().any(|word| starts_with(rest, word))
    };
    match bytes.get(at).map(u8::to_ascii_lowercase) {
        Some(b't') => begins(&["token"]),
        Some(b's') => begins(&["secret", "sig", "sk_", "sk-", "sk%", "sg.", "sg%"]),
        Some(b'k') => begins(&["key"]),
        Some(b'p') => begins(&["pass", "pwd", "private key-----"]),
        Some(b'a') => begins(&["auth", "assertion", "akia", "asia", "atz", "atc", "atr", "atm", "aiza"]),
        Some(b'g') => begins(&["ghp", "gho", "ghs", "ghu", "ghr", "github", "glpat"]),
        Some(b'x') => begins(&["xox", "xapp-"]),
        Some(b'n') => begins(&["npm_", "npm%"]),
        Some(b'h') => begins(&["hf_", "hf%"]),
        Some(b'y') => begins(&["ya29"]),
        Some(b'r') => begins(&["rk_", "rk%"]),
        Some(b'c') => begins(&["cookie", "code"]),
        Some(b'e') => begins(&["eyj"]),
        Some(b'b') => begins(&["bearer", "basic"]),
        Some(b'i') => begins(&["iqojb3jpz2lu"]),
        Some(b'f') => begins(&["fwogzxivyxdz", "fqogzxivyxdz"]),
        Some(b':') => begins(&["://", ":%2f%2f", ":\\/"]),
        Some(b'%') => begins(&["%3a"]),
        _ => false,
    }
}

/// Returns whether a text may have secrets.
pub(super) fn may_have_secrets(text: &str) -> bool {
    (0..text.len()).any(|at| is_candidate(text.as_bytes(), at))
}

/// Returns the secrets of a text, in order.
pub(super) fn find(text: &Decoded) -> Vec<Value> {
    let mut found: Vec<Value> = Vec::new();
    let mut has_key_id = false;
    let mut at = 0;
    let bytes = text.get(0..text.len());
    while at < text.len() {
        let values = if is_candidate(bytes, at) { values_at(text, at) } else { Vec::new() };
        has_key_id |= values.first().is_some_and(|value| is_key_id(text, value.start));
        at = values.last().map_or(at + 1, |value| value.end.max(at + 1));
        found.extend(values);
    }
    if has_key_id {
        found.extend(secret_keys(text));
    }
    found
}

fn values_at(text: &Decoded, at: usize) -> Vec<Value> {
    KINDS
        .iter()
        .map(|kind| match &kind.by {
            By::Names(names, rule) => named_values(text, at, names, *rule),
            By::Form(form) => formed_value(text, at, *form).into_iter().collect(),
        })
        .find(|values| !values.is_empty())
        .unwrap_or_default()
}

/// Returns the text to read the next event after, if this one was cut within its last secret.
pub(super) fn unfinished(text: &Decoded, values: &[Value]) -> Option<String> {
    let last = values.iter().max_by_key(|value| value.end).filter(|last| last.end == text.len() && text.is_cut())?;
    let (quote, backslashes) =
        last.open_quote.map_or((String::new(), 0), |(quote, number)| (char::from(quote).into(), number));
    Some(format!("access_token={}{quote}", "\\".repeat(backslashes)))
}
