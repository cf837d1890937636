//! Assembles the events of all streams as they arrive, and shows each request soon after it has ended.

use crate::config::options::LogStatus;
use crate::logs::follow::seen::{Occurrences, StreamEvent};
use crate::logs::follow::style::Style;
use crate::logs::invocation::assemble::InvocationAssembler;
use crate::logs::invocation::model::Invocation;
use crate::logs::list_streams::belongs_to;
use crate::logs::redact::seen::SeenSecrets;
use crate::logs::selection::is_selected;
use crate::logs::source::LogSource;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Events that are older than the newest one by this much are not recognized if they come again. Sources overlap by
/// less.
const MEMORY_MS: i64 = 15 * 60 * 1000;

/// Time after which a stream without events is forgotten: longer than a request takes.
const IDLE: Duration = Duration::from_mins(20);

pub(super) struct Viewer<'a> {
    source: &'a LogSource<'a>,
    show_tokens: bool,
    secrets: SeenSecrets,
    shown: Shown,
    seen: Occurrences,
    newest_ms: i64,
    streams: HashMap<String, Stream>,
}

/// The requests to show, and how.
pub(super) struct Shown {
    pub(super) status: LogStatus,
    pub(super) style: Style,
}

struct Stream {
    assembler: InvocationAssembler,
    last_event: Instant,
}

impl<'a> Viewer<'a> {
    pub(super) fn new(source: &'a LogSource<'a>, show_tokens: bool, shown: Shown) -> Self {
        let (seen, streams) = (Occurrences::default(), HashMap::new());
        Viewer {
            source,
            show_tokens,
            secrets: SeenSecrets::default(),
            shown,
            seen,
            newest_ms: source.range.start,
            streams,
        }
    }

    /// Takes events of a source, except for those that another source returned before. `from_source` has what this one
    /// returned.
    pub(super) fn accept(&mut self, from_source: &mut Occurrences, mut events: Vec<StreamEvent>) {
        events.sort_by_key(|one| one.event.timestamp_ms);
        let LogSource { function_name, range, .. } = self.source;
        events.retain(|one| one.event.timestamp_ms >= range.start && belongs_to(&one.stream, function_name));
        let mut ended = Vec::new();
        for one in events {
            if self.seen.note(from_source, &one) {
                self.newest_ms = self.newest_ms.max(one.event.timestamp_ms);
                let stream = self.stream(&one.stream);
                stream.last_event = Instant::now();
                ended.append(&mut stream.assembler.push(one.event));
            }
        }
        from_source.forget_before(self.newest_ms - MEMORY_MS);
        self.show(ended);
    }

    fn stream(&mut self, name: &str) -> &mut Stream {
        self.streams.entry(name.to_owned()).or_insert_with(|| {
            // The range has no end yet, so no request reaches beyond it.
            let range = self.source.range.start..i64::MAX;
            let assembler = InvocationAssembler::new(name, range).show_tokens(self.show_tokens).sharing(&self.secrets);
            Stream { assembler, last_event: Instant::now() }
        })
    }

    /// Shows the requests that had ended at the last call already: a line after the REPORT may come later than it.
    pub(super) fn show_ended(&mut self) {
        let mut ended: Vec<_> = self.streams.values_mut().flat_map(|stream| stream.assembler.newly_ended()).collect();
        ended.sort_by_key(|invocation| invocation.start_time_ms);
        self.show(ended);
        self.streams.retain(|_, stream| stream.last_event.elapsed() < IDLE);
        self.seen.forget_before(self.newest_ms - MEMORY_MS);
    }

    /// Shows all requests that have ended.
    pub(super) fn finish(&mut self) {
        self.show_ended();
        self.show_ended();
    }

    /// Returns whether a reading has all events that were accepted from a time on.
    pub(super) fn has_shown_only(&self, reading: &Occurrences, from_ms: i64) -> bool {
        self.seen.are_in(reading, from_ms)
    }

    fn show(&self, ended: Vec<Invocation>) {
        let Shown { status, style } = &self.shown;
        let is_shown = |one: &Invocation| one.request_id.is_some() && is_selected(one, *status);
        for invocation in ended.into_iter().filter(is_shown) {
            self.source.reporter.log(style.request(invocation));
        }
    }
}
