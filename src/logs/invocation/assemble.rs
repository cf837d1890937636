//! Assembles the events of one log stream into invocations.
//!
//! One execution environment writes a stream. It handles one request after the other, so the lines of a request mostly
//! follow each other, but some name no request, some come after the REPORT, and a skill may print copies of Lambda's
//! lines. Each event is placed by the first row that fits:
//!
//! | event | state of the stream | the event goes to |
//! | --- | --- | --- |
//! | with a known request ID | (but not a START after that request's REPORT) | that request |
//! | END or REPORT with an unknown ID | a request is running, requests are not concurrent | the running request, as output: the skill printed it |
//! | of a logging library, with an unknown ID | | as without an ID: it may be the ID of something else |
//! | with an unknown ID | | a new request, with the initialization lines that wait for one |
//! | without an ID | several requests are running | the request whose ID is in the text, or else the unattributed lines |
//! | INIT_START | | the initialization lines, which wait for the next request |
//! | without an ID | a request is running, or the last one has no REPORT yet | that request |
//! | without an ID, of an initialization or after its lines | | the initialization lines |
//! | without an ID | there was a request | the last request: Lambda writes some lines after the REPORT |
//! | without an ID | | the unattributed lines |
//!
//! A request that appears while another one is running, and never ends, is a false start: the running request printed a
//! START with a foreign ID. Its lines become unattributed. Functions on managed instances do handle up to 64 requests
//! at once, which shows when such a request logs lines of its own or ends.
//! See <https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances.html>.
//!
//! Invocations are returned while the stream is read, so that memory use does not depend on its length. A request that
//! has started stays open until it is reported, or a quarter of an hour has passed, the longest timeout. The last [`REORDER_WINDOW`] are kept for late
//! lines; a reader that shows requests as they end does not wait for that
//! ([`InvocationAssembler::newly_ended`]).

use crate::logs::event::model::{Event, EventKind, Format, ParsedEvent, RequestRef};
use crate::logs::event::{as_output, parse};
use crate::logs::invocation::model::{Invocation, LogLine};
use crate::logs::invocation::open_invocation::{Delivery, OpenInvocation};
use crate::logs::redact::Redactor;
use crate::logs::redact::seen::SeenSecrets;
use std::collections::VecDeque;
use std::ops::Range;

/// The number of requests that wait for late lines.
const REORDER_WINDOW: usize = 16;

/// The most open requests, so that a skill that prints copies of START does not use up the memory.
const MAX_OPEN: usize = 1024;

/// Lines that belong to no request are returned in chunks of this number.
const UNATTRIBUTED_CHUNK: usize = 1000;

/// Takes the events of one log stream in CloudWatch's order, and returns each invocation when it is complete.
pub(crate) struct InvocationAssembler {
    log_stream: String,
    /// Milliseconds since the epoch.
    range: Range<i64>,
    show_tokens: bool,
    redactor: Redactor,
    format: Option<Format>,
    /// A request has been seen, so the next one cannot have begun before the time range.
    has_begun: bool,
    /// Requests have been seen that ran at the same time.
    is_concurrent: bool,
    /// In the order of their first lines.
    open: VecDeque<OpenInvocation>,
    /// Lines of an initialization, which belong to the next request: it caused the initialization.
    init: Vec<ParsedEvent>,
    /// How many of them `newly_ended` has seen, and returned.
    init_seen: usize,
    init_returned: usize,
    unattributed: Vec<ParsedEvent>,
}

impl InvocationAssembler {
    /// Creates an assembler for a stream's events of a time range in milliseconds since the epoch.
    pub(crate) fn new(log_stream: impl Into<String>, range: Range<i64>) -> Self {
        InvocationAssembler {
            log_stream: log_stream.into(),
            range,
            show_tokens: false,
            redactor: Redactor::default(),
            format: None,
            has_begun: false,
            is_concurrent: false,
            open: VecDeque::new(),
            init: Vec::new(),
            init_seen: 0,
            init_returned: 0,
            unattributed: Vec::new(),
        }
    }

    /// Sets whether access tokens stay readable.
    pub(crate) fn show_tokens(mut self, show: bool) -> Self {
        self.show_tokens = show;
        self
    }

    /// Shares the secrets that are redacted in all streams of a pull.
    pub(crate) fn sharing(mut self, secrets: &SeenSecrets) -> Self {
        self.redactor = Redactor::sharing(secrets.clone());
        self
    }

    /// Takes the next event and returns the invocations that are complete now: mostly none.
    pub(crate) fn push(&mut self, mut event: Event) -> Vec<Invocation> {
        if !self.show_tokens
            && let Some(redacted) = self.redactor.redact(&event.message)
        {
            event.message = redacted;
        }
        let event = self.parse(&event);
        let now_ms = event.time_ms;
        self.place(event);
        let mut complete = Vec::new();
        if self.open.len() > REORDER_WINDOW
            && let Some(at) = self.oldest_closable(now_ms)
        {
            // A request beside one whose end is lost may not have run at the same time.
            self.is_concurrent &= self.open.get(at).is_none_or(|request| !request.has_no_end(now_ms));
            complete.extend(self.close(at));
        }
        if self.init.len() > UNATTRIBUTED_CHUNK {
            let mut init = self.take_init();
            self.unattributed.append(&mut init);
        }
        if self.unattributed.len() > UNATTRIBUTED_CHUNK {
            complete.extend(self.take_unattributed());
        }
        complete
    }

    /// Returns the invocations that are left at the end of the stream.
    pub(crate) fn finish(mut self) -> Vec<Invocation> {
        let mut complete = Vec::new();
        while !self.open.is_empty() {
            complete.extend(self.close(0));
        }
        self.unattributed.append(&mut self.init);
        complete.extend(self.take_unattributed());
        complete
    }

    /// Returns the invocations that are left where reading was stopped: those without an end may have one.
    pub(crate) fn finish_early(mut self) -> Vec<Invocation> {
        self.range.end = self.range.start;
        self.finish()
    }

    /// Returns the invocations that had been reported at the last call already: those that have ended, without waiting
    /// for [`REORDER_WINDOW`]. Lambda writes some lines after the REPORT, which may come later than it. `push` and
    /// `finish` do not return them again.
    pub(crate) fn newly_ended(&mut self) -> Vec<Invocation> {
        let InvocationAssembler { open, log_stream, range, .. } = self;
        let mut ended = Vec::new();
        for request in open.iter_mut().filter(|request| request.evidence.is_reported()) {
            match request.delivery {
                Delivery::Open => request.delivery = Delivery::Reported,
                Delivery::Reported => ended.push(request.finish(log_stream, range, true)),
                Delivery::Returned => {}
            }
        }
        ended.extend(self.newly_failed_init());
        ended
    }

    /// Returns the lines of an initialization that has failed, outside of requests: when no more of them have come since
    /// the last call. They also belong to the next request.
    fn newly_failed_init(&mut self) -> Option<Invocation> {
        let is_complete = self.init_seen == self.init.len();
        self.init_seen = self.init.len();
        let new = self.init.get(self.init_returned..).unwrap_or_default();
        if !is_complete || !new.iter().any(is_failure) {
            return None;
        }
        let invocation = unattributed(&self.log_stream, new.to_vec());
        self.init_returned = self.init.len();
        invocation
    }

    /// Returns the position of the oldest request that cannot run any longer, that is reported, or whose START is not
    /// known. The first kind comes first: with each new request there is another reported one.
    fn oldest_closable(&self, now_ms: i64) -> Option<usize> {
        let oldest = |is_closable: &dyn Fn(&OpenInvocation) -> bool| self.open.iter().position(is_closable);
        oldest(&|request| request.is_overdue(now_ms))
            .or_else(|| oldest(&|request| request.evidence.is_reported()))
            .or_else(|| oldest(&|request| request.evidence.start_time_ms.is_none()))
            .or((self.open.len() > MAX_OPEN).then_some(0))
    }

    /// Parses an event. A stream has one format, so the skill printed a line of Lambda in the other one.
    fn parse(&mut self, event: &Event) -> ParsedEvent {
        let parsed = parse(event);
        match (self.format, parsed.format) {
            (None, Some(format)) => self.format = Some(format),
            (Some(expected), Some(format)) if expected != format => return as_output(parsed.time_ms, &parsed.text),
            _ => {}
        }
        parsed
    }

    fn place(&mut self, event: ParsedEvent) {
        match &event.request {
            RequestRef::Maybe(id) => match self.position_of(id, &event.kind) {
                Some(at) => self.add(at, event),
                None => self.place(ParsedEvent { request: RequestRef::Unknown, ..event }),
            },
            RequestRef::Id(id) => match self.position_of(id, &event.kind) {
                Some(at) => self.add(at, event),
                None if event.ends_request() && self.running(event.time_ms).is_some() && !self.is_concurrent => {
                    self.place(as_output(event.time_ms, &event.text));
                }
                None => self.open(id.clone(), event),
            },
            _ if event.kind == EventKind::InitStart => self.init.push(event),
            _ => self.place_without_id(event),
        }
    }

    fn place_without_id(&mut self, event: ParsedEvent) {
        let now_ms = event.time_ms;
        if self.is_concurrent && self.open.iter().filter(|request| request.is_running(now_ms)).count() > 1 {
            return match self.open.iter().rposition(|request| event.text.contains(&request.id)) {
                Some(at) => self.add(at, event),
                None => self.unattributed.push(event),
            };
        }
        let last = self.running(now_ms).or_else(|| self.open.iter().rposition(|request| !request.is_false_start()));
        let is_unreported = last.and_then(|at| self.open.get(at)).is_some_and(|last| !last.evidence.is_reported());
        let is_of_init = event.request == RequestRef::Init
            || matches!(event.kind, EventKind::InitReport(_))
            || !self.init.is_empty();
        match last {
            Some(at) if is_unreported || !is_of_init => self.add(at, event),
            _ if is_of_init => self.init.push(event),
            _ => self.unattributed.push(event),
        }
    }

    fn add(&mut self, at: usize, event: ParsedEvent) {
        if let Some(request) = self.open.get_mut(at) {
            let has_started = request.evidence.start_time_ms.is_some();
            self.is_concurrent |= request.is_nested && has_started && event.kind != EventKind::Start;
            request.add(event);
        }
    }

    /// Returns the position of the request to which an event with this ID belongs. A second START after the REPORT
    /// begins another invocation: Lambda retries an event under the same ID.
    fn position_of(&self, id: &str, kind: &EventKind) -> Option<usize> {
        let is_start = *kind == EventKind::Start;
        self.open.iter().rposition(|request| request.id == id && !(is_start && request.evidence.is_reported()))
    }

    /// Returns the position of the running request: started, not ended, and not a false start within another one.
    fn running(&self, now_ms: i64) -> Option<usize> {
        self.open.iter().rposition(|request| request.is_running(now_ms) && !request.is_nested)
    }

    fn open(&mut self, id: String, first: ParsedEvent) {
        let is_nested = self.running(first.time_ms).is_some();
        let mut request = OpenInvocation { id, is_nested, is_first: !self.has_begun, ..OpenInvocation::default() };
        self.has_begun = true;
        for event in self.take_init() {
            request.add(event);
        }
        request.add(first);
        self.open.push_back(request);
    }

    /// Removes an open invocation and completes it; `None` for a false start, and for one that was returned.
    fn close(&mut self, at: usize) -> Option<Invocation> {
        let has_successor = at + 1 < self.open.len();
        let mut request = self.open.remove(at)?;
        if request.delivery == Delivery::Returned {
            return None;
        }
        if request.is_false_start() && !self.is_concurrent {
            self.unattributed.extend(request.lines);
            return None;
        }
        Some(request.finish(&self.log_stream, &self.range, has_successor))
    }

    fn take_init(&mut self) -> Vec<ParsedEvent> {
        (self.init_seen, self.init_returned) = (0, 0);
        std::mem::take(&mut self.init)
    }

    fn take_unattributed(&mut self) -> Option<Invocation> {
        unattributed(&self.log_stream, std::mem::take(&mut self.unattributed))
    }
}

/// Returns lines that belong to no request; `None` if there are none.
fn unattributed(log_stream: &str, events: Vec<ParsedEvent>) -> Option<Invocation> {
    let start_time_ms = events.first()?.time_ms;
    let error = events.iter().find_map(|event| match &event.kind {
        EventKind::UncaughtError(error) | EventKind::HandlerError(error) => Some(error.clone()),
        _ => None,
    });
    let lines = events.into_iter().map(LogLine::from).collect();
    Some(Invocation { error, ..Invocation::unattributed(log_stream, start_time_ms, lines) }.printable())
}

fn is_failure(event: &ParsedEvent) -> bool {
    matches!(event.kind, EventKind::UncaughtError(_) | EventKind::HandlerError(_) | EventKind::ProcessExit)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::logs::invocation::outcome::Outcome;

    const RANGE: Range<i64> = 0..60 * 60 * 1000;

    fn event(timestamp_ms: i64, message: &str) -> Event {
        Event { timestamp_ms, message: message.to_owned() }
    }

    #[test]
    fn a_long_stream_returns_invocations_while_it_is_read() {
        let mut assembler = InvocationAssembler::new("", RANGE);
        let mut returned = 0;
        for number in 0..10_000 {
            let id = format!("00000000-0000-0000-0000-{number:012}");
            for message in
                [format!("START RequestId: {id} Version: 1\n"), format!("REPORT RequestId: {id}\tDuration: 1 ms\n")]
            {
                returned += assembler.push(event(number, &message)).len();
                assert!(assembler.open.len() <= REORDER_WINDOW);
            }
        }
        assert_eq!(returned + assembler.finish().len(), 10_000);
    }

    #[test]
    fn a_request_is_returned_once_soon_after_its_end_with_the_lines_after_its_report() {
        let mut assembler = InvocationAssembler::new("", RANGE);
        let id = |number: i64| format!("00000000-0000-0000-0000-{number:012}");
        let line = |time_ms, text: &str| event(time_ms, &format!("{text} RequestId: {} Version: 1\n", id(1)));
        assert!(assembler.push(line(1, "START")).is_empty());
        assert!(assembler.newly_ended().is_empty() && assembler.newly_ended().is_empty());
        assert!(assembler.push(event(2, &format!("REPORT RequestId: {}\tDuration: 3000.00 ms\n", id(1)))).is_empty());
        assert!(assembler.newly_ended().is_empty(), "a line after the REPORT may follow");
        let timed_out = format!("1970-01-01T00:00:00.003Z {} Task timed out after 3.00 seconds\n", id(1));
        assert!(assembler.push(event(3, &timed_out)).is_empty());
        let ended = assembler.newly_ended();
        assert_eq!(
            ended.iter().map(|one| (one.outcome, one.lines.len())).collect::<Vec<_>>(),
            [(Outcome::TimedOut, 3)]
        );
        assert!(assembler.newly_ended().is_empty());
        // A later line of its own does not begin it anew.
        assert!(assembler.push(line(4, "END")).is_empty() && assembler.newly_ended().is_empty());
        for number in 2..50 {
            assembler.push(event(number, &format!("START RequestId: {} Version: 1\n", id(number))));
            let ended = assembler.push(event(number, &format!("REPORT RequestId: {}\tDuration: 1 ms\n", id(number))));
            assert!(ended.iter().all(|one| one.request_id.as_deref() != Some(&id(1))));
        }
        assert!(assembler.finish().iter().all(|one| one.request_id.as_deref() != Some(&id(1))));
    }

    #[test]
    fn lines_without_any_request_are_returned_in_chunks() {
        let count = |invocations: &[Invocation]| invocations.iter().map(|one| one.lines.len()).sum::<usize>();
        let mut assembler = InvocationAssembler::new("", RANGE);
        let mut lines = 0;
        for time_ms in 0..5000 {
            let message = if time_ms == 0 { "INIT_START Runtime Version: nodejs:22.v51" } else { "raw" };
            lines += count(&assembler.push(event(time_ms, message)));
            assert!(assembler.init.len() + assembler.unattributed.len() <= 2 * UNATTRIBUTED_CHUNK + 2);
        }
        assert!(lines >= 3000);
        assert_eq!(lines + count(&assembler.finish()), 5000);
    }
}
