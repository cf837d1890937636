//! Progress of the uploads, told at most once a second.

use crate::output::reporter::Reporter;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const INTERVAL: Duration = Duration::from_secs(1);

/// Counts what has been sent, from many uploads at once.
pub(crate) struct Progress<'a> {
    reporter: &'a dyn Reporter,
    files: u64,
    bytes: u64,
    sent_files: AtomicU64,
    sent_bytes: AtomicU64,
    started: Instant,
    told: Mutex<Instant>,
}

impl<'a> Progress<'a> {
    /// `files` and `bytes` are what there is to send in all.
    pub(crate) fn new(reporter: &'a dyn Reporter, files: u64, bytes: u64) -> Self {
        let now = Instant::now();
        Progress {
            reporter,
            files,
            bytes,
            sent_files: AtomicU64::new(0),
            sent_bytes: AtomicU64::new(0),
            started: now,
            told: Mutex::new(now),
        }
    }

    pub(crate) fn bytes_sent(&self, bytes: u64) {
        self.sent_bytes.fetch_add(bytes, Ordering::Relaxed);
        self.tell();
    }

    pub(crate) fn file_sent(&self) {
        self.sent_files.fetch_add(1, Ordering::Relaxed);
        self.tell();
    }

    fn tell(&self) {
        let Ok(mut told) = self.told.try_lock() else { return };
        if told.elapsed() < INTERVAL {
            return;
        }
        *told = Instant::now();
        let (files, bytes) = (self.sent_files.load(Ordering::Relaxed), self.sent_bytes.load(Ordering::Relaxed));
        self.reporter.log(line(files, self.files, bytes, self.bytes, self.started.elapsed()));
    }
}

fn line(files: u64, all_files: u64, bytes: u64, all_bytes: u64, elapsed: Duration) -> String {
    let rate = bytes as f64 / elapsed.as_secs_f64().max(0.001);
    let left = (all_bytes.saturating_sub(bytes)) as f64 / rate.max(1.0);
    format!(
        "uploaded {files} of {all_files} assets, {} of {}, {}/s, {left:.0} s left",
        size(bytes),
        size(all_bytes),
        size(rate as u64)
    )
}

/// A number of assets for a person.
pub(crate) fn count(assets: usize) -> String {
    if assets == 1 { "1 asset".to_owned() } else { format!("{assets} assets") }
}

/// A number of bytes for a person.
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        1 => "1 byte".to_owned(),
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{:.1} KB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_remains() {
        let line = line(30, 120, 2_000_000, 8_000_000, Duration::from_secs(2));
        assert_eq!(line, "uploaded 30 of 120 assets, 2.0 MB of 8.0 MB, 1.0 MB/s, 6 s left");
    }
}
