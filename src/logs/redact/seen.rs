//! Remembers secrets, so that what was redacted once is redacted everywhere: also without its name, in another request,
//! and before the request that named it.
//!
//! Secrets themselves are not kept: of each, the hashes of four pieces of [`PIECE`] letters and digits, with the number of
//! those before and after them. Shorter secrets, from [`MIN_WORD`] on, are found as whole words, if they have digits.
//! Memory is limited: the last [`MAX_PIECES`] pieces are known at least.

use crate::logs::redact::decoded::Decoded;
use crate::logs::redact::replace::redact_ranges;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, RwLock};

const PIECE: usize = 16;
const MIN_WORD: usize = 8;
const MAX_PIECES: usize = 50_000;

/// The factor of the rolling hash: odd and large, from the golden ratio.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// The secrets of a pull, shared by its streams.
#[derive(Clone, Debug, Default)]
pub(crate) struct SeenSecrets(Arc<RwLock<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    current: HashMap<u64, Piece>,
    previous: HashMap<u64, Piece>,
}

/// The letters and digits of a secret around a piece of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    before: u32,
    after: u32,
}

impl Seen {
    fn get(&self, hash: u64) -> Option<Piece> {
        self.current.get(&hash).or_else(|| self.previous.get(&hash)).copied()
    }

    fn insert(&mut self, hash: u64, piece: Piece) {
        self.current.insert(hash, piece);
        if self.current.len() >= MAX_PIECES {
            self.previous = std::mem::take(&mut self.current);
        }
    }
}

impl SeenSecrets {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.read().is_ok_and(|seen| seen.current.is_empty() && seen.previous.is_empty())
    }

    #[cfg(test)]
    pub(super) fn pieces(&self) -> usize {
        self.0.read().map_or(0, |seen| seen.current.len() + seen.previous.len())
    }

    /// Remembers a secret. Values with spaces are sentences or lists of parameters.
    pub(super) fn add(&self, secret: &[u8]) {
        let letters: Vec<u8> = secret.iter().copied().filter(u8::is_ascii_alphanumeric).collect();
        let is_word = letters.len() >= MIN_WORD && letters.iter().any(u8::is_ascii_digit);
        if secret.contains(&b' ') || !(is_word || letters.len() >= PIECE) {
            return;
        }
        let Ok(mut seen) = self.0.write() else { return };
        let Some(rest) = letters.len().checked_sub(PIECE) else {
            seen.insert(hash(&letters), Piece { before: 0, after: 0 });
            return;
        };
        for before in [0, rest / 3, rest * 2 / 3, rest] {
            let piece = letters.get(before..before + PIECE).unwrap_or_default();
            seen.insert(hash(piece), Piece { before: before as u32, after: (rest - before) as u32 });
        }
    }

    /// Returns the text without the secrets that are remembered.
    pub(crate) fn redact(&self, text: String) -> String {
        if self.is_empty() {
            return text;
        }
        let decoded = Decoded::new(&text);
        let ranges = self.find(&decoded).into_iter().map(|range| raw_range(&decoded, range)).collect();
        redact_ranges(&text, ranges).unwrap_or(text)
    }

    /// Returns the ranges of decoded bytes that hold remembered secrets.
    pub(super) fn find(&self, text: &Decoded) -> Vec<Range<usize>> {
        let Ok(seen) = self.0.read() else { return Vec::new() };
        let oldest = (0..PIECE).fold(1_u64, |factor, _| factor.wrapping_mul(FACTOR));
        let mut found: Vec<Range<usize>> = Vec::new();
        // The last letters and digits: their rolling hash, and their places.
        let mut places = [0; PIECE];
        let (mut count, mut rolling) = (0, 0_u64);
        let (mut word, mut word_length, mut word_start) = (0_u64, 0, 0);
        for at in 0..=text.len() {
            let byte = text.at(at).unwrap_or(b' ');
            if byte.is_ascii_alphanumeric() {
                let slot = count % PIECE;
                let left = if count >= PIECE { text.at(places[slot]).unwrap_or_default() } else { 0 };
                rolling = rolling.wrapping_mul(FACTOR).wrapping_add(u64::from(byte));
                rolling = rolling.wrapping_sub(oldest.wrapping_mul(u64::from(left)));
                places[slot] = at;
                count += 1;
                word = word.wrapping_mul(FACTOR).wrapping_add(u64::from(byte));
                word_length += 1;
                let done_to = found.last().map_or(0, |range| range.end);
                if count >= PIECE
                    && at >= done_to
                    && let Some(piece) = seen.get(finish(rolling, PIECE))
                {
                    let start = places[count % PIECE].max(done_to);
                    found.push(extended(text, start..at + 1, piece, done_to));
                }
            } else if byte.is_ascii_whitespace() || b"\"'`=&<>(){}[],;:".contains(&byte) {
                if (MIN_WORD..PIECE).contains(&word_length) && seen.get(finish(word, word_length)).is_some() {
                    found.push(word_start..at);
                }
                (word, word_length, word_start) = (0, 0, at + 1);
            }
        }
        found
    }
}

fn raw_range(text: &Decoded, range: Range<usize>) -> Range<usize> {
    text.raw_start(range.start)..text.raw_start(range.end)
}

fn hash(letters: &[u8]) -> u64 {
    let sum = letters.iter().fold(0_u64, |hash, byte| hash.wrapping_mul(FACTOR).wrapping_add(u64::from(*byte)));
    finish(sum, letters.len())
}

/// Mixes the length into a hash, since a word and a piece must differ.
fn finish(hash: u64, length: usize) -> u64 {
    (hash ^ (hash >> 29)).wrapping_add(length as u64)
}

/// Returns a piece with the rest of its secret, as far as the text has it after what is done.
fn extended(text: &Decoded, piece: Range<usize>, around: Piece, done_to: usize) -> Range<usize> {
    let is_end = |byte: u8| byte.is_ascii_whitespace() || b"\"'`<>".contains(&byte);
    let (mut start, mut end) = (piece.start, piece.end);
    let mut missing = around.before;
    while missing > 0 && start > done_to && text.at(start - 1).is_some_and(|byte| !is_end(byte)) {
        start -= 1;
        missing -= u32::from(text.at(start).is_some_and(|byte| byte.is_ascii_alphanumeric()));
    }
    let mut missing = around.after;
    while missing > 0 && text.at(end).is_some_and(|byte| !is_end(byte)) {
        missing -= u32::from(text.at(end).is_some_and(|byte| byte.is_ascii_alphanumeric()));
        end += 1;
    }
    start..end
}
