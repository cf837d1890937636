//! Finds secrets by their own form.

use crate::logs::redact::bytes::{
    MAX_WORD, MIN_CODE, begins_word, is_here, is_mixed, is_part, is_quote, is_token_byte, is_word, looks_generated,
    run_end, skip_space,
};
use crate::logs::redact::decoded::Decoded;
use crate::logs::redact::kinds::Form;
use crate::logs::redact::quoted::joined_quote;
use crate::logs::redact::value::Value;

pub(super) fn formed_value(text: &Decoded, at: usize, form: Form) -> Option<Value> {
    match form {
        Form::AmazonToken => amazon_token(text, at),
        Form::WebToken => web_token(text, at),
        Form::Scheme => scheme(text, at),
        Form::AwsCredential => access_key_id(text, at).or_else(|| session_token(text, at)),
        Form::UrlPassword => url_password(text, at),
        Form::PrivateKey => private_key(text, at),
        Form::ServiceKey => service_key(text, at),
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
    const MAX_SPACE: usize = 4;
    let name = ["bearer", "basic"].into_iter().find(|name| is_here(text, at, name))?;
    let space = at + name.len();
    let is_space = |at: usize| matches!(text.at(at), Some(b' ' | b'+' | b':' | b'='));
    let start = (space..space + MAX_SPACE).find(|at| !is_space(*at))?;
    if !begins_word(text, at) || start == space {
        return None;
    }
    let end = run_end(text, start, |byte| is_token_byte(byte) || byte == b':');
    let bytes = text.get(start..end);
    let is_open = text.is_cut() && end == text.len();
    // The name of a parameter is short. If a long run were refused, one of many names would be read for each of them.
    let is_parameter = bytes.len() <= MAX_WORD && bytes.ends_with(b"=") && text.at(end).is_some_and(is_quote);
    let is_secret = !is_parameter && bytes.len() >= 8 && looks_generated(bytes) || (is_open && end > start);
    is_secret.then(|| wrapped(text, start, end))
}

/// Finds the ID of an access key.
///
/// See <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>.
fn access_key_id(text: &Decoded, at: usize) -> Option<Value> {
    is_key_id(text, at).then(|| Value::bare(at..at + 20))
}

pub(super) fn is_key_id(text: &Decoded, at: usize) -> bool {
    let id = text.get(at..at + 20);
    (id.starts_with(b"AKIA") || id.starts_with(b"ASIA"))
        && id.len() == 20
        && id.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && begins_word(text, at)
        && !text.at(at + 20).is_some_and(|byte| byte.is_ascii_alphanumeric())
}

/// Finds the secret keys in a text that has the ID of one: 40 characters of base64.
pub(super) fn secret_keys(text: &Decoded) -> Vec<Value> {
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
    // A password that is cut by the end of the event, rather than a port.
    let is_cut = end == text.len() && text.is_cut() && !text.get(colon + 1..end).iter().all(u8::is_ascii_digit);
    ((text.at(end) == Some(b'@') || is_cut) && colon + 1 < end).then(|| Value::bare(colon + 1..end))
}

/// Finds a key by the first characters that its service gives it.
///
/// See <https://docs.github.com/en/code-security/secret-scanning/introduction/supported-secret-scanning-patterns>.
fn service_key(text: &Decoded, at: usize) -> Option<Value> {
    const STARTS: [&[u8]; 21] = [
        b"sk_live_",
        b"sk_test_",
        b"rk_live_",
        b"ghp_",
        b"gho_",
        b"ghs_",
        b"ghu_",
        b"ghr_",
        b"github_pat_",
        b"glpat-",
        b"xoxb-",
        b"xoxp-",
        b"xoxa-",
        b"xapp-",
        b"AIza",
        b"ya29.",
        b"sk-proj-",
        b"sk-ant-",
        b"SG.",
        b"npm_",
        b"hf_",
    ];
    /// Others begin like these: variables of npm, and names of models.
    const WITHOUT_SEPARATORS: [&[u8]; 2] = [b"npm_", b"hf_"];
    let start = STARTS.iter().find(|start| text.get(at..at + start.len()) == **start)?;
    // Otherwise the same run would be looked at from each of its parts.
    if at.checked_sub(1).and_then(|before| text.at(before)).is_some_and(|byte| is_part(byte) || byte == b'.') {
        return None;
    }
    let is_plain = WITHOUT_SEPARATORS.contains(start);
    let is_of_key = |byte: u8| if is_plain { byte.is_ascii_alphanumeric() } else { is_part(byte) || byte == b'.' };
    let end = run_end(text, at + start.len(), is_of_key);
    let rest = text.get(at + start.len()..end);
    let is_longer_name = is_plain && text.at(end).is_some_and(is_part);
    let is_key = !is_longer_name && rest.len() >= MIN_CODE && rest.iter().any(u8::is_ascii_digit);
    is_key.then(|| wrapped(text, at, end))
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
