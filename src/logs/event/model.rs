//! Holds the values that the event parsers produce.

use serde::{Deserialize, Serialize};

/// An event as CloudWatch Logs returns it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// Milliseconds since the epoch.
    pub(crate) timestamp_ms: i64,
    pub(crate) message: String,
}

/// The log levels of a Lambda runtime, in ascending order of severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Level {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
    Fatal,
}

impl Level {
    /// Returns the level with this name, which must be in capitals.
    pub(crate) fn from_name(name: &str) -> Option<Level> {
        [Level::Trace, Level::Debug, Level::Info, Level::Warn, Level::Error, Level::Fatal]
            .into_iter()
            .find(|level| level.as_str() == name)
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Level::Trace => "TRACE",
            Level::Debug => "DEBUG",
            Level::Info => "INFO",
            Level::Warn => "WARN",
            Level::Error => "ERROR",
            Level::Fatal => "FATAL",
        }
    }
}

/// An error as the runtime serializes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LoggedError {
    /// The class of the error, such as `TypeError`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<String>,
    pub(crate) message: String,
    /// The topmost stack frame within the skill's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) location: Option<String>,
}

/// Alexa's report of an error, mostly that it did not accept an answer, in a `SessionEndedRequest` or `System.ExceptionEncountered`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Such as `INVALID_RESPONSE`, with Alexa's message.
    pub(crate) error: LoggedError,
    /// Alexa's ID of the request that led to the error.
    pub(crate) cause_request_id: Option<String>,
}

impl Refusal {
    /// Returns whether Alexa did not accept an answer. The other types are errors of a device, or of Alexa itself.
    ///
    /// See `SessionEndedErrorType` in <https://github.com/alexa/alexa-apis-for-nodejs/blob/master/ask-sdk-model/index.ts>.
    pub(crate) fn is_of_answer(&self) -> bool {
        self.error.kind.as_deref() == Some("INVALID_RESPONSE")
    }
}

/// The IDs by which Alexa's requests refer to each other, if the handler logs requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AlexaIds {
    /// The request, which has another ID in Lambda.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) session: Option<String>,
    /// The request whose answer Alexa refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cause: Option<String>,
}

/// Lambda's report about the end of an invocation or an initialization.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html>.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct PlatformReport {
    /// `success`, `error`, `failure` or `timeout`. The text format omits it after a success.
    pub(crate) status: Option<String>,
    /// For example `Runtime.OutOfMemory`.
    pub(crate) error_type: Option<String>,
    pub(crate) metrics: Metrics,
}

/// The metrics of a report, spelled as in Lambda's JSON format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Metrics {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) duration_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) billed_duration_ms: Option<f64>,
    /// The duration of a cold start's initialization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) init_duration_ms: Option<f64>,
    /// The memory that the function has.
    #[serde(rename = "memorySizeMB", skip_serializing_if = "Option::is_none")]
    pub(crate) memory_size_mb: Option<u32>,
    #[serde(rename = "maxMemoryUsedMB", skip_serializing_if = "Option::is_none")]
    pub(crate) max_memory_used_mb: Option<u32>,
}

impl PlatformReport {
    pub(crate) fn timed_out(&self) -> bool {
        self.status.as_deref() == Some("timeout") || self.error_type.as_deref() == Some("Sandbox.Timedout")
    }

    pub(crate) fn failed(&self) -> bool {
        self.error_type.is_some() || self.status.as_deref().is_some_and(|status| status != "success")
    }
}

/// The meaning of an event for its request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum EventKind {
    /// An execution environment is initialized: a cold start.
    InitStart,
    /// The initialization ended. Lambda mostly writes this after a failed one.
    InitReport(PlatformReport),
    Start,
    /// `END` or `platform.runtimeDone`: the runtime has finished the request.
    End(PlatformReport),
    Report(PlatformReport),
    TimedOut,
    /// The runtime's process ended.
    ProcessExit,
    /// The runtime reports that the handler failed: it threw, it rejected, or it could not be loaded.
    HandlerError(LoggedError),
    /// The runtime reports an error that the skill did not catch; a response may still have been sent.
    UncaughtError(LoggedError),
    /// Litexa's handler logs the request.
    Request,
    /// Litexa's handler logs its response.
    Response,
    /// Litexa's handler logs that it sends no response, as for a `SessionEndedRequest`.
    NoResponseNeeded,
    /// Litexa's handler logs that Alexa reported an error.
    Refused(Refusal),
    /// Node.js reached its own heap limit.
    HeapExhausted,
    /// Anything else, with the error that it describes, if it does.
    Output(Option<LoggedError>),
}

/// The request to which an event belongs, as far as the event itself states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RequestRef {
    Id(String),
    /// A line of a logging library has the ID, which may be that of something else.
    Maybe(String),
    /// The runtime wrote the event without knowing a request: mostly before the first one of its process.
    Init,
    Unknown,
}

/// The format of an event that Lambda itself wrote. A log stream never mixes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
    Json,
}

/// A parsed event.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ParsedEvent {
    /// Milliseconds since the epoch.
    pub(crate) time_ms: i64,
    pub(crate) request: RequestRef,
    pub(crate) level: Option<Level>,
    pub(crate) kind: EventKind,
    /// The message without the runtime's columns, with `\n` as its line breaks.
    pub(crate) text: String,
    /// Set for Lambda's own START, END, REPORT and INIT lines.
    pub(crate) format: Option<Format>,
}

impl ParsedEvent {
    /// Creates an event that Lambda itself wrote in one of its formats.
    pub(crate) fn from_platform(time_ms: i64, id: Option<&str>, kind: EventKind, text: &str, format: Format) -> Self {
        let request = id.map_or(RequestRef::Unknown, |id| RequestRef::Id(id.to_owned()));
        ParsedEvent { time_ms, request, level: None, kind, text: text.to_owned(), format: Some(format) }
    }

    /// Returns whether Lambda reports the end of a request.
    pub(crate) fn ends_request(&self) -> bool {
        matches!(self.kind, EventKind::End(_) | EventKind::Report(_))
    }
}

/// Returns whether the text stands for an unknown request ID: `-` on Node.js 24, `undefined` before it.
pub(crate) fn is_placeholder(text: &str) -> bool {
    matches!(text, "-" | "undefined" | "null" | "")
}

/// Returns whether the text has the form of Lambda's request IDs, which are UUIDs.
pub(crate) fn is_request_id(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
