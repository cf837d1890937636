//! Divides a time range into parts, each with about a page of events, so that several pages are requested at once.

use std::ops::Range;

/// The first part is this fraction of the range.
const FIRST_FRACTION: i64 = 64;

/// A page with fewer events leaves place for the events of a longer part.
const HALF_A_PAGE: usize = 5_000;

/// The rest of a time range, in milliseconds since the epoch.
pub(super) struct Parts {
    rest: Range<i64>,
    length_ms: i64,
}

impl Parts {
    pub(super) fn new(range: Range<i64>) -> Self {
        let length_ms = ((range.end - range.start) / FIRST_FRACTION).max(1);
        Parts { rest: range, length_ms }
    }

    /// Adapts the length of the next parts to what a part had.
    pub(super) fn adapt(&mut self, pages: usize, events: usize) {
        if pages > 1 {
            self.length_ms = (self.length_ms / 2).max(1);
        } else if events < HALF_A_PAGE {
            self.length_ms = self.length_ms.saturating_mul(2);
        }
    }
}

impl Iterator for Parts {
    type Item = Range<i64>;

    fn next(&mut self) -> Option<Range<i64>> {
        let start = self.rest.start;
        let end = start.saturating_add(self.length_ms).min(self.rest.end);
        self.rest.start = end;
        (start < end).then_some(start..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::prop;

    #[test]
    fn parts_cover_the_range_once_whatever_they_have() {
        prop::check(|rng| {
            let range = rng.i64(0..1_000)..rng.i64(1_001..2_000);
            let mut parts = Parts::new(range.clone());
            let mut done_to = range.start;
            while let Some(part) = parts.next() {
                assert_eq!(part.start, done_to);
                done_to = part.end;
                // Otherwise they would become as short as a millisecond.
                parts.adapt(rng.usize(1..3), rng.usize(..20_000) * rng.usize(..2));
            }
            assert_eq!(done_to, range.end);
        });
    }

    #[test]
    fn quiet_parts_become_longer_and_busy_ones_shorter() {
        let lengths = |pages: usize, events: usize| {
            let mut parts = Parts::new(0..6_400_000);
            let lengths = (0..4).map(|_| {
                let part = parts.next().unwrap();
                parts.adapt(pages, events);
                part.end - part.start
            });
            lengths.collect::<Vec<_>>()
        };
        assert_eq!(lengths(1, 10), [100_000, 200_000, 400_000, 800_000]);
        assert_eq!(lengths(1, 9_000), [100_000; 4]);
        assert_eq!(lengths(3, 25_000), [100_000, 50_000, 25_000, 12_500]);
    }
}
