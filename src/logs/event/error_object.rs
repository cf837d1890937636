//! Parses errors as the Node.js runtime serializes them, in both log formats.

use crate::logs::event::model::LoggedError;
use crate::logs::event::stack;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The members of a JSON object, their values unparsed.
pub(super) type Members<'a> = BTreeMap<String, &'a RawValue>;

/// Parses a serialized error.
pub(super) fn parse_error_object(json: &str) -> Option<LoggedError> {
    let members: Members = serde_json::from_str(json).ok()?;
    error_of_members(&members)
}

/// Returns the error that an object's members describe; for a promise's rejection, the error that nothing caught. The
/// text format names the stack `stack`, JSON `stackTrace`.
pub(super) fn error_of_members(members: &Members) -> Option<LoggedError> {
    let kind = string_member(members, "errorType");
    if kind.as_ref().is_some_and(|kind| kind.ends_with("UnhandledPromiseRejection"))
        && let Some(reason) = members.get("reason").and_then(|reason| parse_error_object(reason.get()))
    {
        return Some(reason);
    }
    let message = string_member(members, "errorMessage");
    if kind.is_none() && message.is_none() {
        return None;
    }
    let stack = members.get("stack").or_else(|| members.get("stackTrace"));
    let location = stack.and_then(|stack| {
        let lines = serde_json::from_str::<Vec<String>>(stack.get()).ok()?;
        stack::location(lines.iter().map(String::as_str))
    });
    // The errors of connections to several addresses have a code, and an empty message.
    let text = message.filter(|message| !message.is_empty()).or_else(|| string_member(members, "code"));
    Some(LoggedError { kind, message: text.unwrap_or_default(), location })
}

pub(super) fn string_member(members: &Members, name: &str) -> Option<String> {
    serde_json::from_str(members.get(name)?.get()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_without_a_message_has_its_code() {
        let message = |json: &str| parse_error_object(json).unwrap().message;
        let refused = r#"{"errorType":"AggregateError","errorMessage":"","code":"ECONNREFUSED","stack":[]}"#;
        assert_eq!(message(refused), "ECONNREFUSED");
        assert_eq!(message(r#"{"errorType":"Error","errorMessage":"no milk","code":"E"}"#), "no milk");
        assert_eq!(message(r#"{"errorType":"Error","errorMessage":""}"#), "");
    }
}
