//! Formats a request for the terminal: its headline, what the skill printed, and its failure. The JSON of request and
//! response, which mostly is longer than all of that, is in the files only.

use crate::logs::invocation::model::{Invocation, LineKind};
use crate::logs::invocation::outcome::Outcome;
use crate::logs::report::text;
use jiff::tz::TimeZone;

const RED: &str = "\u{1b}[31m";
const GREEN: &str = "\u{1b}[32m";
const YELLOW: &str = "\u{1b}[33m";
const RESET: &str = "\u{1b}[0m";

/// How requests are shown.
pub(super) struct Style {
    pub(super) zone: TimeZone,
    /// Whether lines go to a terminal that shows colors.
    pub(super) color: bool,
}

impl Style {
    /// Returns the lines of a request.
    pub(super) fn request(&self, mut invocation: Invocation) -> String {
        invocation.lines.retain(|line| matches!(line.kind, LineKind::Output | LineKind::Failure));
        let section = text::section(&invocation, &self.zone);
        let section = section.trim_end();
        if self.color { colored(section, invocation.outcome) } else { section.to_owned() }
    }
}

/// Colors the headline, and the lines of the failure at the end, which begin with the symbol of the headline.
fn colored(section: &str, outcome: Outcome) -> String {
    let color = match outcome {
        Outcome::Answered => GREEN,
        Outcome::Truncated | Outcome::Unattributed => YELLOW,
        _ => RED,
    };
    let (headline, rest) = section.split_once('\n').unwrap_or((section, ""));
    let failure = format!("{} ", headline.split(' ').nth(1).unwrap_or_default());
    let at = rest.rfind(&format!("\n{failure}")).map(|at| at + 1);
    let at = at.or_else(|| rest.starts_with(&failure).then_some(0)).unwrap_or(rest.len());
    let (output, failure) = rest.split_at(at);
    let lines = [paint(headline, color), output.trim_end_matches('\n').to_owned(), paint(failure, color)];
    lines.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Colors each line by itself: a logger may put something in front of a line.
fn paint(text: &str, color: &str) -> String {
    text.lines().map(|line| format!("{color}{line}{RESET}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::event::model::LoggedError;
    use crate::logs::invocation::model::LogLine;

    fn line(kind: LineKind, text: &str) -> LogLine {
        LogLine { time_ms: 1, level: None, kind, text: text.into() }
    }

    fn failed() -> Invocation {
        let lines =
            vec![line(LineKind::Request, "{}"), line(LineKind::Output, "meow"), line(LineKind::Platform, "END")];
        Invocation {
            request_id: Some("1".into()),
            outcome: Outcome::HandlerError,
            error: Some(LoggedError { message: "no milk".into(), ..LoggedError::default() }),
            ..Invocation::unattributed("stream", 0, lines)
        }
    }

    fn shown(invocation: Invocation, color: bool) -> Vec<String> {
        let style = Style { zone: TimeZone::UTC, color };
        style.request(invocation).lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_request_is_shown_with_its_output_and_failure_and_without_its_json() {
        let lines = shown(failed(), false);
        assert!(lines[0].starts_with("--- ✘ 1970-01-01 00:00:00"), "{lines:?}");
        assert!(lines[1].trim_start() == "meow" && lines[2] == "✘ handler error: no milk", "{lines:?}");
        assert_eq!(lines.len(), 3);
    }

    #[test]
    fn headline_and_failure_have_the_color_of_the_outcome_and_output_has_none() {
        let lines = shown(failed(), true);
        assert!([0, 2].iter().all(|at| lines[*at].starts_with(RED) && lines[*at].ends_with(RESET)), "{lines:?}");
        assert!(!lines[1].contains('\u{1b}'), "{lines:?}");
        let answered = Invocation { outcome: Outcome::Answered, error: None, ..failed() };
        let lines = shown(answered, true);
        assert!(lines.len() == 2 && lines[0].starts_with(GREEN) && !lines[1].contains('\u{1b}'), "{lines:?}");
        let plain = shown(failed(), false).join("\n");
        assert!(!plain.contains('\u{1b}'));
    }
}
