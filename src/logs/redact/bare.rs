//! Finds the ends of values without quotes.

use crate::logs::redact::bytes::{MAX_WORD, begins_generated, is_quote, is_scheme};
use crate::logs::redact::decoded::Decoded;
use crate::logs::redact::judge::judge;
use crate::logs::redact::kinds::Rule;
use crate::logs::redact::value::{Place, Value};

/// Returns a value without quotes. It goes to white space, a quote, `&`, `<`, `>`, `)` or `}`; that of a header to the
/// end of the line.
pub(super) fn bare(text: &Decoded, start: usize, place: Place) -> Option<Value> {
    let is_line = matches!(place.rule, Rule::Header | Rule::Cookie) && place.separator == b':';
    // Text of another line is the value only in quotes.
    if start.checked_sub(1).and_then(|at| text.at(at)) == Some(b'\n') {
        return None;
    }
    if is_line && !begins_header(text, start, place.rule) {
        return None;
    }
    let ends = |byte: u8| match place.rule {
        _ if is_line => matches!(byte, b'\n' | b'"' | b'\'' | b'`' | b'<'),
        Rule::Code | Rule::Query | Rule::Random => {
            !(byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'%' | b'+' | b'/'))
        }
        _ => byte.is_ascii_whitespace() || is_quote(byte) || matches!(byte, b'&' | b'<' | b'>' | b')' | b'}'),
    };
    // A value after a scheme is always a secret, so that it is read once.
    let word = (start..start + MAX_WORD).find(|at| text.at(*at).is_none_or(|byte| byte == b' ')).unwrap_or(start);
    let has_scheme = is_line && is_scheme(text.get(start..word));
    let mut end = start;
    while let Some(byte) = text.at(end) {
        if ends(byte) && text.url_depth(end) <= place.url_depth {
            match parameter_end(text, end).filter(|_| has_scheme) {
                Some(after) => end = after,
                None => break,
            }
        } else {
            end += 1;
        }
    }
    if end < text.len() || !text.is_cut() {
        while end > start && matches!(text.at(end - 1), Some(b'.' | b',' | b';' | b':' | b'!' | b'?')) {
            end -= 1;
        }
    }
    judge(text, Value::bare(start..end), place, false)
}

/// Returns the end of a parameter of a header whose value begins with this quote (`username="x"`).
fn parameter_end(text: &Decoded, opening: usize) -> Option<usize> {
    let quote = text.at(opening).filter(|byte| is_quote(*byte))?;
    let is_value = opening.checked_sub(1).and_then(|before| text.at(before)) == Some(b'=');
    let closing = (opening + 1..opening + MAX_WORD).find(|at| text.at(*at).is_none_or(|byte| byte == quote))?;
    is_value.then(|| (closing + 1).min(text.len()))
}

/// Returns whether the value of a header begins here, rather than a sentence. Looks at a few bytes only, since a text
/// may have many such names on one line.
fn begins_header(text: &Decoded, start: usize, rule: Rule) -> bool {
    let end = (start..start + MAX_WORD).find(|at| matches!(text.at(*at), None | Some(b' ' | b'\n' | b'=')));
    match (rule, end) {
        (Rule::Cookie, Some(end)) => text.at(end) == Some(b'='),
        (Rule::Cookie, None) => false,
        // A parameter has a name before `=`.
        (_, Some(end)) if end == start && text.at(end) == Some(b'=') => false,
        (_, Some(end)) if text.at(end) == Some(b' ') => {
            is_scheme(text.get(start..end)) || begins_generated(text.get(end + 1..text.len().min(end + MAX_WORD)))
        }
        _ => true,
    }
}
