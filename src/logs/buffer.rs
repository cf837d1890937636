//! Requests on their way from the streams to the files: on disk, so that a million of them need no memory.

use crate::error::{Error, ErrorCode, Result};
use crate::logs::invocation::Request;
use crate::logs::summary::Summary;
use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::sync::Mutex;

/// Takes requests from all streams.
pub(crate) struct Spool(Mutex<Contents>);

struct Contents {
    file: BufWriter<File>,
    length: u64,
    places: Vec<Place>,
    summary: Summary,
}

/// Where a request lies in the file.
#[derive(Clone, Copy)]
struct Place {
    start: i64,
    offset: u64,
    length: u32,
}

/// All requests, newest first.
pub(crate) struct Sorted {
    file: File,
    places: Vec<Place>,
    pub(crate) summary: Summary,
}

impl Spool {
    /// The file has no name, and is gone with the process however that ends.
    pub(crate) fn new() -> Result<Self> {
        let file = BufWriter::new(tempfile::tempfile().map_err(|error| failed(&error))?);
        Ok(Spool(Mutex::new(Contents { file, length: 0, places: Vec::new(), summary: Summary::default() })))
    }

    pub(crate) fn keep(&self, requests: Vec<Request>) -> Result<()> {
        if requests.is_empty() {
            return Ok(());
        }
        let mut contents = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        for request in requests {
            let bytes = serde_json::to_vec(&request).map_err(|error| failed(&error))?;
            contents.file.write_all(&bytes).map_err(|error| failed(&error))?;
            let length = u32::try_from(bytes.len()).map_err(|error| failed(&error))?;
            let place = Place { start: request.start, offset: contents.length, length };
            contents.places.push(place);
            contents.length += u64::from(length);
            contents.summary.add(&request);
        }
        Ok(())
    }

    pub(crate) fn sorted(self) -> Result<Sorted> {
        let Contents { file, mut places, summary, .. } =
            self.0.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
        let file = file.into_inner().map_err(|error| failed(&error))?;
        // Of one time, the later in the stream is the newer.
        places.sort_by_key(|place| std::cmp::Reverse((place.start, place.offset)));
        Ok(Sorted { file, places, summary })
    }
}

impl Sorted {
    /// Reads the requests one by one.
    pub(crate) fn for_each(&mut self, mut take: impl FnMut(&Request) -> Result<()>) -> Result<()> {
        let mut bytes = Vec::new();
        for place in &self.places {
            bytes.resize(place.length as usize, 0);
            self.file.seek(SeekFrom::Start(place.offset)).map_err(|error| failed(&error))?;
            self.file.read_exact(&mut bytes).map_err(|error| failed(&error))?;
            take(&serde_json::from_slice(&bytes).map_err(|error| failed(&error))?)?;
        }
        Ok(())
    }
}

fn failed(error: &dyn std::error::Error) -> Error {
    Error::new(ErrorCode::FileError, format!("keeping the log's requests in a temporary file failed: {error}"))
        .hint("Make room in the system's temporary folder")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::event::Event;
    use crate::logs::invocation::StreamReader;

    #[test]
    fn requests_of_all_streams_come_out_newest_first() {
        let spool = Spool::new().unwrap();
        for (stream, time) in [("a", 1_000), ("b", 3_000), ("c", 2_000)] {
            let mut reader = StreamReader::new(stream, 0..10_000);
            let message = format!("START RequestId: 00000000-0000-4000-8000-{time:012} Version: $LATEST\n");
            spool.keep(reader.push(Event { timestamp: time, message })).unwrap();
            spool.keep(reader.finish()).unwrap();
        }
        let mut sorted = spool.sorted().unwrap();
        let mut streams = Vec::new();
        sorted
            .for_each(|request| {
                streams.push(request.stream.clone());
                Ok(())
            })
            .unwrap();
        assert_eq!(streams, ["b", "c", "a"]);
    }
}
