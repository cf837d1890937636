//! Lines of one log stream become requests, each with a verdict.
//!
//! A stream is what one execution environment wrote. Requests leave the reader while it reads, so that memory stays flat
//! however long the stream is; the reader holds on to the last few, because Lambda writes some lines after the REPORT
//! that they belong to.

pub(crate) mod outcome;

use crate::logs::event::{Event, Fault, Format, Level, Line, Owner, Says};
use crate::logs::invocation::outcome::{Edges, Signals, Verdict};
use crate::logs::redact::mask;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::ops::Range;

/// So many requests of a stream wait for late lines. An environment handles one request after the other, so the
/// neighbours would do; the rest is for functions that are given several at a time.
const HELD: usize = 16;

/// Lambda ends every invocation after this time at the latest.
const LONGEST_INVOCATION_MS: i64 = 15 * 60 * 1000;

/// Lines outside any request are given out in portions of this size.
const PORTION: usize = 1000;

/// A line of a request, as it is shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Said {
    /// Milliseconds since the epoch.
    pub(crate) time: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) level: Option<Level>,
    pub(crate) kind: Kind,
    pub(crate) text: String,
}

/// What sort of line it is, for those who show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// Lambda's START, END and REPORT: what they tell is in the request's fields too.
    Platform,
    /// Lambda's word on a cold start.
    Init,
    Request,
    Response,
    /// The runtime's report of a failure.
    Failure,
    Output,
}

/// One invocation of the skill and how it went; or, without an id, lines that belong to none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Request {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    /// The log stream that the lines come from.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub(crate) stream: String,
    /// When Lambda started it, or its first line was written; milliseconds since the epoch.
    pub(crate) start: i64,
    pub(crate) verdict: Verdict,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) duration_ms: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) billed_ms: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) memory_mb: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) memory_limit_mb: Option<u32>,
    /// It was the first of its environment, and waited for it.
    pub(crate) cold_start: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) init_ms: Option<f64>,
    /// `LaunchRequest`, `IntentRequest` and so on, where the handler logs requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) request_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) intent: Option<String>,
    /// What went wrong, where something did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<Fault>,
    pub(crate) lines: Vec<Said>,
}

impl Request {
    /// Lines that belong to no request.
    pub(super) fn outside(stream: &str, start: i64, lines: Vec<Said>) -> Request {
        Request {
            id: None,
            stream: stream.to_owned(),
            start,
            verdict: Verdict::Outside,
            duration_ms: None,
            billed_ms: None,
            memory_mb: None,
            memory_limit_mb: None,
            cold_start: false,
            init_ms: None,
            request_type: None,
            intent: None,
            error: None,
            lines,
        }
    }
}

/// Reads one log stream, event by event in CloudWatch's order, and gives out requests as they are complete.
pub(crate) struct StreamReader {
    stream: String,
    range: Range<i64>,
    show_tokens: bool,
    format: Option<Format>,
    /// A request has been seen, so the next one cannot have begun before the time range.
    begun: bool,
    /// In the order of their first lines.
    open: VecDeque<Gathering>,
    /// Lines of an initialization, which belong to the request that caused it and that comes next.
    init: Vec<Line>,
    outside: Vec<Line>,
}

impl StreamReader {
    /// Reads a stream of which the events of this time range (milliseconds since the epoch) are fed in.
    pub(crate) fn new(stream: impl Into<String>, range: Range<i64>) -> Self {
        StreamReader {
            stream: stream.into(),
            range,
            show_tokens: false,
            format: None,
            begun: false,
            open: VecDeque::new(),
            init: Vec::new(),
            outside: Vec::new(),
        }
    }

    /// Leaves the secrets of full requests readable.
    pub(crate) fn show_tokens(mut self, show: bool) -> Self {
        self.show_tokens = show;
        self
    }

    /// Takes the next event; gives out what is complete now, mostly nothing.
    pub(crate) fn push(&mut self, mut event: Event) -> Vec<Request> {
        if !self.show_tokens {
            event.message = mask(&event.message).into_owned();
        }
        let line = self.read(&event);
        self.place(line);
        let mut complete = Vec::new();
        if self.open.len() > HELD {
            let oldest = self.open.iter().position(|request| request.signals.reported()).unwrap_or_default();
            complete.extend(self.take(oldest));
        }
        if self.init.len() > PORTION {
            self.outside.append(&mut self.init);
        }
        if self.outside.len() > PORTION {
            complete.extend(self.give_outside());
        }
        complete
    }

    /// The stream has no more events: what was held comes out.
    pub(crate) fn finish(mut self) -> Vec<Request> {
        let mut complete = Vec::new();
        while !self.open.is_empty() {
            complete.extend(self.take(0));
        }
        self.outside.append(&mut self.init);
        complete.extend(self.give_outside());
        complete
    }

    /// A stream is written in one format, so a START in the other one was printed by the skill.
    fn read(&mut self, event: &Event) -> Line {
        let line = Line::read(event);
        match (self.format, line.format) {
            (None, Some(format)) => self.format = Some(format),
            (Some(expected), Some(format)) if expected != format => {
                return line.into_output();
            }
            _ => {}
        }
        line
    }

    fn place(&mut self, line: Line) {
        match &line.owner {
            Owner::Request(id) => match self.with_id(id, &line.says) {
                Some(at) => self.add(at, line),
                None if line.ends_a_request() && self.running().is_some() => self.place(line.into_output()),
                None => self.begin(id.clone(), line),
            },
            _ if line.says == Says::InitStart => self.init.push(line),
            _ => self.place_by_order(line),
        }
    }

    /// Places a line that names no request: with the one that runs, with the one that comes next, with the last one
    /// (Lambda writes "Unknown application error occurred" and the like after the REPORT), else with none.
    fn place_by_order(&mut self, line: Line) {
        let last = self.running().or_else(|| self.open.iter().rposition(|request| !request.is_printed()));
        let goes_on = last.and_then(|at| self.open.get(at)).is_some_and(|request| !request.signals.reported());
        let of_init = line.owner == Owner::Init || matches!(line.says, Says::InitReport(_)) || !self.init.is_empty();
        match last {
            Some(at) if goes_on || !of_init => self.add(at, line),
            _ if of_init => self.init.push(line),
            _ => self.outside.push(line),
        }
    }

    fn add(&mut self, at: usize, line: Line) {
        if let Some(request) = self.open.get_mut(at) {
            request.add(line);
        }
    }

    /// The request that a line with this id belongs to, if it is known. A second START after the REPORT is none of its
    /// lines, but a second try of the same event.
    fn with_id(&self, id: &str, says: &Says) -> Option<usize> {
        let starts = *says == Says::Start;
        self.open.iter().rposition(|request| request.id == id && !(starts && request.signals.reported()))
    }

    /// The request that runs. While it does, an END or REPORT of an unknown one is something that it printed, and so may
    /// be a START.
    fn running(&self) -> Option<usize> {
        self.open.iter().rposition(|request| request.is_running() && !request.within_another)
    }

    fn begin(&mut self, id: String, first: Line) {
        let within_another = self.running().is_some();
        let mut request = Gathering { id, within_another, first: !self.begun, ..Gathering::default() };
        self.begun = true;
        std::mem::take(&mut self.init).into_iter().for_each(|line| request.add(line));
        request.add(first);
        self.open.push_back(request);
    }

    /// Takes a held request out, complete.
    fn take(&mut self, at: usize) -> Option<Request> {
        let followed = at + 1 < self.open.len();
        let request = self.open.remove(at)?;
        if request.is_printed() {
            self.outside.extend(request.lines);
            return None;
        }
        Some(request.finish(&self.stream, &self.range, followed))
    }

    fn give_outside(&mut self) -> Option<Request> {
        let lines = std::mem::take(&mut self.outside);
        let start = lines.first()?.time;
        let error = lines.iter().find_map(|line| match &line.says {
            Says::Uncaught(fault) | Says::Threw(fault) => Some(fault.clone()),
            _ => None,
        });
        let lines = lines.into_iter().map(Said::from).collect();
        Some(Request { error, ..Request::outside(&self.stream, start, lines) })
    }
}

/// A request whose lines are still coming in.
#[derive(Default)]
struct Gathering {
    id: String,
    /// It appeared while another request was running.
    within_another: bool,
    /// It is the first one of its stream within the time range.
    first: bool,
    signals: Signals,
    lines: Vec<Line>,
}

impl Gathering {
    /// Started, and not known to have ended.
    fn is_running(&self) -> bool {
        self.signals.start.is_some() && !self.signals.ended
    }

    /// Not a request at all: the one that was running printed a line like Lambda's, with a foreign id in it.
    fn is_printed(&self) -> bool {
        let starts_only = self.lines.iter().all(|line| line.says == Says::Start);
        self.within_another && !self.signals.ended && (self.signals.start.is_none() || starts_only)
    }

    fn add(&mut self, line: Line) {
        self.signals.add(&line);
        self.lines.push(line);
    }

    fn finish(self, stream: &str, range: &Range<i64>, followed: bool) -> Request {
        let signals = &self.signals;
        let first = self.lines.first().map_or(range.start, |line| line.time);
        let last = self.lines.last().map_or(range.end, |line| line.time);
        let may_be_cut = Edges {
            start: self.first && within_an_invocation(range.start, first),
            end: !followed && within_an_invocation(last, range.end),
        };
        let verdict = signals.verdict(may_be_cut);
        Request {
            start: signals.start.unwrap_or(first),
            verdict,
            duration_ms: signals.outcome().duration_ms,
            billed_ms: signals.outcome().billed_ms,
            memory_mb: signals.outcome().memory_mb,
            memory_limit_mb: signals.outcome().memory_limit_mb,
            cold_start: signals.cold_start || signals.outcome().init_ms.is_some(),
            init_ms: signals.outcome().init_ms.or(signals.init_ms),
            request_type: signals.request_type.clone(),
            intent: signals.intent.clone(),
            error: signals.error(verdict),
            id: Some(self.id),
            stream: stream.to_owned(),
            lines: self.lines.into_iter().map(Said::from).collect(),
        }
    }
}

/// An invocation that goes on at the one time may go on at the other still.
fn within_an_invocation(from: i64, to: i64) -> bool {
    to.saturating_sub(from) <= LONGEST_INVOCATION_MS
}

impl From<Line> for Said {
    fn from(line: Line) -> Said {
        let kind = match line.says {
            Says::Start | Says::End(_) | Says::Report(_) => Kind::Platform,
            Says::InitStart | Says::InitReport(_) => Kind::Init,
            Says::Request => Kind::Request,
            Says::Response => Kind::Response,
            Says::TimedOut | Says::Exited | Says::Threw(_) | Says::Uncaught(_) | Says::HeapExhausted => Kind::Failure,
            _ => Kind::Output,
        };
        let text = match kind {
            Kind::Request | Kind::Response => json_of(&line.text).to_owned(),
            _ => line.text,
        };
        Said { time: line.time, level: line.level, kind, text }
    }
}

/// What stands behind `VERBOSE REQUEST` or `VERBOSE RESPONSE`.
pub(super) fn json_of(text: &str) -> &str {
    text.find('{').and_then(|at| text.get(at..)).unwrap_or(text)
}

#[cfg(test)]
mod tests;
