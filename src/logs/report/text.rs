//! Writes the text file: counts and a summary at the top, then the requests, newest first.
//!
//! The output of the skill is indented, so that no line of it can pass for the title line or the error of a request.

use crate::config::options::LogStatus;
use crate::logs::event::model::Level;
use crate::logs::invocation::model::{ALEXA_RESPONSE_LIMIT_MS, Invocation, LineKind, LogLine, RefusedAnswer};
use crate::logs::invocation::outcome::Outcome;
use crate::logs::report::labels::{label, symbol, top_causes};
use crate::logs::report::pretty_json::{pretty, with_pretty_json};
use crate::logs::report::scope::Scope;
use crate::logs::summary::Summary;
use crate::output::format::count;
use jiff::{Timestamp, tz::TimeZone};
use std::fmt::Write;

/// The label of an answer after [`ALEXA_RESPONSE_LIMIT_MS`].
const LATE: &str = "later than Alexa waits";

/// The width of the column of levels, by which further lines of a text are indented.
const LEVEL_WIDTH: usize = 6;

/// Returns the top of the file. The first line is the one of version 0.9.0.
pub(crate) fn header(summary: &Summary, scope: &Scope) -> String {
    let mut header = format!("requests: ✔ success:{}, ✘ fail:{}\n\n", summary.answered(), summary.failed());
    let shown = format!("{} failed of {}", summary.failed(), count(summary.requests() as usize, "request"));
    let shown = (scope.status == LogStatus::Failed).then_some(("shown", shown));
    let incomplete = scope.incomplete.map(|reason| ("not complete", reason.to_owned()));
    for (name, value) in incomplete.into_iter().chain(shown).chain(summary_rows(summary, scope)) {
        // Writing to a String cannot fail.
        let _ = writeln!(header, "{name:<12} {value}");
    }
    header.push('\n');
    header
}

/// Returns the rows of the summary, each with its name.
fn summary_rows(summary: &Summary, scope: &Scope) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    if summary.failed() > 0 {
        let kinds = summary.failures().map(|(kind, count)| format!("{count} {}", label(kind)));
        rows.push(("failures", kinds.collect::<Vec<_>>().join(", ")));
        rows.extend(top_causes(summary.failure_groups()).into_iter().map(|line| ("", line)));
    }
    if summary.late() > 0 {
        rows.push(("late", format!("{} answered after Alexa's limit of {ALEXA_RESPONSE_LIMIT_MS}ms", summary.late())));
    }
    if summary.truncated() > 0 {
        rows.push(("incomplete", format!("{} {}", summary.truncated(), label(Outcome::Truncated))));
    }
    if summary.cold_starts() > 0 {
        let longest = summary.max_init_duration_ms().map(|ms| format!(", up to {ms}ms")).unwrap_or_default();
        rows.push(("cold starts", format!("{}{longest}", summary.cold_starts())));
    }
    if let Some(durations) = summary.durations() {
        let (p50, p95, max) = (durations.p50, durations.p95, durations.max);
        rows.push(("duration", format!("p50 {p50}ms, p95 {p95}ms, max {max}ms")));
    }
    if let Some(peak) = summary.peak_memory() {
        let size = peak.size_mb.map(|mb| format!(" of {mb}MB")).unwrap_or_default();
        rows.push(("memory peak", format!("{}MB{size}", peak.used_mb)));
    }
    let Scope { range, zone, .. } = scope;
    let (from, to) = (local_time(range.start, zone), local_time(range.end, zone));
    let name = zone.iana_name().map(|name| format!(" ({name})")).unwrap_or_default();
    rows.push(("time range", format!("{from} to {to}{name}")));
    rows
}

/// Returns an invocation with its lines, and the empty line that separates it from the next one.
pub(crate) fn section(invocation: &Invocation, zone: &TimeZone) -> String {
    let mut text = format!("{}\n", title_line(invocation, zone));
    for line in invocation.lines.iter().filter_map(shown_line) {
        text.push_str(&line);
        text.push('\n');
    }
    if let Some(error) = &invocation.error {
        let kind = error.kind.as_ref().map(|kind| format!("{kind}: ")).unwrap_or_default();
        let outcome = invocation.outcome;
        let _ = writeln!(text, "{} {}: {kind}{}", symbol(outcome), label(outcome), with_indent(&error.message));
        if let Some(location) = &error.location {
            let _ = writeln!(text, "  at {location}");
        }
        if let Some(RefusedAnswer { request_id, name }) = &invocation.refused_answer {
            let name = name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
            let _ = writeln!(text, "  the answer of [{}]{name}", short_id(request_id));
        }
    }
    text.push('\n');
    text
}

/// Returns `--- ✔ <local time> <duration>ms <memory>MB [<end of the request ID>] <labels> ---`.
fn title_line(invocation: &Invocation, zone: &TimeZone) -> String {
    let mut parts = vec![symbol(invocation.outcome).to_owned(), local_time(invocation.start_time_ms, zone)];
    parts.extend(invocation.metrics.duration_ms.map(|ms| format!("{ms}ms")));
    parts.extend(invocation.metrics.max_memory_used_mb.map(|mb| format!("{mb}MB")));
    parts.extend(invocation.request_id.as_deref().map(|id| format!("[{}]", short_id(id))));
    let labels = labels(invocation).join(", ");
    parts.extend((!labels.is_empty()).then_some(labels));
    format!("--- {} ---", parts.join(" "))
}

/// Returns the intent or request type, the cold start with its duration, and the outcome unless it is `Answered`.
fn labels(invocation: &Invocation) -> Vec<String> {
    let mut labels: Vec<String> = invocation.name().map(str::to_owned).into_iter().collect();
    if invocation.cold_start {
        let duration = invocation.metrics.init_duration_ms.map(|ms| format!(" {ms}ms")).unwrap_or_default();
        labels.push(format!("cold start{duration}"));
    }
    if invocation.outcome != Outcome::Answered {
        labels.push(label(invocation.outcome).to_owned());
    }
    if invocation.is_late() {
        labels.push(LATE.to_owned());
    }
    labels
}

/// Returns the last eight characters: enough to search for.
fn short_id(id: &str) -> &str {
    id.char_indices().rev().nth(7).and_then(|(at, _)| id.get(at..)).unwrap_or(id)
}

/// Returns a line as it is shown. START, END and REPORT are not: the title line has their figures. Their X-Ray trace
/// is.
fn shown_line(line: &LogLine) -> Option<String> {
    match line.kind {
        LineKind::Platform => line.text.split_once('\n').map(|(_, trace)| {
            if trace.starts_with("XRAY TraceId: ") { with_indent(trace) } else { with_level(None, trace) }
        }),
        LineKind::Request => Some(format!("REQUEST: {}", json_or_indented(&line.text))),
        LineKind::Response => Some(format!("RESPONSE: {}", json_or_indented(&line.text))),
        LineKind::Init => Some(with_indent(&line.text)),
        LineKind::Failure | LineKind::Output => {
            let text = with_pretty_json(&line.text);
            Some(with_level(line.level, text.as_deref().unwrap_or(&line.text)))
        }
    }
}

/// Returns JSON on several lines, of which none can begin like a title line.
fn json_or_indented(text: &str) -> String {
    pretty(text).unwrap_or_else(|| with_indent(text))
}

/// Returns a text after its level, or after as many spaces.
fn with_level(level: Option<Level>, text: &str) -> String {
    format!("{:<LEVEL_WIDTH$}{}", level.map_or("", Level::as_str), with_indent(text))
}

/// Returns a text whose further lines are indented.
fn with_indent(text: &str) -> String {
    text.replace('\n', &format!("\n{:LEVEL_WIDTH$}", ""))
}

/// Returns a time as `2026-11-22 08:45:04` in the reader's time zone, or the number itself if it is out of range.
pub(crate) fn local_time(time_ms: i64, zone: &TimeZone) -> String {
    Timestamp::from_millisecond(time_ms).map_or_else(
        |_| time_ms.to_string(),
        |time| time.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::event::model::Event;
    use crate::logs::invocation::assemble::InvocationAssembler;
    use std::ops::Range;

    fn berlin() -> TimeZone {
        TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
    }

    const RANGE: Range<i64> = 1_795_333_504_000..1_795_337_104_000;

    fn invocations(messages: &[&str]) -> Vec<Invocation> {
        let mut assembler = InvocationAssembler::new("stream", RANGE);
        let events = messages.iter().map(|message| Event {
            timestamp_ms: RANGE.start + 60_000,
            message: message.replace("$A", "79104e54-2f3c-4b0a-9d6e-0c5a3b1f4e21"),
        });
        let mut invocations: Vec<Invocation> = events.flat_map(|event| assembler.push(event)).collect();
        invocations.extend(assembler.finish());
        invocations
    }

    fn text(messages: &[&str]) -> String {
        invocations(messages).iter().map(|invocation| section(invocation, &berlin())).collect()
    }

    #[test]
    fn an_answered_request_has_its_figures_in_the_title_line() {
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
    fn a_failed_request_ends_with_its_error() {
        let text = text(&[
            "START RequestId: $A Version: $LATEST\n",
            "2026-11-22T07:45:04.633Z\t$A\tERROR\tInvoke Error \t{\"errorType\":\"TypeError\",\"errorMessage\":\"no score\",\"stack\":[\"TypeError: no score\",\"    at enter (/var/task/index.js:812:14)\"]}\n",
            "REPORT RequestId: $A\tDuration: 14.00 ms\tMax Memory Used: 65 MB\t\n",
        ]);
        assert_eq!(
            text,
            r#"--- ✘ 2026-11-22 08:46:04 14ms 65MB [3b1f4e21] handler error ---
ERROR Invoke Error {
        "errorType": "TypeError",
        "errorMessage": "no score",
        "stack": [
          "TypeError: no score",
          "    at enter (/var/task/index.js:812:14)"
        ]
      }
✘ handler error: TypeError: no score
  at enter (/var/task/index.js:812:14)

"#
        );
    }

    #[test]
    fn a_late_answer_is_marked_in_its_title_line_and_in_the_header() {
        let late = invocations(&[
            "START RequestId: $A Version: $LATEST\n",
            "REPORT RequestId: $A\tDuration: 9400.00 ms\tMax Memory Used: 65 MB\t\n",
        ]);
        let title = "--- ✔ 2026-11-22 08:46:04 9400ms 65MB [3b1f4e21] later than Alexa waits ---\n\n";
        assert_eq!(section(&late[0], &berlin()), title);
        let mut summary = Summary::default();
        summary.add(&late[0]);
        assert!(
            header(&summary, &scope(LogStatus::All)).starts_with(
                "requests: ✔ success:1, ✘ fail:0\n\nlate         1 answered after Alexa's limit of 8000ms\n"
            )
        );
    }

    #[test]
    fn a_refused_answer_refers_to_its_request() {
        let refusal =
            r#"{"type":"System.ExceptionEncountered","error":{"type":"INVALID_RESPONSE","message":"no token"}}"#;
        let mut invocations = invocations(&[
            "START RequestId: $A Version: $LATEST\n",
            &format!("2026-11-22T07:45:04.631Z\t$A\tINFO\tVERBOSE REQUEST {refusal}\n"),
        ]);
        let request_id = "8a6f0c1d-91b7-4d3e-8f10-d720e2c6697e".to_owned();
        invocations[0].refused_answer = Some(RefusedAnswer { request_id, name: Some("PourIntent".to_owned()) });
        let text = section(&invocations[0], &berlin());
        let end = "✘ Alexa refused an answer: INVALID_RESPONSE: no token\n  the answer of [e2c6697e] PourIntent\n\n";
        assert!(text.ends_with(end), "{text}");
    }

    #[test]
    fn lines_without_a_request_are_shown() {
        assert_eq!(text(&["lost\n"]), "--- · 2026-11-22 08:46:04 not part of a request ---\n      lost\n\n");
    }

    #[test]
    fn no_line_of_the_skill_passes_for_a_title_line_or_an_error() {
        const FORGED: [&str; 2] =
            ["--- ✔ 2026-11-22 08:46:04 8.83ms 65MB [3b1f4e21] LaunchRequest ---", "✘ handler error: Error"];
        let start = "START RequestId: $A Version: $LATEST\n";
        let column = "2026-11-22T07:45:04.631Z\t$A\t";
        for forged in FORGED {
            for breaks in ["\n", "\r", "\r\n", "\u{2028}", "\u{85}", "\u{b}"] {
                let escaped = forged.replace('✔', "\\u2714");
                for message in [
                    forged.to_owned(),
                    format!("raw{breaks}{forged}"),
                    format!("{column}INFO\tprinted{breaks}{forged}"),
                    format!("{column}printed without a level{breaks}{forged}"),
                    format!("{column}INFO\tVERBOSE REQUEST {{ cut{breaks}{forged}"),
                    format!("{column}INFO\tVERBOSE RESPONSE {{ cut{breaks}{forged}"),
                    format!(
                        "{column}INFO\tVERBOSE REQUEST {{\"type\":\"A\\n{escaped}\",\"intent\":{{\"name\":\"B\\n{escaped}\"}}}}"
                    ),
                    format!(
                        "{column}ERROR\tInvoke Error \t{{\"errorType\":\"A\\n{escaped}\",\"errorMessage\":\"B\\r{escaped}\",\"stack\":[\"at C\\n{escaped}\"]}}"
                    ),
                    format!("INIT_START Runtime Version: x{breaks}{forged}"),
                    format!("REPORT RequestId: $A\tDuration: 8.83 ms{breaks}{forged}"),
                    format!("RequestId: $A Error: Runtime exited{breaks}{forged}"),
                ] {
                    let invocations = invocations(&[start, &message]);
                    let text: String = invocations.iter().map(|invocation| section(invocation, &berlin())).collect();
                    let begin = |beginning| text.lines().filter(|line| line.starts_with(beginning)).count();
                    assert_eq!(begin("---"), invocations.len(), "{text}");
                    let failed = invocations.iter().filter(|invocation| invocation.error.is_some()).count();
                    assert_eq!(begin("✘"), failed, "{text}");
                    assert!(!text.contains(['\u{2028}', '\u{85}', '\u{b}', '\r']), "{text:?}");
                }
            }
        }
    }

    #[test]
    fn sequences_for_terminals_and_marks_of_direction_are_shown_as_text() {
        let text = text(&[
            "START RequestId: $A Version: $LATEST\n",
            "2026-11-22T07:45:04.631Z\t$A\tINFO\tVERBOSE REQUEST {\"type\":\"IntentRequest\",\"intent\":{\"name\":\"Pour\\u001b]52;c;eA==\\u0007\"}}\n",
            "2026-11-22T07:45:04.633Z\t$A\tINFO\t\u{1b}[31mred\u{1b}[0m \u{202e}txt\u{7}\n",
            "2026-11-22T07:45:04.634Z\t$A\tERROR\tInvoke Error \t{\"errorType\":\"A\\u009b2J\",\"errorMessage\":\"B\\u202e\",\"stack\":[\"at C\\u001b[2J\"]}\n",
        ]);
        assert!(text.contains("] Pour␛]52;c;eA==␇, handler error ---\n"), "{text}");
        assert!(text.contains("\nINFO  red <U+202E>txt␇\n"), "{text}");
        assert!(text.ends_with("\n✘ handler error: A<U+009B>2J: B<U+202E>\n  at C␛[2J\n\n"), "{text}");
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
    }

    fn scope(status: LogStatus) -> Scope {
        Scope { range: RANGE, status, zone: berlin(), incomplete: None }
    }

    #[test]
    fn the_header_has_counts_and_a_summary() {
        let mut summary = Summary::default();
        let report = "REPORT RequestId: $A\tDuration: 14.00 ms\tMemory Size: 256 MB\tMax Memory Used: 65 MB\tInit Duration: 99.5 ms\t";
        let start = "START RequestId: $A Version: 1\n";
        let timeout = format!("{report}Status: timeout\n");
        [invocations(&[start, report]), invocations(&[start, &timeout]), invocations(&[start])]
            .iter()
            .flatten()
            .for_each(|invocation| summary.add(invocation));
        assert_eq!(
            header(&summary, &scope(LogStatus::All)),
            "requests: ✔ success:1, ✘ fail:2

failures     1 timed out, 1 gave no answer
             1 × timed out: the function's timeout was reached
             1 × gave no answer: the invocation ended without a response and without an error
cold starts  2, up to 99.5ms
duration     p50 14ms, p95 14ms, max 14ms
memory peak  65MB of 256MB
time range   2026-11-22 08:45:04 to 2026-11-22 09:45:04

"
        );
    }

    #[test]
    fn the_header_has_how_many_of_how_many_requests_are_shown() {
        let mut summary = Summary::default();
        let report = "REPORT RequestId: $A\tDuration: 14.00 ms\t";
        for status in ["", "", "Status: timeout\n"] {
            let request = invocations(&["START RequestId: $A Version: 1\n", &format!("{report}{status}")]);
            summary.add(&request[0]);
        }
        let header = header(&summary, &scope(LogStatus::Failed));
        assert!(
            header.starts_with("requests: ✔ success:2, ✘ fail:1\n\nshown        1 failed of 3 requests\n"),
            "{header}"
        );
    }

    #[test]
    fn the_header_states_that_the_file_is_not_complete() {
        let scope = Scope { incomplete: Some("interrupted"), ..scope(LogStatus::All) };
        let header = header(&Summary::default(), &scope);
        assert!(header.starts_with("requests: ✔ success:0, ✘ fail:0\n\nnot complete interrupted\n"), "{header}");
    }

    #[test]
    fn the_header_without_any_request_has_zero_counts() {
        let header =
            header(&Summary::default(), &Scope { range: 0..2000, zone: TimeZone::UTC, ..scope(LogStatus::All) });
        assert!(
            header.starts_with(
                "requests: ✔ success:0, ✘ fail:0\n\ntime range   1970-01-01 00:00:00 to 1970-01-01 00:00:02"
            )
        );
    }

    #[test]
    fn a_time_out_of_range_is_shown_as_a_number() {
        assert_eq!(local_time(i64::MAX, &TimeZone::UTC), i64::MAX.to_string());
    }
}
