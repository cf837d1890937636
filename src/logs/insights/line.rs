//! A row of the query for lines -> a log event that the assembler reads.

use crate::logs::event::model::Event;
use crate::logs::insights::row::{Row, parse_time_ms};
use serde_json::json;

const REQUEST: &str = "VERBOSE REQUEST ";
const RESPONSE: &str = "VERBOSE RESPONSE ";

/// A log line, shortened by the query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Milliseconds since the epoch.
    pub(super) time_ms: i64,
    pub(super) log_stream: String,
    pub(super) message: String,
}

impl Line {
    /// Reads a row; `None` if a field is missing.
    pub(super) fn from_row(row: &Row) -> Option<Line> {
        let line = row.get("line")?;
        Some(Line {
            time_ms: parse_time_ms(row.get("@timestamp")?)?,
            log_stream: row.get("@logStream")?.clone(),
            message: match row.get("requestType") {
                Some(kind) if line.ends_with(REQUEST) => with_request(line, kind, row.get("intent")),
                _ if line.ends_with(RESPONSE) => completed(line, "{}"),
                _ => line.clone(),
            },
        })
    }

    pub(super) fn into_event(self) -> Event {
        Event { timestamp_ms: self.time_ms, message: self.message }
    }
}

/// Appends what is left of a request, in the form of `loggingLevel` `terse`.
fn with_request(line: &str, kind: &str, intent: Option<&String>) -> String {
    let request = match intent {
        Some(name) => json!({ "type": kind, "intent": { "name": name } }),
        None => json!({ "type": kind }),
    };
    completed(line, &request.to_string())
}

/// Completes a line whose end the query has left out; in Lambda's JSON format it is the beginning of an object.
fn completed(line: &str, end: &str) -> String {
    if line.starts_with('{') {
        let escaped = end.replace('\\', "\\\\").replace('"', "\\\"");
        format!("{line}{escaped}\"}}")
    } else {
        format!("{line}{end}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::event::model::EventKind;
    use crate::logs::event::parse;

    const ID: &str = "79104e54-2f3c-4b0a-9d6e-0c5a3b1f4e21";

    fn line(line: &str, more: &[(&str, &str)]) -> Line {
        let fields = [("@timestamp", "2026-11-22 07:45:04.631"), ("@logStream", "stream"), ("line", line)];
        let fields = fields.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Line::from_row(&fields.collect()).unwrap()
    }

    #[test]
    fn shortened_requests_and_answers_are_lines_of_either_format() {
        let text = format!("2026-11-22T07:45:04.631Z\t{ID}\tINFO\t");
        let json = format!(r#"{{"timestamp":"2026-11-22T07:45:04.631Z","level":"INFO","requestId":"{ID}","message":""#);
        for head in [text, json] {
            let request = line(
                &format!("{head}VERBOSE REQUEST "),
                &[("requestType", "IntentRequest"), ("intent", "AMAZON.HelpIntent")],
            );
            let parsed = parse(&request.into_event());
            assert_eq!(parsed.kind, EventKind::Request);
            assert!(parsed.text.ends_with(r#"{"intent":{"name":"AMAZON.HelpIntent"},"type":"IntentRequest"}"#));
            let response = line(&format!("{head}VERBOSE RESPONSE "), &[]);
            assert_eq!(parse(&response.into_event()).kind, EventKind::Response);
        }
    }

    #[test]
    fn any_other_line_stays_as_it_is() {
        for text in ["REPORT RequestId: 1", "VERBOSE REQUEST {}", "VERBOSE REQUEST undefined", ""] {
            assert_eq!(line(text, &[]).message, text);
        }
    }
}
