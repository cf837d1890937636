//! Reports the progress of the uploads.

use crate::output::format;
use crate::output::progress::Throttle;
use crate::output::reporter::Reporter;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Counts the files and bytes of concurrent uploads.
pub(super) struct UploadProgress<'a> {
    reporter: &'a dyn Reporter,
    throttle: Throttle,
    total_files: u64,
    total_bytes: u64,
    files: AtomicU64,
    bytes: AtomicU64,
    started: Instant,
}

impl<'a> UploadProgress<'a> {
    pub(super) fn new(reporter: &'a dyn Reporter, total_files: u64, total_bytes: u64) -> Self {
        UploadProgress {
            reporter,
            throttle: Throttle::new(),
            total_files,
            total_bytes,
            files: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            started: Instant::now(),
        }
    }

    pub(super) fn bytes_uploaded(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.report();
    }

    pub(super) fn file_uploaded(&self) {
        self.files.fetch_add(1, Ordering::Relaxed);
        self.report();
    }

    fn report(&self) {
        if self.throttle.is_due() {
            self.reporter.log(self.line(self.started.elapsed()));
        }
    }

    fn line(&self, elapsed: Duration) -> String {
        let (files, bytes) = (self.files.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed));
        let bytes_per_second = bytes as f64 / elapsed.as_secs_f64().max(0.001);
        let seconds_left = self.total_bytes.saturating_sub(bytes) as f64 / bytes_per_second.max(1.0);
        format!(
            "uploaded {files} of {} assets, {} of {}, {}/s, {seconds_left:.0} s left",
            self.total_files,
            format::bytes(bytes),
            format::bytes(self.total_bytes),
            format::bytes(bytes_per_second as u64)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::reporter::Recorder;

    #[test]
    fn the_progress_line_has_the_speed_and_the_remaining_time() {
        let recorder = Recorder::default();
        let progress = UploadProgress::new(&recorder, 120, 8_000_000);
        (0..30).for_each(|_| progress.file_uploaded());
        progress.bytes_uploaded(2_000_000);
        assert_eq!(
            progress.line(Duration::from_secs(2)),
            "uploaded 30 of 120 assets, 2.0 MB of 8.0 MB, 1.0 MB/s, 6 s left"
        );
    }
}
