//! Parses the lines that Litexa's handler logs about itself, and the Alexa requests in them.

use crate::logs::event::model::{EventKind, LoggedError, Refusal};
use serde::Deserialize;

/// The line that Litexa's handler logs at every `loggingLevel`.
const EXCEPTION_ENCOUNTERED: &str = "ERROR System.ExceptionEncountered: {";

/// Recognizes the lines of Litexa's handler; any other text is output.
pub(super) fn classify_output(text: &str) -> EventKind {
    if text.starts_with("VERBOSE REQUEST {") {
        EventKind::Request
    } else if text.starts_with("VERBOSE RESPONSE {") {
        EventKind::Response
    } else if text == "VERBOSE Terminating input handler early" {
        EventKind::NoResponseNeeded
    } else if text.starts_with(EXCEPTION_ENCOUNTERED)
        && let Some(refusal) = parse_request(text).and_then(|request| request.refusal)
    {
        EventKind::Refused(refusal)
    } else {
        EventKind::Output(None)
    }
}

/// Returns the JSON after `VERBOSE REQUEST` or `VERBOSE RESPONSE`.
pub(crate) fn json_part(text: &str) -> &str {
    text.find('{').and_then(|at| text.get(at..)).unwrap_or(text)
}

/// The facts in a request of Alexa.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct AlexaRequest {
    /// For example `LaunchRequest` or `IntentRequest`.
    pub(crate) request_type: Option<String>,
    pub(crate) intent: Option<String>,
    /// Alexa's own ID of the request.
    pub(crate) request_id: Option<String>,
    /// Logged only with `loggingLevel` `verbose`.
    pub(crate) session_id: Option<String>,
    /// Alexa's report of an error, mostly that it did not accept an earlier answer.
    pub(crate) refusal: Option<Refusal>,
}

/// Parses the request in a `VERBOSE REQUEST` line, if it is whole: CloudWatch splits long events.
pub(crate) fn parse_request(text: &str) -> Option<AlexaRequest> {
    let json = json_part(text);
    let LoggedEvent { session, request } = serde_json::from_str(json).ok()?;
    let request = request.map_or_else(|| serde_json::from_str(json).ok(), Some)?;
    let LoggedRequest { kind, request_id, intent, reason, error, cause } = request;
    let is_refusal = match kind.as_deref() {
        Some("SessionEndedRequest") => reason.as_deref() == Some("ERROR"),
        Some("System.ExceptionEncountered") => true,
        _ => false,
    };
    let error = error.unwrap_or_default();
    let refusal = is_refusal.then(|| Refusal {
        error: LoggedError {
            kind: error.kind,
            message: error.message.unwrap_or_else(|| "Alexa reports an error without a message".to_owned()),
            location: None,
        },
        cause_request_id: cause.and_then(|cause| cause.request_id),
    });
    let intent = intent.and_then(|intent| intent.name);
    let session_id = session.and_then(|session| session.session_id);
    Some(AlexaRequest { request_type: kind, intent, request_id, session_id, refusal })
}

/// With `loggingLevel` `verbose` the handler logs the whole event, with `terse` only its `request`.
#[derive(Deserialize)]
struct LoggedEvent {
    session: Option<Session>,
    request: Option<LoggedRequest>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Session {
    session_id: Option<String>,
}

/// See <https://developer.amazon.com/en-US/docs/alexa/custom-skills/request-types-reference.html> and
/// <https://developer.amazon.com/en-US/docs/alexa/echo-button-skills/handle-echo-button-skill-errors.html>.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LoggedRequest {
    #[serde(rename = "type")]
    kind: Option<String>,
    request_id: Option<String>,
    intent: Option<Intent>,
    reason: Option<String>,
    error: Option<AlexaError>,
    cause: Option<Cause>,
}

#[derive(Deserialize)]
struct Intent {
    name: Option<String>,
}

#[derive(Default, Deserialize)]
struct AlexaError {
    #[serde(rename = "type")]
    kind: Option<String>,
    message: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cause {
    request_id: Option<String>,
}
