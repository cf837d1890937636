//! Determines the outcome of an invocation from everything that was logged about it.
//!
//! Lambda's reports outweigh those of the handler: a response that was logged, but not delivered before the timeout,
//! never reached the user. The handler's lines outweigh silence: without `loggingLevel` there is no response line, so
//! silence is a success there; where requests are logged, a missing response is a failure.

use crate::logs::event::alexa::parse_request;
use crate::logs::event::model::{
    AlexaIds, EventKind, LoggedError, Metrics, ParsedEvent, PlatformReport, Refusal, RequestRef,
};
use crate::logs::event::stack::error_of_crash;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// The lines that are kept of what was printed without the runtime's columns: a trace has mostly fewer than 20.
const MAX_RAW_LINES: usize = 100;

/// The length at which such a line is cut, in characters.
const MAX_RAW_LINE_CHARS: usize = 1000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Outcome {
    /// The skill responded, or no response was needed.
    Answered,
    /// The handler threw, rejected, could not be loaded, or its process ended.
    HandlerError,
    TimedOut,
    OutOfMemory,
    /// The invocation ended without an error and without a response.
    NoAnswer,
    /// The request was Alexa's report that it did not accept an earlier answer of the skill.
    AnswerRefused,
    /// The request was Alexa's report of another error, of a device or of its own.
    AlexaError,
    /// The invocation reaches beyond the time range, and its lines within the range do not decide.
    Truncated,
    /// Not an invocation: lines that belong to none.
    Unattributed,
}

impl Outcome {
    pub(crate) const FAILURES: [Outcome; 6] = [
        Outcome::HandlerError,
        Outcome::TimedOut,
        Outcome::OutOfMemory,
        Outcome::NoAnswer,
        Outcome::AnswerRefused,
        Outcome::AlexaError,
    ];

    pub(crate) fn is_failure(self) -> bool {
        Outcome::FAILURES.contains(&self)
    }
}

/// Whether an invocation may reach beyond the time range.
#[derive(Clone, Copy)]
pub(super) struct Boundaries {
    pub(super) may_begin_before: bool,
    pub(super) may_end_after: bool,
}

/// The facts in the lines of an invocation.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Default)]
pub(super) struct Evidence {
    pub(super) start_time_ms: Option<i64>,
    /// END or REPORT was seen.
    pub(super) has_ended: bool,
    /// The last REPORT: Lambda writes its own after everything that the skill prints.
    report: Option<PlatformReport>,
    /// The END, which has more details in the JSON format.
    end: PlatformReport,
    init_was_started: bool,
    init_duration_ms: Option<f64>,
    pub(super) request_type: Option<String>,
    pub(super) intent: Option<String>,
    pub(super) alexa: AlexaIds,
    refusal: Option<Refusal>,
    request_was_logged: bool,
    /// A response was logged, or that none is needed.
    was_answered: bool,
    process_exited: bool,
    timed_out: bool,
    process_was_killed: bool,
    heap_is_exhausted: bool,
    handler_error: Option<LoggedError>,
    uncaught_error: Option<LoggedError>,
    /// The last error that nothing caught in an initialization, which Lambda repeats once for the first request.
    init_error: Option<LoggedError>,
    /// The last lines that were printed without the runtime's columns: the error that ended Node.js is among them.
    raw_lines: VecDeque<String>,
    /// The last error that the skill itself logged: the cause, if Lambda reports none.
    logged_error: Option<LoggedError>,
    /// Lambda's message about the end.
    platform_message: Option<String>,
}

impl Evidence {
    pub(super) fn add(&mut self, event: &ParsedEvent) {
        match &event.kind {
            EventKind::InitStart => self.init_was_started = true,
            EventKind::InitReport(report) => {
                self.init_duration_ms = report.metrics.init_duration_ms.or(self.init_duration_ms);
            }
            EventKind::Start => self.start_time_ms = self.start_time_ms.or(Some(event.time_ms)),
            EventKind::End(report) => {
                self.has_ended = true;
                self.end = report.clone();
            }
            EventKind::Report(report) => {
                self.has_ended = true;
                self.report = Some(report.clone());
            }
            EventKind::TimedOut => {
                self.timed_out = true;
                self.platform_message = Some(event.text.clone());
            }
            EventKind::ProcessExit => {
                self.process_exited = true;
                self.process_was_killed |= event.text.contains("signal: killed");
                self.platform_message = Some(event.text.replace('\n', " "));
            }
            EventKind::HandlerError(error) => self.handler_error = Some(error.clone()),
            EventKind::UncaughtError(error) if self.is_of_init(event) => self.init_error = Some(error.clone()),
            EventKind::UncaughtError(error) => self.uncaught_error = Some(error.clone()),
            EventKind::HeapExhausted => self.heap_is_exhausted = true,
            EventKind::Request => self.add_request(&event.text),
            EventKind::Refused(refusal) => self.add_refusal(refusal.clone()),
            EventKind::Response | EventKind::NoResponseNeeded => self.was_answered = true,
            EventKind::Output(error) => self.logged_error = error.clone().or(self.logged_error.take()),
        }
        if event.level.is_none() && event.request == RequestRef::Unknown && event.kind == EventKind::Output(None) {
            self.add_raw(&event.text);
        }
    }

    /// Returns whether the runtime wrote the event before it knew a request.
    fn is_of_init(&self, event: &ParsedEvent) -> bool {
        self.start_time_ms.is_none() && event.request == RequestRef::Init
    }

    fn add_raw(&mut self, text: &str) {
        self.raw_lines.extend(text.lines().map(|line| line.chars().take(MAX_RAW_LINE_CHARS).collect()));
        // An empty line of the trace is an event of its own.
        self.raw_lines.extend(text.is_empty().then(String::new));
        let excess = self.raw_lines.len().saturating_sub(MAX_RAW_LINES);
        self.raw_lines.drain(..excess);
    }

    /// Returns the error that Node.js printed when it ended. Of a process that did not end, the skill printed the stack,
    /// of an error that it may have handled.
    fn crash(&self) -> Option<LoggedError> {
        if !self.process_exited && self.report().error_type.as_deref() != Some("Runtime.ExitError") {
            return None;
        }
        error_of_crash(&self.raw_lines.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn add_request(&mut self, text: &str) {
        self.request_was_logged = true;
        if self.request_type.is_none()
            && let Some(request) = parse_request(text)
        {
            self.request_type = request.request_type;
            self.intent = request.intent;
            self.alexa.request = request.request_id;
            self.alexa.session = request.session_id;
            request.refusal.into_iter().for_each(|refusal| self.add_refusal(refusal));
        }
    }

    fn add_refusal(&mut self, refusal: Refusal) {
        self.alexa.cause.clone_from(&refusal.cause_request_id);
        self.refusal = Some(refusal);
    }

    /// Returns whether REPORT was seen.
    pub(super) fn is_reported(&self) -> bool {
        self.report.is_some()
    }

    /// Returns Lambda's report of the end; an empty one if there is none.
    fn report(&self) -> &PlatformReport {
        self.report.as_ref().unwrap_or(&self.end)
    }

    pub(super) fn metrics(&self) -> Metrics {
        let metrics = self.report().metrics;
        Metrics { init_duration_ms: metrics.init_duration_ms.or(self.init_duration_ms), ..metrics }
    }

    pub(super) fn is_cold_start(&self) -> bool {
        self.init_was_started || self.report().metrics.init_duration_ms.is_some()
    }

    pub(super) fn outcome(&self, boundaries: Boundaries) -> Outcome {
        let begins_before = boundaries.may_begin_before && self.start_time_ms.is_none() && !self.request_was_logged;
        let ends_after = boundaries.may_end_after && !self.is_reported();
        if self.timed_out || self.report().timed_out() {
            Outcome::TimedOut
        } else if self.process_exited
            || self.report().failed()
            || self.handler_error.is_some()
            || (self.uncaught_error.is_some() && !self.was_answered)
            || (self.init_error.is_some() && !self.was_answered && !self.is_reported())
        {
            if self.is_out_of_memory() { Outcome::OutOfMemory } else { Outcome::HandlerError }
        } else if let Some(refusal) = &self.refusal {
            if refusal.is_of_answer() { Outcome::AnswerRefused } else { Outcome::AlexaError }
        } else if self.was_answered {
            Outcome::Answered
        } else if begins_before || ends_after {
            Outcome::Truncated
        } else if self.request_was_logged || (self.start_time_ms.is_some() && !self.is_reported()) {
            Outcome::NoAnswer
        } else {
            Outcome::Answered
        }
    }

    /// Returns whether the failure was one of memory. Lambda reports that as an error type since 2023. Before, it
    /// killed the process, whose memory use was then at the limit.
    fn is_out_of_memory(&self) -> bool {
        let PlatformReport { error_type, metrics, .. } = self.report();
        let is_at_limit = match (metrics.max_memory_used_mb, metrics.memory_size_mb) {
            (Some(used), Some(size)) => u64::from(used) * 100 >= u64::from(size) * 95,
            _ => true,
        };
        error_type.as_deref() == Some("Runtime.OutOfMemory")
            || self.heap_is_exhausted
            || self.process_was_killed && is_at_limit
    }

    /// Returns the error of a failure: the runtime's, or else the best substitute.
    pub(super) fn error(&self, outcome: Outcome) -> Option<LoggedError> {
        let kind = self.report().error_type.clone();
        let platform_error = |default: &str| LoggedError {
            message: self.platform_message.clone().unwrap_or(default.to_owned()),
            ..LoggedError::default()
        };
        match outcome {
            Outcome::HandlerError => {
                let error = self.handler_error.as_ref().or(self.uncaught_error.as_ref()).or(self.init_error.as_ref());
                let error = error.cloned().or_else(|| self.crash()).or_else(|| self.logged_error.clone());
                let unknown = || LoggedError { kind, ..platform_error("Lambda reports an error") };
                Some(error.unwrap_or_else(unknown))
            }
            Outcome::TimedOut => Some(platform_error("the function's timeout was reached")),
            Outcome::OutOfMemory => Some(LoggedError { kind, message: self.memory_message(), location: None }),
            Outcome::NoAnswer => self
                .logged_error
                .clone()
                .or_else(|| Some(platform_error("the invocation ended without a response and without an error"))),
            Outcome::AnswerRefused | Outcome::AlexaError => self.refusal.clone().map(|refusal| refusal.error),
            Outcome::Answered | Outcome::Truncated | Outcome::Unattributed => None,
        }
    }

    fn memory_message(&self) -> String {
        let metrics = self.report().metrics;
        match (metrics.max_memory_used_mb, metrics.memory_size_mb) {
            (Some(used), Some(size)) => format!("used {used} MB of {size} MB"),
            _ => "the function's memory was used up".to_owned(),
        }
    }
}
