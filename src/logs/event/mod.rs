//! What one CloudWatch event of a Lambda function says: a line of Lambda's own, or output of the skill.
//!
//! Lambda writes two formats, text and JSON (`LoggingConfig.LogFormat`). Only the beginning of an event is trusted as
//! Lambda's: a skill may print whatever it likes, also something that looks like a line of Lambda, but Lambda's Node.js
//! runtime puts its own columns (time, request id, level) before what a skill writes to the console.

mod json;

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// One event as CloudWatch Logs gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// Milliseconds since the epoch.
    pub(crate) timestamp: i64,
    pub(crate) message: String,
}

/// The levels that a Lambda runtime knows, most harmless first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Level {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
    Fatal,
}

impl Level {
    /// The level with this name in capitals.
    pub(crate) fn named(name: &str) -> Option<Level> {
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

/// An error as the runtime describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fault {
    /// The class of the error, `TypeError`.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<String>,
    pub(crate) message: String,
    /// The topmost frame of the stack that lies in the skill's own code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) at: Option<String>,
}

/// How Lambda says that an invocation or an initialization ended. Text leaves the status out where all went well.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Outcome {
    /// `success`, `error`, `failure` or `timeout`.
    pub(crate) status: Option<String>,
    /// `Runtime.OutOfMemory`, for example.
    pub(crate) error_type: Option<String>,
    pub(crate) duration_ms: Option<f64>,
    pub(crate) billed_ms: Option<f64>,
    pub(crate) memory_limit_mb: Option<u32>,
    pub(crate) memory_mb: Option<u32>,
    /// What a cold start cost.
    pub(crate) init_ms: Option<f64>,
}

impl Outcome {
    pub(crate) fn timed_out(&self) -> bool {
        self.status.as_deref() == Some("timeout") || self.error_type.as_deref() == Some("Sandbox.Timedout")
    }

    pub(crate) fn failed(&self) -> bool {
        self.error_type.is_some() || self.status.as_deref().is_some_and(|status| status != "success")
    }
}

/// What a line means for its request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Says {
    /// An execution environment is being made: a cold start.
    InitStart,
    /// The initialization ended. Lambda writes this mostly where it went wrong.
    InitReport(Outcome),
    Start,
    /// The runtime is done with the request, `END` or `platform.runtimeDone`.
    End(Outcome),
    Report(Outcome),
    TimedOut,
    /// The runtime's process died.
    Exited,
    /// The runtime says that the handler failed: thrown, rejected, or not even loaded.
    Threw(Fault),
    /// The runtime met an error that nobody caught; an answer may still have been given.
    Uncaught(Fault),
    /// Litexa's handler: the request that came in.
    Request,
    /// Litexa's handler: the answer.
    Response,
    /// Litexa's handler: there is nothing to answer, as for a SessionEndedRequest.
    EndsEarly,
    /// Node.js ran into its own heap limit.
    HeapExhausted,
    /// Anything else; the error that it describes, if it does.
    Output(Option<Fault>),
}

/// Whom a line belongs to, as far as the line itself tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    Request(String),
    /// The runtime wrote it before the first request of its process.
    Init,
    Unknown,
}

/// In which of Lambda's formats a line of Lambda's own is written. A log stream never mixes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
    Json,
}

/// One event, understood.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    /// Milliseconds since the epoch.
    pub(crate) time: i64,
    pub(crate) owner: Owner,
    pub(crate) level: Option<Level>,
    pub(crate) says: Says,
    /// What is shown: without the columns, with `\n` between its lines.
    pub(crate) text: String,
    /// Set for Lambda's own START, END, REPORT and INIT lines.
    pub(crate) format: Option<Format>,
}

impl Line {
    /// Understands an event. Every event has a meaning: what is unknown is output of the skill.
    pub(crate) fn read(event: &Event) -> Line {
        let message = with_newlines(&event.message);
        let message = message.trim_end_matches('\n');
        json::read(event.timestamp, message)
            .or_else(|| platform(event.timestamp, message))
            .or_else(|| application(event.timestamp, message))
            .or_else(|| timeout(event.timestamp, message))
            .unwrap_or_else(|| Line::output(event.timestamp, message))
    }

    /// The event as output of the skill, whatever it looks like.
    pub(crate) fn output(time: i64, message: &str) -> Line {
        let heap_is_full = message.contains("FATAL ERROR:") && message.contains("heap out of memory");
        let says = if heap_is_full { Says::HeapExhausted } else { meaning(message) };
        Line { time, owner: Owner::Unknown, level: None, says, text: message.to_owned(), format: None }
    }

    /// The same line, taken for output.
    pub(crate) fn into_output(self) -> Line {
        Line::output(self.time, &self.text)
    }

    /// It is Lambda's word on the end of a request.
    pub(crate) fn ends_a_request(&self) -> bool {
        matches!(self.says, Says::End(_) | Says::Report(_))
    }

    /// Lambda's own line in one of its formats.
    pub(super) fn platform(time: i64, id: Option<&str>, says: Says, text: &str, format: Format) -> Line {
        let owner = id.map_or(Owner::Unknown, |id| Owner::Request(id.to_owned()));
        Line { time, owner, level: None, says, text: text.to_owned(), format: Some(format) }
    }
}

/// The runtime writes `\r` for the line breaks of a message where its output is read line by line.
fn with_newlines(message: &str) -> Cow<'_, str> {
    if message.contains('\r') {
        Cow::Owned(message.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(message)
    }
}

/// Lambda's request ids are UUIDs.
pub(super) fn is_request_id(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// `2026-11-22T07:45:04.631Z`
fn is_time(text: &str) -> bool {
    text.len() == 24
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            10 => byte == b'T',
            13 | 16 => byte == b':',
            19 => byte == b'.',
            23 => byte == b'Z',
            _ => byte.is_ascii_digit(),
        })
}

/// Lambda's own lines in text format, which may end in a tab. What stands after the id is checked too: a skill that
/// prints "START RequestId: …" with something else behind it has written output.
fn platform(time: i64, message: &str) -> Option<Line> {
    let message = message.trim_end();
    let line = |id, says| Some(Line::platform(time, id, says, message, Format::Text));
    if message.starts_with("INIT_START Runtime Version: ") {
        return line(None, Says::InitStart);
    }
    if let Some(report) = message.strip_prefix("INIT_REPORT Init Duration: ") {
        return line(None, Says::InitReport(outcome(&format!("Init Duration: {report}"))));
    }
    let (word, rest) = message.split_once("RequestId: ")?;
    let id = rest.get(..36).filter(|id| is_request_id(id))?;
    let rest = rest.get(36..)?;
    match word {
        "START " if is_version(rest) => line(Some(id), Says::Start),
        "END " if rest.is_empty() => line(Some(id), Says::End(Outcome::default())),
        "REPORT " if rest.starts_with("\tDuration: ") => line(Some(id), Says::Report(outcome(rest))),
        "" if rest.starts_with(" Error: ") || rest.starts_with(" Process exited before completing request") => {
            let says = if rest.contains("Task timed out") { Says::TimedOut } else { Says::Exited };
            let text = rest.trim_start();
            Some(Line { text: text.to_owned(), format: None, ..Line::platform(time, Some(id), says, "", Format::Text) })
        }
        _ => None,
    }
}

/// ` Version: $LATEST` or a number, and nothing behind it.
fn is_version(text: &str) -> bool {
    text.strip_prefix(" Version: ").is_some_and(|version| !version.contains(char::is_whitespace))
}

/// The fields of a REPORT or INIT_REPORT: `name: value`, separated by tabs, X-Ray's on a line of their own.
fn outcome(fields: &str) -> Outcome {
    let mut outcome = Outcome::default();
    for (name, value) in fields.split(['\t', '\n']).filter_map(|field| field.trim().split_once(": ")) {
        let number = value.split(' ').next().unwrap_or_default();
        match name {
            "Duration" => outcome.duration_ms = milliseconds(number),
            "Billed Duration" => outcome.billed_ms = milliseconds(number),
            "Init Duration" => outcome.init_ms = milliseconds(number),
            "Memory Size" => outcome.memory_limit_mb = number.parse().ok(),
            "Max Memory Used" => outcome.memory_mb = number.parse().ok(),
            "Status" => outcome.status = Some(value.to_owned()),
            "Error Type" => outcome.error_type = Some(value.to_owned()),
            _ => {}
        }
    }
    outcome
}

fn milliseconds(number: &str) -> Option<f64> {
    number.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)
}

/// What the runtime makes of `console.log`: time, request id, level (not on Node.js 10 and older) and the message.
fn application(time: i64, message: &str) -> Option<Line> {
    let (written, rest) = message.split_once('\t')?;
    let (id, rest) = rest.split_once('\t')?;
    if !is_time(written) {
        return None;
    }
    let owner = match id {
        "undefined" => Owner::Init,
        id if is_request_id(id) => Owner::Request(id.to_owned()),
        _ => return None,
    };
    let (level, text) = match rest.split_once('\t').map(|(level, text)| (Level::named(level), text)) {
        Some((Some(level), text)) => (Some(level), text),
        _ => (None, rest),
    };
    let says = runtime_error(level, text).unwrap_or_else(|| meaning(text));
    Some(Line { time, owner, level, says, text: text.to_owned(), format: None })
}

/// The runtime's report of an error, with its JSON behind a tab: `console.error` never writes that for values of a
/// skill.
fn runtime_error(level: Option<Level>, text: &str) -> Option<Says> {
    if level.is_some_and(|level| level < Level::Error) {
        return None;
    }
    let (title, json) = text.split_once('\t')?;
    let says = match title.trim_end() {
        "Invoke Error" => Says::Threw,
        "Uncaught Exception" | "Unhandled Promise Rejection" => Says::Uncaught,
        _ => return None,
    };
    json::fault(json).map(says)
}

/// What Litexa's handler logs about itself; all else is output.
pub(super) fn meaning(text: &str) -> Says {
    if text.starts_with("VERBOSE REQUEST {") {
        Says::Request
    } else if text.starts_with("VERBOSE RESPONSE {") {
        Says::Response
    } else if text == "VERBOSE Terminating input handler early" {
        Says::EndsEarly
    } else {
        Says::Output(None)
    }
}

/// `2026-11-22T07:45:07.000Z 4f… Task timed out after 3.00 seconds`, with spaces where a skill's output has tabs.
fn timeout(time: i64, message: &str) -> Option<Line> {
    let (written, rest) = message.split_once(' ')?;
    let (id, text) = rest.split_once(' ')?;
    let is_timeout = is_time(written) && is_request_id(id) && text.starts_with("Task timed out after ");
    is_timeout.then(|| Line {
        time,
        owner: Owner::Request(id.to_owned()),
        level: Some(Level::Error),
        says: Says::TimedOut,
        text: text.to_owned(),
        format: None,
    })
}
