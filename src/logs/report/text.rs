//! The text file: counts and summary on top, then the requests, newest first.

use crate::logs::event::Level;
use crate::logs::invocation::outcome::Verdict;
use crate::logs::invocation::{Kind, Request, Said};
use crate::logs::report::pretty_json::pretty;
use crate::logs::summary::Summary;
use jiff::{Timestamp, tz::TimeZone};
use std::fmt::Write;
use std::ops::Range;

/// Lines without columns of their own begin where the text of the others does.
const LEVEL_WIDTH: usize = 6;

/// The top of the file. Its first line has looked like this since the first version of the tool.
pub(crate) fn header(summary: &Summary, range: &Range<i64>, zone: &TimeZone) -> String {
    let mut header = format!("requests: ✔ success:{}, ✘ fail:{}\n\n", summary.answered(), summary.failed());
    for (name, value) in facts(summary, range, zone) {
        // Writing to a String cannot fail.
        let _ = writeln!(header, "{name:<12} {value}");
    }
    header.push('\n');
    header
}

/// What is worth saying about all requests together, with its name.
fn facts(summary: &Summary, range: &Range<i64>, zone: &TimeZone) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if summary.failed() > 0 {
        let kinds = summary.failures().map(|(kind, count)| format!("{count} {}", kind.words()));
        facts.push(("failures", kinds.collect::<Vec<_>>().join(", ")));
    }
    if summary.cut() > 0 {
        facts.push(("incomplete", format!("{} {}", summary.cut(), Verdict::Cut.words())));
    }
    if summary.cold_starts() > 0 {
        let cost = summary.longest_init_ms().map(|ms| format!(", up to {ms}ms")).unwrap_or_default();
        facts.push(("cold starts", format!("{}{cost}", summary.cold_starts())));
    }
    if let Some(durations) = summary.durations() {
        let (p50, p95, max) = (durations.p50, durations.p95, durations.max);
        facts.push(("duration", format!("p50 {p50}ms, p95 {p95}ms, max {max}ms")));
    }
    if let Some(peak) = summary.memory_peak() {
        let limit = peak.limit_mb.map(|mb| format!(" of {mb}MB")).unwrap_or_default();
        facts.push(("memory peak", format!("{}MB{limit}", peak.used_mb)));
    }
    let (from, to) = (local_time(range.start, zone), local_time(range.end, zone));
    let name = zone.iana_name().map(|name| format!(" ({name})")).unwrap_or_default();
    facts.push(("time range", format!("{from} to {to}{name}")));
    facts
}

/// One request with its lines, and the empty line that parts it from the next.
pub(crate) fn request(request: &Request, zone: &TimeZone) -> String {
    let mut text = format!("{}\n", headline(request, zone));
    for line in request.lines.iter().filter_map(said) {
        text.push_str(&line);
        text.push('\n');
    }
    if let Some(error) = &request.error {
        let kind = error.kind.as_ref().map(|kind| format!("{kind}: ")).unwrap_or_default();
        let _ = writeln!(text, "{} {}: {kind}{}", request.verdict.mark(), request.verdict.words(), error.message);
        if let Some(at) = &error.at {
            let _ = writeln!(text, "  at {at}");
        }
    }
    text.push('\n');
    text
}

/// `--- ✔ <local time> <duration>ms <memory>MB [<end of the id>] <what it was and how it went> ---`
fn headline(request: &Request, zone: &TimeZone) -> String {
    let mut parts = vec![request.verdict.mark().to_owned(), local_time(request.start, zone)];
    parts.extend(request.duration_ms.map(|ms| format!("{ms}ms")));
    parts.extend(request.memory_mb.map(|mb| format!("{mb}MB")));
    parts.extend(request.id.as_deref().map(|id| format!("[{}]", short_id(id))));
    let about = about(request).join(", ");
    parts.extend((!about.is_empty()).then_some(about));
    format!("--- {} ---", parts.join(" "))
}

/// The intent or request type, the cold start and its cost, and how it went unless it was answered.
fn about(request: &Request) -> Vec<String> {
    let mut about: Vec<String> =
        request.intent.as_ref().or(request.request_type.as_ref()).cloned().into_iter().collect();
    if request.cold_start {
        let cost = request.init_ms.map(|ms| format!(" {ms}ms")).unwrap_or_default();
        about.push(format!("cold start{cost}"));
    }
    if request.verdict != Verdict::Answered {
        about.push(request.verdict.words().to_owned());
    }
    about
}

/// The last eight characters, which is how people look an id up.
fn short_id(id: &str) -> &str {
    id.char_indices().rev().nth(7).and_then(|(at, _)| id.get(at..)).unwrap_or(id)
}

/// START, END and REPORT have become the headline, but for the X-Ray trace; anything else is shown.
fn said(line: &Said) -> Option<String> {
    let json = |text: &str| pretty(text).unwrap_or_else(|| text.to_owned());
    match line.kind {
        Kind::Platform => line.text.split_once('\n').map(|(_, trace)| trace.to_owned()),
        Kind::Request => Some(format!("REQUEST: {}", json(&line.text))),
        Kind::Response => Some(format!("RESPONSE: {}", json(&line.text))),
        Kind::Init => Some(line.text.clone()),
        Kind::Failure | Kind::Output => Some(with_level(line.level, &failure_or_output(&line.text))),
    }
}

/// JSON gets spread out, also behind the title and the tab of the runtime's own reports.
fn failure_or_output(text: &str) -> String {
    if let Some(json) = pretty(text) {
        return json;
    }
    let behind_a_tab = text.split_once('\t').and_then(|(title, json)| Some((title.trim_end(), pretty(json)?)));
    behind_a_tab.map_or_else(|| text.to_owned(), |(title, json)| format!("{title} {json}"))
}

fn with_level(level: Option<Level>, text: &str) -> String {
    let Some(level) = level else {
        return text.to_owned();
    };
    let indented = text.replace('\n', &format!("\n{:LEVEL_WIDTH$}", ""));
    format!("{:<LEVEL_WIDTH$}{indented}", level.as_str())
}

/// `2026-11-22 08:45:04` in the reader's time zone; the number itself where it is no time at all.
pub(crate) fn local_time(milliseconds: i64, zone: &TimeZone) -> String {
    Timestamp::from_millisecond(milliseconds).map_or_else(
        |_| milliseconds.to_string(),
        |time| time.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::event::Event;
    use crate::logs::invocation::StreamReader;

    fn berlin() -> TimeZone {
        TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
    }

    fn requests(messages: &[&str]) -> Vec<Request> {
        let range = 1_795_333_504_000..1_795_337_104_000;
        let mut reader = StreamReader::new("stream", range.clone());
        let events = messages.iter().map(|message| message.replace("$A", "79104e54-2f3c-4b0a-9d6e-0c5a3b1f4e21"));
        let mut requests: Vec<Request> =
            events.flat_map(|message| reader.push(Event { timestamp: range.start + 60_000, message })).collect();
        requests.extend(reader.finish());
        requests
    }

    fn text(messages: &[&str]) -> String {
        requests(messages).iter().map(|one| request(one, &berlin())).collect()
    }

    #[test]
    fn an_answered_request_looks_as_it_always_did_with_more_in_its_headline() {
        let text = text(&[
            "INIT_START Runtime Version: nodejs:22.v51\tRuntime Version ARN: arn:aws:lambda:eu-west-1::runtime:77\n",
            "START RequestId: $A Version: $LATEST\n",
            "2026-11-22T07:45:04.631Z\t$A\tINFO\tVERBOSE REQUEST {\"type\":\"LaunchRequest\",\"locale\":\"en-US\"}\n",
            "2026-11-22T07:45:04.632Z\t$A\tWARN\tslow\rvery slow\n",
            "2026-11-22T07:45:04.633Z\t$A\tINFO\t{\"score\":12}\n",
            "2026-11-22T07:45:04.634Z\t$A\tINFO\tVERBOSE RESPONSE {\"version\":\"1.0\"}\n",
            "END RequestId: $A\n",
            "REPORT RequestId: $A\tDuration: 8.83 ms\tBilled Duration: 9 ms\tMemory Size: 256 MB\tMax Memory Used: 65 MB\tInit Duration: 138.10 ms\t\nXRAY TraceId: 1-65a1\tSampled: true\t\n",
        ]);
        assert_eq!(
            text,
            r#"--- ✔ 2026-11-22 08:46:04 8.83ms 65MB [3b1f4e21] LaunchRequest, cold start 138.1ms ---
INIT_START Runtime Version: nodejs:22.v51	Runtime Version ARN: arn:aws:lambda:eu-west-1::runtime:77
REQUEST: {
  "type": "LaunchRequest",
  "locale": "en-US"
}
WARN  slow
      very slow
INFO  {
        "score": 12
      }
RESPONSE: {
  "version": "1.0"
}
XRAY TraceId: 1-65a1	Sampled: true

"#
        );
    }

    #[test]
    fn a_failed_request_ends_with_what_went_wrong() {
        let text = text(&[
            "START RequestId: $A Version: $LATEST\n",
            "2026-11-22T07:45:04.633Z\t$A\tERROR\tInvoke Error \t{\"errorType\":\"TypeError\",\"errorMessage\":\"no score\",\"stack\":[\"TypeError: no score\",\"    at enter (/var/task/index.js:812:14)\"]}\n",
            "REPORT RequestId: $A\tDuration: 14.00 ms\tMax Memory Used: 65 MB\t\n",
        ]);
        assert_eq!(
            text,
            r#"--- ✘ 2026-11-22 08:46:04 14ms 65MB [3b1f4e21] threw ---
ERROR Invoke Error {
        "errorType": "TypeError",
        "errorMessage": "no score",
        "stack": [
          "TypeError: no score",
          "    at enter (/var/task/index.js:812:14)"
        ]
      }
✘ threw: TypeError: no score
  at enter (/var/task/index.js:812:14)

"#
        );
    }

    #[test]
    fn lines_outside_any_request_are_there_too() {
        assert_eq!(text(&["lost\n"]), "--- · 2026-11-22 08:46:04 outside any request ---\nlost\n\n");
    }

    #[test]
    fn the_header_counts_and_sums_up() {
        let mut summary = Summary::default();
        let report = "REPORT RequestId: $A\tDuration: 14.00 ms\tMemory Size: 256 MB\tMax Memory Used: 65 MB\tInit Duration: 99.5 ms\t";
        let start = "START RequestId: $A Version: 1\n";
        let timeout = format!("{report}Status: timeout\n");
        [requests(&[start, report]), requests(&[start, &timeout]), requests(&[start])]
            .iter()
            .flatten()
            .for_each(|request| summary.add(request));
        assert_eq!(
            header(&summary, &(1_795_333_504_000..1_795_337_104_000), &berlin()),
            "requests: ✔ success:1, ✘ fail:2

failures     1 timed out, 1 gave no answer
cold starts  2, up to 99.5ms
duration     p50 14ms, p95 14ms, max 14ms
memory peak  65MB of 256MB
time range   2026-11-22 08:45:04 to 2026-11-22 09:45:04

"
        );
    }

    #[test]
    fn without_any_request_the_file_still_says_so() {
        let header = header(&Summary::default(), &(0..2000), &TimeZone::UTC);
        assert!(
            header.starts_with(
                "requests: ✔ success:0, ✘ fail:0\n\ntime range   1970-01-01 00:00:00 to 1970-01-01 00:00:02"
            )
        );
    }

    #[test]
    fn a_number_that_is_no_time_is_shown_as_it_is() {
        assert_eq!(local_time(i64::MAX, &TimeZone::UTC), i64::MAX.to_string());
    }
}
