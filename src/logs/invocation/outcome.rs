//! How a request went, judged by everything that was logged about it.
//!
//! What Lambda says outweighs what the handler says: an answer that was logged, but not delivered before the timeout,
//! never reached the user. What the handler says outweighs silence: without `loggingLevel` there is no RESPONSE line, so
//! silence means success there, and a missing answer where requests are logged.

use crate::logs::event::{Fault, Line, Outcome, Says};
use crate::logs::invocation::json_of;
use serde::{Deserialize, Serialize};

/// How a request went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Verdict {
    /// The skill answered, or there was nothing to answer.
    Answered,
    /// The handler threw, was rejected, could not be loaded, or its process died.
    Threw,
    TimedOut,
    OutOfMemory,
    /// It ended without an error and without an answer.
    NoAnswer,
    /// The time range ends or begins within it, and what is there does not decide.
    Cut,
    /// No request at all: lines that belong to none.
    Outside,
}

impl Verdict {
    /// Every way to fail.
    pub(crate) const FAILURES: [Verdict; 4] =
        [Verdict::Threw, Verdict::TimedOut, Verdict::OutOfMemory, Verdict::NoAnswer];

    /// The mark in a request's header.
    pub(crate) const fn mark(self) -> &'static str {
        match self {
            Verdict::Answered => "✔",
            Verdict::Threw | Verdict::TimedOut | Verdict::OutOfMemory | Verdict::NoAnswer => "✘",
            Verdict::Cut => "…",
            Verdict::Outside => "·",
        }
    }

    /// What happened, in words.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Verdict::Answered => "answered",
            Verdict::Threw => "threw",
            Verdict::TimedOut => "timed out",
            Verdict::OutOfMemory => "ran out of memory",
            Verdict::NoAnswer => "gave no answer",
            Verdict::Cut => "cut by the edge of the time range",
            Verdict::Outside => "outside any request",
        }
    }
}

/// Whether the request may have begun before the time range, and may go on after it.
#[derive(Clone, Copy)]
pub(super) struct Edges {
    pub(crate) start: bool,
    pub(crate) end: bool,
}

/// What the lines of a request have told so far.
#[derive(Default)]
pub(super) struct Signals {
    pub(crate) start: Option<i64>,
    /// END or REPORT was seen.
    pub(crate) ended: bool,
    /// What REPORT says; the last one counts, for Lambda writes its own after everything that the skill prints.
    report: Option<Outcome>,
    /// What the runtime said when it was done, which JSON format tells in more detail.
    done: Outcome,
    pub(crate) cold_start: bool,
    pub(crate) init_ms: Option<f64>,
    pub(crate) request_type: Option<String>,
    pub(crate) intent: Option<String>,
    request_logged: bool,
    answered: bool,
    exited: bool,
    timed_out: bool,
    killed: bool,
    heap_exhausted: bool,
    thrown: Option<Fault>,
    uncaught: Option<Fault>,
    /// The last error that the request logged itself, to name a cause where Lambda names none.
    logged: Option<Fault>,
    /// Lambda's own words about the end.
    last_words: Option<String>,
}

impl Signals {
    pub(crate) fn add(&mut self, line: &Line) {
        match &line.says {
            Says::InitStart => self.cold_start = true,
            Says::InitReport(outcome) => self.init_ms = outcome.init_ms.or(self.init_ms),
            Says::Start => self.start = self.start.or(Some(line.time)),
            Says::End(outcome) => {
                self.ended = true;
                self.done = outcome.clone();
            }
            Says::Report(outcome) => {
                self.ended = true;
                self.report = Some(outcome.clone());
            }
            Says::TimedOut => {
                self.timed_out = true;
                self.last_words = Some(line.text.clone());
            }
            Says::Exited => {
                self.exited = true;
                self.killed |= line.text.contains("signal: killed");
                self.last_words = Some(line.text.replace('\n', " "));
            }
            Says::Threw(fault) => self.thrown = Some(fault.clone()),
            Says::Uncaught(fault) => self.uncaught = Some(fault.clone()),
            Says::HeapExhausted => self.heap_exhausted = true,
            Says::Request => self.request(&line.text),
            Says::Response | Says::EndsEarly => self.answered = true,
            Says::Output(fault) => self.logged = fault.clone().or(self.logged.take()),
        }
    }

    /// REPORT was seen.
    pub(crate) fn reported(&self) -> bool {
        self.report.is_some()
    }

    /// How Lambda says that it ended, as far as it was logged.
    pub(crate) fn outcome(&self) -> &Outcome {
        self.report.as_ref().unwrap_or(&self.done)
    }

    fn request(&mut self, text: &str) {
        self.request_logged = true;
        if self.request_type.is_none()
            && let Ok(event) = serde_json::from_str::<AlexaRequest>(json_of(text))
        {
            let request = event.request.map_or(Named { kind: event.kind, intent: event.intent }, |request| request);
            self.request_type = request.kind;
            self.intent = request.intent.and_then(|intent| intent.name);
        }
    }

    /// The verdict, given where lines of the request may be missing.
    pub(crate) fn verdict(&self, may_be_cut: Edges) -> Verdict {
        let begins_outside = may_be_cut.start && self.start.is_none() && !self.request_logged;
        let ends_outside = may_be_cut.end && !self.reported();
        if self.timed_out || self.outcome().timed_out() {
            Verdict::TimedOut
        } else if self.exited
            || self.outcome().failed()
            || self.thrown.is_some()
            || (self.uncaught.is_some() && !self.answered)
        {
            if self.out_of_memory() { Verdict::OutOfMemory } else { Verdict::Threw }
        } else if self.answered {
            Verdict::Answered
        } else if begins_outside || ends_outside {
            Verdict::Cut
        } else if self.request_logged || (self.start.is_some() && !self.reported()) {
            Verdict::NoAnswer
        } else {
            Verdict::Answered
        }
    }

    /// Lambda names it since 2023; before, it killed the process, whose memory then stands at the limit.
    fn out_of_memory(&self) -> bool {
        let at_the_limit = match (self.outcome().memory_mb, self.outcome().memory_limit_mb) {
            (Some(used), Some(limit)) => u64::from(used) * 100 >= u64::from(limit) * 95,
            _ => true,
        };
        self.outcome().error_type.as_deref() == Some("Runtime.OutOfMemory")
            || self.heap_exhausted
            || self.killed && at_the_limit
    }

    /// What went wrong, in a line: the runtime's words where there are some.
    pub(crate) fn error(&self, verdict: Verdict) -> Option<Fault> {
        let kind = self.outcome().error_type.clone();
        let told = self.thrown.as_ref().or(self.uncaught.as_ref()).or(self.logged.as_ref()).cloned();
        let words =
            |words: &str| Fault { message: self.last_words.clone().unwrap_or(words.to_owned()), ..Fault::default() };
        match verdict {
            Verdict::Threw => told.or(Some(Fault { kind, ..words("Lambda reports an error") })),
            Verdict::TimedOut => Some(words("the function's timeout was reached")),
            Verdict::OutOfMemory => Some(Fault { kind, message: self.memory_words(), at: None }),
            Verdict::NoAnswer => {
                self.logged.clone().or(Some(words("it ended without a response and without an error")))
            }
            Verdict::Answered | Verdict::Cut | Verdict::Outside => None,
        }
    }

    fn memory_words(&self) -> String {
        match (self.outcome().memory_mb, self.outcome().memory_limit_mb) {
            (Some(used), Some(limit)) => format!("used {used} MB of {limit} MB"),
            _ => "the function's memory was used up".to_owned(),
        }
    }
}

/// What `loggingLevel` `verbose` logs is the whole event; `terse` logs its `request` only.
#[derive(Deserialize)]
struct AlexaRequest {
    request: Option<Named>,
    #[serde(rename = "type")]
    kind: Option<String>,
    intent: Option<Intent>,
}

#[derive(Deserialize)]
struct Named {
    #[serde(rename = "type")]
    kind: Option<String>,
    intent: Option<Intent>,
}

#[derive(Deserialize)]
struct Intent {
    name: Option<String>,
}
