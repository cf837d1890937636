//! Parses Lambda's text log format.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html>.

use crate::logs::event::alexa::classify_output;
use crate::logs::event::error_object::parse_error_object;
use crate::logs::event::model::{
    EventKind, Format, Level, ParsedEvent, PlatformReport, RequestRef, is_placeholder, is_request_id,
};
use crate::logs::event::stack::error_of_text;
use crate::logs::event::structured;

/// Parses an event of Lambda's text format; `None` for anything else.
pub(super) fn parse(time_ms: i64, message: &str) -> Option<ParsedEvent> {
    parse_platform(time_ms, message)
        .or_else(|| parse_application(time_ms, message))
        .or_else(|| parse_timeout(time_ms, message))
}

/// Parses the lines of Lambda itself, which may end in a tab. The text after the ID is checked as well: a skill may
/// print "START RequestId: …" followed by something else.
fn parse_platform(time_ms: i64, message: &str) -> Option<ParsedEvent> {
    let message = message.trim_end();
    let event = |id, kind| Some(ParsedEvent::from_platform(time_ms, id, kind, message, Format::Text));
    if message.starts_with("INIT_START Runtime Version: ") {
        return event(None, EventKind::InitStart);
    }
    if let Some(fields) = message.strip_prefix("INIT_REPORT ").filter(|fields| fields.starts_with("Init Duration: ")) {
        return event(None, EventKind::InitReport(parse_report(fields)));
    }
    let (prefix, rest) = message.split_once("RequestId: ")?;
    let id = rest.get(..36).filter(|id| is_request_id(id))?;
    let rest = rest.get(36..)?;
    match prefix {
        "START " if is_version(rest) => event(Some(id), EventKind::Start),
        "END " if rest.is_empty() => event(Some(id), EventKind::End(PlatformReport::default())),
        "REPORT " if rest.starts_with("\tDuration: ") => event(Some(id), EventKind::Report(parse_report(rest))),
        "" if rest.starts_with(" Error: ") || rest.starts_with(" Process exited before completing request") => {
            let timed_out = rest.contains("Task timed out");
            let kind = if timed_out { EventKind::TimedOut } else { EventKind::ProcessExit };
            let text = rest.trim_start();
            let event = ParsedEvent::from_platform(time_ms, Some(id), kind, text, Format::Text);
            Some(ParsedEvent { format: None, ..event })
        }
        _ => None,
    }
}

/// Returns whether the text is ` Version: $LATEST` or a version number.
fn is_version(text: &str) -> bool {
    text.strip_prefix(" Version: ").is_some_and(|version| !version.contains(char::is_whitespace))
}

/// Parses the fields of a REPORT or INIT_REPORT: `name: value`, separated by tabs, those of X-Ray on a line of their
/// own.
fn parse_report(fields: &str) -> PlatformReport {
    let mut report = PlatformReport::default();
    for (name, value) in fields.split(['\t', '\n']).filter_map(|field| field.trim().split_once(": ")) {
        let number = value.split(' ').next().unwrap_or_default();
        match name {
            "Duration" => report.metrics.duration_ms = parse_milliseconds(number),
            "Billed Duration" => report.metrics.billed_duration_ms = parse_milliseconds(number),
            "Init Duration" => report.metrics.init_duration_ms = parse_milliseconds(number),
            "Memory Size" => report.metrics.memory_size_mb = number.parse().ok(),
            // An emulator that does not measure it reports 0.
            "Max Memory Used" => report.metrics.max_memory_used_mb = number.parse().ok().filter(|used| *used > 0),
            "Status" => report.status = Some(value.to_owned()),
            "Error Type" => report.error_type = Some(value.to_owned()),
            _ => {}
        }
    }
    report
}

fn parse_milliseconds(number: &str) -> Option<f64> {
    number.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)
}

/// Parses the runtime's form of `console.log`: time, request ID, level (not on Node.js 10 and older), message. The value
/// of one column may be unknown; of two, the skill printed the line.
fn parse_application(time_ms: i64, message: &str) -> Option<ParsedEvent> {
    let (time, rest) = message.split_once('\t')?;
    let (id, rest) = rest.split_once('\t')?;
    let (level, text) = match rest.split_once('\t').map(|(level, text)| (Level::from_name(level), text)) {
        Some((Some(level), text)) => (Some(level), text),
        _ => (None, rest),
    };
    let has_id = is_request_id(id);
    let known = [is_time(time), has_id || is_placeholder(id), level.is_some()];
    if known.into_iter().filter(|known| *known).count() < 2 {
        return None;
    }
    let request = if has_id { RequestRef::Id(id.to_owned()) } else { RequestRef::Init };
    let kind = parse_runtime_error(level, text).unwrap_or_else(|| match classify_output(text) {
        EventKind::Output(_) => {
            let structured = structured::parse(text).and_then(|parsed| parsed.error);
            EventKind::Output(structured.or_else(|| error_of_text(level, text)))
        }
        kind => kind,
    });
    Some(ParsedEvent { time_ms, request, level, kind, text: text.to_owned(), format: None })
}

/// Parses the runtime's report of an error: a title, a tab, JSON. `console.error` never writes that for a skill's
/// values.
fn parse_runtime_error(level: Option<Level>, text: &str) -> Option<EventKind> {
    if level.is_some_and(|level| level < Level::Error) {
        return None;
    }
    let (title, json) = text.split_once('\t')?;
    let kind = match title.trim_end() {
        "Invoke Error" => EventKind::HandlerError,
        "Init Error" | "Uncaught Exception" | "Unhandled Promise Rejection" => EventKind::UncaughtError,
        _ => return None,
    };
    parse_error_object(json).map(kind)
}

/// Parses `2026-11-22T07:45:07.000Z 4f… Task timed out after 3.00 seconds`: spaces, where the output of a skill has
/// tabs.
fn parse_timeout(time_ms: i64, message: &str) -> Option<ParsedEvent> {
    let (time, rest) = message.split_once(' ')?;
    let (id, text) = rest.split_once(' ')?;
    let is_timeout = is_time(time) && is_request_id(id) && text.starts_with("Task timed out after ");
    is_timeout.then(|| ParsedEvent {
        time_ms,
        request: RequestRef::Id(id.to_owned()),
        level: Some(Level::Error),
        kind: EventKind::TimedOut,
        text: text.to_owned(),
        format: None,
    })
}

/// Returns whether the text has the form `2026-11-22T07:45:04.631Z`.
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
