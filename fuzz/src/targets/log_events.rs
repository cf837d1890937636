//! Checks that each event of any log is returned exactly once, and that every report can show it.
//!
//! The format is that of the assembler's own test data: a line is an event, `␤` and `␍` are line breaks in it.

use crate::config::options::LogStatus;
use crate::logs::buffer::DiskBuffer;
use crate::logs::event::model::Event;
use crate::logs::invocation::assemble::InvocationAssembler;
use crate::logs::invocation::model::Invocation;
use crate::logs::report::scope::Scope;
use crate::logs::report::{html, jsonl, text};
use crate::logs::summary::Summary;

pub fn check(bytes: &[u8]) {
    let input = String::from_utf8_lossy(bytes);
    let range = 0..3_600_000;
    let mut assembler = InvocationAssembler::new("stream", range.clone());
    let mut invocations: Vec<Invocation> = Vec::new();
    let mut events = 0;
    for (line, timestamp_ms) in input.split('\n').zip((0..).step_by(1000)) {
        events += 1;
        let message = line.replace('␤', "\n").replace('␍', "\r");
        invocations.extend(assembler.push(Event { timestamp_ms, message }));
    }
    invocations.extend(assembler.finish());
    assert_eq!(invocations.iter().map(|invocation| invocation.lines.len()).sum::<usize>(), events);

    let zone = jiff::tz::TimeZone::UTC;
    let mut summary = Summary::default();
    for invocation in &invocations {
        summary.add(invocation);
        text::section(invocation, &zone);
        assert!(!html::lines(invocation).contains('<'));
        let json = jsonl::line(invocation);
        assert_eq!(json.matches('\n').count(), 1);
        let row: serde_json::Value = serde_json::from_str(&json).expect("a row is JSON");
        assert_eq!(row["lines"].as_array().map(Vec::len), Some(invocation.lines.len()));
    }
    let scope = Scope { range, status: LogStatus::All, zone, incomplete: None };
    text::header(&summary, &scope);
    let head =
        html::Head { title: "fuzz", scope: &scope, region: "us-east-1", log_group: "cats", note: None, bins: None };
    head.of(&summary);
    assert_buffered(invocations);
}

/// Every invocation is read from the buffer as it was pushed.
fn assert_buffered(mut invocations: Vec<Invocation>) {
    let buffer = DiskBuffer::new(LogStatus::All).expect("a temporary file can be created");
    buffer.push(invocations.clone()).expect("any invocation can be written");
    let mut sorted = buffer.into_sorted().expect("the file can be flushed");
    // Newest first; of two with the same time, the later one first.
    invocations.reverse();
    invocations.sort_by_key(|invocation| std::cmp::Reverse(invocation.start_time_ms));
    let mut expected = invocations.iter();
    let visit = |read: &Invocation| {
        let expected = expected.next().expect("as many are read as were pushed");
        // serde_json rounds the last digit of a long number.
        // Only the buffer sees all streams, and so the answers that Alexa refused.
        let read = Invocation { metrics: expected.metrics, refused_answer: None, ..read.clone() };
        assert_eq!(read, *expected);
        Ok(())
    };
    sorted.for_each(visit).expect("any invocation can be read");
    assert_eq!(expected.next(), None);
}
