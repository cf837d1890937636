//! Limits how often progress is reported.

use std::sync::Mutex;
use std::time::{Duration, Instant};

const INTERVAL: Duration = Duration::from_secs(1);

/// Lets one report an interval pass, from concurrent tasks. The first one passes after an interval.
pub(crate) struct Throttle(Mutex<Instant>);

impl Throttle {
    pub(crate) fn new() -> Self {
        Throttle(Mutex::new(Instant::now()))
    }

    /// Returns whether to report now. Does not wait for another task that asks at the same time: that one reports.
    pub(crate) fn is_due(&self) -> bool {
        let Ok(mut last) = self.0.try_lock() else { return false };
        let is_due = last.elapsed() >= INTERVAL;
        if is_due {
            *last = Instant::now();
        }
        is_due
    }
}
