//! Parses errors as the Node.js runtime serializes them, in both log formats.

use crate::logs::event::model::LoggedError;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The members of a JSON object, their values unparsed.
pub(super) type Members<'a> = BTreeMap<String, &'a RawValue>;

/// Parses a serialized error.
pub(super) fn parse_error_object(json: &str) -> Option<LoggedError> {
    let members: Members = serde_json::from_str(json).ok()?;
    error_of_members(&members)
}

/// Returns the error that an object's members describe. The text format names the stack `stack`, JSON `stackTrace`.
pub(super) fn error_of_members(members: &Members) -> Option<LoggedError> {
    let kind = string_member(members, "errorType");
    let message = string_member(members, "errorMessage");
    if kind.is_none() && message.is_none() {
        return None;
    }
    let stack = members.get("stack").or_else(|| members.get("stackTrace"));
    let location = stack.and_then(|stack| first_user_frame(&serde_json::from_str::<Vec<String>>(stack.get()).ok()?));
    Some(LoggedError { kind, message: message.unwrap_or_default(), location })
}

pub(super) fn string_member(members: &Members, name: &str) -> Option<String> {
    serde_json::from_str(members.get(name)?.get()).ok()
}

/// Returns the first frame within the skill's code, which Lambda unpacks to `/var/task`, or else the first frame.
fn first_user_frame(stack: &[String]) -> Option<String> {
    let frames = || stack.iter().map(|line| line.trim()).filter_map(|line| line.strip_prefix("at "));
    frames().find(|frame| frame.contains("/var/task/")).or_else(|| frames().next()).map(str::to_owned)
}
