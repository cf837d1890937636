//! Writes JSON Lines: one request a line, newest first, for other programs.
//!
//! The names of these fields are public: users' tools read them. Durations and memory sizes have the names of Lambda's
//! own `platform.report`. A change of a name breaks those tools, so it needs a major version.

use crate::logs::event::model::LoggedError;
use crate::logs::invocation::model::{Invocation, LineKind, LogLine};
use crate::logs::report::labels::json_name;
use serde::Serialize;
use std::borrow::Cow;

/// A line of the file.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    log_stream: &'a str,
    /// Milliseconds since the epoch.
    start_time_ms: i64,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    billed_duration_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    init_duration_ms: Option<f64>,
    #[serde(rename = "memorySizeMB", skip_serializing_if = "Option::is_none")]
    memory_size_mb: Option<u32>,
    #[serde(rename = "maxMemoryUsedMB", skip_serializing_if = "Option::is_none")]
    max_memory_used_mb: Option<u32>,
    cold_start: bool,
    /// Only `true` is written.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    late: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    intent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorField<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused_request_id: Option<&'a str>,
    pub(super) lines: Vec<LineField<'a>>,
}

#[derive(Serialize)]
struct ErrorField<'a> {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'a str>,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LineField<'a> {
    /// Milliseconds since the epoch.
    time_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<&'static str>,
    kind: &'static str,
    pub(super) text: Cow<'a, str>,
}

impl<'a> From<&'a Invocation> for Row<'a> {
    fn from(invocation: &'a Invocation) -> Self {
        let metrics = &invocation.metrics;
        Row {
            request_id: invocation.request_id.as_deref(),
            log_stream: &invocation.log_stream,
            start_time_ms: invocation.start_time_ms,
            outcome: json_name(invocation.outcome),
            duration_ms: metrics.duration_ms,
            billed_duration_ms: metrics.billed_duration_ms,
            init_duration_ms: metrics.init_duration_ms,
            memory_size_mb: metrics.memory_size_mb,
            max_memory_used_mb: metrics.max_memory_used_mb,
            cold_start: invocation.cold_start,
            late: invocation.is_late(),
            request_type: invocation.request_type.as_deref(),
            intent: invocation.intent.as_deref(),
            error: invocation.error.as_ref().map(ErrorField::from),
            session_id: invocation.alexa.session.as_deref(),
            refused_request_id: invocation.refused_answer.as_ref().map(|answer| answer.request_id.as_str()),
            lines: invocation.lines.iter().map(LineField::from).collect(),
        }
    }
}

impl<'a> From<&'a LoggedError> for ErrorField<'a> {
    fn from(error: &'a LoggedError) -> Self {
        ErrorField { kind: error.kind.as_deref(), message: &error.message, location: error.location.as_deref() }
    }
}

impl<'a> From<&'a LogLine> for LineField<'a> {
    fn from(line: &'a LogLine) -> Self {
        LineField {
            time_ms: line.time_ms,
            level: line.level.map(|level| level.as_str()),
            kind: match line.kind {
                LineKind::Platform => "platform",
                LineKind::Init => "init",
                LineKind::Request => "request",
                LineKind::Response => "response",
                LineKind::Failure => "failure",
                LineKind::Output => "output",
            },
            text: Cow::Borrowed(&line.text),
        }
    }
}

/// Returns the first line of a file that is not complete.
pub(crate) fn incomplete(reason: &str) -> String {
    format!("{}\n", serde_json::json!({ "incomplete": true, "reason": reason }))
}

/// Returns an invocation as one line.
pub(crate) fn line(invocation: &Invocation) -> String {
    to_json_line(&Row::from(invocation))
}

pub(super) fn to_json_line(value: &impl Serialize) -> String {
    // Numbers and strings in a struct always serialize.
    let json = serde_json::to_string(value).unwrap_or_default();
    format!("{json}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::event::model::{AlexaIds, Level, Metrics};
    use crate::logs::invocation::model::RefusedAnswer;
    use crate::logs::invocation::outcome::Outcome;
    use serde_json::{Value, json};

    #[test]
    fn lines_without_a_request_have_no_fields_of_one() {
        let line = line(&Invocation::unattributed("stream", 7, Vec::new()));
        let expected =
            r#"{"logStream":"stream","startTimeMs":7,"outcome":"unattributed","coldStart":false,"lines":[]}"#;
        assert_eq!(line, format!("{expected}\n"));
    }

    #[test]
    fn only_a_late_answer_is_marked() {
        let metrics = |duration_ms| Metrics { duration_ms: Some(duration_ms), ..Metrics::default() };
        let answered = |duration_ms| Invocation {
            outcome: Outcome::Answered,
            metrics: metrics(duration_ms),
            ..Invocation::unattributed("stream", 7, Vec::new())
        };
        assert!(line(&answered(8001.0)).contains(r#""coldStart":false,"late":true,"#));
        assert!(!line(&answered(7999.0)).contains("late"));
    }

    #[test]
    fn the_names_and_units_of_the_fields_are_the_documented_ones() {
        let log_line = LogLine { time_ms: 8, level: Some(Level::Warn), kind: LineKind::Output, text: "a\nb".into() };
        let error = LoggedError {
            kind: Some("TypeError".into()),
            message: "no score".into(),
            location: Some("enter (/var/task/index.js:812:14)".into()),
        };
        let invocation = Invocation {
            request_id: Some("79104e54-2f3c-4b0a-9d6e-0c5a3b1f4e21".into()),
            outcome: Outcome::HandlerError,
            metrics: Metrics {
                duration_ms: Some(8.83),
                billed_duration_ms: Some(9.0),
                init_duration_ms: Some(138.1),
                memory_size_mb: Some(256),
                max_memory_used_mb: Some(65),
            },
            cold_start: true,
            request_type: Some("IntentRequest".into()),
            intent: Some("PlayIntent".into()),
            error: Some(error),
            alexa: AlexaIds { session: Some("amzn1.echo-api.session.1".into()), ..AlexaIds::default() },
            refused_answer: Some(RefusedAnswer { request_id: "8a6f0c1d".into(), name: None }),
            ..Invocation::unattributed("stream", 7, vec![log_line])
        };
        let line = line(&invocation);
        assert_eq!(line.matches('\n').count(), 1);
        assert_eq!(
            serde_json::from_str::<Value>(&line).unwrap(),
            json!({
                "requestId": "79104e54-2f3c-4b0a-9d6e-0c5a3b1f4e21",
                "logStream": "stream",
                "startTimeMs": 7,
                "outcome": "handlerError",
                "durationMs": 8.83,
                "billedDurationMs": 9.0,
                "initDurationMs": 138.1,
                "memorySizeMB": 256,
                "maxMemoryUsedMB": 65,
                "coldStart": true,
                "requestType": "IntentRequest",
                "intent": "PlayIntent",
                "error": {
                    "type": "TypeError",
                    "message": "no score",
                    "location": "enter (/var/task/index.js:812:14)",
                },
                "sessionId": "amzn1.echo-api.session.1",
                "refusedRequestId": "8a6f0c1d",
                "lines": [{ "timeMs": 8, "level": "WARN", "kind": "output", "text": "a\nb" }],
            })
        );
    }
}
