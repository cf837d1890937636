//! Holds the size, the age and the retention of the log group.

use crate::aws::CallResult;
use crate::error::Result;
use crate::logs::group_description::describe;
use crate::logs::insights::estimate::Estimate;
use crate::logs::source::LogSource;
use std::ops::Range;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The log group. Times are in milliseconds since the epoch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LogGroup {
    /// `None` if it is unknown.
    pub(super) stored_bytes: Option<u64>,
    pub(super) created_ms: Option<i64>,
    /// `None` keeps events indefinitely.
    pub(super) retention_days: Option<i32>,
}

/// Returns the group; `None` if it does not exist. Without the right to read it, nothing about it is known.
pub(super) async fn look_up(source: &LogSource<'_>) -> Result<Option<LogGroup>> {
    let Some(found) = describe(source).await.or_warn_denied(source.reporter)? else {
        return Ok(Some(LogGroup::default()));
    };
    Ok(found.map(|group| LogGroup {
        stored_bytes: group.stored_bytes.and_then(|bytes| u64::try_from(bytes).ok()),
        created_ms: group.creation_time,
        retention_days: group.retention_in_days,
    }))
}

impl LogGroup {
    /// Returns the part of a time range, which ends now, of which the group may have events; `None` if there is none.
    /// AWS refuses queries that end before.
    pub(super) fn clamp(&self, range: &Range<i64>) -> Option<Range<i64>> {
        let start = range.start.max(self.first_ms(range.end).unwrap_or(range.start));
        (start < range.end).then_some(start..range.end)
    }

    /// Returns an estimate of the bytes that reading a time range scans, up to now.
    pub(super) fn estimate(&self, range: &Range<i64>, until_now: &Range<i64>) -> Estimate {
        let age_ms = until_now.end - self.first_ms(until_now.end).unwrap_or(0);
        Estimate::new(self.stored_bytes.unwrap_or(0), (range.end - range.start) as f64 / age_ms.max(1) as f64)
    }

    /// Returns the time of the oldest event that the group may have. Events of up to 14 days before its creation can be
    /// written into it, but Lambda does not.
    fn first_ms(&self, now_ms: i64) -> Option<i64> {
        let kept_since = self.retention_days.map(|days| now_ms - i64::from(days) * DAY_MS);
        self.created_ms.max(kept_since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 100 * DAY_MS;

    fn group(created_day: i64, retention_days: Option<i32>) -> LogGroup {
        LogGroup { stored_bytes: Some(1000), created_ms: Some(created_day * DAY_MS), retention_days }
    }

    #[test]
    fn a_range_begins_with_the_group_or_its_retention() {
        let range = 90 * DAY_MS..NOW;
        assert_eq!(group(0, None).clamp(&range), Some(range.clone()));
        assert_eq!(group(0, Some(30)).clamp(&range), Some(range.clone()));
        assert_eq!(group(0, Some(7)).clamp(&range), Some(93 * DAY_MS..NOW));
        assert_eq!(group(95, Some(7)).clamp(&range), Some(95 * DAY_MS..NOW));
        assert_eq!(group(101, None).clamp(&range), None);
        assert_eq!(LogGroup::default().clamp(&range), Some(range.clone()));
    }
}
