//! Replaces secrets.

use std::ops::Range;

/// Replaces a secret. It needs no escaping in JSON.
pub(super) const REDACTED: &str = "<redacted>";

/// Returns the text with each range replaced, if there is any.
pub(super) fn redact_ranges(text: &str, mut ranges: Vec<Range<usize>>) -> Option<String> {
    ranges.sort_by_key(|range| range.start);
    let mut redacted = String::new();
    let mut done_to = 0;
    let mut last_start = None;
    for range in ranges {
        if last_start.is_none() || range.start > done_to {
            redacted.push_str(text.get(done_to..range.start)?);
            redacted.push_str(REDACTED);
            last_start = Some(range.start);
        }
        done_to = done_to.max(range.end);
    }
    last_start?;
    redacted.push_str(text.get(done_to..)?);
    Some(redacted)
}
