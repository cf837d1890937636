//! Matches file patterns exactly as minimatch 3.1.2 does with its option `matchBase`.
//!
//! Version 0.9.0 matched `filter` of `uploadParams` with that package, so its results are the specification, including
//! odd ones: a test compares more than 100,000 of them. No crate has the same results, and minimatch itself takes
//! exponential time for some patterns. A pattern is compiled in these steps:
//!
//! 1. A `!` at the start negates the pattern; a `#` at the start makes it a comment, which does not match any path.
//! 2. Braces are expanded: `*.{png,jpg}` becomes two alternatives ([`braces`]).
//! 3. Each alternative is split at `/` into segments, and each segment is compiled ([`segment`]): by `globset` if it
//!    supports the segment, otherwise as the regular expression that minimatch generates ([`translate`], [`nfa`]).
//! 4. An alternative with one segment is compared with the path's last part, any other one with the whole path.
//!
//! A backslash escapes the next character on every system, so that a project's options have the same meaning everywhere.

mod braces;
mod error;
mod js_char_class;
mod nfa;
mod segment;
#[cfg(test)]
mod tests;
mod translate;

use error::{MAX_PATTERN_BYTES, PatternError};
use segment::Segment;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    negated: bool,
    /// The alternatives with one segment, which are compared with a file's name.
    names: Vec<Segment>,
    /// The alternatives with several segments, which are compared with a file's path.
    paths: Vec<Vec<Segment>>,
}

impl Pattern {
    /// Compiles a pattern. Every text is a pattern, unless it exceeds a limit.
    pub(crate) fn new(text: &str) -> Result<Self, PatternError> {
        if text.len() > MAX_PATTERN_BYTES {
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

    /// Returns whether the pattern matches a path, which has `/` between its parts and is not empty.
    pub(crate) fn matches(&self, path: &str) -> bool {
        let name = file_name(path);
        let hit = self.names.iter().any(|segment| segment.matches(name)) || self.matches_path(path);
        hit != self.negated
    }

    fn matches_path(&self, path: &str) -> bool {
        // Most patterns do not have a slash, and splitting the path is most of the work.
        if self.paths.is_empty() {
            return false;
        }
        let parts = split(path);
        self.paths.iter().any(|segments| match_segments(&parts, segments))
    }
}

/// Returns the last part that is not empty.
fn file_name(path: &str) -> &str {
    path.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default()
}

/// Splits at each run of slashes. A slash at either end results in an empty part there.
fn split(path: &str) -> Vec<&str> {
    let last = path.matches('/').count();
    let parts = path.split('/').enumerate();
    parts.filter(|(index, part)| !part.is_empty() || [0, last].contains(index)).map(|(_, part)| part).collect()
}

/// Returns whether the segments of a pattern match all parts of a path. `**` matches any number of parts.
fn match_segments(parts: &[&str], segments: &[Segment]) -> bool {
    let Some((last_segment, others)) = segments.split_last() else { return false };
    let Some((last_part, _)) = parts.split_last() else { return false };
    // For each number of parts, whether the segments before match exactly that many.
    let start: Vec<bool> = (0..=parts.len()).map(|count| count == 0).collect();
    let before_last = others.iter().fold(start, |matched, segment| match segment {
        Segment::Globstar => match_any_parts(parts, &matched),
        one => match_one_part(parts, &matched, one),
    });
    let all_but = |matched: &[bool], count: usize| matched.iter().rev().nth(count) == Some(&true);
    match last_segment {
        // At the end, `**` matches at least one part.
        Segment::Globstar => all_but(&match_any_parts(parts, &before_last), 1) && last_segment.matches(last_part),
        one => {
            let matched = match_one_part(parts, &before_last, one);
            // The pattern may omit a slash at the end of the path.
            all_but(&matched, 0) || last_part.is_empty() && all_but(&matched, 1)
        }
    }
}

fn match_one_part(parts: &[&str], matched: &[bool], segment: &Segment) -> Vec<bool> {
    let after = parts.iter().zip(matched).map(|(part, start)| *start && segment.matches(part));
    std::iter::once(false).chain(after).collect()
}

/// `**` matches all parts up to the next hidden one.
fn match_any_parts(parts: &[&str], matched: &[bool]) -> Vec<bool> {
    let mut continues = false;
    let before = std::iter::once(None).chain(parts.iter().map(Some));
    let after = before.zip(matched).map(|(part, start)| {
        continues = *start || continues && part.is_some_and(|part| Segment::Globstar.matches(part));
        continues
    });
    after.collect()
}

/// Returns whether JavaScript's `trim` removes a character: like Rust's white space, but with U+FEFF and without U+0085
/// (<https://tc39.es/ecma262/#prod-WhiteSpace>).
fn is_javascript_space(c: char) -> bool {
    c == '\u{feff}' || (c.is_whitespace() && c != '\u{85}')
}
