//! Keeps the events of many streams until each stream can be assembled by itself. FilterLogEvents returns those of a log
//! group mixed, and the open invocations of thousands of streams would not fit into memory.
//!
//! Up to [`MAX_IN_MEMORY`] bytes are in memory, the rest is in a temporary file without a name.

use crate::error::Result;
use crate::logs::buffer::buffer_error;
use crate::logs::event::model::Event;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::ops::Range;

/// The bytes of events in memory.
const MAX_IN_MEMORY: usize = 4 << 20;

/// The bytes before an event's message: its time and its length.
const HEAD: usize = 12;

/// Events by stream.
pub(super) struct Spool {
    max_in_memory: usize,
    streams: BTreeMap<String, Stream>,
    in_memory: usize,
    file: Option<File>,
    length: u64,
}

#[derive(Default)]
struct Stream {
    in_memory: Vec<u8>,
    /// The parts of the file that are before it.
    in_file: Vec<Range<u64>>,
}

impl Spool {
    pub(super) fn new() -> Self {
        Spool { max_in_memory: MAX_IN_MEMORY, streams: BTreeMap::new(), in_memory: 0, file: None, length: 0 }
    }

    /// Adds the next event of a stream.
    ///
    /// # Errors
    /// [`ErrorCode::FileError`](crate::error::ErrorCode::FileError).
    pub(super) fn push(&mut self, stream: String, event: &Event) -> Result<()> {
        let length = u32::try_from(event.message.len()).map_err(|error| buffer_error(&error))?;
        let bytes = &mut self.streams.entry(stream).or_default().in_memory;
        bytes.extend(event.timestamp_ms.to_le_bytes());
        bytes.extend(length.to_le_bytes());
        bytes.extend(event.message.as_bytes());
        self.in_memory += HEAD + event.message.len();
        if self.in_memory > self.max_in_memory { self.write_out() } else { Ok(()) }
    }

    /// Returns the names of the streams.
    pub(super) fn streams(&self) -> Vec<String> {
        self.streams.keys().cloned().collect()
    }

    /// Removes a stream, and visits its events in their order.
    ///
    /// # Errors
    /// [`ErrorCode::FileError`](crate::error::ErrorCode::FileError), and those of `visit`.
    pub(super) fn take(&mut self, stream: &str, mut visit: impl FnMut(Event) -> Result<()>) -> Result<()> {
        let Some(Stream { in_memory, in_file, .. }) = self.streams.remove(stream) else { return Ok(()) };
        let mut bytes = Vec::new();
        for part in in_file {
            self.read(&part, &mut bytes)?;
            visit_events(&bytes, &mut visit)?;
        }
        visit_events(&in_memory, &mut visit)
    }

    /// Moves the events in memory into the file.
    fn write_out(&mut self) -> Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(tempfile::tempfile().map_err(|error| buffer_error(&error))?),
        };
        let mut file = BufWriter::new(file);
        for stream in self.streams.values_mut().filter(|stream| !stream.in_memory.is_empty()) {
            let bytes = std::mem::take(&mut stream.in_memory);
            file.write_all(&bytes).map_err(|error| buffer_error(&error))?;
            let start = self.length;
            self.length += bytes.len() as u64;
            stream.in_file.push(start..self.length);
        }
        self.in_memory = 0;
        file.flush().map_err(|error| buffer_error(&error))
    }

    fn read(&mut self, part: &Range<u64>, bytes: &mut Vec<u8>) -> Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        bytes.resize((part.end - part.start) as usize, 0);
        file.seek(SeekFrom::Start(part.start)).map_err(|error| buffer_error(&error))?;
        file.read_exact(bytes).map_err(|error| buffer_error(&error))
    }
}

fn visit_events(mut bytes: &[u8], visit: &mut impl FnMut(Event) -> Result<()>) -> Result<()> {
    while let Some((event, rest)) = first_event(bytes) {
        visit(event)?;
        bytes = rest;
    }
    Ok(())
}

/// Returns the first event, and the bytes after it.
fn first_event(bytes: &[u8]) -> Option<(Event, &[u8])> {
    let (time, rest) = bytes.split_first_chunk::<8>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (message, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let message = String::from_utf8_lossy(message).into_owned();
    Some((Event { timestamp_ms: i64::from_le_bytes(*time), message }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::prop;

    #[test]
    fn each_stream_has_its_own_events_in_their_order_in_memory_and_in_the_file() {
        prop::check(|rng| {
            let mut spool = Spool { max_in_memory: rng.usize(..400), ..Spool::new() };
            let mut expected: BTreeMap<String, Vec<(i64, String)>> = BTreeMap::new();
            for _ in 0..rng.usize(..60) {
                let (stream, message) = (prop::text(rng, 1), prop::text(rng, 30));
                let timestamp_ms = rng.i64(..);
                spool.push(stream.clone(), &Event { timestamp_ms, message: message.clone() }).unwrap();
                expected.entry(stream).or_default().push((timestamp_ms, message));
            }
            let names = spool.streams();
            assert_eq!(names, expected.keys().cloned().collect::<Vec<_>>());
            for name in names {
                let mut read = Vec::new();
                let visit = |event: Event| {
                    read.push((event.timestamp_ms, event.message));
                    Ok(())
                };
                spool.take(&name, visit).unwrap();
                assert_eq!(Some(&read), expected.get(&name));
            }
            assert_eq!(spool.streams(), Vec::<String>::new());
        });
    }

    #[test]
    fn events_leave_the_memory() {
        let mut spool = Spool { max_in_memory: 1000, ..Spool::new() };
        for number in 0..1000 {
            let event = Event { timestamp_ms: number, message: "x".repeat(100) };
            spool.push(format!("{}", number % 7), &event).unwrap();
            assert!(spool.in_memory <= 1000);
            let held: usize = spool.streams.values().map(|stream| stream.in_memory.len()).sum();
            assert_eq!(held, spool.in_memory);
        }
        assert_eq!(spool.length + spool.in_memory as u64, 1000 * (HEAD as u64 + 100));
    }
}
