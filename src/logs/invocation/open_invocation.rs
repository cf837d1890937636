//! Holds an invocation that may get more lines.

use crate::logs::event::model::{EventKind, ParsedEvent};
use crate::logs::invocation::model::{Invocation, LogLine};
use crate::logs::invocation::outcome::{Boundaries, Evidence};
use std::ops::Range;

/// The longest timeout that a function can have.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>.
const MAX_INVOCATION_MS: i64 = 15 * 60 * 1000;

/// An invocation that may get more lines.
#[derive(Default)]
pub(super) struct OpenInvocation {
    pub(super) id: String,
    /// It appeared while another request was running.
    pub(super) is_nested: bool,
    /// It is the first one of its stream within the time range.
    pub(super) is_first: bool,
    pub(super) delivery: Delivery,
    pub(super) evidence: Evidence,
    pub(super) lines: Vec<ParsedEvent>,
}

/// The progress of an invocation on its way to the reader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Delivery {
    #[default]
    Open,
    /// `newly_ended` has seen its REPORT.
    Reported,
    /// It was returned.
    Returned,
}

impl OpenInvocation {
    /// Returns whether it has started and not ended. The end of some is never logged.
    pub(super) fn is_running(&self, now_ms: i64) -> bool {
        self.evidence.start_time_ms.is_some_and(|start_ms| may_span(start_ms, now_ms)) && !self.evidence.has_ended
    }

    /// Returns whether its end was not logged, although it cannot run any longer.
    pub(super) fn has_no_end(&self, now_ms: i64) -> bool {
        self.is_overdue(now_ms) && !self.evidence.has_ended
    }

    /// Returns whether it began more than the longest timeout ago.
    pub(super) fn is_overdue(&self, now_ms: i64) -> bool {
        self.evidence.start_time_ms.is_some_and(|start_ms| !may_span(start_ms, now_ms))
    }

    /// Returns whether the lines are not those of a request, but were printed by the one that was running.
    pub(super) fn is_false_start(&self) -> bool {
        let starts_only = self.lines.iter().all(|event| event.kind == EventKind::Start);
        self.is_nested && !self.evidence.has_ended && (self.evidence.start_time_ms.is_none() || starts_only)
    }

    pub(super) fn add(&mut self, event: ParsedEvent) {
        self.evidence.add(&event);
        self.lines.push(event);
    }

    /// Completes the invocation, which gives its lines away.
    pub(super) fn finish(&mut self, log_stream: &str, range: &Range<i64>, has_successor: bool) -> Invocation {
        self.delivery = Delivery::Returned;
        let evidence = &self.evidence;
        let first_ms = self.lines.first().map_or(range.start, |event| event.time_ms);
        let last_ms = self.lines.last().map_or(range.end, |event| event.time_ms);
        let outcome = evidence.outcome(Boundaries {
            may_begin_before: self.is_first && may_span(range.start, first_ms),
            may_end_after: !has_successor && may_span(last_ms, range.end),
        });
        Invocation {
            log_stream: log_stream.to_owned(),
            start_time_ms: evidence.start_time_ms.unwrap_or(first_ms),
            outcome,
            metrics: evidence.metrics(),
            cold_start: evidence.is_cold_start(),
            request_type: evidence.request_type.clone(),
            intent: evidence.intent.clone(),
            error: evidence.error(outcome),
            alexa: evidence.alexa.clone(),
            refused_answer: None,
            request_id: Some(self.id.clone()),
            lines: std::mem::take(&mut self.lines).into_iter().map(LogLine::from).collect(),
        }
        .printable()
    }
}

/// Returns whether one invocation may last from one time to the other.
fn may_span(from_ms: i64, to_ms: i64) -> bool {
    to_ms.saturating_sub(from_ms) <= MAX_INVOCATION_MS
}
