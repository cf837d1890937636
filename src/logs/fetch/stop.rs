//! Stops reading in the middle: the user interrupts, or AWS keeps failing. The events until then are kept.

use crate::error::Error;
use std::future::Future;
use std::sync::Mutex;
use tokio::sync::watch;

/// Whether reading has been stopped, and why.
pub(super) struct Stop {
    reason: Mutex<Option<Error>>,
    stopped: watch::Sender<bool>,
}

impl Stop {
    pub(super) fn new() -> Self {
        Stop { reason: Mutex::new(None), stopped: watch::Sender::new(false) }
    }

    /// Stops reading. The first reason counts.
    pub(super) fn stop(&self, reason: Error) {
        self.reason.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).get_or_insert(reason);
        self.stopped.send_replace(true);
    }

    /// Returns the result of the work; `None` if reading is stopped before.
    pub(super) async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut stopped = self.stopped.subscribe();
        tokio::select! {
            biased;
            _ = stopped.wait_for(|stopped| *stopped) => None,
            result = work => Some(result),
        }
    }

    /// Returns the reason if reading was stopped.
    pub(super) fn reason(&self) -> Option<Error> {
        self.reason.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }
}
