//! Holds the streams that are not being read yet.

use crate::logs::fetch::stream_cursor::StreamCursor;
use std::collections::VecDeque;
use std::sync::Mutex;

pub(super) struct Queue(Mutex<VecDeque<StreamCursor>>);

impl Queue {
    pub(super) fn new(cursors: impl Iterator<Item = StreamCursor>) -> Self {
        Queue(Mutex::new(cursors.collect()))
    }

    pub(super) fn pop(&self) -> Option<StreamCursor> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).pop_front()
    }

    /// Returns up to `size` streams; `None` if there are fewer than two, as a batch of one saves nothing.
    pub(super) fn pop_batch(&self, size: usize) -> Option<Vec<StreamCursor>> {
        let mut cursors = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let size = size.min(cursors.len());
        (size > 1).then(|| cursors.drain(..size).collect())
    }
}
