//! Recognizes words, literals and generated values by their bytes.

use crate::logs::redact::decoded::Decoded;

/// Values from this length on are too long for a word of a sentence.
pub(super) const MAX_WORD: usize = 256;

/// The shortest value that is taken for a code or a key without a name of one.
pub(super) const MIN_CODE: usize = 16;

/// Returns whether a line is a word or nothing: letters, of which only the first may be of another case.
pub(super) fn is_word(bytes: &[u8]) -> bool {
    let rest = bytes.get(1..).unwrap_or_default();
    bytes.iter().all(u8::is_ascii_alphabetic)
        && (rest.iter().all(u8::is_ascii_lowercase) || rest.iter().all(u8::is_ascii_uppercase))
}

pub(super) fn is_literal(bytes: &[u8]) -> bool {
    const LITERALS: [&[u8]; 6] = [b"null", b"undefined", b"true", b"false", b"NaN", b"[object"];
    let bytes = bytes.strip_suffix(b",").unwrap_or(bytes);
    LITERALS.contains(&bytes)
        || (bytes.len() < MAX_WORD && bytes.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.'))
}

/// Returns whether a word is rather generated than written: with digits, signs or capitals inside, or very long.
pub(super) fn looks_generated(bytes: &[u8]) -> bool {
    let rest = bytes.get(1..).unwrap_or_default();
    bytes.len() > MAX_WORD
        || bytes.iter().any(|byte| byte.is_ascii_digit() || b"!@#$%^*+/|~=".contains(byte))
        || (rest.iter().any(u8::is_ascii_uppercase) && bytes.iter().any(u8::is_ascii_lowercase))
}

/// Returns whether the first word of a text is generated.
pub(super) fn begins_generated(bytes: &[u8]) -> bool {
    let bytes = bytes.get(..MAX_WORD).unwrap_or(bytes);
    let word = bytes.split(|byte| byte.is_ascii_whitespace() || is_quote(*byte)).next().unwrap_or_default();
    let is_address = word.windows(3).any(|part| part == b"://");
    word.len() >= MIN_CODE && looks_generated(word) && !is_address
}

pub(super) fn is_mixed(bytes: &[u8]) -> bool {
    let has = |is: fn(&u8) -> bool| bytes.iter().any(is);
    bytes.len() >= MIN_CODE && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit)
}

/// Returns whether a value is generated at random: in it, classes of characters alternate more often than at the words of
/// a name (`PlaylistSummer2024`).
pub(super) fn is_random(bytes: &[u8]) -> bool {
    let class = |byte: u8| (byte.is_ascii_uppercase(), byte.is_ascii_lowercase(), byte.is_ascii_digit());
    let changes = bytes.windows(2).filter(|pair| class(pair[0]) != class(pair[1])).count();
    is_mixed(bytes) && 3 * changes >= bytes.len()
}

pub(super) fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

/// A byte of a web token's part, in base64url.
pub(super) fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

pub(super) fn is_token_byte(byte: u8) -> bool {
    is_part(byte) || matches!(byte, b'.' | b'|' | b'~' | b'+' | b'/' | b'=')
}

pub(super) fn begins_word(text: &Decoded, at: usize) -> bool {
    !at.checked_sub(1).and_then(|before| text.at(before)).is_some_and(|byte| byte.is_ascii_alphanumeric())
}

pub(super) fn skip_space(text: &Decoded, at: usize) -> usize {
    run_end(text, at, |byte| byte.is_ascii_whitespace())
}

/// Returns the end of the run of such bytes.
pub(super) fn run_end(text: &Decoded, start: usize, is_part: impl Fn(u8) -> bool) -> usize {
    let mut end = start;
    while text.at(end).is_some_and(&is_part) {
        end += 1;
    }
    end
}

pub(super) fn is_here(text: &Decoded, at: usize, word: &str) -> bool {
    starts_with(text.get(at..at + word.len()), word)
}

pub(super) fn starts_with(bytes: &[u8], word: &str) -> bool {
    bytes.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
}

/// Returns whether a word begins the value of a header, and is not secret itself.
pub(super) fn is_scheme(word: &[u8]) -> bool {
    ["Bearer", "Basic", "Digest", "Negotiate", "Token", "OAuth", "ApiKey", "JWT", "AWS4-HMAC-SHA256"]
        .iter()
        .any(|name| word.eq_ignore_ascii_case(name.as_bytes()))
}
