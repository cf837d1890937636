//! Checks that any text in a log appears exactly once in every report.
//!
//! The format is that of the log reader's own test data: a line is an event, `␤` and `␍` are line breaks in it.

use crate::logs::event::Event;
use crate::logs::invocation::{Request, StreamReader};
use crate::logs::report::{html, jsonl, text};
use crate::logs::summary::Summary;

pub fn check(bytes: &[u8]) {
    let input = String::from_utf8_lossy(bytes);
    let range = 0..3_600_000;
    let mut reader = StreamReader::new("stream", range.clone());
    let mut requests: Vec<Request> = Vec::new();
    let mut fed = 0;
    for (line, timestamp) in input.split('\n').zip((0..).step_by(1000)) {
        fed += 1;
        let message = line.replace('␤', "\n").replace('␍', "\r");
        requests.extend(reader.push(Event { timestamp, message }));
    }
    requests.extend(reader.finish());
    assert_eq!(requests.iter().map(|request| request.lines.len()).sum::<usize>(), fed);

    let zone = jiff::tz::TimeZone::UTC;
    let mut summary = Summary::default();
    for request in &requests {
        summary.add(request);
        text::request(request, &zone);
        assert!(!html::request(request).contains('<'));
        let json = jsonl::request(request);
        assert_eq!(json.matches('\n').count(), 1);
        assert!(serde_json::from_str::<Request>(&json).is_ok());
    }
    text::header(&summary, &range, &zone);
    html::head("fuzz", &summary, &range, &zone);
}
