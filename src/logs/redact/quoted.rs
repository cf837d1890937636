//! Finds the ends of values in quotes.

use crate::logs::redact::bytes::{is_quote, skip_space};
use crate::logs::redact::decoded::Decoded;
use crate::logs::redact::value::Value;

/// Returns the value within quotes. One that ends after more backslashes belongs to the value. Without a closing quote
/// the value extends to the end of the text: Lambda splits events that are too long.
pub(super) fn quoted(text: &Decoded, opening: usize) -> Option<Value> {
    let quote = text.at(opening)?;
    let (backslashes, url_depth) = (text.backslashes(opening), text.url_depth(opening));
    let start = opening + 1;
    let mut end = start;
    while let Some(byte) = text.at(end) {
        if byte == quote && text.url_depth(end) <= url_depth {
            let before = text.backslashes(end);
            // Each level of JSON doubles the backslashes: an even number of escaped ones is a text of its own.
            let own = before.saturating_sub(backslashes) / (backslashes + 1);
            if own.is_multiple_of(2) {
                return Some(Value { start, end, closing_backslashes: Some(backslashes), open_quote: None });
            }
        }
        end += 1;
    }
    Some(Value { start, end, closing_backslashes: None, open_quote: Some((quote, backslashes)) })
}

/// Returns the quote that opens what is joined to a value with this closing quote.
pub(super) fn joined_quote(text: &Decoded, closing: usize) -> Option<usize> {
    if !text.at(closing).is_some_and(is_quote) {
        return None;
    }
    let plus = skip_space(text, closing + 1);
    let quote = skip_space(text, plus + 1);
    (text.at(plus) == Some(b'+') && text.at(quote).is_some_and(is_quote)).then_some(quote)
}
