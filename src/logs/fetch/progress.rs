//! Reports the progress of a pull.

use crate::output::progress::Throttle;
use crate::output::reporter::Reporter;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

pub(super) struct Progress<'a> {
    reporter: &'a dyn Reporter,
    /// The number of streams to read; 0 if it is unknown.
    streams: AtomicUsize,
    streams_read: AtomicU64,
    events_read: AtomicU64,
    throttle: Throttle,
}

impl<'a> Progress<'a> {
    pub(super) fn new(reporter: &'a dyn Reporter) -> Self {
        let (streams, streams_read, events_read) = (AtomicUsize::new(0), AtomicU64::new(0), AtomicU64::new(0));
        Progress { reporter, streams, streams_read, events_read, throttle: Throttle::new() }
    }

    /// Notes how many streams are read from now on.
    pub(super) fn start_streams(&self, count: usize) {
        self.streams.store(count, Ordering::Relaxed);
    }

    pub(super) fn add_events(&self, count: usize) {
        self.events_read.fetch_add(count as u64, Ordering::Relaxed);
        if self.throttle.is_due() {
            let (events, read) = (self.events_read.load(Ordering::Relaxed), self.streams_read.load(Ordering::Relaxed));
            let of_streams = match self.streams.load(Ordering::Relaxed) {
                0 => String::new(),
                streams => format!(", {read} of {streams} streams"),
            };
            self.reporter.log(format!("reading log streams: {events} events{of_streams}"));
        }
    }

    pub(super) fn add_streams(&self, count: usize) {
        self.streams_read.fetch_add(count as u64, Ordering::Relaxed);
    }
}
