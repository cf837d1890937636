//! Streams that are being read: values only.

use crate::logs::event::Event;
use crate::logs::invocation::{Request, StreamReader};
use std::collections::{HashMap, HashSet};

/// A log stream of which some events may have been read.
pub(crate) struct Reading {
    pub(crate) name: String,
    /// The time from which on its events are still to be asked for; milliseconds since the epoch.
    pub(crate) from: i64,
    /// Events of just that time. More of them may be on the next page, so whoever goes on asks for all of them again.
    pub(crate) held: Vec<Event>,
    pub(crate) reader: StreamReader,
}

impl Reading {
    pub(crate) fn new(reader: StreamReader, name: String, from: i64) -> Self {
        Reading { name, from, held: Vec::new(), reader }
    }

    fn push(&mut self, event: Event) -> Vec<Request> {
        // What comes late is late for the next one who asks, too.
        if event.timestamp < self.from {
            return self.reader.push(event);
        }
        let complete = if event.timestamp > self.from { self.read_held() } else { Vec::new() };
        self.from = event.timestamp;
        self.held.push(event);
        complete
    }

    pub(crate) fn read_held(&mut self) -> Vec<Request> {
        std::mem::take(&mut self.held).into_iter().flat_map(|event| self.reader.push(event)).collect()
    }
}

/// An event of a batch.
pub(crate) struct Found {
    pub(crate) stream: String,
    /// CloudWatch's own, which tells repeated events.
    pub(crate) id: String,
    pub(crate) event: Event,
}

/// Several streams whose events come mixed. Each of them has to be in order with itself only.
pub(crate) struct Batch {
    readings: Vec<Reading>,
    places: HashMap<String, usize>,
    recent: Recent,
}

impl Batch {
    pub(crate) fn new(readings: Vec<Reading>) -> Self {
        let places = readings.iter().enumerate().map(|(place, reading)| (reading.name.clone(), place)).collect();
        Batch { readings, places, recent: Recent::default() }
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.readings.iter().map(|reading| reading.name.clone()).collect()
    }

    /// Takes a page; gives out the requests that are complete now.
    pub(crate) fn push(&mut self, page: impl Iterator<Item = Found>) -> Vec<Request> {
        let mut complete = Vec::new();
        for Found { stream, id, event } in page {
            if self.recent.has_seen(id) {
                continue;
            }
            let place = self.places.get(&stream).copied();
            if let Some(reading) = place.and_then(|place| self.readings.get_mut(place)) {
                complete.append(&mut reading.push(event));
            }
        }
        complete
    }

    /// All events have come: what was held comes out.
    pub(crate) fn finish(self) -> Vec<Request> {
        let end = |mut reading: Reading| {
            let mut complete = reading.read_held();
            complete.append(&mut reading.reader.finish());
            complete
        };
        self.readings.into_iter().flat_map(end).collect()
    }

    /// The streams, for somebody who goes on reading them one by one.
    pub(crate) fn into_rest(self) -> Vec<Reading> {
        self.readings
    }
}

/// The IDs of the last events: FilterLogEvents has been seen to repeat some from page to page.
#[derive(Default)]
struct Recent {
    now: HashSet<String>,
    before: HashSet<String>,
}

impl Recent {
    /// A page's worth. The last so many are remembered at least, and twice as many at most.
    const MOST: usize = 10_000;

    fn has_seen(&mut self, id: String) -> bool {
        if id.is_empty() {
            return false;
        }
        let seen = self.before.contains(&id) || self.now.contains(&id);
        self.now.insert(id);
        if self.now.len() >= Self::MOST {
            self.before = std::mem::take(&mut self.now);
        }
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch() -> Batch {
        let reading = |name: &str| Reading::new(StreamReader::new(name, 0..10_000), name.into(), 0);
        Batch::new(vec![reading("a"), reading("b")])
    }

    fn found(stream: &str, timestamp: i64, message: &str) -> Found {
        let id = format!("{stream}{timestamp}{message}");
        Found { stream: stream.into(), id, event: Event { timestamp, message: message.into() } }
    }

    fn start(stream: &str, timestamp: i64) -> Found {
        let message = format!("START RequestId: 00000000-0000-4000-8000-{timestamp:012} Version: $LATEST\n");
        found(stream, timestamp, &message)
    }

    fn texts(requests: Vec<Request>) -> Vec<(String, Vec<String>)> {
        let text = |request: Request| {
            let said = request.lines.into_iter().skip(1).map(|line| line.text.trim_end().to_owned()).collect();
            (request.stream, said)
        };
        requests.into_iter().map(text).collect()
    }

    #[test]
    fn each_event_goes_to_its_own_stream() {
        let mut batch = batch();
        let first = [start("a", 1), start("b", 2), found("a", 3, "meow")];
        let second = [found("b", 3, "purr"), found("strange", 3, "woof"), found("a", 4, "miaow")];
        assert!(batch.push(first.into_iter()).is_empty());
        assert!(batch.push(second.into_iter()).is_empty());
        let expected = [("a".into(), vec!["meow".into(), "miaow".into()]), ("b".into(), vec!["purr".into()])];
        assert_eq!(texts(batch.finish()), expected);
    }

    #[test]
    fn who_goes_on_one_by_one_asks_for_each_streams_latest_time_again() {
        let mut batch = batch();
        batch.push([start("a", 1), found("a", 2, "meow"), start("b", 3), found("a", 4, "purr")].into_iter());
        let mut rest = batch.into_rest();
        assert_eq!(rest.iter().map(|reading| reading.from).collect::<Vec<_>>(), [4, 3]);
        let Reading { mut reader, held, .. } = rest.remove(0);
        assert_eq!(held.iter().map(|event| event.message.as_str()).collect::<Vec<_>>(), ["purr"]);
        assert!(reader.push(found("a", 4, "purr").event).is_empty());
        assert_eq!(texts(reader.finish()), [("a".into(), vec!["meow".into(), "purr".into()])]);
    }

    #[test]
    fn a_stream_without_any_event_is_begun_anew() {
        let mut batch = batch();
        batch.push(std::iter::empty());
        batch.push([start("b", 7)].into_iter());
        assert_eq!(batch.into_rest().iter().map(|reading| reading.from).collect::<Vec<_>>(), [0, 7]);
    }

    #[test]
    fn one_stream_may_come_after_the_other() {
        let mut batch = batch();
        batch.push([start("a", 5), found("a", 6, "meow")].into_iter());
        batch.push([start("b", 3), found("b", 4, "purr")].into_iter());
        let expected = [("a".into(), vec!["meow".into()]), ("b".into(), vec!["purr".into()])];
        assert_eq!(texts(batch.finish()), expected);
    }

    #[test]
    fn what_pages_repeat_is_read_once() {
        let mut batch = batch();
        for pages in 0..3 {
            batch.push([start("a", 1), found("a", 2, "meow")].into_iter());
            batch.push(std::iter::empty());
            batch.push([found("a", 2, "meow"), found("a", 2 + pages, &format!("purr {pages}"))].into_iter());
        }
        let said = ["meow", "purr 0", "purr 1", "purr 2"].map(String::from).to_vec();
        assert_eq!(texts(batch.finish()), [("a".into(), said)]);
    }

    #[test]
    fn so_many_ids_are_remembered() {
        let mut recent = Recent::default();
        let id = |number: usize| format!("{number}");
        assert!((0..3 * Recent::MOST).all(|number| !recent.has_seen(id(number))));
        assert!(recent.has_seen(id(2 * Recent::MOST)));
        assert!(!recent.has_seen(id(0)));
        assert!(!recent.has_seen(String::new()) && !recent.has_seen(String::new()));
    }
}
