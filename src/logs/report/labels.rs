//! Presents outcomes: symbols and labels for people, names for programs.

use crate::logs::failure_groups::{FailureGroup, FailureGroups};
use crate::logs::invocation::outcome::Outcome;

/// Returns the symbol in front of an invocation.
pub(super) const fn symbol(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Answered => "✔",
        Outcome::HandlerError
        | Outcome::TimedOut
        | Outcome::OutOfMemory
        | Outcome::NoAnswer
        | Outcome::AnswerRefused
        | Outcome::AlexaError => "✘",
        Outcome::Truncated => "…",
        Outcome::Unattributed => "·",
    }
}

/// Returns the label that people read.
pub(super) const fn label(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Answered => "answered",
        Outcome::HandlerError => "handler error",
        Outcome::TimedOut => "timed out",
        Outcome::OutOfMemory => "ran out of memory",
        Outcome::NoAnswer => "gave no answer",
        Outcome::AnswerRefused => "Alexa refused an answer",
        Outcome::AlexaError => "Alexa reported an error",
        Outcome::Truncated => "truncated by the time range",
        Outcome::Unattributed => "not part of a request",
    }
}

/// Returns the name in JSON, which users' tools depend on.
pub(crate) const fn json_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Answered => "answered",
        Outcome::HandlerError => "handlerError",
        Outcome::TimedOut => "timedOut",
        Outcome::OutOfMemory => "outOfMemory",
        Outcome::NoAnswer => "noAnswer",
        Outcome::AnswerRefused => "answerRefused",
        Outcome::AlexaError => "alexaError",
        Outcome::Truncated => "truncated",
        Outcome::Unattributed => "unattributed",
    }
}

/// The number of causes of failures that are listed: the rest is in the file.
const TOP_CAUSES: usize = 5;

/// Returns a line for each of the most frequent causes of failures, and one for the number of the others.
pub(crate) fn top_causes(groups: &FailureGroups) -> Vec<String> {
    let sorted = groups.sorted();
    let mut lines: Vec<String> = sorted.iter().take(TOP_CAUSES).map(cause_line).collect();
    let others: u64 = sorted.iter().skip(TOP_CAUSES).map(|group| group.count).sum::<u64>() + groups.ungrouped();
    if others > 0 {
        lines.push(format!("{others} × other causes"));
    }
    lines
}

fn cause_line(group: &FailureGroup) -> String {
    let FailureGroup { key, message, count, .. } = group;
    let kind = key.error_type.as_ref().map(|kind| format!("{kind}: ")).unwrap_or_default();
    let location = key.location.as_ref().map(|location| format!(", at {location}")).unwrap_or_default();
    format!("{count} × {}: {kind}{message}{location}", label(key.outcome))
}
