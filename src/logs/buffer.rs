//! Buffers invocations on disk between reading the streams and writing the reports, so that memory use does not depend
//! on their number.

use crate::config::options::LogStatus;
use crate::error::{Error, ErrorCode, Result, shown};
use crate::logs::event::model::{AlexaIds, LoggedError, Metrics};
use crate::logs::invocation::model::{Invocation, LogLine, RefusedAnswer};
use crate::logs::invocation::outcome::Outcome;
use crate::logs::redact::seen::SeenSecrets;
use crate::logs::refusals;
use crate::logs::selection::is_selected;
use crate::logs::summary::Summary;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::sync::Mutex;

/// Takes invocations from concurrent streams.
pub(crate) struct DiskBuffer {
    contents: Mutex<Contents>,
    secrets: SeenSecrets,
}

struct Contents {
    status: LogStatus,
    file: BufWriter<File>,
    length: u64,
    slots: Vec<Slot>,
    summary: Summary,
}

/// The position of an invocation in the file.
#[derive(Clone, Copy)]
struct Slot {
    start_time_ms: i64,
    /// The hash of its log stream's name.
    stream: u32,
    offset: u64,
    length: u32,
    refers: refusals::Keys,
    is_hidden: bool,
}

/// All invocations, newest first.
pub(crate) struct SortedInvocations {
    file: File,
    slots: Vec<Slot>,
    /// For each slot of a refusal, the slot of the invocation whose answer was refused.
    refused: HashMap<usize, usize>,
    pub(crate) summary: Summary,
    secrets: SeenSecrets,
}

impl DiskBuffer {
    /// Creates a temporary file without a name: it disappears with the process, even after a crash. The buffer keeps the
    /// invocations with this status, and counts all of them.
    pub(crate) fn new(status: LogStatus) -> Result<Self> {
        let file = BufWriter::new(tempfile::tempfile().map_err(|error| buffer_error(&error))?);
        let summary = Summary::default();
        let contents = Mutex::new(Contents { status, file, length: 0, slots: Vec::new(), summary });
        Ok(DiskBuffer { contents, secrets: SeenSecrets::default() })
    }

    /// Returns the secrets of all streams. An invocation may have been pushed before one of its secrets was named.
    pub(crate) fn secrets(&self) -> &SeenSecrets {
        &self.secrets
    }

    pub(crate) fn push(&self, invocations: Vec<Invocation>) -> Result<()> {
        if invocations.is_empty() {
            return Ok(());
        }
        let mut contents = self.contents.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        for invocation in invocations {
            contents.summary.add(&invocation);
            if is_selected(&invocation, contents.status) {
                contents.write(&Record::from(invocation))?;
            } else if invocation.alexa != AlexaIds::default() {
                // A refusal may refer to it.
                contents.write(&Record { is_hidden: true, lines: Vec::new(), ..Record::from(invocation) })?;
            }
        }
        Ok(())
    }

    pub(crate) fn into_sorted(self) -> Result<SortedInvocations> {
        let Contents { file, mut slots, summary, .. } =
            self.contents.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
        let file = file.into_inner().map_err(|error| buffer_error(&error))?;
        // Of two with the same time, the later one in its stream is the newer. The order of streams is that of no reading.
        slots.sort_by_key(|slot| std::cmp::Reverse((slot.start_time_ms, slot.stream, slot.offset)));
        let refused = refusals::link(slots.iter().map(|slot| slot.refers));
        Ok(SortedInvocations { file, slots, refused, summary, secrets: self.secrets })
    }
}

impl Contents {
    fn write(&mut self, record: &Record) -> Result<()> {
        let bytes = serde_json::to_vec(record).map_err(|error| buffer_error(&error))?;
        let length = u32::try_from(bytes.len()).map_err(|error| buffer_error(&error))?;
        self.file.write_all(&bytes).map_err(|error| buffer_error(&error))?;
        let Record { log_stream, outcome, start_time_ms, alexa, is_hidden, .. } = record;
        let (start_time_ms, is_hidden) = (*start_time_ms, *is_hidden);
        let (stream, offset) = (hash(log_stream), self.length);
        let refers = refusals::Keys::new(alexa, *outcome);
        self.slots.push(Slot { start_time_ms, stream, offset, length, refers, is_hidden });
        self.length += u64::from(length);
        Ok(())
    }
}

/// Returns a number for a name, the same in every run.
fn hash(name: &str) -> u32 {
    name.bytes().fold(0, |hash: u32, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte)))
}

impl SortedInvocations {
    pub(crate) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Reads the invocations one after the other.
    pub(crate) fn for_each(&mut self, mut visit: impl FnMut(&Invocation) -> Result<()>) -> Result<()> {
        let mut bytes = Vec::new();
        for at in 0..self.slots.len() {
            if self.slots.get(at).is_none_or(|slot| slot.is_hidden) {
                continue;
            }
            let Some(mut invocation) = self.read(at, &mut bytes)? else { continue };
            if let Some(refused) = self.refused.get(&at) {
                invocation.refused_answer = self.read(*refused, &mut bytes)?.and_then(RefusedAnswer::of);
            }
            visit(&invocation)?;
        }
        Ok(())
    }

    fn read(&mut self, at: usize, bytes: &mut Vec<u8>) -> Result<Option<Invocation>> {
        let Some(slot) = self.slots.get(at) else { return Ok(None) };
        bytes.resize(slot.length as usize, 0);
        self.file.seek(SeekFrom::Start(slot.offset)).map_err(|error| buffer_error(&error))?;
        self.file.read_exact(bytes).map_err(|error| buffer_error(&error))?;
        let record: Record = serde_json::from_slice(bytes).map_err(|error| buffer_error(&error))?;
        let invocation = Invocation::from(record);
        if self.secrets.is_empty() {
            return Ok(Some(invocation));
        }
        let redact = |text| self.secrets.redact(text);
        Ok(Some(invocation.map_texts(redact, redact)))
    }
}

/// The form of an invocation in the file. No other process reads it.
#[derive(Serialize, Deserialize)]
struct Record {
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    log_stream: String,
    start_time_ms: i64,
    outcome: Outcome,
    metrics: Metrics,
    cold_start: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    intent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<LoggedError>,
    alexa: AlexaIds,
    /// It is not selected.
    is_hidden: bool,
    lines: Vec<LogLine>,
}

impl From<Invocation> for Record {
    fn from(invocation: Invocation) -> Self {
        Record {
            request_id: invocation.request_id,
            log_stream: invocation.log_stream,
            start_time_ms: invocation.start_time_ms,
            outcome: invocation.outcome,
            metrics: invocation.metrics,
            cold_start: invocation.cold_start,
            request_type: invocation.request_type,
            intent: invocation.intent,
            error: invocation.error,
            alexa: invocation.alexa,
            is_hidden: false,
            lines: invocation.lines,
        }
    }
}

impl From<Record> for Invocation {
    fn from(record: Record) -> Self {
        Invocation {
            request_id: record.request_id,
            log_stream: record.log_stream,
            start_time_ms: record.start_time_ms,
            outcome: record.outcome,
            metrics: record.metrics,
            cold_start: record.cold_start,
            request_type: record.request_type,
            intent: record.intent,
            error: record.error,
            alexa: record.alexa,
            refused_answer: None,
            lines: record.lines,
        }
    }
}

pub(crate) fn buffer_error(cause: &dyn std::error::Error) -> Error {
    Error::new(ErrorCode::FileError, format!("buffering the invocations in a temporary file failed: {cause}"))
        .hint(format!("Check that the folder {} exists, and has space", shown(&std::env::temp_dir())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::event::model::Event;
    use crate::logs::event::model::Level;
    use crate::logs::invocation::assemble::InvocationAssembler;
    use crate::logs::invocation::model::LineKind;
    use crate::testing::prop;
    use fastrand::Rng;

    #[test]
    fn invocations_of_all_streams_are_read_newest_first() {
        let buffer = DiskBuffer::new(LogStatus::All).unwrap();
        for (stream, time) in [("a", 1_000), ("b", 3_000), ("c", 2_000)] {
            let mut assembler = InvocationAssembler::new(stream, 0..10_000);
            let message = format!("START RequestId: 00000000-0000-4000-8000-{time:012} Version: $LATEST\n");
            buffer.push(assembler.push(Event { timestamp_ms: time, message })).unwrap();
            buffer.push(assembler.finish()).unwrap();
        }
        let mut streams = Vec::new();
        let visit = |invocation: &Invocation| {
            streams.push(invocation.log_stream.clone());
            Ok(())
        };
        buffer.into_sorted().unwrap().for_each(visit).unwrap();
        assert_eq!(streams, ["b", "c", "a"]);
    }

    #[test]
    fn failed_requests_only_are_kept_and_all_are_counted() {
        let buffer = DiskBuffer::new(LogStatus::Failed).unwrap();
        let with = |outcome| Invocation { outcome, ..Invocation::unattributed("stream", 0, Vec::new()) };
        buffer.push([Outcome::Answered, Outcome::TimedOut, Outcome::Unattributed].map(with).to_vec()).unwrap();
        let mut outcomes = Vec::new();
        let mut sorted = buffer.into_sorted().unwrap();
        sorted
            .for_each(|invocation| {
                outcomes.push(invocation.outcome);
                Ok(())
            })
            .unwrap();
        assert_eq!(outcomes, [Outcome::TimedOut]);
        assert_eq!((sorted.summary.answered(), sorted.summary.failed()), (1, 1));
    }

    fn any_invocation(rng: &mut Rng) -> Invocation {
        let text = |rng: &mut Rng| prop::text(rng, 12);
        let optional = |rng: &mut Rng| rng.bool().then(|| text(rng));
        let milliseconds = |rng: &mut Rng| rng.bool().then(|| f64::from(rng.u32(..)) / 100.0);
        let line = |rng: &mut Rng| LogLine {
            time_ms: rng.i64(..),
            level: rng.bool().then_some(Level::Warn),
            kind: LineKind::Failure,
            text: text(rng),
        };
        Invocation {
            request_id: optional(rng),
            outcome: Outcome::FAILURES[rng.usize(..4)],
            metrics: Metrics {
                duration_ms: milliseconds(rng),
                billed_duration_ms: milliseconds(rng),
                init_duration_ms: milliseconds(rng),
                memory_size_mb: rng.bool().then(|| rng.u32(..)),
                max_memory_used_mb: rng.bool().then(|| rng.u32(..)),
            },
            cold_start: rng.bool(),
            request_type: optional(rng),
            intent: optional(rng),
            error: Some(LoggedError { kind: optional(rng), message: text(rng), location: optional(rng) }),
            alexa: AlexaIds { request: optional(rng), session: optional(rng), cause: optional(rng) },
            ..Invocation::unattributed(&text(rng), rng.i64(..), prop::list(rng, 3, line))
        }
    }

    #[test]
    fn a_refusal_refers_to_the_invocation_of_another_stream_whose_answer_was_refused() {
        let invocation = |number: u32, request: &str| {
            let id = format!("00000000-0000-4000-8000-{number:012}");
            let mut assembler = InvocationAssembler::new(format!("stream {number}"), 0..10_000);
            let mut invocations = Vec::new();
            for message in [
                format!("START RequestId: {id} Version: 1\n"),
                format!("2026-11-22T07:45:04.631Z\t{id}\tINFO\tVERBOSE REQUEST {request}\n"),
                format!("2026-11-22T07:45:04.632Z\t{id}\tINFO\tVERBOSE Terminating input handler early\n"),
            ] {
                invocations.extend(assembler.push(Event { timestamp_ms: i64::from(number), message }));
            }
            invocations.extend(assembler.finish());
            invocations
        };
        let (buffer, failed) = (DiskBuffer::new(LogStatus::All).unwrap(), DiskBuffer::new(LogStatus::Failed).unwrap());
        for (number, request) in [
            (
                4,
                r#"{"session":{"sessionId":"s1"},"request":{"type":"SessionEndedRequest","reason":"ERROR","error":{"type":"INVALID_RESPONSE","message":"no speech"}}}"#,
            ),
            (1, r#"{"session":{"sessionId":"s1"},"request":{"type":"LaunchRequest","requestId":"r1"}}"#),
            (
                2,
                r#"{"session":{"sessionId":"s1"},"request":{"type":"IntentRequest","requestId":"r2","intent":{"name":"PourIntent"}}}"#,
            ),
            (3, r#"{"session":{"sessionId":"s2"},"request":{"type":"LaunchRequest","requestId":"r3"}}"#),
            (
                5,
                r#"{"type":"System.ExceptionEncountered","error":{"type":"INVALID_RESPONSE","message":"no token"},"cause":{"requestId":"r1"}}"#,
            ),
        ] {
            buffer.push(invocation(number, request)).unwrap();
            failed.push(invocation(number, request)).unwrap();
        }
        let links = |buffer: DiskBuffer| {
            let mut links = Vec::new();
            let visit = |invocation: &Invocation| {
                let refused = invocation.refused_answer.clone();
                links.push((invocation.outcome, refused.map(|answer| (answer.request_id.chars().last(), answer.name))));
                Ok(())
            };
            buffer.into_sorted().unwrap().for_each(visit).unwrap();
            links
        };
        let answered = (Outcome::Answered, None);
        let refused = |id, name: &str| (Outcome::AnswerRefused, Some((Some(id), Some(name.to_owned()))));
        let refusals = [refused('1', "LaunchRequest"), refused('2', "PourIntent")];
        assert_eq!(links(failed), refusals, "the requests that are not written are found");
        assert_eq!(links(buffer), [&refusals[..], &[answered.clone(), answered.clone(), answered]].concat());
    }

    #[test]
    fn any_invocation_is_read_as_it_was_pushed() {
        prop::check(|rng| {
            let invocation = any_invocation(rng);
            let buffer = DiskBuffer::new(LogStatus::All).unwrap();
            buffer.push(vec![invocation.clone()]).unwrap();
            let mut count = 0;
            let visit = |read: &Invocation| {
                assert_eq!(*read, invocation);
                count += 1;
                Ok(())
            };
            buffer.into_sorted().unwrap().for_each(visit).unwrap();
            assert_eq!(count, 1);
        });
    }
}
