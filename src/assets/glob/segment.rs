//! Compiles the segments of a pattern, which are its parts between slashes.

use crate::assets::glob::error::PatternError;
use crate::assets::glob::nfa::Nfa;
use crate::assets::glob::translate::{Translation, translate};
use globset::{Glob, GlobSet};
use std::collections::HashSet;

/// The maximum number of globs in one set. Larger sets exceed the limits of the automata in `globset`.
const MAX_SET_SIZE: usize = 500;

/// Matches one part of a path.
#[derive(Clone, Debug)]
pub(super) enum Segment {
    /// `**`: any number of parts that are not hidden.
    Globstar,
    /// Exactly one of these texts.
    Literals(HashSet<String>),
    /// Text, `*`, `?` and simple classes, which `globset` supports.
    Globs(GlobSet),
    /// Everything else: extended patterns such as `!(a|b)`, and unusual classes.
    Regex(Nfa),
    /// The translation is not a regular expression, so minimatch does not match any text.
    NeverMatches,
}

impl Segment {
    pub(crate) fn new(text: &str) -> Result<Self, PatternError> {
        Ok(Self::alternatives(&[text])?.pop().unwrap_or(Segment::NeverMatches))
    }

    /// Compiles several segments into as few as possible, so that a thousand alternatives do not take a thousand times
    /// as long. A text matches if one of the results matches it.
    pub(crate) fn alternatives(texts: &[&str]) -> Result<Vec<Self>, PatternError> {
        let mut literals = HashSet::new();
        let mut globs = Vec::new();
        let mut segments = Vec::new();
        for text in texts {
            if *text == "**" {
                segments.push(Segment::Globstar);
            } else if let Some(glob) = simple_glob(text) {
                globs.push(glob);
            } else {
                match translate(text)? {
                    Translation::Literal(text) => {
                        literals.insert(text);
                    }
                    Translation::Regex(source) => {
                        segments.push(Nfa::compile(&source).map_or(Segment::NeverMatches, Segment::Regex));
                    }
                }
            }
        }
        if !literals.is_empty() {
            segments.push(Segment::Literals(literals));
        }
        for chunk in globs.chunks(MAX_SET_SIZE) {
            segments.push(Segment::Globs(GlobSet::new(chunk).map_err(|_| PatternError::TooComplex)?));
        }
        Ok(segments)
    }

    /// Returns whether one part of a path matches, or for `**`, whether the part may be one of those that it matches.
    pub(crate) fn matches(&self, part: &str) -> bool {
        match self {
            Segment::Globstar => !is_hidden(part),
            Segment::Literals(texts) => texts.contains(part),
            Segment::Globs(globs) => !is_hidden(part) && has_first_character(part) && globs_match(globs, part),
            Segment::Regex(nfa) => nfa.matches(part),
            Segment::NeverMatches => false,
        }
    }
}

/// A wildcard at the start of a segment does not match a dot. A segment that starts with a dot is not compiled by
/// `globset`.
fn is_hidden(part: &str) -> bool {
    part.starts_with('.')
}

/// In minimatch, a segment with wildcards matches at least one character that JavaScript's `.` matches, which excludes
/// line terminators.
fn has_first_character(part: &str) -> bool {
    !part.is_empty() && !part.starts_with(['\n', '\r', '\u{2028}', '\u{2029}'])
}

/// `globset` counts bytes, and minimatch counts UTF-16 units. The patterns of `globset` are ASCII, so only the number of
/// other units matters: each of them becomes a byte that does not occur in a pattern.
fn globs_match(globs: &GlobSet, part: &str) -> bool {
    if part.is_ascii() {
        return globs.is_match(part);
    }
    let to_ascii = |unit: u16| u8::try_from(unit).ok().filter(u8::is_ascii).map_or('\x7f', char::from);
    globs.is_match(part.encode_utf16().map(to_ascii).collect::<String>())
}

/// Returns the segment as a glob, if it has wildcards, and only syntax with the same meaning in `globset` and minimatch.
fn simple_glob(text: &str) -> Option<Glob> {
    // With a dot at its start, it could match `..`, which `globset` does not accept as a name.
    if !text.contains(['*', '?', '[']) || text.starts_with('.') || !is_simple(text.as_bytes()) {
        return None;
    }
    // Two stars have a meaning of their own in `globset`, but in minimatch only if they are the whole segment.
    let mut glob = text.to_string();
    while glob.contains("**") {
        glob = glob.replace("**", "*");
    }
    Glob::new(&glob).ok()
}

fn is_simple(mut rest: &[u8]) -> bool {
    loop {
        rest = match rest {
            [] => return true,
            [b'[', class @ ..] => match after_class(class) {
                Some(after) => after,
                None => return false,
            },
            [b'*' | b'?', after @ ..] => after,
            [byte, after @ ..] if is_simple_character(*byte) => after,
            _ => return false,
        };
    }
}

/// Returns the text after a class of simple characters and ascending ranges, such as `[a-z_]` or `[!0-9]`.
fn after_class(class: &[u8]) -> Option<&[u8]> {
    let (members, after) = class.split_at(class.iter().position(|byte| *byte == b']')?);
    let mut rest = members.strip_prefix(b"!").or(members.strip_prefix(b"^")).unwrap_or(members);
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        rest = match rest {
            [first, b'-', last, after @ ..] if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() => {
                (first <= last).then_some(after)?
            }
            [byte, after @ ..] if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.') => after,
            _ => return None,
        };
    }
    after.get(1..)
}

/// Returns whether a character of asset names is literal in every pattern syntax.
fn is_simple_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(text: &str) -> Segment {
        Segment::new(text).unwrap()
    }

    #[test]
    fn globset_compiles_the_segments_that_it_supports() {
        for text in ["*.mp3", "a?c", "[a-z_]*", "[!0-9]x", "a**b", "*", "???", "v[0-9].[0-9]-*_x"] {
            assert!(matches!(segment(text), Segment::Globs(_)), "{text}");
        }
        for text in ["!(a)b", "*(a|b)", "[[:alpha:]]", "[z-a]*", "a\\*b*", "[!]*", "*[", "[a-", "x[]a]", ".h*"] {
            assert!(!matches!(segment(text), Segment::Globs(_)), "{text}");
        }
        for text in ["plain.mp3", "a\\*b", "", "[", "a+b"] {
            assert!(matches!(segment(text), Segment::Literals(_)), "{text}");
        }
    }

    #[test]
    fn many_alternatives_become_few_segments() {
        let texts: Vec<String> = (0..1000).map(|number| format!("*-{number}.png")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).chain(["a", "b", ".x*", "@(y)", "**"]).collect();
        let segments = Segment::alternatives(&texts).unwrap();
        assert_eq!(segments.len(), 1000 / MAX_SET_SIZE + 4);
        for (part, expected) in [("a-999.png", true), ("b", true), (".xy", true), ("y", true), (".y-1.png", false)] {
            assert_eq!(segments.iter().any(|segment| segment.matches(part)), expected, "{part}");
        }
    }

    #[test]
    fn globset_and_the_nfa_match_the_same_texts() {
        let parts = ["", "a", "b", ".a", "ab", "a.b", "a\nb", "\na", "é", "aé", "😀", "a😀", "a-b", "x1", "[", "A"];
        for text in ["*", "?", "??", "a*", "*a", "a?", "[a-b]", "[!a]", "[^a-z]?", "a[.]b", "a*b", "*.*", "a**"] {
            let Translation::Regex(source) = translate(text).unwrap() else { panic!("{text} has wildcards") };
            let nfa = Nfa::compile(&source).unwrap();
            let segment = segment(text);
            assert!(matches!(segment, Segment::Globs(_)));
            for part in parts {
                assert_eq!(segment.matches(part), nfa.matches(part), "{text} on {part:?}");
            }
        }
    }
}
