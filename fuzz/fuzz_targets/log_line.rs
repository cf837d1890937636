//! Any bytes at all may stand in a log: every line of them comes out again, exactly once, in every report.
#![no_main]

use libfuzzer_sys::fuzz_target;

// Not every part of the module is used here.
#[allow(dead_code)]
#[path = "../../src/logs"]
mod logs {
    pub mod line;
    mod line_json;
    mod mask;
    mod pretty;
    pub mod report;
    pub mod report_html;
    pub mod report_jsonl;
    pub mod requests;
    pub mod summary;
    mod verdict;
}

use logs::line::Event;
use logs::requests::{Request, StreamReader};
use logs::summary::Summary;
use logs::{report, report_html, report_jsonl};

/// Parts one event from the next; CloudWatch itself takes any other character in a message.
const SEPARATOR: char = '\u{1e}';

fuzz_target!(|bytes: &[u8]| {
    let input = String::from_utf8_lossy(bytes);
    let range = 0..3_600_000;
    let mut reader = StreamReader::new("stream", range.clone());
    let mut requests: Vec<Request> = Vec::new();
    let mut fed = 0;
    for (message, timestamp) in input.split(SEPARATOR).zip((0..).step_by(1000)) {
        fed += 1;
        requests.extend(reader.push(Event { timestamp, message: message.to_owned() }));
    }
    requests.extend(reader.finish());
    assert_eq!(requests.iter().map(|request| request.lines.len()).sum::<usize>(), fed);

    let zone = jiff::tz::TimeZone::UTC;
    let mut summary = Summary::default();
    for request in &requests {
        summary.add(request);
        report::request(request, &zone);
        assert!(!report_html::request(request).contains('<'));
        let json = report_jsonl::request(request);
        assert_eq!(json.matches('\n').count(), 1);
        assert!(serde_json::from_str::<Request>(&json).is_ok());
    }
    report::header(&summary, &range, &zone);
    report_html::head("fuzz", &summary, &range, &zone);
});
