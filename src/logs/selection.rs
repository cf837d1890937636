//! Determines what a pull writes: which requests, and in which formats. Environment variables override the target's
//! options.

use crate::config::env::{LOGS_FORMATS, LOGS_STATUS};
use crate::config::options::{LogFormat, LogStatus, LogsOptions, log_format, log_status, without_duplicates};
use crate::error::Result;
use crate::logs::event::model::Level;
use crate::logs::invocation::model::{Invocation, LineKind, LogLine};
use crate::logs::invocation::outcome::Outcome;

/// Returns the formats to write.
///
/// # Errors
/// [`ErrorCode::InvalidOption`](crate::error::ErrorCode::InvalidOption), naming the environment variable, as for the
/// next one.
pub(crate) fn formats(options: &LogsOptions) -> Result<Vec<LogFormat>> {
    match LOGS_FORMATS.get()? {
        None => Ok(options.formats.clone()),
        Some(text) => {
            let format = |word: &str| log_format(word).ok_or_else(|| LOGS_FORMATS.not_one_of_its_values(word));
            text.split(',').map(str::trim).map(format).collect::<Result<_>>().map(without_duplicates)
        }
    }
}

/// Returns the requests to write.
pub(crate) fn status(options: &LogsOptions) -> Result<LogStatus> {
    let Some(word) = LOGS_STATUS.get()? else { return Ok(options.status) };
    log_status(&word).ok_or_else(|| LOGS_STATUS.not_one_of_its_values(&word))
}

/// Returns whether an invocation is written.
///
/// Failed requests only are without those that the time range truncates: their lines do not show a failure. Of the
/// lines outside of requests, those with an error belong to them: it may be the reason why requests fail.
pub(crate) fn is_selected(invocation: &Invocation, status: LogStatus) -> bool {
    match (status, invocation.outcome) {
        (LogStatus::All, _) => true,
        (LogStatus::Failed, Outcome::Unattributed) => {
            invocation.error.is_some() || invocation.lines.iter().any(is_error)
        }
        (LogStatus::Failed, outcome) => Outcome::FAILURES.contains(&outcome),
    }
}

fn is_error(line: &LogLine) -> bool {
    line.kind == LineKind::Failure || matches!(line.level, Some(Level::Error | Level::Fatal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_requests_are_those_with_an_outcome_of_a_failure() {
        let with = |outcome| Invocation { outcome, ..Invocation::unattributed("stream", 0, Vec::new()) };
        for outcome in Outcome::FAILURES {
            assert!(is_selected(&with(outcome), LogStatus::Failed), "{outcome:?}");
        }
        for outcome in [Outcome::Answered, Outcome::Truncated, Outcome::Unattributed] {
            assert!(!is_selected(&with(outcome), LogStatus::Failed), "{outcome:?}");
            assert!(is_selected(&with(outcome), LogStatus::All), "{outcome:?}");
        }
    }

    #[test]
    fn lines_outside_of_requests_are_selected_if_one_is_an_error() {
        let lines = |level, kind| {
            let line = |level, kind| LogLine { time_ms: 0, level, kind, text: String::new() };
            Invocation::unattributed("s", 0, vec![line(Some(Level::Info), LineKind::Output), line(level, kind)])
        };
        assert!(is_selected(&lines(None, LineKind::Failure), LogStatus::Failed));
        assert!(is_selected(&lines(Some(Level::Error), LineKind::Output), LogStatus::Failed));
        assert!(is_selected(&lines(Some(Level::Fatal), LineKind::Output), LogStatus::Failed));
        assert!(!is_selected(&lines(Some(Level::Warn), LineKind::Output), LogStatus::Failed));
    }
}
