//! Holds the place of a secret.

use crate::logs::redact::decoded::Decoded;
use crate::logs::redact::kinds::Rule;
use std::ops::Range;

/// A secret: a range of decoded bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) start: usize,
    pub(super) end: usize,
    /// The backslashes that escape its closing quote, which stay; they are in one piece with those of its own end.
    pub(super) closing_backslashes: Option<usize>,
    /// The quote that is missing at the end of the text, with the backslashes that escape it.
    pub(super) open_quote: Option<(u8, usize)>,
}

impl Value {
    pub(super) fn bare(range: Range<usize>) -> Value {
        Value { start: range.start, end: range.end, closing_backslashes: None, open_quote: None }
    }

    /// Returns its range in the text.
    pub(super) fn raw_range(&self, text: &Decoded) -> Range<usize> {
        let end = text.raw_start(self.end);
        let own = self.closing_backslashes.map_or(0, |closing| text.backslashes(self.end).saturating_sub(closing));
        text.raw_start(self.start)..end + own
    }
}

/// Where a value stands.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) rule: Rule,
    pub(super) separator: u8,
    /// How often the separator is encoded for a URL: the value ends at what is encoded no more often.
    pub(super) url_depth: usize,
    /// The name is a parameter of a query.
    pub(super) is_parameter: bool,
}
