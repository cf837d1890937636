//! File patterns as minimatch 3.1.2 decides them with its option `matchBase`.
//!
//! `filter` in `uploadParams` has always been decided by that package, so its verdicts are the definition here, the
//! odd ones included: a test compares thousands of them. A pattern goes through these steps:
//!
//! 1. `!` at its start negates, `#` at its start makes it a comment, which matches nothing.
//! 2. Braces are expanded: `*.{png,jpg}` is two alternatives ([`braces`]).
//! 3. Each alternative is cut at `/` into segments, and each segment is compiled ([`segment`]): by `globset` where it
//!    can express the segment, else as the regular expression that minimatch would make of it ([`translate`],
//!    [`regex`]).
//! 4. An alternative of one segment is compared with the path's last part, any other one with the whole path.
//!
//! A backslash escapes on every machine, so that a project's options mean the same everywhere.

mod braces;
mod js_char_class;
mod nfa;
mod segment;
#[cfg(test)]
mod tests;
mod translate;

use segment::Segment;
use std::fmt;

/// minimatch refuses longer ones, too.
const LONGEST_PATTERN: usize = 64 * 1024;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    negated: bool,
    /// The alternatives of one segment, which are compared with a file's name.
    names: Vec<Segment>,
    /// The alternatives of several segments, which are compared with a file's path.
    paths: Vec<Vec<Segment>>,
}

/// Why a pattern is refused: it would take too much time or memory. minimatch hangs on some of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PatternError {
    TooLong,
    TooManyAlternatives,
    LargeNumber,
    TooDeep,
    TooComplex,
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PatternError::TooLong => write!(f, "the pattern has more than {LONGEST_PATTERN} bytes"),
            PatternError::TooManyAlternatives => {
                write!(f, "its braces stand for more than {} patterns", braces::MOST_ALTERNATIVES)
            }
            PatternError::LargeNumber => f.write_str("a number in its braces is too large"),
            PatternError::TooDeep => f.write_str("its braces, brackets or parentheses are nested too deeply"),
            PatternError::TooComplex => f.write_str("it is too complex"),
        }
    }
}

impl Pattern {
    /// Compiles a pattern. Every text is one; an error is only a matter of size.
    pub(crate) fn new(text: &str) -> Result<Self, PatternError> {
        if text.len() > LONGEST_PATTERN {
            return Err(PatternError::TooLong);
        }
        let trimmed = text.trim_matches(is_javascript_space);
        if trimmed.is_empty() || trimmed.starts_with('#') {
            return Ok(Pattern { negated: false, names: Vec::new(), paths: Vec::new() });
        }
        let unsigned = trimmed.trim_start_matches('!');
        let negated = (trimmed.len() - unsigned.len()) % 2 == 1;
        let alternatives = braces::expand(unsigned)?;
        let (names, paths): (Vec<_>, Vec<_>) =
            alternatives.iter().map(|text| split(text)).partition(|segments| segments.len() == 1);
        let compile = |path: Vec<&str>| path.into_iter().map(Segment::new).collect();
        Ok(Pattern {
            negated,
            names: Segment::alternatives(&names.concat())?,
            paths: paths.into_iter().map(compile).collect::<Result<_, _>>()?,
        })
    }

    /// Whether the file at `path`, which has `/` between its parts and is not empty, is one that the pattern means.
    pub(crate) fn matches(&self, path: &str) -> bool {
        let name = file_name(path);
        let hit = self.names.iter().any(|segment| segment.matches(name)) || self.matches_path(path);
        hit != self.negated
    }

    fn matches_path(&self, path: &str) -> bool {
        // Most patterns have no slash, and cutting the path is most of the work.
        if self.paths.is_empty() {
            return false;
        }
        let parts = split(path);
        self.paths.iter().any(|segments| match_segments(&parts, segments))
    }
}

/// The last part that is not empty.
fn file_name(path: &str) -> &str {
    path.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default()
}

/// Cuts at each run of slashes. A slash at either end leaves an empty part there.
fn split(path: &str) -> Vec<&str> {
    let last = path.matches('/').count();
    let parts = path.split('/').enumerate();
    parts.filter(|(index, part)| !part.is_empty() || [0, last].contains(index)).map(|(_, part)| part).collect()
}

/// Compares the parts of a path with the segments of a pattern, of which `**` takes any number of parts.
fn match_segments(parts: &[&str], segments: &[Segment]) -> bool {
    let Some((last_segment, others)) = segments.split_last() else { return false };
    let Some((last_part, _)) = parts.split_last() else { return false };
    // For each number of parts, whether the segments so far can have taken exactly these.
    let none: Vec<bool> = (0..=parts.len()).map(|count| count == 0).collect();
    let before_last = others.iter().fold(none, |taken, segment| match segment {
        Segment::AnyParts => take_any_parts(parts, &taken),
        one => take_one_part(parts, &taken, one),
    });
    let all_but = |taken: &[bool], count: usize| taken.iter().rev().nth(count) == Some(&true);
    match last_segment {
        // At the end `**` takes at least one part.
        Segment::AnyParts => all_but(&take_any_parts(parts, &before_last), 1) && last_segment.matches(last_part),
        one => {
            let taken = take_one_part(parts, &before_last, one);
            // A slash at the path's end need not be in the pattern.
            all_but(&taken, 0) || last_part.is_empty() && all_but(&taken, 1)
        }
    }
}

fn take_one_part(parts: &[&str], taken: &[bool], segment: &Segment) -> Vec<bool> {
    let after = parts.iter().zip(taken).map(|(part, start)| *start && segment.matches(part));
    std::iter::once(false).chain(after).collect()
}

/// From where it starts, `**` can go on up to the next hidden part.
fn take_any_parts(parts: &[&str], taken: &[bool]) -> Vec<bool> {
    let mut going_on = false;
    let before = std::iter::once(None).chain(parts.iter().map(Some));
    let after = before.zip(taken).map(|(part, start)| {
        going_on = *start || going_on && part.is_some_and(|part| Segment::AnyParts.matches(part));
        going_on
    });
    after.collect()
}

/// What JavaScript's `trim` takes away: like Rust's white space, but with U+FEFF and without U+0085.
fn is_javascript_space(c: char) -> bool {
    c == '\u{feff}' || (c.is_whitespace() && c != '\u{85}')
}
