//! Parses CloudWatch events of a Lambda function: lines that Lambda writes, and output of the skill.
//!
//! Lambda writes one of two formats, text or JSON (`LoggingConfig.LogFormat`). Only the beginning of an event is
//! trusted: a skill may print anything, also a copy of a line of Lambda, but Lambda's Node.js runtime puts its own
//! columns (time, request ID, level) before the output of a skill.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html>.

pub(crate) mod alexa;
mod error_object;
mod json;
pub(crate) mod model;
pub(crate) mod stack;
mod structured;
mod text;

use model::{Event, EventKind, ParsedEvent, RequestRef};
use std::borrow::Cow;
use structured::Structured;

/// Parses an event. An event that neither format knows is output of the skill.
pub(crate) fn parse(event: &Event) -> ParsedEvent {
    let message = normalize_newlines(&event.message);
    let message = message.trim_end_matches('\n');
    json::parse(event.timestamp_ms, message)
        .or_else(|| text::parse(event.timestamp_ms, message))
        .unwrap_or_else(|| as_output(event.timestamp_ms, message))
}

/// Returns the message as output of the skill, even if it reads like a line of Lambda.
pub(crate) fn as_output(time_ms: i64, message: &str) -> ParsedEvent {
    let heap_is_exhausted = message.contains("FATAL ERROR:") && message.contains("heap out of memory");
    let mut kind = if heap_is_exhausted { EventKind::HeapExhausted } else { alexa::classify_output(message) };
    let Structured { level, request_id, error } = structured::parse(message).unwrap_or_default();
    if kind == EventKind::Output(None) {
        kind = EventKind::Output(error);
    }
    let request = request_id.map_or(RequestRef::Unknown, RequestRef::Maybe);
    ParsedEvent { time_ms, request, level, kind, text: message.to_owned(), format: None }
}

/// Replaces `\r`, which the runtime writes for the line breaks of a message if its output is read line by line.
fn normalize_newlines(message: &str) -> Cow<'_, str> {
    if message.contains('\r') {
        Cow::Owned(message.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(message)
    }
}
