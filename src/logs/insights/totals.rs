//! Counts requests: all of them, and by hour.

use crate::logs::invocation::model::Invocation;
use crate::logs::invocation::outcome::Outcome;
use crate::logs::summary::Summary;
use std::collections::BTreeMap;

pub(super) const HOUR_MS: i64 = 60 * 60 * 1000;

/// The counts of all requests of a time range.
#[derive(Clone, Debug, Default)]
pub(super) struct Totals {
    pub(super) summary: Summary,
    /// By the beginning of the hour, in milliseconds since the epoch.
    pub(super) hours: BTreeMap<i64, Hour>,
    pub(super) scanned_bytes: u64,
    pub(super) queries: u64,
    /// A second had more lines than a query returns.
    pub(super) lines_left_out: bool,
}

/// The counts of the requests that started within an hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Hour {
    pub(super) answered: u64,
    pub(super) failed: u64,
    pub(super) cold_starts: u64,
}

impl Totals {
    pub(super) fn add(&mut self, invocation: &Invocation) {
        self.summary.add(invocation);
        if invocation.outcome == Outcome::Unattributed {
            return;
        }
        let start_ms = invocation.start_time_ms;
        let hour = self.hours.entry(start_ms - start_ms.rem_euclid(HOUR_MS)).or_default();
        hour.answered += u64::from(invocation.outcome == Outcome::Answered);
        hour.failed += u64::from(invocation.outcome.is_failure());
        hour.cold_starts += u64::from(invocation.cold_start);
    }
}
