//! Lambda's JSON format: one object an event, `{time, type: "platform.…", record}` from Lambda itself and
//! `{timestamp, level, requestId, message}` from the runtime for what the skill writes.

use crate::logs::event::{Fault, Format, Level, Line, Outcome, Owner, Says, is_request_id, meaning};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

type Members<'a> = BTreeMap<String, &'a RawValue>;

/// The members that the runtime writes itself. With any other, a logging library of the skill wrote the line.
const RUNTIME_MEMBERS: [&str; 8] =
    ["timestamp", "level", "requestId", "tenantId", "message", "errorType", "errorMessage", "stackTrace"];

/// The event's meaning, if it is an object of Lambda's JSON format.
pub(super) fn read(time: i64, message: &str) -> Option<Line> {
    if !message.starts_with('{') {
        return None;
    }
    let members: Members = serde_json::from_str(message).ok()?;
    platform(time, message, &members).or_else(|| application(time, message, &members))
}

/// An error as the runtime serializes it, in both formats: text calls the stack `stack`, JSON `stackTrace`.
pub(super) fn fault(json: &str) -> Option<Fault> {
    let members: Members = serde_json::from_str(json).ok()?;
    fault_of(&members)
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

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Metrics {
    duration_ms: Option<f64>,
    billed_duration_ms: Option<f64>,
    init_duration_ms: Option<f64>,
    #[serde(rename = "memorySizeMB")]
    memory_size_mb: Option<u32>,
    #[serde(rename = "maxMemoryUsedMB")]
    max_memory_used_mb: Option<u32>,
}

fn platform(time: i64, message: &str, members: &Members) -> Option<Line> {
    let kind = string(members, "type")?;
    members.get("time")?;
    let record: Record = serde_json::from_str(members.get("record")?.get()).ok()?;
    let id = record.request_id.clone().filter(|id| is_request_id(id));
    let says = match (kind.as_str(), &id) {
        ("platform.initStart", _) => Says::InitStart,
        ("platform.initReport" | "platform.initRuntimeDone", _) => {
            let cost = record.metrics.duration_ms;
            Says::InitReport(Outcome { init_ms: cost, duration_ms: None, ..Outcome::from(record) })
        }
        ("platform.start", Some(_)) => Says::Start,
        ("platform.runtimeDone", Some(_)) => Says::End(record.into()),
        ("platform.report", Some(_)) => Says::Report(record.into()),
        (kind, _) if kind.starts_with("platform.") => Says::Output(None),
        _ => return None,
    };
    Some(Line::platform(time, id.as_deref(), says, message, Format::Json))
}

impl From<Record> for Outcome {
    fn from(record: Record) -> Outcome {
        Outcome {
            status: record.status,
            error_type: record.error_type,
            duration_ms: record.metrics.duration_ms,
            billed_ms: record.metrics.billed_duration_ms,
            memory_limit_mb: record.metrics.memory_size_mb,
            memory_mb: record.metrics.max_memory_used_mb,
            init_ms: record.metrics.init_duration_ms,
        }
    }
}

fn application(time: i64, message: &str, members: &Members) -> Option<Line> {
    let level = Level::named(&string(members, "level")?)?;
    members.get("timestamp")?;
    let owner = match string(members, "requestId") {
        Some(id) if is_request_id(&id) => Owner::Request(id),
        Some(_) => Owner::Unknown,
        None => Owner::Init,
    };
    let of_the_runtime = members.keys().all(|name| RUNTIME_MEMBERS.contains(&name.as_str()));
    let said = members.get("message")?;
    if !of_the_runtime {
        // The line is kept whole: nothing of what a library adds gets lost.
        let owner = if owner == Owner::Init { Owner::Unknown } else { owner };
        let says = Says::Output(fault_of(members));
        return Some(Line { time, owner, level: Some(level), says, text: message.to_owned(), format: None });
    }
    let text = string(members, "message").unwrap_or_else(|| said.get().to_owned());
    let says = match meaning(&text) {
        // Whether the handler failed is told by platform.report: an error that the skill itself logs looks the same.
        Says::Output(_) => Says::Output(fault_of(members).or_else(|| fault(said.get()))),
        says => says,
    };
    Some(Line { time, owner, level: Some(level), says, text, format: None })
}

fn fault_of(members: &Members) -> Option<Fault> {
    let kind = string(members, "errorType");
    let message = string(members, "errorMessage");
    if kind.is_none() && message.is_none() {
        return None;
    }
    let stack = members.get("stack").or_else(|| members.get("stackTrace"));
    let at = stack.and_then(|stack| own_frame(&serde_json::from_str::<Vec<String>>(stack.get()).ok()?));
    Some(Fault { kind, message: message.unwrap_or_default(), at })
}

/// The first frame in the skill's code, which Lambda unpacks to `/var/task`; else the first frame.
fn own_frame(stack: &[String]) -> Option<String> {
    let frames = || stack.iter().map(|line| line.trim()).filter_map(|line| line.strip_prefix("at "));
    frames().find(|frame| frame.contains("/var/task/")).or_else(|| frames().next()).map(str::to_owned)
}

fn string(members: &Members, name: &str) -> Option<String> {
    serde_json::from_str(members.get(name)?.get()).ok()
}
