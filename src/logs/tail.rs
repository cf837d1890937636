//! Reads the end of a request's log, as Lambda returns it with the answer.

use crate::logs::event::model::{Event, LoggedError};
use crate::logs::invocation::assemble::InvocationAssembler;
use crate::logs::invocation::model::{Invocation, LineKind};
use crate::logs::redact::Redactor;
use crate::logs::report::labels::json_name;
use serde::Serialize;

/// Lambda returns this many bytes at most (<https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>, `LogType`).
const MAX_BYTES: usize = 4096;

/// The log of a request, without secrets and safe to show.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RequestLog {
    /// As in `litexa logs` with the format `jsonl`.
    pub(crate) outcome: Option<&'static str>,
    pub(crate) duration_ms: Option<f64>,
    pub(crate) init_duration_ms: Option<f64>,
    #[serde(rename = "maxMemoryUsedMB")]
    pub(crate) max_memory_used_mb: Option<u32>,
    pub(crate) error: Option<LoggedError>,
    /// Whether the beginning is missing.
    pub(crate) is_cut: bool,
    pub(crate) lines: Vec<RequestLogLine>,
}

/// A line of the skill's output.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RequestLogLine {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) level: Option<&'static str>,
    pub(crate) text: String,
}

/// Reads the end of a log. `time_ms` is the time of the request in milliseconds since the epoch.
pub(crate) fn request_log(tail: &str, time_ms: i64) -> RequestLog {
    let is_cut = tail.len() >= MAX_BYTES;
    let whole = if is_cut { after_first_line(tail) } else { tail };
    let redacted = Redactor::default().redact(whole);
    let mut assembler = InvocationAssembler::new("", time_ms..time_ms + 1);
    for line in redacted.as_deref().unwrap_or(whole).lines() {
        let event = Event { timestamp_ms: time_ms, message: format!("{line}\n") };
        // A few lines do not complete more than the one request.
        drop(assembler.push(event));
    }
    let requests = assembler.finish();
    let found = requests.iter().find(|request| request.request_id.is_some()).or(requests.first());
    found.map_or_else(|| RequestLog { is_cut, ..RequestLog::default() }, |found| of(found.clone(), is_cut))
}

/// Returns the text without its first line, which may begin within a secret whose name is missing.
fn after_first_line(text: &str) -> &str {
    text.split_once('\n').map_or("", |(_, rest)| rest)
}

fn of(invocation: Invocation, is_cut: bool) -> RequestLog {
    let outcome = json_name(invocation.outcome);
    let Invocation { metrics, error, lines, .. } = invocation.printable();
    let shown = lines.into_iter().filter(|line| line.kind != LineKind::Platform);
    RequestLog {
        outcome: Some(outcome),
        duration_ms: metrics.duration_ms,
        init_duration_ms: metrics.init_duration_ms,
        max_memory_used_mb: metrics.max_memory_used_mb,
        error,
        is_cut,
        lines: shown
            .map(|line| RequestLogLine { level: line.level.map(|level| level.as_str()), text: line.text })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "8f5a7c1e-0000-4000-8000-000000000001";
    const TOKEN: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJodHRwczovL2FwaS5hbWF6b25hbGV4YS5jb20ifQ.c2ln";

    fn log(output: &str) -> String {
        format!(
            "START RequestId: {ID} Version: $LATEST\n2026-01-01T00:00:00.000Z\t{ID}\tINFO\t{output}\nEND RequestId: {ID}\nREPORT RequestId: {ID}\tDuration: 12.50 ms\tBilled Duration: 13 ms\tMemory Size: 256 MB\tMax Memory Used: 80 MB\t\n"
        )
    }

    #[test]
    fn a_log_is_read_with_its_figures_and_without_lines_of_lambda() {
        let log = request_log(&log("hello"), 1000);
        assert_eq!((log.duration_ms, log.max_memory_used_mb, log.is_cut), (Some(12.5), Some(80), false));
        let texts: Vec<_> = log.lines.iter().map(|line| (line.level, line.text.as_str())).collect();
        assert_eq!(texts, [(Some("INFO"), "hello")]);
    }

    #[test]
    fn secrets_and_control_characters_are_not_shown() {
        let log = request_log(&log(&format!("{{\"apiAccessToken\": \"{TOKEN}\"}} \u{1b}]0;x\u{7}")), 1000);
        let text = &log.lines[0].text;
        assert!(!text.contains(TOKEN) && !text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn a_cut_log_loses_the_line_that_may_begin_within_a_secret() {
        let tail = format!("{}\n{}", "x".repeat(5000), log("hello"));
        let tail = &tail[tail.len() - MAX_BYTES..];
        let log = request_log(tail, 1000);
        assert!(log.is_cut && log.lines.iter().all(|line| !line.text.contains("xxx")), "{log:?}");
        assert_eq!(request_log(&"x".repeat(MAX_BYTES), 1000).lines, []);
        assert_eq!(request_log("", 1000), RequestLog::default());
    }
}
