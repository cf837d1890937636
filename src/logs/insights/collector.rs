//! Judges the lines of all streams by the assembler of a pull, and counts the requests.

use crate::logs::event::model::Event;
use crate::logs::insights::line::Line;
use crate::logs::insights::same_time;
use crate::logs::insights::totals::Totals;
use crate::logs::invocation::assemble::InvocationAssembler;
use crate::logs::list_streams::belongs_to;
use crate::logs::source::LogSource;
use std::collections::HashMap;

/// A stream without a line for this long is complete: Lambda ends idle environments earlier. Those of provisioned
/// concurrency stay, and are begun anew.
const IDLE_MS: i64 = 6 * 60 * 60 * 1000;

pub(super) struct Collector<'a> {
    source: &'a LogSource<'a>,
    show_tokens: bool,
    streams: HashMap<String, Stream>,
    totals: Totals,
    last_cleanup_ms: i64,
}

struct Stream {
    assembler: InvocationAssembler,
    last_ms: i64,
    /// The lines of the same millisecond.
    pending: Vec<Event>,
}

impl<'a> Collector<'a> {
    pub(super) fn new(source: &'a LogSource<'a>, show_tokens: bool) -> Self {
        Collector { source, show_tokens, streams: HashMap::new(), totals: Totals::default(), last_cleanup_ms: 0 }
    }

    /// Adds lines, which are in the order of time.
    pub(super) fn add(&mut self, lines: Vec<Line>) {
        let range = &self.source.range;
        for line in lines.into_iter().filter(|line| range.contains(&line.time_ms)) {
            if belongs_to(&line.log_stream, &self.source.function_name) {
                self.clean_up(line.time_ms);
                self.add_line(line);
            }
        }
    }

    /// Returns the counts of all requests.
    pub(super) fn finish(mut self, lines_left_out: bool) -> Totals {
        for (_, stream) in std::mem::take(&mut self.streams) {
            self.close(stream);
        }
        Totals { lines_left_out, ..self.totals }
    }

    fn add_line(&mut self, line: Line) {
        let (source, show_tokens) = (self.source, self.show_tokens);
        let name = line.log_stream.clone();
        let new = || {
            let assembler = InvocationAssembler::new(name.as_str(), source.range.clone()).show_tokens(show_tokens);
            Stream { assembler, last_ms: 0, pending: Vec::new() }
        };
        let stream = self.streams.entry(name.clone()).or_insert_with(new);
        if line.time_ms > stream.last_ms {
            stream.push_pending(&mut self.totals);
        }
        stream.last_ms = line.time_ms;
        stream.pending.push(line.into_event());
    }

    fn close(&mut self, mut stream: Stream) {
        stream.push_pending(&mut self.totals);
        stream.assembler.finish().iter().for_each(|invocation| self.totals.add(invocation));
    }

    /// Completes idle streams, so that memory does not grow with the time range.
    fn clean_up(&mut self, now_ms: i64) {
        if now_ms - self.last_cleanup_ms < IDLE_MS {
            return;
        }
        self.last_cleanup_ms = now_ms;
        let idle: Vec<Stream> =
            self.streams.extract_if(|_, stream| now_ms - stream.last_ms > IDLE_MS).map(|(_, stream)| stream).collect();
        for stream in idle {
            self.close(stream);
        }
    }
}

impl Stream {
    /// Passes the lines of a millisecond on.
    fn push_pending(&mut self, totals: &mut Totals) {
        for event in same_time::in_order(std::mem::take(&mut self.pending)) {
            self.assembler.push(event).iter().for_each(|invocation| totals.add(invocation));
        }
    }
}
