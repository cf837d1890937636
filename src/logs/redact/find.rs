//! Finds the secrets of a text. Each byte is looked at a limited number of times, so that the time is linear.

use crate::logs::redact::decoded::Decoded;
use crate::logs::redact::kinds::{By, Form, KINDS, Rule};
use crate::logs::redact::replace::REDACTED;
use std::ops::Range;

/// Values from this length on are too long for a word of a sentence.
const MAX_WORD: usize = 256;

/// The shortest value that is taken for a code or a key without a name of one.
const MIN_CODE: usize = 16;

/// A secret: a range of decoded bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) start: usize,
    pub(super) end: usize,
    /// The backslashes that escape its closing quote, which stay; they are in one piece with those of its own end.
    closing_backslashes: Option<usize>,
    /// The quote that is missing at the end of the text, with the backslashes that escape it.
    open_quote: Option<(u8, usize)>,
}

impl Value {
    fn bare(range: Range<usize>) -> Value {
        Value { start: range.start, end: range.end, closing_backslashes: None, open_quote: None }
    }

    /// Returns its range in the text.
    pub(super) fn raw_range(&self, text: &Decoded) -> Range<usize> {
        let end = text.raw_start(self.end);
        let own = self.closing_backslashes.map_or(0, |closing| text.backslashes(self.end).saturating_sub(closing));
        text.raw_start(self.start)..end + own
    }
}

/// Returns whether a secret, or the last word of a secret's name, may begin here. That is cheap to find and rare.
fn is_candidate(bytes: &[u8], at: usize) -> bool {
    let begins = |words: &[&str]| {
        let rest = bytes.get(at..).unwrap_or_default();
        words.iter().any(|word| starts_with(rest, word))
    };
    match bytes.get(at).map(u8::to_ascii_lowercase) {
        Some(b't') => begins(&["token"]),
        Some(b's') => begins(&["secret", "sig"]),
        Some(b'k') => begins(&["key"]),
        Some(b'p') => begins(&["pass", "pwd", "private key-----"]),
        Some(b'a') => begins(&["auth", "assertion", "akia", "asia", "atz", "atc", "atr", "atm"]),
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

fn formed_value(text: &Decoded, at: usize, form: Form) -> Option<Value> {
    match form {
        Form::AmazonToken => amazon_token(text, at),
        Form::WebToken => web_token(text, at),
        Form::Scheme => scheme(text, at),
        Form::AwsCredential => access_key_id(text, at).or_else(|| session_token(text, at)),
        Form::UrlPassword => url_password(text, at),
        Form::PrivateKey => private_key(text, at),
    }
}

/// Returns the values of a name whose last word begins here.
fn named_values(text: &Decoded, at: usize, names: &[&str], rule: Rule) -> Vec<Value> {
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
        while matches!(before(start), Some(b'_' | b'-')) && start < end {
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
    let before = start.checked_sub(1).and_then(|at| text.at(at)).unwrap_or(b' ');
    let is_hump = text.at(start).is_some_and(|first| first.is_ascii_uppercase()) && before.is_ascii_lowercase();
    let is_short = name.split('_').next().is_some_and(|word| word.len() <= 4);
    (!is_short || !before.is_ascii_alphanumeric() || is_hump).then_some(start)
}

/// Where a value stands.
#[derive(Clone, Copy)]
struct Place {
    rule: Rule,
    separator: u8,
    /// How often the separator is encoded for a URL: the value ends at what is encoded no more often.
    url_depth: usize,
    /// The name is a parameter of a query.
    is_parameter: bool,
}

/// Returns the values after a name: one, or those of a list.
fn values_after(text: &Decoded, name: Range<usize>, rule: Rule) -> Vec<Value> {
    let before = name.start.checked_sub(1).and_then(|at| text.at(at));
    let is_quoted = text.at(name.end).is_some_and(is_quote);
    let mut at = name.end;
    while matches!(text.at(at), Some(b'"' | b'\'' | b'`' | b']' | b'\\')) {
        at += 1;
    }
    at = skip_space(text, at);
    let Some(separator) = text.at(at) else { return Vec::new() };
    let is_parameter = separator == b'=' && !before.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let is_whole = !before.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if (rule == Rule::Query && !(is_parameter && matches!(before, Some(b'?' | b'&' | b';' | b'#'))))
        || (rule == Rule::Code && !is_whole)
    {
        return Vec::new();
    }
    let place = Place { rule, separator, url_depth: text.url_depth(at), is_parameter };
    match separator {
        b':' | b'=' => value_list(text, after_separator(text, at), place),
        b',' if is_quoted && matches!(rule, Rule::Header | Rule::Cookie) => match pair_value(text, at + 1) {
            Some(at) => quoted(text, at).and_then(|value| judge(text, value, place, true)).into_iter().collect(),
            None => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn after_separator(text: &Decoded, at: usize) -> usize {
    let is_arrow = text.at(at) == Some(b'=') && text.at(at + 1) == Some(b'>');
    skip_space(text, at + if is_arrow { 2 } else { 1 })
}

/// Returns the quote of a value that follows its name in a list (`'Cookie', '…'`), or under the key `value`.
fn pair_value(text: &Decoded, at: usize) -> Option<usize> {
    let at = skip_space(text, at);
    let word = at + usize::from(text.at(at).is_some_and(is_quote));
    if !is_here(text, word, "value") {
        return text.at(at).is_some_and(is_quote).then_some(at);
    }
    let mut after = word + "value".len();
    after += usize::from(text.at(after).is_some_and(is_quote));
    let colon = skip_space(text, after);
    let value = skip_space(text, colon + 1);
    (text.at(colon) == Some(b':') && text.at(value).is_some_and(is_quote)).then_some(value)
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
        // The form in which DynamoDB's API has values: `{ S: '…' }`.
        Some(b'{') => {
            let is_key = |byte: u8| byte.is_ascii_alphanumeric() || is_quote(byte);
            let key = skip_space(text, at + 1);
            let colon = (key..key + 4).find(|at| !text.at(*at).is_some_and(is_key)).unwrap_or(key);
            let value = skip_space(text, colon + 1);
            let is_attribute = text.at(colon) == Some(b':') && text.at(value).is_some_and(is_quote);
            if is_attribute { quoted_parts(text, value, place) } else { Vec::new() }
        }
        Some(_) => bare(text, at, place).into_iter().collect(),
        None => Vec::new(),
    }
}

/// Returns a quoted value, and those that it is joined with (`'…' +\n  '…'`), as Node.js 10 shows long strings.
fn quoted_parts(text: &Decoded, at: usize, place: Place) -> Vec<Value> {
    let mut values = Vec::new();
    let mut next = Some(at);
    while let Some(value) = next.and_then(|at| quoted(text, at)) {
        next = joined_quote(text, value.end);
        match judge(text, value, place, true) {
            Some(value) => values.push(value),
            None if values.is_empty() => break,
            None => {}
        }
    }
    values
}

/// Returns the quote that opens what is joined to a value with this closing quote.
fn joined_quote(text: &Decoded, closing: usize) -> Option<usize> {
    if !text.at(closing).is_some_and(is_quote) {
        return None;
    }
    let plus = skip_space(text, closing + 1);
    let quote = skip_space(text, plus + 1);
    (text.at(plus) == Some(b'+') && text.at(quote).is_some_and(is_quote)).then_some(quote)
}

/// Returns the value within quotes. One that ends after more backslashes belongs to the value. Without a closing quote
/// the value extends to the end of the text: Lambda splits events that are too long.
fn quoted(text: &Decoded, opening: usize) -> Option<Value> {
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

/// Returns a value without quotes. It goes to white space, a quote, `&`, `<`, `>`, `)` or `}`; that of a header to the
/// end of the line.
fn bare(text: &Decoded, start: usize, place: Place) -> Option<Value> {
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
        Rule::Code | Rule::Query => {
            !(byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'%' | b'+' | b'/'))
        }
        _ => byte.is_ascii_whitespace() || is_quote(byte) || matches!(byte, b'&' | b'<' | b'>' | b')' | b'}'),
    };
    let mut end = start;
    while text.at(end).is_some_and(|byte| !(ends(byte) && text.url_depth(end) <= place.url_depth)) {
        end += 1;
    }
    if end < text.len() || !text.is_cut() {
        while end > start && matches!(text.at(end - 1), Some(b'.' | b',' | b';' | b':' | b'!' | b'?')) {
            end -= 1;
        }
    }
    judge(text, Value::bare(start..end), place, false)
}

/// Returns whether the value of a header begins here, rather than a sentence. Looks at a few bytes only, since a text
/// may have many such names on one line.
fn begins_header(text: &Decoded, start: usize, rule: Rule) -> bool {
    let end = (start..start + MAX_WORD).find(|at| matches!(text.at(*at), None | Some(b' ' | b'\n' | b'=')));
    match (rule, end) {
        (Rule::Cookie, Some(end)) => text.at(end) == Some(b'='),
        (Rule::Cookie, None) => false,
        (_, Some(end)) if text.at(end) == Some(b' ') => is_scheme(text.get(start..end)),
        _ => true,
    }
}

fn is_scheme(word: &[u8]) -> bool {
    ["Bearer", "Basic", "Digest", "Negotiate", "Token", "AWS4-HMAC-SHA256"]
        .iter()
        .any(|name| word.eq_ignore_ascii_case(name.as_bytes()))
}

/// Returns the part of a value that is secret.
fn judge(text: &Decoded, value: Value, place: Place, is_quoted: bool) -> Option<Value> {
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
        Some(end) if is_scheme(scheme) => {
            let start = value.start + end + 1;
            let is_done = text.get(start..value.end) == REDACTED.as_bytes() || start == value.end;
            (!is_done).then_some(Value { start, ..value })
        }
        Some(_) => is_certain.then_some(value),
        None if is_certain || looks_generated(bytes) => Some(value),
        None => None,
    }
}

/// Finds a token of Login with Amazon (`Atza|…`).
fn amazon_token(text: &Decoded, at: usize) -> Option<Value> {
    if !begins_word(text, at) || text.get(at..at + 2) != b"At" {
        return None;
    }
    let bar = (at + 3..at + 6).find(|bar| text.at(*bar) == Some(b'|'))?;
    let end = run_end(text, at, is_token_byte);
    let is_long = end >= bar + 4 || (text.is_cut() && end == text.len());
    is_long.then(|| wrapped(text, at, end))
}

/// Finds a JSON Web Token. Its first part encodes `{"`, as `eyJ`; a second one follows.
fn web_token(text: &Decoded, at: usize) -> Option<Value> {
    const MIN_PART: usize = 10;
    let before = at.checked_sub(1).and_then(|before| text.at(before));
    if text.get(at..at + 3) != b"eyJ" || before.is_some_and(is_part) {
        return None;
    }
    let first = run_end(text, at, is_part);
    if first < at + MIN_PART {
        return None;
    }
    let has_second = text.at(first) == Some(b'.') && run_end(text, first + 1, is_part) >= first + MIN_PART;
    if has_second || (text.is_cut() && first + MIN_PART >= text.len()) {
        return Some(wrapped(text, at, run_end(text, at, is_token_byte)));
    }
    let value = wrapped(text, at, first);
    (value.end > first).then_some(value)
}

/// Finds what follows `Bearer` or `Basic`.
fn scheme(text: &Decoded, at: usize) -> Option<Value> {
    let name = ["bearer", "basic"].into_iter().find(|name| is_here(text, at, name))?;
    let space = at + name.len();
    let start = space + 1;
    if !begins_word(text, at) || !matches!(text.at(space), Some(b' ' | b'+')) {
        return None;
    }
    let end = run_end(text, start, |byte| is_token_byte(byte) || byte == b':');
    let bytes = text.get(start..end);
    let is_open = text.is_cut() && end == text.len();
    let is_parameter = bytes.ends_with(b"=") && text.at(end).is_some_and(is_quote);
    let is_secret = !is_parameter && bytes.len() >= 8 && looks_generated(bytes) || (is_open && end > start);
    is_secret.then(|| wrapped(text, start, end))
}

/// Finds the ID of an access key.
///
/// See <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>.
fn access_key_id(text: &Decoded, at: usize) -> Option<Value> {
    is_key_id(text, at).then(|| Value::bare(at..at + 20))
}

fn is_key_id(text: &Decoded, at: usize) -> bool {
    let id = text.get(at..at + 20);
    (id.starts_with(b"AKIA") || id.starts_with(b"ASIA"))
        && id.len() == 20
        && id.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && begins_word(text, at)
        && !text.at(at + 20).is_some_and(|byte| byte.is_ascii_alphanumeric())
}

/// Finds the secret keys in a text that has the ID of one: 40 characters of base64.
fn secret_keys(text: &Decoded) -> Vec<Value> {
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let end = run_end(text, at, is_base64);
        if end - at == 40 && is_mixed(text.get(at..end)) {
            found.push(Value::bare(at..end));
        }
        at = end + 1;
    }
    found
}

/// Finds a session token of AWS by its first characters, which encode its format.
fn session_token(text: &Decoded, at: usize) -> Option<Value> {
    let starts: [&[u8]; 3] = [b"IQoJb3JpZ2lu", b"FwoGZXIvYXdz", b"FQoGZXIvYXdz"];
    let is_start = begins_word(text, at) && starts.contains(&text.get(at..at + 12));
    is_start.then(|| wrapped(text, at, run_end(text, at, is_token_byte)))
}

/// Finds the password in `https://name:password@host`.
fn url_password(text: &Decoded, at: usize) -> Option<Value> {
    if text.get(at..at + 3) != b"://" {
        return None;
    }
    let start = at + 3;
    let ends = |byte: u8| {
        byte.is_ascii_whitespace() || is_quote(byte) || matches!(byte, b'/' | b'?' | b'#' | b'<' | b'>' | b'@')
    };
    let end = (start..start + MAX_WORD).find(|at| text.at(*at).is_none_or(ends))?;
    let colon = (start..end).find(|at| text.at(*at) == Some(b':'))?;
    (text.at(end) == Some(b'@') && colon + 1 < end).then(|| Value::bare(colon + 1..end))
}

/// Finds a private key in PEM.
fn private_key(text: &Decoded, at: usize) -> Option<Value> {
    const BEGIN: &str = "PRIVATE KEY-----";
    if !is_here(text, at, BEGIN) {
        return None;
    }
    let start = at + BEGIN.len();
    let end = run_end(text, start, |byte| byte != b'-' && byte != b'<');
    (end > start + MIN_CODE).then(|| Value::bare(start..end))
}

/// Returns a token with what follows it after line breaks, alone on its line, or joined by `+`.
fn wrapped(text: &Decoded, start: usize, first_end: usize) -> Value {
    /// No terminal and no encoder breaks lines earlier.
    const MIN_LINE: usize = 24;
    let (mut line, mut end) = (start, first_end);
    loop {
        let next = match joined_quote(text, end) {
            Some(quote) => quote + 1,
            None if text.at(end) == Some(b'\n') && end >= line + MIN_LINE => skip_space(text, end),
            None => break,
        };
        let next_end = run_end(text, next, is_token_byte);
        let is_alone = text.at(next_end).is_none_or(|byte| byte == b'\n' || is_quote(byte));
        if !is_alone || is_word(text.get(next..next_end)) {
            break;
        }
        (line, end) = (next, next_end);
    }
    Value::bare(start..end)
}

/// Returns whether a line is a word or nothing: letters, of which only the first may be of another case.
fn is_word(bytes: &[u8]) -> bool {
    let rest = bytes.get(1..).unwrap_or_default();
    bytes.iter().all(u8::is_ascii_alphabetic)
        && (rest.iter().all(u8::is_ascii_lowercase) || rest.iter().all(u8::is_ascii_uppercase))
}

fn is_literal(bytes: &[u8]) -> bool {
    const LITERALS: [&[u8]; 6] = [b"null", b"undefined", b"true", b"false", b"NaN", b"[object"];
    let bytes = bytes.strip_suffix(b",").unwrap_or(bytes);
    LITERALS.contains(&bytes)
        || (bytes.len() < MAX_WORD && bytes.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.'))
}

/// Returns whether a word is rather generated than written: with digits, signs or capitals inside, or very long.
fn looks_generated(bytes: &[u8]) -> bool {
    let rest = bytes.get(1..).unwrap_or_default();
    bytes.len() > MAX_WORD
        || bytes.iter().any(|byte| byte.is_ascii_digit() || b"!@#$%^*+/|~=".contains(byte))
        || (rest.iter().any(u8::is_ascii_uppercase) && bytes.iter().any(u8::is_ascii_lowercase))
}

fn is_mixed(bytes: &[u8]) -> bool {
    let has = |is: fn(&u8) -> bool| bytes.iter().any(is);
    bytes.len() >= MIN_CODE && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit)
}

fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

/// A byte of a web token's part, in base64url.
fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

fn is_token_byte(byte: u8) -> bool {
    is_part(byte) || matches!(byte, b'.' | b'|' | b'~' | b'+' | b'/' | b'=')
}

fn begins_word(text: &Decoded, at: usize) -> bool {
    !at.checked_sub(1).and_then(|before| text.at(before)).is_some_and(|byte| byte.is_ascii_alphanumeric())
}

fn skip_space(text: &Decoded, at: usize) -> usize {
    run_end(text, at, |byte| byte.is_ascii_whitespace())
}

/// Returns the end of the run of such bytes.
fn run_end(text: &Decoded, start: usize, is_part: impl Fn(u8) -> bool) -> usize {
    let mut end = start;
    while text.at(end).is_some_and(&is_part) {
        end += 1;
    }
    end
}

fn is_here(text: &Decoded, at: usize, word: &str) -> bool {
    starts_with(text.get(at..at + word.len()), word)
}

fn starts_with(bytes: &[u8], word: &str) -> bool {
    bytes.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
}

/// Returns the text to read the next event after, if this one was cut within its last secret.
pub(super) fn unfinished(text: &Decoded, values: &[Value]) -> Option<String> {
    let last = values.iter().max_by_key(|value| value.end).filter(|last| last.end == text.len() && text.is_cut())?;
    let (quote, backslashes) =
        last.open_quote.map_or((String::new(), 0), |(quote, number)| (char::from(quote).into(), number));
    Some(format!("access_token={}{quote}", "\\".repeat(backslashes)))
}
