//! Finds the values of names.

use crate::logs::redact::bare::bare;
use crate::logs::redact::bytes::{is_here, is_quote, looks_generated, skip_space};
use crate::logs::redact::decoded::Decoded;
use crate::logs::redact::judge::judge;
use crate::logs::redact::kinds::Rule;
use crate::logs::redact::quoted::{joined_quote, quoted};
use crate::logs::redact::value::{Place, Value};
use std::ops::Range;

/// Returns the values of a name whose last word begins here.
pub(super) fn named_values(text: &Decoded, at: usize, names: &[&str], rule: Rule) -> Vec<Value> {
    let last_word = |name: &str| name.rsplit('_').next().unwrap_or_default().len();
    names
        .iter()
        .filter(|name| is_here(text, at, name.rsplit('_').next().unwrap_or_default()))
        .find_map(|name| {
            let end = at + last_word(name);
            let start = name_start(text, end, name)?;
            Some(values_after(text, start..end, rule))
        })
        .unwrap_or_default()
}

/// Returns where a name that ends here begins: a short one must not be part of a longer word (`valid_token`).
fn name_start(text: &Decoded, end: usize, name: &str) -> Option<usize> {
    let mut start = end;
    for letter in name.bytes().rev().filter(|letter| *letter != b'_') {
        let before = |start: usize| start.checked_sub(1).and_then(|at| text.at(at));
        while matches!(before(start), Some(b'_' | b'-' | b' ')) && start < end {
            start -= 1;
        }
        if before(start)?.to_ascii_lowercase() != letter {
            return None;
        }
        start -= 1;
    }
    if text.at(end).is_some_and(|after| after.is_ascii_alphanumeric() || after == b'_') {
        return None;
    }
    let is_short = name.split('_').next().is_some_and(|word| word.len() <= 4);
    (!is_short || begins_word(text, start)).then_some(start)
}

/// Returns whether a word begins here, also within a longer name (`deviceToken`).
fn begins_word(text: &Decoded, start: usize) -> bool {
    let before = start.checked_sub(1).and_then(|at| text.at(at)).unwrap_or(b' ');
    let is_hump = text.at(start).is_some_and(|first| first.is_ascii_uppercase()) && before.is_ascii_lowercase();
    !before.is_ascii_alphanumeric() || is_hump
}

/// Returns the values after a name: one, or those of a list.
fn values_after(text: &Decoded, name: Range<usize>, rule: Rule) -> Vec<Value> {
    let before = |at: usize| at.checked_sub(1).and_then(|at| text.at(at));
    let is_quoted = text.at(name.end).is_some_and(is_quote);
    // Words between spaces are a part of a sentence (`the access token: expired`).
    let has_space = text.get(name.clone()).contains(&b' ');
    let rule = if has_space && rule == Rule::Any { Rule::NoSentence } else { rule };
    let mut at = name.end;
    while matches!(text.at(at), Some(b'"' | b'\'' | b'`' | b']' | b'\\')) {
        at += 1;
    }
    at = skip_space(text, at);
    let Some(separator) = text.at(at) else { return Vec::new() };
    let is_element = is_element(text, &name, at);
    let is_parameter = is_element
        || separator == b'='
            && !has_space
            && !before(name.start).is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let is_whole = !before(name.start).is_some_and(|byte| byte.is_ascii_alphanumeric());
    let is_token = text.get(name.clone()).eq_ignore_ascii_case(b"token");
    let begins_parameter = || matches!(before(parameter_start(text, name.start)), Some(b'?' | b'&' | b';' | b'#'));
    let applies = match rule {
        Rule::Query => separator == b'=' && begins_parameter(),
        Rule::Code => is_whole && !matches!(before(name.start), Some(b'_' | b'-')),
        // `nextToken` is the place where a list goes on.
        Rule::Random => is_whole || !is_token && begins_word(text, name.start),
        Rule::Any | Rule::NoSentence => true,
        Rule::Header | Rule::Cookie => !is_element,
    };
    if !applies {
        return Vec::new();
    }
    let place = Place { rule, separator, url_depth: text.url_depth(at), is_parameter };
    if let Some(value) = after_sign(text, at) {
        return value_list(text, value, place);
    }
    match separator {
        b'>' if is_element => bare(text, at + 1, place).into_iter().collect(),
        b',' if is_quoted => {
            let is_header = matches!(rule, Rule::Header | Rule::Cookie);
            let value = keyed_value(text, at + 1).or_else(|| next_item(text, at + 1).filter(|_| is_header));
            let value = value.and_then(|at| quoted(text, at));
            value.and_then(|value| judge(text, value, place, true)).into_iter().collect()
        }
        _ => unsigned_value(text, &name, at, rule).into_iter().collect(),
    }
}

/// The shortest value that is taken for a secret where no sign is before it.
const MIN_SENTENCE_SECRET: usize = 8;

/// Returns the value that follows its name without a sign: of an option (`--password x`), or in a sentence (`the password
/// is x`). Mostly, that is an ordinary word.
fn unsigned_value(text: &Decoded, name: &Range<usize>, at: usize, rule: Rule) -> Option<Value> {
    let rule = match rule {
        Rule::Any | Rule::NoSentence => Rule::NoSentence,
        Rule::Random => Rule::Random,
        Rule::Header | Rule::Cookie | Rule::Code | Rule::Query => return None,
    };
    if text.url_depth(name.end) > 0 {
        return None;
    }
    let option = parameter_start(text, name.start);
    let is_option = text.get(option..option + 2) == b"--" && text.at(name.end).is_some_and(|byte| byte == b' ');
    let verb = ["is ", "was ", "is: ", "was: "].iter().find(|verb| at > name.end && is_here(text, at, verb));
    let start = if is_option { at } else { skip_space(text, at + verb?.len()) };
    let place = Place { rule, separator: b' ', url_depth: text.url_depth(at), is_parameter: false };
    let value = if text.at(start).is_some_and(is_quote) {
        judge(text, quoted(text, start)?, place, false)
    } else {
        bare(text, start, place)
    };
    // Otherwise, "8-20" and "n/a" were secrets.
    value.filter(|value| {
        let bytes = text.get(value.start..value.end);
        bytes.len() >= MIN_SENTENCE_SECRET && !bytes.starts_with(b"--") && !bytes.iter().any(u8::is_ascii_whitespace)
    })
}

/// Returns whether a name is that of an element of XML (`<AccessToken>`), whose tag ends here.
fn is_element(text: &Decoded, name: &Range<usize>, at: usize) -> bool {
    let before = name.start.checked_sub(1).and_then(|at| text.at(at));
    at == name.end && text.at(at) == Some(b'>') && matches!(before, Some(b'<' | b':'))
}

/// Returns where the name of a parameter begins that ends in `-name` or `_name` (`X-Amz-Signature`).
fn parameter_start(text: &Decoded, name_start: usize) -> usize {
    const MAX_PREFIX: usize = 32;
    let at = |at: usize| at.checked_sub(1).and_then(|at| text.at(at));
    if !matches!(at(name_start), Some(b'-' | b'_')) {
        return name_start;
    }
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let mut start = name_start;
    while name_start - start < MAX_PREFIX && at(start).is_some_and(is_name) {
        start -= 1;
    }
    start
}

/// Signs between a name and its value, the longest first. Node.js prints the line of code that has thrown, which may
/// compare with a value.
const SIGNS: [&str; 9] = ["===", "!==", "==", "!=", "=>", "->", ":=", "=", ":"];

/// Returns where the value begins after a sign.
fn after_sign(text: &Decoded, at: usize) -> Option<usize> {
    let sign = SIGNS.iter().find(|sign| is_here(text, at, sign))?;
    Some(skip_space(text, at + sign.len()))
}

/// Returns the quote of a value that follows its name under the key `value` (`"name": "password", "value": "…"`).
fn keyed_value(text: &Decoded, at: usize) -> Option<usize> {
    let at = skip_space(text, at);
    let word = at + usize::from(text.at(at).is_some_and(is_quote));
    if !is_here(text, word, "value") {
        return None;
    }
    let mut after = word + "value".len();
    after += usize::from(text.at(after).is_some_and(is_quote));
    let colon = skip_space(text, after);
    let value = skip_space(text, colon + 1);
    (text.at(colon) == Some(b':') && text.at(value).is_some_and(is_quote)).then_some(value)
}

/// Returns the quote of the next item of a list (`'Cookie', '…'`).
fn next_item(text: &Decoded, at: usize) -> Option<usize> {
    let at = skip_space(text, at);
    text.at(at).is_some_and(is_quote).then_some(at)
}

fn value_list(text: &Decoded, at: usize, place: Place) -> Vec<Value> {
    match text.at(at) {
        Some(first) if is_quote(first) => quoted_parts(text, at, place),
        Some(b'[') => {
            let mut values = Vec::new();
            let mut at = skip_space(text, at + 1);
            while text.at(at).is_some_and(is_quote) {
                let Some(value) = quoted(text, at) else { break };
                at = skip_space(text, value.end + 1);
                values.extend(judge(text, value, place, true));
                if text.at(at) != Some(b',') {
                    break;
                }
                at = skip_space(text, at + 1);
            }
            values
        }
        // Such as `{ S: '…' }`, in which DynamoDB's API has values.
        Some(b'{') => object_values(text, at + 1, place),
        Some(_) => bare(text, at, place).into_iter().collect(),
        None => Vec::new(),
    }
}

/// Returns the quoted values of the first fields of an object.
fn object_values(text: &Decoded, start: usize, place: Place) -> Vec<Value> {
    const MAX_FIELDS: usize = 8;
    const MAX_LENGTH: usize = 32;
    let mut values = Vec::new();
    let mut at = start;
    for _ in 0..MAX_FIELDS {
        let is_key = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-') || is_quote(byte);
        let key = skip_space(text, at);
        let Some(key_end) = (key..key + MAX_LENGTH).find(|at| !text.at(*at).is_some_and(is_key)) else { break };
        let colon = skip_space(text, key_end);
        let value = skip_space(text, colon + 1);
        if key == key_end || text.at(colon) != Some(b':') {
            break;
        }
        let end = if text.at(value).is_some_and(is_quote) {
            let parts = quoted_parts(text, value, place);
            let end = parts.last().map(|part| part.end).or_else(|| quoted(text, value).map(|value| value.end));
            let word = key + usize::from(text.at(key).is_some_and(is_quote));
            let is_value =
                key_end - key <= 3 || ["value", "token", "secret"].iter().any(|name| is_here(text, word, name));
            values.extend(parts.into_iter().filter(|part| is_value || looks_generated(text.get(part.start..part.end))));
            end.map_or(text.len(), |end| end + 1)
        } else {
            let ends = |at: &usize| text.at(*at).is_none_or(|byte| !byte.is_ascii_alphanumeric() && byte != b'.');
            (value..value + MAX_LENGTH).find(ends).unwrap_or(value)
        };
        let comma = skip_space(text, end);
        if text.at(comma) != Some(b',') {
            break;
        }
        at = comma + 1;
    }
    values
}

/// Returns a quoted value, and those that it is joined with (`'…' +\n  '…'`), as Node.js 10 shows long strings.
fn quoted_parts(text: &Decoded, at: usize, place: Place) -> Vec<Value> {
    let mut values = Vec::new();
    let mut next = Some(at);
    while let Some(value) = next.and_then(|at| quoted(text, at)) {
        next = joined_quote(text, value.end);
        match judge(text, value.clone(), place, true) {
            Some(value) => values.push(value),
            None if values.is_empty() => break,
            // A piece of a secret, which by itself is too short for one.
            None => values.push(value),
        }
    }
    values
}
