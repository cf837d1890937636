//! Divides a time range into parts whose lines fit into the rows of a query.

use std::collections::BTreeMap;
use std::ops::Range;

/// The rows that a query returns.
///
/// See <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetQueryResults.html>.
pub(super) const MAX_ROWS: usize = 10_000;

/// The lines of a part as planned. Lines are not spread evenly, so the rest of the rows is for the difference.
const PLANNED_LINES: u64 = 6_000;

pub(super) const HOUR_SECONDS: i64 = 3600;

/// The hours of a query that counts by hour: each is a row.
const MAX_COUNTED_HOURS: i64 = 5_000;

/// A part of a time range, in seconds since the epoch.
pub(super) type Part = Range<i64>;

/// Returns the ranges to count by hour. `range` is in milliseconds.
pub(super) fn countable(range: &Range<i64>) -> Vec<Part> {
    let all = in_seconds(range);
    let step = (MAX_COUNTED_HOURS * HOUR_SECONDS) as usize;
    (all.start..all.end).step_by(step).map(|start| start..all.end.min(start + step as i64)).collect()
}

/// Returns the parts to read, in the order of time. Hours without lines are in none; `hours` are the beginning of an
/// hour and its number of lines, `range` is in milliseconds.
pub(super) fn plan(hours: Vec<(i64, u64)>, range: &Range<i64>) -> Vec<Part> {
    // Of an hour on the border of two queries that count, each has counted a part.
    let mut lines_by_hour: BTreeMap<i64, u64> = BTreeMap::new();
    for (hour, lines) in hours {
        *lines_by_hour.entry(hour).or_default() += lines;
    }
    let all = in_seconds(range);
    let mut parts: Vec<(Part, u64)> = Vec::new();
    for (hour, lines) in lines_by_hour.into_iter().filter(|(_, lines)| *lines > 0) {
        let part = hour.max(all.start)..(hour + HOUR_SECONDS).min(all.end);
        match parts.last_mut() {
            Some((last, count)) if last.end == part.start && *count + lines <= PLANNED_LINES => {
                *count += lines;
                last.end = part.end;
            }
            _ if part.is_empty() => {}
            _ => parts.push((part, lines)),
        }
    }
    parts.into_iter().flat_map(|(part, lines)| divide(&part, lines.div_ceil(PLANNED_LINES))).collect()
}

/// Divides a part evenly, into seconds at most.
pub(super) fn divide(part: &Part, into: u64) -> Vec<Part> {
    let seconds = part.end - part.start;
    let into = i64::try_from(into).unwrap_or(i64::MAX).clamp(1, seconds.max(1));
    let border = |number: i64| part.start + seconds * number / into;
    (0..into).map(|number| border(number)..border(number + 1)).collect()
}

fn in_seconds(range: &Range<i64>) -> Part {
    range.start.div_euclid(1000)..range.end.div_euclid(1000) + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::prop;

    const RANGE: Range<i64> = 1_800_000..5 * 3_600_000;

    #[test]
    fn quiet_hours_are_read_together_and_busy_ones_in_parts() {
        assert_eq!(plan(vec![], &RANGE), []);
        assert_eq!(plan(vec![(3600, 10), (0, 5)], &RANGE), vec![1800..7200; 1]);
        assert_eq!(plan(vec![(0, 5), (7200, 10)], &RANGE), [1800..3600, 7200..10_800]);
        assert_eq!(plan(vec![(3600, 6000), (7200, 1)], &RANGE), [3600..7200, 7200..10_800]);
        assert_eq!(plan(vec![(3600, 18_000)], &RANGE), [3600..4800, 4800..6000, 6000..7200]);
        assert_eq!(plan(vec![(5 * 3600, 1)], &RANGE), vec![18_000..18_001; 1]);
    }

    #[test]
    fn an_hour_that_two_queries_have_counted_is_read_once() {
        assert_eq!(plan(vec![(3600, 4000), (3600, 4000)], &RANGE), [3600..5400, 5400..7200]);
    }

    #[test]
    fn a_second_is_not_divided() {
        assert_eq!(divide(&(10..11), 2), vec![10..11; 1]);
        assert_eq!(divide(&(10..12), 1000), [10..11, 11..12]);
    }

    #[test]
    fn a_long_range_is_counted_by_several_queries() {
        let hours = 12_000;
        let counted = countable(&(0..hours * 3_600_000));
        assert_eq!(counted.len(), 3);
        assert_eq!((counted[0].start, counted[2].end), (0, hours * HOUR_SECONDS + 1));
        assert!(counted.windows(2).all(|pair| pair[0].end == pair[1].start));
    }

    #[test]
    fn parts_do_not_overlap_and_cover_every_hour_with_lines() {
        prop::check(|rng| {
            let hours: Vec<(i64, u64)> = (0..6).map(|hour| (hour * 3600, rng.u64(..30_000) * rng.u64(..2))).collect();
            let range = rng.i64(..7_200_000)..rng.i64(7_200_001..21_600_000);
            let parts = plan(hours.clone(), &range);
            assert!(parts.windows(2).all(|pair| pair[0].end <= pair[1].start), "{parts:?}");
            for (hour, _) in hours.iter().filter(|(_, lines)| *lines > 0) {
                for second in [hour + 1, hour + 1800, hour + 3599] {
                    let is_inside = second * 1000 >= range.start && second * 1000 < range.end;
                    let is_covered = parts.iter().any(|part| part.contains(&second));
                    assert!(is_covered || !is_inside, "{second} {parts:?}");
                }
            }
        });
    }
}
