//! Holds the invocation: the value that everything after the assembler works on.

use crate::logs::event::model::{Level, LoggedError, Metrics};
use crate::logs::invocation::outcome::Outcome;
use crate::logs::printable;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// An invocation of the skill and its outcome; or, without a request ID, lines that belong to no invocation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Invocation {
    pub(crate) request_id: Option<String>,
    pub(crate) log_stream: String,
    /// The time of START, or else of the first line; milliseconds since the epoch.
    pub(crate) start_time_ms: i64,
    pub(crate) outcome: Outcome,
    pub(crate) metrics: Metrics,
    /// Whether it was the first of its execution environment, and waited for the initialization.
    pub(crate) cold_start: bool,
    /// `LaunchRequest`, `IntentRequest` and so on, if the handler logs requests.
    pub(crate) request_type: Option<String>,
    pub(crate) intent: Option<String>,
    pub(crate) error: Option<LoggedError>,
    pub(crate) lines: Vec<LogLine>,
}

impl Invocation {
    /// Creates an invocation without any facts: lines that belong to none.
    pub(crate) fn unattributed(log_stream: &str, start_time_ms: i64, lines: Vec<LogLine>) -> Invocation {
        Invocation {
            request_id: None,
            log_stream: log_stream.to_owned(),
            start_time_ms,
            outcome: Outcome::Unattributed,
            metrics: Metrics::default(),
            cold_start: false,
            request_type: None,
            intent: None,
            error: None,
            lines,
        }
    }

    /// Returns the invocation with texts that are safe to show: names on one line, output and messages on any number.
    pub(crate) fn printable(self) -> Invocation {
        // Without `..`, so that a new field is decided about.
        let Invocation {
            request_id,
            log_stream,
            start_time_ms,
            outcome,
            metrics,
            cold_start,
            request_type,
            intent,
            error,
            lines,
        } = self;
        Invocation {
            request_id: request_id.map(name),
            log_stream: name(log_stream),
            start_time_ms,
            outcome,
            metrics,
            cold_start,
            request_type: request_type.map(name),
            intent: intent.map(name),
            error: error.map(|LoggedError { kind, message, location }| LoggedError {
                kind: kind.map(name),
                message: text(message),
                location: location.map(name),
            }),
            lines: lines.into_iter().map(|line| LogLine { text: text(line.text), ..line }).collect(),
        }
    }
}

fn name(name: String) -> String {
    owned(printable::line(&name)).unwrap_or(name)
}

fn text(raw: String) -> String {
    owned(printable::text(&raw)).unwrap_or(raw)
}

/// Returns the text if it was changed.
fn owned(text: Cow<'_, str>) -> Option<String> {
    match text {
        Cow::Owned(text) => Some(text),
        Cow::Borrowed(_) => None,
    }
}

/// A line of an invocation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct LogLine {
    /// Milliseconds since the epoch.
    pub(crate) time_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) level: Option<Level>,
    pub(crate) kind: LineKind,
    pub(crate) text: String,
}

/// The kind of a line, by which a report decides how to show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum LineKind {
    /// Lambda's START, END and REPORT, whose figures are in the invocation's fields as well.
    Platform,
    /// A line of Lambda about the initialization.
    Init,
    Request,
    Response,
    /// The runtime's report of a failure.
    Failure,
    Output,
}
