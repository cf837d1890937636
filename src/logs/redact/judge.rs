//! Decides whether a value is a secret.

use crate::logs::redact::bytes::{
    MAX_WORD, MIN_CODE, begins_generated, is_literal, is_mixed, is_part, is_random, is_scheme, is_token_byte,
    looks_generated,
};
use crate::logs::redact::decoded::Decoded;
use crate::logs::redact::kinds::Rule;
use crate::logs::redact::replace::REDACTED;
use crate::logs::redact::value::{Place, Value};

/// Returns the part of a value that is secret.
pub(super) fn judge(text: &Decoded, value: Value, place: Place, is_quoted: bool) -> Option<Value> {
    let bytes = text.get(value.start..value.end);
    if bytes == REDACTED.as_bytes() || (bytes.is_empty() && value.open_quote.is_none()) {
        return None;
    }
    // A shorter piece is read again with the next event.
    let is_in_cut = text.is_cut() && value.end == text.len() && bytes.len() >= MIN_CODE / 2;
    let is_secret = match place.rule {
        Rule::Any => is_quoted || !is_literal(bytes),
        Rule::NoSentence => is_quoted || (!is_literal(bytes) && looks_generated(bytes)) || place.is_parameter,
        Rule::Header => return header_value(text, value, is_quoted || place.separator == b'='),
        Rule::Cookie => bytes.contains(&b'=') || (is_quoted && is_in_cut),
        Rule::Code if place.is_parameter => bytes.len() >= MIN_CODE || is_in_cut,
        Rule::Code => {
            is_quoted && bytes.len() <= MAX_WORD && is_mixed(bytes) && bytes.iter().all(|byte| is_part(*byte))
        }
        Rule::Random => is_random(bytes) && bytes.iter().all(|byte| is_token_byte(*byte)),
        Rule::Query => bytes.len() >= MIN_CODE && looks_generated(bytes) || is_in_cut,
    };
    is_secret.then_some(value)
}

/// Returns the value of a header after its scheme. Without quotes, a sentence is none.
fn header_value(text: &Decoded, value: Value, is_certain: bool) -> Option<Value> {
    let bytes = text.get(value.start..value.end);
    let word = bytes.iter().position(|byte| *byte == b' ');
    let scheme = word.and_then(|end| bytes.get(..end)).unwrap_or_default();
    match word {
        Some(end) if is_scheme(scheme) || bytes.get(end + 1..).is_some_and(begins_generated) => {
            let start = value.start + end + 1;
            let is_done = text.get(start..value.end) == REDACTED.as_bytes() || start == value.end;
            (!is_done).then_some(Value { start, ..value })
        }
        Some(_) => is_certain.then_some(value),
        None if is_certain || looks_generated(bytes) => Some(value),
        None => None,
    }
}
