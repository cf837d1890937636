//! Holds the invocation: the value that everything after the assembler works on.

use crate::logs::event::model::{AlexaIds, Level, LoggedError, Metrics};
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
    pub(crate) alexa: AlexaIds,
    /// The invocation whose answer Alexa refused, if this one reports a refusal and that one is within the time range.
    pub(crate) refused_answer: Option<RefusedAnswer>,
    pub(crate) lines: Vec<LogLine>,
}

/// A reference to the invocation whose answer Alexa refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RefusedAnswer {
    /// Lambda's ID.
    pub(crate) request_id: String,
    /// Its intent or request type.
    pub(crate) name: Option<String>,
}

impl RefusedAnswer {
    /// Returns a reference to an invocation; `None` for lines that belong to none.
    pub(crate) fn of(invocation: Invocation) -> Option<RefusedAnswer> {
        let name = invocation.name().map(str::to_owned);
        Some(RefusedAnswer { request_id: invocation.request_id?, name })
    }
}

/// The time within which Alexa accepts an answer, in milliseconds.
///
/// See <https://developer.amazon.com/en-US/docs/alexa/custom-skills/send-the-user-a-progressive-response.html>:
/// "approximately eight seconds to return a full response".
pub(crate) const ALEXA_RESPONSE_LIMIT_MS: f64 = 8000.0;

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
            alexa: AlexaIds::default(),
            refused_answer: None,
            lines,
        }
    }

    /// Returns the intent, or else the request type.
    pub(crate) fn name(&self) -> Option<&str> {
        self.intent.as_deref().or(self.request_type.as_deref())
    }

    /// Returns whether the skill answered after Alexa had stopped waiting. A cold start's initialization comes before
    /// the duration that Lambda reports, and Alexa waits for both. A `SessionEndedRequest` gets no response: see
    /// <https://developer.amazon.com/en-US/docs/alexa/custom-skills/request-types-reference.html>.
    pub(crate) fn is_late(&self) -> bool {
        let Metrics { duration_ms, init_duration_ms, .. } = self.metrics;
        let init_ms = init_duration_ms.filter(|_| self.cold_start).unwrap_or_default();
        let gets_response = self.request_type.as_deref() != Some("SessionEndedRequest");
        let is_too_long = duration_ms.unwrap_or_default() + init_ms > ALEXA_RESPONSE_LIMIT_MS;
        self.outcome == Outcome::Answered && gets_response && is_too_long
    }

    /// Returns the invocation with texts that are safe to show: names on one line, output and messages on any number.
    pub(crate) fn printable(self) -> Invocation {
        self.map_texts(name, text)
    }

    /// Returns the invocation with other texts: names, and those of any number of lines.
    pub(crate) fn map_texts(self, name: impl Fn(String) -> String, text: impl Fn(String) -> String) -> Invocation {
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
            alexa: AlexaIds { request, session, cause },
            refused_answer,
            lines,
        } = self;
        Invocation {
            request_id: request_id.map(&name),
            log_stream: name(log_stream),
            start_time_ms,
            outcome,
            metrics,
            cold_start,
            request_type: request_type.map(&name),
            intent: intent.map(&name),
            error: error.map(|LoggedError { kind, message, location }| LoggedError {
                kind: kind.map(&name),
                message: text(message),
                location: location.map(&name),
            }),
            alexa: AlexaIds { request: request.map(&name), session: session.map(&name), cause: cause.map(&name) },
            refused_answer: refused_answer.map(|RefusedAnswer { request_id, name: of }| RefusedAnswer {
                request_id: name(request_id),
                name: of.map(&name),
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
