//! Tracks how far streams have been read, so that another request can continue where one stopped.
//!
//! FilterLogEvents and GetLogEvents have different page tokens: a stream of a batch cannot be continued by token, only
//! by time. Its last time is not enough, because the next page may hold more events of that millisecond. So the events
//! of the newest time are pending: they are passed on only when a later event or the end of the stream shows that they
//! are complete. To continue, GetLogEvents asks for that time again and the pending events are dropped.

use crate::logs::event::model::Event;
use crate::logs::fetch::recent_events::RecentEventIds;
use crate::logs::invocation::assemble::InvocationAssembler;
use crate::logs::invocation::model::Invocation;
use std::collections::HashMap;

/// A log stream of which some events may have been read.
pub(super) struct StreamCursor {
    pub(super) name: String,
    /// Events from this time on still have to be read; milliseconds since the epoch.
    pub(super) next_time_ms: i64,
    /// Events at exactly `next_time_ms`, of which there may be more.
    pub(super) pending: Vec<Event>,
    pub(super) assembler: InvocationAssembler,
    /// The time of its last event, as far as AWS knows it.
    pub(super) last_ms: Option<i64>,
    /// Whether an event has been read.
    pub(super) has_events: bool,
}

impl StreamCursor {
    pub(super) fn new(assembler: InvocationAssembler, name: String, start_time_ms: i64) -> Self {
        StreamCursor {
            name,
            next_time_ms: start_time_ms,
            pending: Vec::new(),
            assembler,
            last_ms: None,
            has_events: false,
        }
    }

    /// Sets the time of its last event.
    pub(super) fn last_at(self, last_ms: Option<i64>) -> Self {
        StreamCursor { last_ms, ..self }
    }

    fn push(&mut self, event: Event) -> Vec<Invocation> {
        self.has_events = true;
        // An event out of order: GetLogEvents would not return it again after this time, so it is passed on now.
        if event.timestamp_ms < self.next_time_ms {
            return self.assembler.push(event);
        }
        let complete = if event.timestamp_ms > self.next_time_ms { self.drain_pending() } else { Vec::new() };
        self.next_time_ms = event.timestamp_ms;
        self.pending.push(event);
        complete
    }

    /// Passes the pending events on.
    pub(super) fn drain_pending(&mut self) -> Vec<Invocation> {
        std::mem::take(&mut self.pending).into_iter().flat_map(|event| self.assembler.push(event)).collect()
    }
}

/// An event of a batch.
pub(super) struct BatchEvent {
    pub(super) stream: String,
    /// The ID that CloudWatch gives each event.
    pub(super) id: String,
    pub(super) event: Event,
}

/// Streams that are read together. Their events are interleaved, in order within each stream.
pub(super) struct Batch {
    cursors: Vec<StreamCursor>,
    positions: HashMap<String, usize>,
    recent: RecentEventIds,
}

impl Batch {
    pub(super) fn new(cursors: Vec<StreamCursor>) -> Self {
        let positions = cursors.iter().enumerate().map(|(at, cursor)| (cursor.name.clone(), at)).collect();
        Batch { cursors, positions, recent: RecentEventIds::default() }
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.cursors.iter().map(|cursor| cursor.name.clone()).collect()
    }

    /// Takes a page and returns the invocations that are complete now.
    pub(super) fn push(&mut self, page: impl Iterator<Item = BatchEvent>) -> Vec<Invocation> {
        let mut complete = Vec::new();
        for BatchEvent { stream, id, event } in page {
            if self.recent.has_seen(id) {
                continue;
            }
            let position = self.positions.get(&stream).copied();
            if let Some(cursor) = position.and_then(|at| self.cursors.get_mut(at)) {
                complete.append(&mut cursor.push(event));
            }
        }
        complete
    }

    /// Returns the invocations that are left after the last page.
    pub(super) fn finish(self) -> Vec<Invocation> {
        let finish = |mut cursor: StreamCursor| {
            let mut complete = cursor.drain_pending();
            complete.append(&mut cursor.assembler.finish());
            complete
        };
        self.cursors.into_iter().flat_map(finish).collect()
    }

    /// Returns the streams, to continue them one by one.
    pub(super) fn into_cursors(self) -> Vec<StreamCursor> {
        self.cursors
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch() -> Batch {
        let cursor = |name: &str| StreamCursor::new(InvocationAssembler::new(name, 0..10_000), name.into(), 0);
        Batch::new(vec![cursor("a"), cursor("b")])
    }

    fn event(stream: &str, timestamp_ms: i64, message: &str) -> BatchEvent {
        let id = format!("{stream}{timestamp_ms}{message}");
        BatchEvent { stream: stream.into(), id, event: Event { timestamp_ms, message: message.into() } }
    }

    fn start(stream: &str, timestamp_ms: i64) -> BatchEvent {
        let message = format!("START RequestId: 00000000-0000-4000-8000-{timestamp_ms:012} Version: $LATEST\n");
        event(stream, timestamp_ms, &message)
    }

    /// Returns the stream of each invocation, and its lines after the START.
    fn output(invocations: Vec<Invocation>) -> Vec<(String, Vec<String>)> {
        let output = |invocation: Invocation| {
            let lines = invocation.lines.into_iter().skip(1).map(|line| line.text.trim_end().to_owned()).collect();
            (invocation.log_stream, lines)
        };
        invocations.into_iter().map(output).collect()
    }

    #[test]
    fn each_event_goes_to_its_own_stream() {
        let mut batch = batch();
        let first = [start("a", 1), start("b", 2), event("a", 3, "meow")];
        let second = [event("b", 3, "purr"), event("strange", 3, "woof"), event("a", 4, "miaow")];
        assert!(batch.push(first.into_iter()).is_empty());
        assert!(batch.push(second.into_iter()).is_empty());
        let expected = [("a".into(), vec!["meow".into(), "miaow".into()]), ("b".into(), vec!["purr".into()])];
        assert_eq!(output(batch.finish()), expected);
    }

    #[test]
    fn a_stream_that_is_continued_alone_is_read_from_its_latest_time_again() {
        let mut batch = batch();
        batch.push([start("a", 1), event("a", 2, "meow"), start("b", 3), event("a", 4, "purr")].into_iter());
        let mut cursors = batch.into_cursors();
        assert_eq!(cursors.iter().map(|cursor| cursor.next_time_ms).collect::<Vec<_>>(), [4, 3]);
        let StreamCursor { mut assembler, pending, .. } = cursors.remove(0);
        assert_eq!(pending.iter().map(|event| event.message.as_str()).collect::<Vec<_>>(), ["purr"]);
        assert!(assembler.push(event("a", 4, "purr").event).is_empty());
        assert_eq!(output(assembler.finish()), [("a".into(), vec!["meow".into(), "purr".into()])]);
    }

    #[test]
    fn a_stream_without_any_event_is_continued_from_its_start() {
        let mut batch = batch();
        batch.push(std::iter::empty());
        batch.push([start("b", 7)].into_iter());
        assert_eq!(batch.into_cursors().iter().map(|cursor| cursor.next_time_ms).collect::<Vec<_>>(), [0, 7]);
    }

    #[test]
    fn pages_may_return_one_stream_after_the_other() {
        let mut batch = batch();
        batch.push([start("a", 5), event("a", 6, "meow")].into_iter());
        batch.push([start("b", 3), event("b", 4, "purr")].into_iter());
        let expected = [("a".into(), vec!["meow".into()]), ("b".into(), vec!["purr".into()])];
        assert_eq!(output(batch.finish()), expected);
    }

    #[test]
    fn an_event_that_pages_repeat_is_read_once() {
        let mut batch = batch();
        for pages in 0..3 {
            batch.push([start("a", 1), event("a", 2, "meow")].into_iter());
            batch.push(std::iter::empty());
            batch.push([event("a", 2, "meow"), event("a", 2 + pages, &format!("purr {pages}"))].into_iter());
        }
        let lines = ["meow", "purr 0", "purr 1", "purr 2"].map(String::from).to_vec();
        assert_eq!(output(batch.finish()), [("a".into(), lines)]);
    }
}
