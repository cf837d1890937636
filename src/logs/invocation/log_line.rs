//! Converts an event into a line of an invocation.

use crate::logs::event::alexa;
use crate::logs::event::model::{EventKind, ParsedEvent};
use crate::logs::invocation::model::{LineKind, LogLine};

impl From<ParsedEvent> for LogLine {
    fn from(event: ParsedEvent) -> LogLine {
        let kind = match event.kind {
            EventKind::Start | EventKind::End(_) | EventKind::Report(_) => LineKind::Platform,
            EventKind::InitStart | EventKind::InitReport(_) => LineKind::Init,
            EventKind::Request => LineKind::Request,
            EventKind::Response => LineKind::Response,
            EventKind::TimedOut
            | EventKind::ProcessExit
            | EventKind::HandlerError(_)
            | EventKind::UncaughtError(_)
            | EventKind::Refused(_)
            | EventKind::HeapExhausted => LineKind::Failure,
            EventKind::NoResponseNeeded | EventKind::Output(_) => LineKind::Output,
        };
        let text = match kind {
            LineKind::Request | LineKind::Response => alexa::json_part(&event.text).to_owned(),
            _ => event.text,
        };
        LogLine { time_ms: event.time_ms, level: event.level, kind, text }
    }
}
