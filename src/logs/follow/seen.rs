//! Recognizes events that overlapping sources return again.
//!
//! Live Tail gives its events no ID, so an event is known by its stream, time and message. A skill may print the same
//! line twice within a millisecond, so occurrences are counted: a source, which is a session or one reading of a time
//! range, returns each event once, and its nth occurrence is new only if no other source had n of them.

use crate::logs::event::model::Event;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// An event and the name of its log stream.
#[derive(Clone, Debug)]
pub(super) struct StreamEvent {
    pub(super) stream: String,
    pub(super) event: Event,
}

/// Begins with the time of the event, so that old ones are removed together.
type Key = (i64, u64);

/// The number of occurrences of each event.
#[derive(Default)]
pub(super) struct Occurrences(BTreeMap<Key, u32>);

impl Occurrences {
    /// Notes an event of `source` here, and returns whether it is new. `source` has what that source returned before.
    pub(super) fn note(&mut self, source: &mut Occurrences, event: &StreamEvent) -> bool {
        let in_source = source.add(event);
        let known = self.0.entry(key(event)).or_default();
        let is_new = in_source > *known;
        *known = in_source.max(*known);
        is_new
    }

    /// Adds an event and returns the number of its occurrences.
    pub(super) fn add(&mut self, event: &StreamEvent) -> u32 {
        let count = self.0.entry(key(event)).or_default();
        *count += 1;
        *count
    }

    /// Removes events of earlier times.
    pub(super) fn forget_before(&mut self, time_ms: i64) {
        if self.0.first_key_value().is_some_and(|((oldest_ms, _), _)| *oldest_ms < time_ms) {
            self.0 = self.0.split_off(&(time_ms, 0));
        }
    }

    /// Returns whether `other` has all events from a time on.
    pub(super) fn are_in(&self, other: &Occurrences, from_ms: i64) -> bool {
        self.0.range((from_ms, 0)..).all(|(key, count)| other.0.get(key).is_some_and(|found| found >= count))
    }
}

fn key(StreamEvent { stream, event }: &StreamEvent) -> Key {
    let mut hasher = DefaultHasher::new();
    (stream, event.message.trim_end()).hash(&mut hasher);
    (event.timestamp_ms, hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(stream: &str, timestamp_ms: i64, message: &str) -> StreamEvent {
        StreamEvent { stream: stream.into(), event: Event { timestamp_ms, message: message.into() } }
    }

    #[test]
    fn an_event_of_two_overlapping_sources_is_new_once() {
        let (mut all, mut session, mut reading) =
            (Occurrences::default(), Occurrences::default(), Occurrences::default());
        assert!(all.note(&mut session, &event("a", 1, "meow")));
        assert!(!all.note(&mut reading, &event("a", 1, "meow\n")));
        for other in [event("b", 1, "meow"), event("a", 2, "meow"), event("a", 1, "purr")] {
            assert!(all.note(&mut reading, &other), "{other:?}");
        }
    }

    #[test]
    fn a_line_that_a_skill_prints_twice_in_a_millisecond_is_new_twice() {
        let (mut all, mut session, mut reading) =
            (Occurrences::default(), Occurrences::default(), Occurrences::default());
        let meow = event("a", 1, "meow");
        assert_eq!([0; 2].map(|_| all.note(&mut session, &meow)), [true, true]);
        assert_eq!([0; 3].map(|_| all.note(&mut reading, &meow)), [false, false, true]);
        assert_eq!([0; 3].map(|_| all.note(&mut Occurrences::default(), &meow)), [false; 3]);
    }

    #[test]
    fn a_reading_has_what_a_session_returned_only_with_every_occurrence() {
        let (mut all, mut session, mut reading) =
            (Occurrences::default(), Occurrences::default(), Occurrences::default());
        let meow = event("a", 5, "meow");
        for event in [&event("a", 1, "old"), &meow, &meow] {
            all.note(&mut session, event);
        }
        reading.add(&meow);
        assert!(!all.are_in(&reading, 5));
        reading.add(&meow);
        assert!(all.are_in(&reading, 5) && !all.are_in(&reading, 0));
        all.forget_before(5);
        assert!(all.are_in(&reading, 0));
    }
}
