//! Streams that are being read: values only.

use crate::logs::line::Event;
use crate::logs::requests::{Request, StreamReader};
use std::collections::{HashMap, HashSet};

/// A log stream of which some events may have been read.
pub struct Reading {
    pub name: String,
    /// The time from which on its events are still to be asked for; milliseconds since the epoch.
    pub from: i64,
    /// Events of just that time, for the case that nothing can be asked for any more.
    pub held: Vec<Event>,
    pub reader: StreamReader,
}

/// An event of a batch.
pub struct Found {
    pub stream: String,
    /// CloudWatch's own, which tells repeated events.
    pub id: String,
    pub event: Event,
}

/// Several streams whose events come mixed, in the order of their times: "The returned log events are sorted by event
/// timestamp" (FilterLogEvents). It has been seen otherwise, and seen to repeat itself from one page to the next.
pub struct Batch {
    readings: Vec<Reading>,
    places: HashMap<String, usize>,
    /// Events of the latest time that has come. More of them may be on the next page, so whoever goes on one by one
    /// asks for all of them again.
    held: Vec<(usize, Event)>,
    latest: Option<i64>,
    /// An event has come after a later one, so no time is known up to which everything has come.
    disordered: bool,
    last_page: HashSet<String>,
}

impl Batch {
    pub fn new(readings: Vec<Reading>) -> Self {
        let places = readings.iter().enumerate().map(|(place, reading)| (reading.name.clone(), place)).collect();
        Batch { readings, places, held: Vec::new(), latest: None, disordered: false, last_page: HashSet::new() }
    }

    pub fn names(&self) -> Vec<String> {
        self.readings.iter().map(|reading| reading.name.clone()).collect()
    }

    /// Whether somebody else can go on from here.
    pub fn can_be_left(&self) -> bool {
        !self.disordered
    }

    /// Takes a page; gives out the requests that are complete now.
    pub fn push(&mut self, page: impl Iterator<Item = Found>) -> Vec<Request> {
        let mut complete = Vec::new();
        let mut ids = HashSet::new();
        for Found { stream, id, event } in page {
            let Some(place) = self.places.get(&stream).copied() else { continue };
            if !id.is_empty() && self.last_page.contains(&id) {
                continue;
            }
            ids.insert(id);
            if self.latest.is_some_and(|latest| event.timestamp < latest) {
                self.disordered = true;
                complete.append(&mut self.read(place, event));
                continue;
            }
            if self.latest != Some(event.timestamp) {
                complete.append(&mut self.read_held());
            }
            self.latest = Some(event.timestamp);
            self.held.push((place, event));
        }
        self.last_page = ids;
        complete
    }

    /// All events have come: what was held comes out.
    pub fn finish(mut self) -> Vec<Request> {
        let mut complete = self.read_held();
        complete.extend(self.readings.into_iter().flat_map(|reading| reading.reader.finish()));
        complete
    }

    /// The streams, for somebody who goes on reading them one by one.
    pub fn into_rest(mut self) -> Vec<Reading> {
        for (place, event) in std::mem::take(&mut self.held) {
            if let Some(reading) = self.readings.get_mut(place) {
                reading.held.push(event);
            }
        }
        for reading in &mut self.readings {
            reading.from = self.latest.unwrap_or(reading.from);
        }
        self.readings
    }

    fn read_held(&mut self) -> Vec<Request> {
        let held = std::mem::take(&mut self.held);
        held.into_iter().flat_map(|(place, event)| self.read(place, event)).collect()
    }

    fn read(&mut self, place: usize, event: Event) -> Vec<Request> {
        self.readings.get_mut(place).map(|reading| reading.reader.push(event)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch() -> Batch {
        let reading = |name: &str| {
            let reader = StreamReader::new(name, 0..10_000);
            Reading { name: name.into(), from: 0, held: Vec::new(), reader }
        };
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
    fn who_goes_on_one_by_one_asks_for_the_latest_time_again() {
        let mut batch = batch();
        batch.push([start("a", 1), found("a", 2, "meow"), start("b", 3), found("a", 3, "purr")].into_iter());
        assert!(batch.can_be_left());
        let mut rest = batch.into_rest();
        assert!(rest.iter().all(|reading| reading.from == 3));
        let Reading { mut reader, held, .. } = rest.remove(0);
        assert_eq!(held.iter().map(|event| event.message.as_str()).collect::<Vec<_>>(), ["purr"]);
        assert!(reader.push(found("a", 3, "purr").event).is_empty());
        assert_eq!(texts(reader.finish()), [("a".into(), vec!["meow".into(), "purr".into()])]);
    }

    #[test]
    fn a_batch_without_any_event_is_begun_anew() {
        let mut batch = batch();
        batch.push(std::iter::empty());
        assert!(batch.into_rest().iter().all(|reading| reading.from == 0));
    }

    #[test]
    fn what_comes_late_is_read_and_nobody_else_goes_on_from_there() {
        let mut batch = batch();
        batch.push([start("a", 1), found("a", 5, "meow")].into_iter());
        batch.push([start("b", 3), found("a", 5, "purr")].into_iter());
        assert!(!batch.can_be_left());
        let expected = [("a".into(), vec!["meow".into(), "purr".into()]), ("b".into(), vec![])];
        assert_eq!(texts(batch.finish()), expected);
    }

    #[test]
    fn what_the_next_page_repeats_is_read_once() {
        let mut batch = batch();
        batch.push([start("a", 1), found("a", 2, "meow")].into_iter());
        batch.push([found("a", 2, "meow"), found("a", 2, "purr")].into_iter());
        assert_eq!(texts(batch.finish()), [("a".into(), vec!["meow".into(), "purr".into()])]);
    }
}
