//! Parses Lambda's JSON log format, one object an event: `{time, type: "platform.…", record}` from Lambda itself,
//! `{timestamp, level, requestId, message}` from the runtime for the output of the skill.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html>.

use crate::logs::event::alexa::classify_output;
use crate::logs::event::error_object::{Members, error_of_members, parse_error_object, string_member};
use crate::logs::event::model::{
    EventKind, Format, Level, Metrics, ParsedEvent, PlatformReport, RequestRef, is_request_id,
};
use crate::logs::event::stack::error_of_text;
use crate::logs::event::structured;
use serde::Deserialize;

/// The members that the runtime itself writes. With any other one, the line is that of a logging library of the skill.
const RUNTIME_MEMBERS: [&str; 8] =
    ["timestamp", "level", "requestId", "tenantId", "message", "errorType", "errorMessage", "stackTrace"];

/// Parses an event of Lambda's JSON format; `None` for anything else.
pub(super) fn parse(time_ms: i64, message: &str) -> Option<ParsedEvent> {
    if !message.starts_with('{') {
        return None;
    }
    let members: Members = serde_json::from_str(message).ok()?;
    parse_platform(time_ms, message, &members).or_else(|| parse_application(time_ms, message, &members))
}

#[derive(Deserialize)]
struct Record {
    #[serde(rename = "requestId")]
    request_id: Option<String>,
    status: Option<String>,
    #[serde(rename = "errorType")]
    error_type: Option<String>,
    #[serde(default)]
    metrics: Metrics,
}

fn parse_platform(time_ms: i64, message: &str, members: &Members) -> Option<ParsedEvent> {
    let kind = string_member(members, "type")?;
    members.get("time")?;
    let record: Record = serde_json::from_str(members.get("record")?.get()).ok()?;
    let id = record.request_id.clone().filter(|id| is_request_id(id));
    let kind = match (kind.as_str(), &id) {
        ("platform.initStart", _) => EventKind::InitStart,
        ("platform.initReport" | "platform.initRuntimeDone", _) => {
            let init_duration_ms = record.metrics.duration_ms;
            let metrics = Metrics { init_duration_ms, duration_ms: None, ..record.metrics };
            EventKind::InitReport(Record { metrics, ..record }.into())
        }
        ("platform.start", Some(_)) => EventKind::Start,
        ("platform.runtimeDone", Some(_)) => EventKind::End(record.into()),
        ("platform.report", Some(_)) => EventKind::Report(record.into()),
        (kind, _) if kind.starts_with("platform.") => EventKind::Output(None),
        _ => return None,
    };
    Some(ParsedEvent::from_platform(time_ms, id.as_deref(), kind, message, Format::Json))
}

impl From<Record> for PlatformReport {
    fn from(record: Record) -> PlatformReport {
        PlatformReport { status: record.status, error_type: record.error_type, metrics: record.metrics }
    }
}

fn parse_application(time_ms: i64, message: &str, members: &Members) -> Option<ParsedEvent> {
    let level = Some(Level::from_name(&string_member(members, "level")?)?);
    members.get("timestamp")?;
    let request = match string_member(members, "requestId") {
        Some(id) if is_request_id(&id) => RequestRef::Id(id),
        _ => RequestRef::Init,
    };
    let output = members.get("message")?;
    if !members.keys().all(|name| RUNTIME_MEMBERS.contains(&name.as_str())) {
        // Shown whole, with all members that the library added.
        let parsed = structured::parse(message).unwrap_or_default();
        let request = parsed.request_id.map_or(RequestRef::Unknown, RequestRef::Maybe);
        let kind = EventKind::Output(parsed.error);
        return Some(ParsedEvent { time_ms, request, level, kind, text: message.to_owned(), format: None });
    }
    let text = string_member(members, "message").unwrap_or_else(|| output.get().to_owned());
    let kind = match classify_output(&text) {
        // Not a HandlerError: an error that the skill itself logs looks the same. platform.report has the status.
        EventKind::Output(_) => {
            let structured = || structured::parse(output.get()).or_else(|| structured::parse(&text))?.error;
            let error = error_of_members(members).or_else(|| parse_error_object(output.get()));
            EventKind::Output(error.or_else(structured).or_else(|| error_of_text(level, &text)))
        }
        kind => kind,
    };
    Some(ParsedEvent { time_ms, request, level, kind, text, format: None })
}
