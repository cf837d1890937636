//! Knows which streams have no events anymore, since these are older than the retention of the log group. AWS lists such
//! streams for a long time, and GetLogEvents returns empty pages for them without end
//! (<https://github.com/boto/boto3/issues/4591>).

use crate::logs::group_description::describe;
use crate::logs::list_streams::INGESTION_LAG_MS;
use crate::logs::source::LogSource;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use tokio::sync::OnceCell;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The empty pages after which the retention is looked up.
pub(super) const FEW_EMPTY_PAGES: u32 = 3;

/// The known expiry of events. Times are in milliseconds since the epoch.
pub(super) struct Expiry {
    /// A stream whose last event is older has none: the stream that had this one as its last had none.
    expired_to_ms: AtomicI64,
    /// The time from which events are kept, if the group has a retention and it may be looked up.
    kept_from_ms: OnceCell<Option<i64>>,
    /// The number of streams that were not read for that.
    skipped: AtomicUsize,
}

impl Default for Expiry {
    fn default() -> Self {
        let (expired_to_ms, skipped) = (AtomicI64::new(i64::MIN), AtomicUsize::new(0));
        Expiry { expired_to_ms, kept_from_ms: OnceCell::new(), skipped }
    }
}

impl Expiry {
    /// Returns whether a stream is older than one that had no events anymore. Then it is skipped.
    pub(super) fn skips(&self, last_ms: Option<i64>) -> bool {
        let skips = ends_before(last_ms, self.expired_to_ms.load(Ordering::Relaxed));
        self.skipped.fetch_add(usize::from(skips), Ordering::Relaxed);
        skips
    }

    /// Returns whether a stream with empty pages is older than the retention, which is looked up once. Then it is
    /// skipped, as the older ones are.
    pub(super) async fn skips_by_retention(&self, last_ms: Option<i64>, source: &LogSource<'_>) -> bool {
        let kept_from_ms = self.kept_from_ms.get_or_init(|| kept_from_ms(source)).await;
        let is_older = kept_from_ms.is_some_and(|kept_from_ms| ends_before(last_ms, kept_from_ms));
        if is_older {
            self.skipped.fetch_add(1, Ordering::Relaxed);
            self.learn(last_ms, source.range.end);
        }
        is_older
    }

    /// Learns that a stream has no events. A retention is a day at least, so newer streams are not concerned.
    pub(super) fn learn(&self, last_ms: Option<i64>, range_end_ms: i64) {
        if let Some(last_ms) = last_ms.filter(|last_ms| *last_ms < range_end_ms - DAY_MS) {
            self.expired_to_ms.fetch_max(last_ms, Ordering::Relaxed);
        }
    }

    /// Returns the number of streams that were skipped.
    pub(super) fn skipped(&self) -> usize {
        self.skipped.load(Ordering::Relaxed)
    }
}

fn ends_before(last_ms: Option<i64>, time_ms: i64) -> bool {
    last_ms.is_some_and(|last_ms| last_ms.saturating_add(INGESTION_LAG_MS) < time_ms)
}

/// Returns the time from which events are kept. Reading goes on without it.
async fn kept_from_ms(source: &LogSource<'_>) -> Option<i64> {
    let group = describe(source).await.ok().flatten()?;
    // The end of a range is at most the time of now, by which fewer events are expired.
    Some(source.range.end - i64::from(group.retention_in_days?) * DAY_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 100 * DAY_MS;

    #[test]
    fn a_stream_that_ended_before_one_without_events_is_skipped() {
        let expiry = Expiry::default();
        assert!(!expiry.skips(Some(0)) && !expiry.skips(None));
        expiry.learn(Some(60 * DAY_MS), NOW);
        expiry.learn(Some(50 * DAY_MS), NOW);
        expiry.learn(None, NOW);
        assert!(expiry.skips(Some(59 * DAY_MS)));
        // AWS may report the last event late.
        assert!(!expiry.skips(Some(60 * DAY_MS - INGESTION_LAG_MS)) && !expiry.skips(Some(61 * DAY_MS)));
        assert!(!expiry.skips(None));
        assert_eq!(expiry.skipped(), 1);
    }

    #[test]
    fn an_empty_stream_of_the_last_day_does_not_concern_others() {
        let expiry = Expiry::default();
        expiry.learn(Some(NOW - DAY_MS), NOW);
        assert!(!expiry.skips(Some(0)));
        expiry.learn(Some(NOW - DAY_MS - 1), NOW);
        assert!(expiry.skips(Some(0)));
    }
}
