//! How far a pull is, for those who wait for it.

use crate::output::reporter::Reporter;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;

const INTERVAL: Duration = Duration::from_secs(1);

pub(crate) struct Progress<'a> {
    reporter: &'a dyn Reporter,
    streams: usize,
    done: AtomicU64,
    events: AtomicU64,
    told: Mutex<Instant>,
}

impl<'a> Progress<'a> {
    pub(crate) fn new(reporter: &'a dyn Reporter, streams: usize) -> Self {
        let told = Mutex::new(Instant::now());
        Progress { reporter, streams, done: AtomicU64::new(0), events: AtomicU64::new(0), told }
    }

    /// So many more events have come, which is told once a second at most.
    pub(crate) fn events(&self, number: usize) {
        self.events.fetch_add(number as u64, Ordering::Relaxed);
        let Ok(mut told) = self.told.try_lock() else { return };
        if told.elapsed() < INTERVAL {
            return;
        }
        *told = Instant::now();
        let (done, events) = (self.done.load(Ordering::Relaxed), self.events.load(Ordering::Relaxed));
        self.reporter.log(format!("read {events} events, {done} of {} log streams", self.streams));
    }

    pub(crate) fn streams_done(&self, number: usize) {
        self.done.fetch_add(number as u64, Ordering::Relaxed);
    }
}
