//! Limits how often progress is reported.

use std::sync::Mutex;
use std::time::{Duration, Instant};

const MIN_INTERVAL: Duration = Duration::from_secs(1);
const MAX_INTERVAL: Duration = Duration::from_secs(30);

/// The time until the next report is that until the last one, divided by this.
const INTERVAL_DIVISOR: u32 = 4;

/// Lets one report an interval pass, from concurrent tasks. The first one passes after an interval, and the longer the
/// work takes, the longer are the intervals.
pub(crate) struct Throttle {
    started: Instant,
    last: Mutex<Instant>,
}

impl Throttle {
    pub(crate) fn new() -> Self {
        let now = Instant::now();
        Throttle { started: now, last: Mutex::new(now) }
    }

    /// Returns whether to report now. Does not wait for another task that asks at the same time: that one reports.
    pub(crate) fn is_due(&self) -> bool {
        let Ok(mut last) = self.last.try_lock() else { return false };
        let is_due = last.elapsed() >= interval(*last - self.started);
        if is_due {
            *last = Instant::now();
        }
        is_due
    }
}

/// Returns the time until the next report, from the time until the last one.
fn interval(reported_after: Duration) -> Duration {
    (reported_after / INTERVAL_DIVISOR).clamp(MIN_INTERVAL, MAX_INTERVAL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_the_work_takes_the_fewer_are_the_reports() {
        let reports = |work: Duration| {
            let next = |last: &Duration| Some(*last + interval(*last));
            std::iter::successors(Some(interval(Duration::ZERO)), next).take_while(|time| *time <= work).count()
        };
        let numbers = [1, 10, 60, 600, 3600].map(|seconds| reports(Duration::from_secs(seconds)));
        assert_eq!(numbers, [1, 8, 16, 35, 135]);
    }
}
