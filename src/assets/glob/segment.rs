//! One part of a pattern between slashes, compiled.

use super::PatternError;
use super::translate::{Translation, translate};
use crate::assets::glob::nfa::Program;
use globset::{Glob, GlobSet};
use std::collections::HashSet;

/// So many globs at most make one set: larger ones would pass the limits of the automata behind them.
const SET_SIZE: usize = 500;

/// Matches one part of a path.
#[derive(Clone, Debug)]
pub(super) enum Segment {
    /// `**`: any number of parts, none of them hidden.
    AnyParts,
    /// Exactly one of these texts.
    Literals(HashSet<String>),
    /// Text, `*`, `?` and plain classes: what globset expresses.
    Globs(GlobSet),
    /// All else: extended patterns such as `!(a|b)`, and odd classes.
    Expression(Program),
    /// Not a regular expression once translated: minimatch matches nothing with it.
    Nothing,
}

impl Segment {
    pub(crate) fn new(text: &str) -> Result<Self, PatternError> {
        Ok(Self::alternatives(&[text])?.pop().unwrap_or(Segment::Nothing))
    }

    /// Compiles several segments into as few as can be, so that a thousand alternatives do not take a thousand
    /// times as long. A text matches if any of the results matches it.
    pub(crate) fn alternatives(texts: &[&str]) -> Result<Vec<Self>, PatternError> {
        let mut literals = HashSet::new();
        let mut globs = Vec::new();
        let mut segments = Vec::new();
        for text in texts {
            if *text == "**" {
                segments.push(Segment::AnyParts);
            } else if let Some(glob) = plain_glob(text) {
                globs.push(glob);
            } else {
                match translate(text)? {
                    Translation::Literal(text) => {
                        literals.insert(text);
                    }
                    Translation::Regex(source) => {
                        segments.push(Program::compile(&source).map_or(Segment::Nothing, Segment::Expression));
                    }
                }
            }
        }
        if !literals.is_empty() {
            segments.push(Segment::Literals(literals));
        }
        for chunk in globs.chunks(SET_SIZE) {
            segments.push(Segment::Globs(GlobSet::new(chunk).map_err(|_| PatternError::TooComplex)?));
        }
        Ok(segments)
    }

    /// Whether this one part of a path matches. For `**`: whether it may be one of its parts.
    pub(crate) fn matches(&self, part: &str) -> bool {
        match self {
            Segment::AnyParts => !is_hidden(part),
            Segment::Literals(texts) => texts.contains(part),
            Segment::Globs(globs) => !is_hidden(part) && has_first_character(part) && globs_match(globs, part),
            Segment::Expression(program) => program.matches(part),
            Segment::Nothing => false,
        }
    }
}

/// Hidden files have to be asked for: a wildcard at the start of a segment does not take the dot.
/// A segment that asks for them is none of globset's.
fn is_hidden(part: &str) -> bool {
    part.starts_with('.')
}

/// minimatch demands a character where there are wildcards, with JavaScript's `.`, which takes no line's end.
fn has_first_character(part: &str) -> bool {
    !part.is_empty() && !part.starts_with(['\n', '\r', '\u{2028}', '\u{2029}'])
}

/// globset counts bytes where minimatch counts UTF-16 units. The patterns that come here are ASCII, so all that
/// matters about other units is their number: each becomes a byte that no such pattern names.
fn globs_match(globs: &GlobSet, part: &str) -> bool {
    if part.is_ascii() {
        return globs.is_match(part);
    }
    let stand_in = |unit: u16| u8::try_from(unit).ok().filter(u8::is_ascii).map_or('\x7f', char::from);
    globs.is_match(part.encode_utf16().map(stand_in).collect::<String>())
}

/// The segment as a glob, if it has wildcards and nothing that globset and minimatch read differently.
fn plain_glob(text: &str) -> Option<Glob> {
    // With a dot at its start it could match `..`, which globset does not take for a name.
    if !text.contains(['*', '?', '[']) || text.starts_with('.') || !is_plain(text.as_bytes()) {
        return None;
    }
    // To globset two stars are something of their own; to minimatch they are one, unless they are the whole segment.
    let mut glob = text.to_string();
    while glob.contains("**") {
        glob = glob.replace("**", "*");
    }
    Glob::new(&glob).ok()
}

fn is_plain(mut rest: &[u8]) -> bool {
    loop {
        rest = match rest {
            [] => return true,
            [b'[', class @ ..] => match after_class(class) {
                Some(after) => after,
                None => return false,
            },
            [b'*' | b'?', after @ ..] => after,
            [byte, after @ ..] if is_plain_character(*byte) => after,
            _ => return false,
        };
    }
}

/// What is behind a class of plain characters and rising ranges, such as `[a-z_]` or `[!0-9]`.
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

/// The characters that asset names are made of mean themselves to everybody.
fn is_plain_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(text: &str) -> Segment {
        Segment::new(text).unwrap()
    }

    #[test]
    fn globset_does_what_it_can_express() {
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
    fn alternatives_are_compiled_together() {
        let texts: Vec<String> = (0..1000).map(|number| format!("*-{number}.png")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).chain(["a", "b", ".x*", "@(y)", "**"]).collect();
        let segments = Segment::alternatives(&texts).unwrap();
        assert_eq!(segments.len(), 1000 / SET_SIZE + 4);
        for (part, expected) in [("a-999.png", true), ("b", true), (".xy", true), ("y", true), (".y-1.png", false)] {
            assert_eq!(segments.iter().any(|segment| segment.matches(part)), expected, "{part}");
        }
    }

    /// Every segment of globset's would be matched by the other engine just the same.
    #[test]
    fn both_engines_agree() {
        let parts = ["", "a", "b", ".a", "ab", "a.b", "a\nb", "\na", "é", "aé", "😀", "a😀", "a-b", "x1", "[", "A"];
        for text in ["*", "?", "??", "a*", "*a", "a?", "[a-b]", "[!a]", "[^a-z]?", "a[.]b", "a*b", "*.*", "a**"] {
            let Translation::Regex(source) = translate(text).unwrap() else { panic!("{text} has wildcards") };
            let program = Program::compile(&source).unwrap();
            let segment = segment(text);
            assert!(matches!(segment, Segment::Globs(_)));
            for part in parts {
                assert_eq!(segment.matches(part), program.matches(part), "{text} on {part:?}");
            }
        }
    }
}
