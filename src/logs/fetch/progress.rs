//! Reports the progress of a pull.

use crate::output::progress::Throttle;
use crate::output::reporter::Reporter;
use std::sync::atomic::{AtomicU64, Ordering};

pub(super) struct Progress<'a> {
    reporter: &'a dyn Reporter,
    streams: usize,
    streams_read: AtomicU64,
    events_read: AtomicU64,
    throttle: Throttle,
}

impl<'a> Progress<'a> {
    /// `streams` is the number of streams to read.
    pub(super) fn new(reporter: &'a dyn Reporter, streams: usize) -> Self {
        let (streams_read, events_read) = (AtomicU64::new(0), AtomicU64::new(0));
        Progress { reporter, streams, streams_read, events_read, throttle: Throttle::new() }
    }

    pub(super) fn add_events(&self, count: usize) {
        self.events_read.fetch_add(count as u64, Ordering::Relaxed);
        if self.throttle.is_due() {
            let (events, streams) =
                (self.events_read.load(Ordering::Relaxed), self.streams_read.load(Ordering::Relaxed));
            self.reporter.log(format!("reading log streams: {events} events, {streams} of {} streams", self.streams));
        }
    }

    pub(super) fn add_streams(&self, count: usize) {
        self.streams_read.fetch_add(count as u64, Ordering::Relaxed);
    }
}
