//! Lists the reasons for which a pattern is not compiled.

use std::fmt;

/// The maximum length of a pattern, as in minimatch.
pub(super) const MAX_PATTERN_BYTES: usize = 64 * 1024;

/// The maximum number of patterns that braces expand to. `{a,b}` twenty times in a row would be a million.
pub(super) const MAX_ALTERNATIVES: usize = 10_000;

/// Why a pattern is an error: matching it would take too much time or memory. minimatch hangs on some of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PatternError {
    TooLong,
    TooManyAlternatives,
    NumberTooLarge,
    TooDeep,
    TooComplex,
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PatternError::TooLong => write!(f, "the pattern has more than {MAX_PATTERN_BYTES} bytes"),
            PatternError::TooManyAlternatives => {
                write!(f, "its braces expand to more than {MAX_ALTERNATIVES} patterns")
            }
            PatternError::NumberTooLarge => f.write_str("a number in its braces is too large"),
            PatternError::TooDeep => f.write_str("its braces, brackets or parentheses are nested too deeply"),
            PatternError::TooComplex => f.write_str("it is too complex"),
        }
    }
}
