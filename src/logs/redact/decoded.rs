//! Reads a text without the ways in which it is escaped: backslashes of JSON at any depth, percent signs of URLs, codes
//! for colors, invisible and full-width characters. A secret is then found by the same rules in all of them.

/// A text without its escapes, as bytes, each with its place in the text.
pub(super) struct Decoded<'a> {
    raw: &'a str,
    bytes: Vec<u8>,
    starts: Vec<usize>,
}

impl<'a> Decoded<'a> {
    pub(super) fn new(raw: &'a str) -> Self {
        let mut decoded = Decoded { raw, bytes: Vec::with_capacity(raw.len()), starts: Vec::with_capacity(raw.len()) };
        let mut at = 0;
        while let Some((byte, length)) = raw.as_bytes().get(at..).and_then(first_byte) {
            if let Some(byte) = byte {
                decoded.bytes.push(byte);
                decoded.starts.push(at);
            }
            at += length;
        }
        decoded
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn at(&self, index: usize) -> Option<u8> {
        #[cfg(test)]
        STEPS.with(|steps| steps.set(steps.get() + 1));
        self.bytes.get(index).copied()
    }

    /// Returns the bytes of a range.
    pub(super) fn get(&self, range: std::ops::Range<usize>) -> &[u8] {
        self.bytes.get(range).unwrap_or_default()
    }

    /// Returns the place in the text of a byte, or of the end.
    pub(super) fn raw_start(&self, index: usize) -> usize {
        self.starts.get(index).copied().unwrap_or(self.raw.len())
    }

    /// Returns how many backslashes a byte is escaped by.
    pub(super) fn backslashes(&self, index: usize) -> usize {
        let rest = self.raw.as_bytes().get(self.raw_start(index)..).unwrap_or_default();
        rest.iter().take_while(|byte| **byte == b'\\').count()
    }

    /// Returns how often a byte is encoded for a URL: once in `%26`, twice in `%2526`.
    pub(super) fn url_depth(&self, index: usize) -> usize {
        let rest = self.raw.as_bytes().get(self.raw_start(index)..).unwrap_or_default();
        match rest.strip_prefix(b"%") {
            Some(code) => 1 + code.chunks(2).take_while(|pair| *pair == b"25").count(),
            None => 0,
        }
    }

    /// Returns whether the event was cut at its end: Lambda ends each one with a line break.
    pub(super) fn is_cut(&self) -> bool {
        !self.raw.ends_with(['\n', '\r'])
    }
}

#[cfg(test)]
thread_local! {
    /// The bytes that were looked at, by which tests know that the time is linear.
    pub(super) static STEPS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Returns the first byte, or none for what has no meaning for a secret; and its length in the text.
fn first_byte(rest: &[u8]) -> Option<(Option<u8>, usize)> {
    Some(match *rest.first()? {
        b'\\' => backslash(rest),
        b'%' => percent(rest),
        0x1b => (None, 1 + color_length(rest.get(1..).unwrap_or_default())),
        0xef if full_width(rest).is_some() => (full_width(rest), 3),
        first => match invisible_length(rest) {
            0 => (Some(first), 1),
            length => (None, length),
        },
    })
}

/// Reads an escape of JSON or JavaScript, after any number of backslashes.
fn backslash(rest: &[u8]) -> (Option<u8>, usize) {
    let depth = rest.iter().take_while(|byte| **byte == b'\\').count();
    let digits = match rest.get(depth) {
        Some(b'u') => 4,
        Some(b'x') => 2,
        Some(b'n' | b'r') => return (Some(b'\n'), depth + 1),
        Some(b't') => return (Some(b'\t'), depth + 1),
        Some(byte @ (b'"' | b'\'' | b'`' | b'/')) => return (Some(*byte), depth + 1),
        _ => return (Some(b'\\'), depth),
    };
    let length = depth + 1 + digits;
    let code =
        rest.get(depth + 1..length).and_then(|code| u32::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
    match code {
        None => (Some(b'\\'), depth),
        Some(0x1b) => (None, length + color_length(rest.get(length..).unwrap_or_default())),
        Some(0xad | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x206f | 0xfeff) => (None, length),
        Some(code) => (Some(u8::try_from(code).unwrap_or(u8::MAX)), length),
    }
}

/// Reads an escape of a URL, which may itself be escaped any number of times.
fn percent(rest: &[u8]) -> (Option<u8>, usize) {
    let code = rest.get(1..).unwrap_or_default();
    let depth = code.chunks(2).take_while(|pair| *pair == b"25").count();
    let start = 1 + 2 * depth;
    let digits = rest.get(start..start + 2).and_then(|digits| std::str::from_utf8(digits).ok());
    match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
        Some(byte @ (b' '..=b'~' | b'\n' | b'\r')) => (Some(byte), start + 2),
        _ => (Some(b'%'), start),
    }
}

/// Returns the length of the sequence that sets a color, after its first character.
fn color_length(rest: &[u8]) -> usize {
    /// No sequence is longer in practice.
    const MAX_LENGTH: usize = 64;
    let Some(parameters) = rest.strip_prefix(b"[") else { return 0 };
    let end = parameters.iter().take(MAX_LENGTH).position(|byte| !matches!(byte, b'0'..=b'?'));
    end.map_or(0, |end| end + 2)
}

/// Returns the ASCII character of a full-width one, as Chinese and Japanese text has them (`：`).
fn full_width(rest: &[u8]) -> Option<u8> {
    match *rest {
        [0xef, 0xbc, last @ 0x81..=0xbf, ..] => Some(last - 0x60),
        [0xef, 0xbd, last @ 0x80..=0x9e, ..] => Some(last - 0x20),
        _ => None,
    }
}

/// Returns the length of an invisible character in UTF-8; 0 for any other one.
fn invisible_length(rest: &[u8]) -> usize {
    match rest {
        [0xc2, 0xad, ..] => 2,
        [0xe2, 0x80, 0x8b..=0x8f | 0xaa..=0xae, ..] | [0xe2, 0x81, 0xa0..=0xaf, ..] | [0xef, 0xbb, 0xbf, ..] => 3,
        _ => 0,
    }
}
