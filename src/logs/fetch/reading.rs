//! Streams that are being read: values only.

use crate::logs::line::Event;
use crate::logs::requests::{Request, StreamReader};
use std::collections::HashMap;

/// A log stream of which some events may have been read.
pub struct Reading {
    pub name: String,
    /// The time from which on its events are still to be asked for; milliseconds since the epoch.
    pub from: i64,
    pub reader: StreamReader,
}

/// Several streams whose events come mixed, in the order of their times.
pub struct Batch {
    readings: Vec<Reading>,
    places: HashMap<String, usize>,
    /// Events of the latest time that has come. More of that time may be on the next page, so whoever goes on one by
    /// one asks for all of them again.
    latest: Vec<(usize, Event)>,
}

impl Batch {
    pub fn new(readings: Vec<Reading>) -> Self {
        let places = readings.iter().enumerate().map(|(place, reading)| (reading.name.clone(), place)).collect();
        Batch { readings, places, latest: Vec::new() }
    }

    pub fn names(&self) -> Vec<String> {
        self.readings.iter().map(|reading| reading.name.clone()).collect()
    }

    /// Takes a page of events, each with its stream's name; gives out the requests that are complete now.
    pub fn push(&mut self, page: impl Iterator<Item = (String, Event)>) -> Vec<Request> {
        let mut complete = Vec::new();
        for (name, event) in page {
            let Some(place) = self.places.get(&name).copied() else { continue };
            if self.latest.first().is_some_and(|(_, latest)| latest.timestamp != event.timestamp) {
                complete.append(&mut self.take_latest());
            }
            self.latest.push((place, event));
        }
        complete
    }

    /// All events have come: what was held comes out.
    pub fn finish(mut self) -> Vec<Request> {
        let mut complete = self.take_latest();
        complete.extend(self.readings.into_iter().flat_map(|reading| reading.reader.finish()));
        complete
    }

    /// The streams, for somebody who goes on reading them one by one.
    pub fn into_rest(self) -> Vec<Reading> {
        let from = self.latest.first().map(|(_, event)| event.timestamp);
        let on = |reading: Reading| Reading { from: from.unwrap_or(reading.from), ..reading };
        self.readings.into_iter().map(on).collect()
    }

    fn take_latest(&mut self) -> Vec<Request> {
        let mut complete = Vec::new();
        for (place, event) in self.latest.drain(..) {
            if let Some(reading) = self.readings.get_mut(place) {
                complete.append(&mut reading.reader.push(event));
            }
        }
        complete
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch() -> Batch {
        let reading = |name: &str| Reading { name: name.into(), from: 0, reader: StreamReader::new(name, 0..10_000) };
        Batch::new(vec![reading("a"), reading("b")])
    }

    fn event(stream: &str, timestamp: i64, message: &str) -> (String, Event) {
        (stream.into(), Event { timestamp, message: message.into() })
    }

    fn start(stream: &str, timestamp: i64) -> (String, Event) {
        let message = format!("START RequestId: 00000000-0000-4000-8000-{timestamp:012} Version: $LATEST\n");
        event(stream, timestamp, &message)
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
        let first = [start("a", 1), start("b", 2), event("a", 3, "meow")];
        let second = [event("b", 3, "purr"), event("strange", 3, "woof"), event("a", 4, "miaow")];
        assert!(batch.push(first.into_iter()).is_empty());
        assert!(batch.push(second.into_iter()).is_empty());
        let expected = [("a".into(), vec!["meow".into(), "miaow".into()]), ("b".into(), vec!["purr".into()])];
        assert_eq!(texts(batch.finish()), expected);
    }

    #[test]
    fn who_goes_on_one_by_one_asks_for_the_latest_time_again() {
        let mut batch = batch();
        batch.push([start("a", 1), event("a", 2, "meow"), start("b", 3), event("a", 3, "purr")].into_iter());
        let mut rest = batch.into_rest();
        assert!(rest.iter().all(|reading| reading.from == 3));
        let (_, purr) = event("a", 3, "purr");
        let mut reader = rest.remove(0).reader;
        assert!(reader.push(purr).is_empty());
        assert_eq!(texts(reader.finish()), [("a".into(), vec!["meow".into(), "purr".into()])]);
    }

    #[test]
    fn a_batch_without_any_event_is_begun_anew() {
        let mut batch = batch();
        batch.push(std::iter::empty());
        assert!(batch.into_rest().iter().all(|reading| reading.from == 0));
    }
}
