//! Presents outcomes: symbols and labels for people, names for programs.

use crate::logs::invocation::outcome::Outcome;

/// Returns the symbol in front of an invocation.
pub(super) const fn symbol(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Answered => "✔",
        Outcome::HandlerError | Outcome::TimedOut | Outcome::OutOfMemory | Outcome::NoAnswer => "✘",
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
        Outcome::Truncated => "truncated by the time range",
        Outcome::Unattributed => "not part of a request",
    }
}

/// Returns the name in JSON, which users' tools depend on.
pub(super) const fn json_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Answered => "answered",
        Outcome::HandlerError => "handlerError",
        Outcome::TimedOut => "timedOut",
        Outcome::OutOfMemory => "outOfMemory",
        Outcome::NoAnswer => "noAnswer",
        Outcome::Truncated => "truncated",
        Outcome::Unattributed => "unattributed",
    }
}
