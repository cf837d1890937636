//! Parses the objects that logging libraries print: pino, bunyan, winston, Powertools for AWS Lambda, and others with the
//! same members.
//!
//! See <https://github.com/pinojs/pino/blob/main/docs/api.md>, <https://github.com/trentm/node-bunyan>,
//! <https://github.com/winstonjs/logform> and <https://docs.aws.amazon.com/powertools/typescript/latest/features/logger/>.

use crate::logs::event::error_object::{Members, error_of_members, string_member};
use crate::logs::event::model::{Level, LoggedError, is_request_id};
use crate::logs::event::stack;

/// The members that have the error, if it is an object of its own.
const ERROR_MEMBERS: [&str; 4] = ["err", "error", "exception", "reason"];

/// The members that have the message of a line.
const MESSAGE_MEMBERS: [&str; 2] = ["msg", "message"];

/// The members that have Lambda's ID of the request.
const REQUEST_ID_MEMBERS: [&str; 4] = ["requestId", "function_request_id", "awsRequestId", "aws_request_id"];

/// The facts in a line of a logging library.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Structured {
    pub(super) level: Option<Level>,
    pub(super) request_id: Option<String>,
    pub(super) error: Option<LoggedError>,
}

/// Parses the line of a logging library; `None` for anything else.
pub(super) fn parse(text: &str) -> Option<Structured> {
    let text = text.trim();
    if !(text.starts_with('{') && text.ends_with('}')) {
        return None;
    }
    let members: Members = serde_json::from_str(text).ok()?;
    let level = level(&members);
    let is_error = level.is_some_and(|level| level >= Level::Error);
    let error = error_of_members(&members)
        .or_else(|| ERROR_MEMBERS.iter().find_map(|name| error_of(members.get(*name)?.get())))
        .or_else(|| flat_error(&members))
        .or_else(|| message(&members).filter(|_| is_error));
    let request_id = REQUEST_ID_MEMBERS.iter().find_map(|name| string_member(&members, name));
    Some(Structured { level, request_id: request_id.filter(|id| is_request_id(id)), error })
}

/// Returns the level: a name in any case, or a number as pino and bunyan have it.
fn level(members: &Members) -> Option<Level> {
    let level = members.get("level").or_else(|| members.get("severity"))?.get();
    let name = serde_json::from_str::<String>(level).ok();
    match serde_json::from_str::<u32>(level) {
        Ok(10..20) => Some(Level::Trace),
        Ok(20..30) => Some(Level::Debug),
        Ok(30..40) => Some(Level::Info),
        Ok(40..50) => Some(Level::Warn),
        Ok(50..60) => Some(Level::Error),
        Ok(60..=100) => Some(Level::Fatal),
        _ => match name?.to_ascii_uppercase().as_str() {
            "WARNING" => Some(Level::Warn),
            "CRITICAL" => Some(Level::Fatal),
            name => Level::from_name(name),
        },
    }
}

/// Returns the error in an object of its own: its class is `type`, `name` or `errorType`.
fn error_of(json: &str) -> Option<LoggedError> {
    let members: Members = serde_json::from_str(json).ok()?;
    if let Some(error) = error_of_members(&members) {
        return Some(error);
    }
    let text = string_member(&members, "stack");
    let stack: Vec<&str> = text.as_deref().unwrap_or_default().lines().collect();
    let of_stack = stack::error_of_stack(&stack);
    let kind = string_member(&members, "type").or_else(|| string_member(&members, "name"));
    let message = string_member(&members, "message");
    if of_stack.is_none() && (kind.is_none() || message.is_none()) {
        return None;
    }
    let of_stack = of_stack.unwrap_or_default();
    let location = of_stack.location.or_else(|| string_member(&members, "location"));
    Some(LoggedError { kind: kind.or(of_stack.kind), message: message.unwrap_or(of_stack.message), location })
}

/// Returns the error whose stack is beside the message, as winston has it.
fn flat_error(members: &Members) -> Option<LoggedError> {
    let stack = string_member(members, "stack")?;
    stack::error_of_stack(&stack.lines().collect::<Vec<_>>())
}

fn message(members: &Members) -> Option<LoggedError> {
    let message = MESSAGE_MEMBERS.iter().find_map(|name| string_member(members, name))?;
    Some(LoggedError { message, ..LoggedError::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STACK: &str = r"TypeError: no score\n    at node:events:1\n    at enter (/var/task/index.js:812:14)";

    #[test]
    fn errors_of_logging_libraries_have_class_message_and_place() {
        let expected = LoggedError {
            kind: Some("TypeError".to_owned()),
            message: "no score".to_owned(),
            location: Some("enter (/var/task/index.js:812:14)".to_owned()),
        };
        for line in [
            r#"{"level":50,"time":1795333504000,"pid":8,"hostname":"x","err":{"type":"TypeError","message":"no score","stack":"$"},"msg":"failed"}"#,
            r#"{"level":"ERROR","message":"failed","timestamp":"","service":"quiz","error":{"name":"TypeError","location":"node:events:1","message":"no score","stack":"$"}}"#,
            r#"{"level":"error","message":"failed no score","stack":"$"}"#,
            r#"{"name":"quiz","hostname":"x","pid":8,"level":50,"err":{"message":"no score","name":"TypeError","stack":"$"},"msg":"failed","time":"","v":0}"#,
            r#"{"error":{"errorType":"TypeError","errorMessage":"no score","stackTrace":["TypeError: no score","    at enter (/var/task/index.js:812:14)"]}}"#,
            r#"{"severity":"critical","exception":{"stack":"$"}}"#,
        ] {
            let parsed = parse(&line.replace('$', STACK)).unwrap();
            assert_eq!(parsed.error.as_ref(), Some(&expected), "{line}");
            assert!(parsed.level.is_none_or(|level| level >= Level::Error), "{line}");
        }
    }

    #[test]
    fn a_line_of_an_error_level_without_an_error_has_its_message() {
        let message = |line| parse(line).unwrap().error.map(|error| error.message);
        assert_eq!(message(r#"{"level":60,"msg":"no table"}"#).as_deref(), Some("no table"));
        assert_eq!(message(r#"{"level":"Error","message":"no table"}"#).as_deref(), Some("no table"));
        assert_eq!(message(r#"{"level":30,"msg":"all is well","err":null}"#), None);
        assert_eq!(message(r#"{"level":"info","message":"all is well","error":"none"}"#), None);
        assert_eq!(message(r#"{"score":12}"#), None);
    }

    #[test]
    fn a_line_names_its_request() {
        let id = "79104e54-2f3c-4b0a-9d6e-0c5a3b1f4e21";
        let parsed = parse(&format!(r#"{{"level":"INFO","function_request_id":"{id}"}}"#)).unwrap();
        assert_eq!((parsed.level, parsed.request_id.as_deref()), (Some(Level::Info), Some(id)));
        assert_eq!(parse(r#"{"requestId":"-"}"#), Some(Structured::default()));
        assert_eq!(parse("{broken}"), None);
    }
}
