//! Groups failures that have the same cause: the kind of failure, its message without the parts that vary, and the first
//! stack frame in the skill's code.

use crate::logs::event::model::LoggedError;
use crate::logs::invocation::model::Invocation;
use crate::logs::invocation::outcome::Outcome;
use std::collections::BTreeMap;

/// The most groups that are kept. Further failures are counted without a group.
const MAX_GROUPS: usize = 1000;

/// The length at which a message is cut, in characters.
const MAX_MESSAGE_CHARS: usize = 300;

/// The values that all failures of a group share.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FailureKey {
    pub(crate) outcome: Outcome,
    /// Such as `TypeError`.
    pub(crate) error_type: Option<String>,
    /// The first line of the message; its varying parts, such as IDs and numbers, are `#`.
    pub(crate) pattern: String,
    pub(crate) location: Option<String>,
}

impl FailureKey {
    /// Returns the key of a failure; `None` for any other outcome.
    pub(crate) fn of(outcome: Outcome, error: Option<&LoggedError>) -> Option<FailureKey> {
        outcome.is_failure().then(|| FailureKey {
            outcome,
            error_type: error.and_then(|error| error.kind.clone()),
            pattern: pattern(&headline(error)),
            location: error.and_then(|error| error.location.clone()),
        })
    }
}

/// Failures with the same key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FailureGroup {
    pub(crate) key: FailureKey,
    /// The message that all have, or else the pattern of their messages.
    pub(crate) message: String,
    pub(crate) count: u64,
    /// The time of the last one, in milliseconds since the epoch.
    pub(crate) last_ms: i64,
}

/// The groups of all failures.
#[derive(Clone, Debug, Default)]
pub(crate) struct FailureGroups {
    groups: BTreeMap<FailureKey, Members>,
    ungrouped: u64,
}

#[derive(Clone, Debug)]
struct Members {
    message: String,
    count: u64,
    last_ms: i64,
}

impl FailureGroups {
    /// Adds an invocation, if it failed.
    pub(crate) fn add(&mut self, invocation: &Invocation) {
        self.add_failures(invocation.outcome, invocation.error.as_ref(), 1, invocation.start_time_ms);
    }

    /// Adds a number of failures with the same error, of which the last one was at the time.
    pub(crate) fn add_failures(&mut self, outcome: Outcome, error: Option<&LoggedError>, count: u64, last_ms: i64) {
        let Some(key) = FailureKey::of(outcome, error) else { return };
        let message = headline(error);
        let is_full = self.groups.len() >= MAX_GROUPS;
        match self.groups.get_mut(&key) {
            Some(members) => {
                if members.message != message {
                    members.message.clone_from(&key.pattern);
                }
                members.count += count;
                members.last_ms = members.last_ms.max(last_ms);
            }
            None if is_full => self.ungrouped += count,
            None => drop(self.groups.insert(key, Members { message, count, last_ms })),
        }
    }

    /// Returns the groups, the largest first; of two with the same count, the one with the later failure.
    pub(crate) fn sorted(&self) -> Vec<FailureGroup> {
        let group = |(key, members): (&FailureKey, &Members)| {
            let Members { message, count, last_ms } = members.clone();
            FailureGroup { key: key.clone(), message, count, last_ms }
        };
        let mut groups: Vec<FailureGroup> = self.groups.iter().map(group).collect();
        groups.sort_by_key(|group| std::cmp::Reverse((group.count, group.last_ms)));
        groups
    }

    /// Returns the number of failures that are in no group, since there were too many groups.
    pub(crate) fn ungrouped(&self) -> u64 {
        self.ungrouped
    }
}

/// Returns the first line of the message.
fn headline(error: Option<&LoggedError>) -> String {
    let message = error.map(|error| error.message.trim()).unwrap_or_default();
    message.lines().next().unwrap_or_default().chars().take(MAX_MESSAGE_CHARS).collect()
}

/// Replaces the parts of a message that differ from failure to failure: numbers, hexadecimal IDs, and Alexa's IDs.
/// Numbers within a word, as in `v2` or `S3`, are names and stay.
fn pattern(message: &str) -> String {
    let mut pattern = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(start) = rest.find(is_word) {
        let word_length = rest[start..].find(|char| !is_word(char)).unwrap_or(rest.len() - start);
        let (before, from_word) = rest.split_at(start);
        let (word, after) = from_word.split_at(word_length);
        pattern.push_str(before);
        pattern.push_str(&word_pattern(word));
        rest = after;
    }
    pattern.push_str(rest);
    pattern
}

/// IDs contain `-`, `.` and `_`, numbers `.`.
fn is_word(char: char) -> bool {
    char.is_alphanumeric() || matches!(char, '-' | '_' | '.')
}

fn word_pattern(word: &str) -> String {
    let id = word.trim_end_matches('.');
    let end = &word[id.len()..];
    let has_digit = id.contains(|char: char| char.is_ascii_digit());
    let is_number = has_digit && id.chars().all(|char| char.is_ascii_digit() || matches!(char, '.' | '-'));
    let is_hexadecimal = has_digit && id.len() >= 8 && id.chars().all(|char| char.is_ascii_hexdigit() || char == '-');
    let unit = id.trim_start_matches(|char: char| char.is_ascii_digit() || char == '.');
    if is_number || is_hexadecimal {
        format!("#{end}")
    } else if id.starts_with("amzn1.") {
        // amzn1.ask.account.AG…, amzn1.echo-api.request.d3a1606d-…
        let kind: Vec<&str> = id.split('.').take(3).collect();
        format!("{}.#{end}", kind.join("."))
    } else if has_digit && matches!(unit, "ms" | "s" | "KB" | "MB" | "GB") {
        format!("#{unit}{end}")
    } else {
        word.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: &str, message: &str, location: &str) -> LoggedError {
        LoggedError { kind: Some(kind.to_owned()), message: message.to_owned(), location: Some(location.to_owned()) }
    }

    fn groups(failures: &[(Outcome, LoggedError)]) -> Vec<(u64, String)> {
        let mut groups = FailureGroups::default();
        for (at, (outcome, error)) in (0..).zip(failures) {
            groups.add_failures(*outcome, Some(error), 1, at);
        }
        groups.sorted().into_iter().map(|group| (group.count, group.message)).collect()
    }

    #[test]
    fn failures_are_grouped_by_kind_message_and_frame_and_the_largest_group_is_first() {
        let failure = |message: &str, location: &str| (Outcome::HandlerError, error("TypeError", message, location));
        let failures = [
            failure("no score", "enter (/var/task/index.js:1:1)"),
            failure("no such user: 17", "load (/var/task/index.js:2:1)"),
            failure("no such user: 4711", "load (/var/task/index.js:2:1)"),
            failure("no score", "leave (/var/task/index.js:9:1)"),
            (Outcome::Answered, LoggedError::default()),
        ];
        assert_eq!(
            groups(&failures),
            [(2, "no such user: #".to_owned()), (1, "no score".to_owned()), (1, "no score".to_owned())]
        );
    }

    #[test]
    fn a_message_that_all_failures_have_stays_as_it_is() {
        let timeout = (Outcome::TimedOut, error("", "Task timed out after 10.00 seconds", ""));
        assert_eq!(groups(&[timeout.clone(), timeout]), [(2, "Task timed out after 10.00 seconds".to_owned())]);
    }

    #[test]
    fn only_ids_and_numbers_vary() {
        for (message, expected) in [
            ("Task timed out after 10.00 seconds", "Task timed out after # seconds"),
            ("request 79104e54-2f3c-4b0a-9d6e-0c5a3b1f4e21 failed.", "request # failed."),
            ("no user amzn1.ask.account.AGXY12.", "no user amzn1.ask.account.#."),
            ("took 8123ms of 8s", "took #ms of #s"),
            ("used 256 MB of 256 MB", "used # MB of # MB"),
            ("exit status 1", "exit status #"),
            ("cannot read S3 key v2/icon@2x.png", "cannot read S3 key v2/icon@2x.png"),
            (
                "Cannot read properties of undefined (reading 'leaves')",
                "Cannot read properties of undefined (reading 'leaves')",
            ),
            ("deadbeef facade", "deadbeef facade"),
            ("☃ 3\u{301}", "☃ #\u{301}"),
            ("", ""),
        ] {
            assert_eq!(pattern(message), expected);
        }
    }

    #[test]
    fn the_number_of_groups_and_the_length_of_a_message_are_limited() {
        let mut groups = FailureGroups::default();
        for number in 0..MAX_GROUPS as u32 + 5 {
            let letters: String = number.to_string().bytes().map(|digit| char::from(digit + 49)).collect();
            let error = error("Error", &format!("{letters}{}", "x".repeat(10_000)), "");
            groups.add_failures(Outcome::HandlerError, Some(&error), 1, 0);
        }
        assert_eq!((groups.sorted().len(), groups.ungrouped()), (MAX_GROUPS, 5));
        assert!(groups.sorted().iter().all(|group| group.message.chars().count() <= MAX_MESSAGE_CHARS));
    }
}
