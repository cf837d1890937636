//! Parses the lines that Litexa's handler logs about itself, and the Alexa requests in them.

use crate::logs::event::model::EventKind;
use serde::Deserialize;

/// Recognizes the lines of Litexa's handler; any other text is output.
pub(super) fn classify_output(text: &str) -> EventKind {
    if text.starts_with("VERBOSE REQUEST {") {
        EventKind::Request
    } else if text.starts_with("VERBOSE RESPONSE {") {
        EventKind::Response
    } else if text == "VERBOSE Terminating input handler early" {
        EventKind::NoResponseNeeded
    } else {
        EventKind::Output(None)
    }
}

/// Returns the JSON after `VERBOSE REQUEST` or `VERBOSE RESPONSE`.
pub(crate) fn json_part(text: &str) -> &str {
    text.find('{').and_then(|at| text.get(at..)).unwrap_or(text)
}

/// The kind of an Alexa request.
pub(crate) struct RequestName {
    /// For example `LaunchRequest` or `IntentRequest`.
    pub(crate) request_type: Option<String>,
    pub(crate) intent: Option<String>,
}

/// Returns the kind of the request in a `VERBOSE REQUEST` line, if it is whole: CloudWatch splits long events.
pub(crate) fn parse_request_name(text: &str) -> Option<RequestName> {
    let event: LoggedRequest = serde_json::from_str(json_part(text)).ok()?;
    let request = event.request.unwrap_or(AlexaRequest { kind: event.kind, intent: event.intent });
    Some(RequestName { request_type: request.kind, intent: request.intent.and_then(|intent| intent.name) })
}

/// With `loggingLevel` `verbose` the handler logs the whole event, with `terse` only its `request`.
#[derive(Deserialize)]
struct LoggedRequest {
    request: Option<AlexaRequest>,
    #[serde(rename = "type")]
    kind: Option<String>,
    intent: Option<Intent>,
}

#[derive(Deserialize)]
struct AlexaRequest {
    #[serde(rename = "type")]
    kind: Option<String>,
    intent: Option<Intent>,
}

#[derive(Deserialize)]
struct Intent {
    name: Option<String>,
}
