//! Assembles the events of all streams as they arrive, and shows each request soon after it has ended. Knows until when
//! the events are complete, and so from when a source may return them again.

use crate::config::options::LogStatus;
use crate::logs::follow::reader::Page;
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

/// Time by which readings overlap: Lambda's lines arrive some seconds late.
const OVERLAP_MS: i64 = 60_000;

/// Events that are older than the newest one by this much are not recognized if they come again, unless a reading may
/// return them. Sessions are late by less.
const MEMORY_MS: i64 = 15 * 60 * 1000;

/// Time after which a stream without events is forgotten: longer than a request takes.
const IDLE: Duration = Duration::from_mins(20);

/// Returns the time from which a reading overlaps with what is complete up to `time_ms`.
pub(super) fn overlapping(source: &LogSource<'_>, time_ms: i64) -> i64 {
    (time_ms - OVERLAP_MS).max(source.range.start)
}

pub(super) struct Viewer<'a> {
    source: &'a LogSource<'a>,
    show_tokens: bool,
    secrets: SeenSecrets,
    shown: Shown,
    seen: Occurrences,
    newest_ms: i64,
    /// All events until then were accepted.
    complete_ms: i64,
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
        let start_ms = source.range.start;
        Viewer {
            source,
            show_tokens,
            secrets: SeenSecrets::default(),
            shown,
            seen,
            newest_ms: start_ms,
            complete_ms: start_ms,
            streams,
        }
    }

    /// Notes that all events until a time were accepted.
    pub(super) fn completed(&mut self, time_ms: i64) {
        self.complete_ms = self.complete_ms.max(time_ms);
    }

    /// Returns the time from which the next reading has to return events.
    pub(super) fn incomplete_from_ms(&self) -> i64 {
        overlapping(self.source, self.complete_ms)
    }

    /// Takes a page of a reading. `of_reading` has what the reading returned.
    pub(super) fn accept_page(&mut self, of_reading: &mut Occurrences, Page { is_first, events }: Page) {
        if is_first {
            *of_reading = Occurrences::default();
        }
        self.accept(of_reading, events);
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
        from_source.forget_before(self.known_from_ms());
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
        self.seen.forget_before(self.known_from_ms());
    }

    /// Returns the time from which events are recognized if they come again. A reading that has not ended, or is
    /// repeated after an outage, may return much older ones than the newest.
    fn known_from_ms(&self) -> i64 {
        self.incomplete_from_ms().min(self.newest_ms - MEMORY_MS)
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
        // Of the lines outside of requests, a failed initialization is shown.
        let has_failed = |one: &Invocation| is_selected(one, LogStatus::Failed);
        let is_shown = |one: &Invocation| (one.request_id.is_some() || has_failed(one)) && is_selected(one, *status);
        for invocation in ended.into_iter().filter(is_shown) {
            self.source.reporter.styled(style.request(invocation));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::event::model::Event;
    use crate::output::reporter::{Level, Recorder};
    use aws_sdk_cloudwatchlogs::config::BehaviorVersion;
    use aws_sdk_cloudwatchlogs::{Client, Config};
    use jiff::tz::TimeZone;

    const MINUTE_MS: i64 = 60_000;
    const START_MS: i64 = 1_800_000_000_000;

    fn request(number: u8, time_ms: i64) -> Vec<StreamEvent> {
        let id = format!("00000000-0000-4000-8000-0000000000{number:02}");
        let lines = [
            format!("START RequestId: {id} Version: 7"),
            format!("END RequestId: {id}"),
            format!("REPORT RequestId: {id}\tDuration: 8.83 ms\tBilled Duration: 9 ms\tMemory Size: 256 MB\t"),
        ];
        let event = |message| StreamEvent { stream: "[7]0a".into(), event: Event { timestamp_ms: time_ms, message } };
        lines.map(event).into()
    }

    /// Returns the number of requests that are shown while a viewer is used.
    fn shown(using: impl FnOnce(&mut Viewer<'_>)) -> usize {
        let recorder = Recorder::default();
        let source = LogSource {
            client: Client::from_conf(Config::builder().behavior_version(BehaviorVersion::latest()).build()),
            log_group: "/aws/lambda/cats".into(),
            function_name: "cats".into(),
            range: START_MS..START_MS + 1,
            reporter: &recorder,
        };
        let style = Style { zone: TimeZone::UTC, color: false };
        let mut viewer = Viewer::new(&source, false, Shown { status: LogStatus::All, style });
        using(&mut viewer);
        recorder.lines(Level::Styled).len()
    }

    /// A source of its own returns events.
    fn read(viewer: &mut Viewer<'_>, events: Vec<StreamEvent>) {
        viewer.accept(&mut Occurrences::default(), events);
        viewer.show_ended();
    }

    #[test]
    fn a_reading_that_is_repeated_after_a_long_gap_shows_nothing_again() {
        for gap_ms in [MINUTE_MS, 16 * MINUTE_MS, 24 * 60 * MINUTE_MS] {
            let shown = shown(|viewer| {
                let [first, last] = [(1, START_MS + 1), (2, START_MS + gap_ms)].map(|(n, at)| request(n, at));
                for _ in 0..3 {
                    read(viewer, first.clone());
                    read(viewer, last.clone());
                }
                viewer.finish();
            });
            assert_eq!(shown, 2, "{gap_ms}");
        }
    }

    #[test]
    fn what_polling_reads_after_hours_of_live_tail_is_recognized() {
        let shown = shown(|viewer| {
            let hours: Vec<_> = (0..18).map(|n| request(n, START_MS + i64::from(n) * 10 * MINUTE_MS)).collect();
            for (events, n) in hours.iter().zip(0..) {
                read(viewer, events.clone());
                viewer.completed(START_MS + n * 10 * MINUTE_MS);
            }
            let from_ms = viewer.incomplete_from_ms();
            assert_eq!(from_ms, START_MS + 169 * MINUTE_MS);
            let again = hours.concat().into_iter().filter(|one| one.event.timestamp_ms >= from_ms);
            read(viewer, again.collect());
            viewer.finish();
        });
        assert_eq!(shown, 18);
    }

    #[test]
    fn memory_is_freed_of_what_no_source_returns_again() {
        shown(|viewer| {
            read(viewer, request(1, START_MS));
            viewer.completed(START_MS + 20 * MINUTE_MS);
            read(viewer, request(2, START_MS + 20 * MINUTE_MS));
            assert!(viewer.has_shown_only(&Occurrences::default(), START_MS + 21 * MINUTE_MS));
            let mut reading = Occurrences::default();
            for event in request(2, START_MS + 20 * MINUTE_MS) {
                reading.add(&event);
            }
            assert!(viewer.has_shown_only(&reading, START_MS));
        });
    }
}
