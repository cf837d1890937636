//! Reads a log group as a whole, without a list of its streams, which takes longer than reading if they are many and
//! small. FilterLogEvents returns the events of all streams, mixed; they are redacted as they come, and kept until the
//! end, when each stream is assembled by itself.

use crate::aws::CallError;
use crate::error::Result;
use crate::logs::buffer::DiskBuffer;
use crate::logs::event::model::Event;
use crate::logs::fetch::parts::Parts;
use crate::logs::fetch::progress::Progress;
use crate::logs::fetch::rate_limit::RateLimiter;
use crate::logs::fetch::recent_events::RecentEventIds;
use crate::logs::fetch::spool::Spool;
use crate::logs::fetch::stop::Stop;
use crate::logs::invocation::assemble::InvocationAssembler;
use crate::logs::list_streams::belongs_to;
use crate::logs::read_events::{Wanted, filter_events};
use crate::logs::redact::Redactor;
use crate::logs::source::LogSource;
use aws_sdk_cloudwatchlogs::operation::filter_log_events::FilterLogEventsOutput;
use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use futures_util::stream::{FuturesOrdered, StreamExt};
use std::collections::{HashMap, VecDeque};
use std::ops::Range;

/// The parts of the time range whose first pages are requested at once.
const CONCURRENCY: usize = 5;

/// The pages without an event after which reading by streams is faster: AWS has to search the group for the range.
const MAX_EMPTY_PAGES: usize = 50;

/// The means of reading a whole group.
pub(super) struct WholeGroup<'a> {
    pub(super) source: &'a LogSource<'a>,
    pub(super) buffer: &'a DiskBuffer,
    pub(super) show_tokens: bool,
    pub(super) limiter: &'a RateLimiter,
    pub(super) stop: &'a Stop,
    pub(super) progress: &'a Progress<'a>,
}

/// The end of reading a group.
pub(super) enum GroupEnd {
    /// All was read, unless reading was stopped.
    Read,
    /// AWS rejects the request.
    Rejected(CallError),
    /// AWS needs too many requests.
    Sparse,
}

/// A part of the time range, with its first page.
type Begun = (Range<i64>, Result<FilterLogEventsOutput, CallError>);

impl WholeGroup<'_> {
    /// Reads the group, until reading is stopped.
    ///
    /// # Errors
    /// [`ErrorCode::FileError`](crate::error::ErrorCode::FileError).
    pub(super) async fn read(&self, reading: &mut Reading<'_>) -> Result<GroupEnd> {
        let end = self.stop.unless_stopped(self.read_parts(reading)).await;
        end.unwrap_or(Ok(GroupEnd::Read))
    }

    async fn read_parts(&self, reading: &mut Reading<'_>) -> Result<GroupEnd> {
        let mut parts = Parts::new(self.source.range.clone());
        let (mut requested, mut begun) = (FuturesOrdered::new(), VecDeque::<Begun>::new());
        loop {
            while requested.len() + begun.len() < CONCURRENCY
                && let Some(part) = parts.next()
            {
                requested.push_back(self.begin(part));
            }
            let next = match begun.pop_front() {
                Some(part) => Some(part),
                None => requested.next().await,
            };
            let Some((part, mut page)) = next else { return Ok(GroupEnd::Read) };
            let (mut pages, mut events) = (0, 0);
            loop {
                let FilterLogEventsOutput { events: of_page, next_token, .. } = match page {
                    Ok(page) => page,
                    Err(error) => return Ok(GroupEnd::Rejected(error)),
                };
                pages += 1;
                events += reading.take(of_page.unwrap_or_default())?;
                if reading.empty_pages > MAX_EMPTY_PAGES {
                    return Ok(GroupEnd::Sparse);
                }
                let Some(token) = next_token.filter(|token| !token.is_empty()) else { break };
                let continued = self.page(&part, Some(token));
                tokio::pin!(continued);
                page = loop {
                    tokio::select! {
                        page = &mut continued => break page,
                        Some(part) = requested.next(), if !requested.is_empty() => begun.push_back(part),
                    }
                };
            }
            parts.adapt(pages, events);
        }
    }

    async fn begin(&self, part: Range<i64>) -> Begun {
        let page = self.page(&part, None).await;
        (part, page)
    }

    async fn page(&self, part: &Range<i64>, token: Option<String>) -> Result<FilterLogEventsOutput, CallError> {
        self.limiter.wait().await;
        let wanted = Wanted { from_ms: part.start, until_ms: Some(part.end), token: token.as_ref() };
        filter_events(self.source, None, wanted).await
    }

    /// Assembles one stream after the other into the buffer.
    ///
    /// # Errors
    /// [`ErrorCode::FileError`](crate::error::ErrorCode::FileError).
    pub(super) async fn assemble(&self, reading: Reading<'_>) -> Result<()> {
        let mut spool = reading.spool;
        let is_complete = self.stop.reason().is_none();
        for stream in spool.streams() {
            // The events are redacted.
            let mut assembler = InvocationAssembler::new(stream.as_str(), self.source.range.clone()).show_tokens(true);
            spool.take(&stream, |event| self.buffer.push(assembler.push(event)))?;
            self.buffer.push(if is_complete { assembler.finish() } else { assembler.finish_early() })?;
            tokio::task::yield_now().await;
        }
        Ok(())
    }
}

/// The state of reading a group.
pub(super) struct Reading<'a> {
    group: &'a WholeGroup<'a>,
    spool: Spool,
    redactors: HashMap<String, Redactor>,
    recent: RecentEventIds,
    empty_pages: usize,
}

impl<'a> Reading<'a> {
    pub(super) fn new(group: &'a WholeGroup<'a>) -> Self {
        let (spool, redactors) = (Spool::new(), HashMap::new());
        Reading { group, spool, redactors, recent: RecentEventIds::default(), empty_pages: 0 }
    }

    /// Takes the events of a page, and returns their number.
    fn take(&mut self, events: Vec<FilteredLogEvent>) -> Result<usize> {
        let count = events.len();
        self.group.progress.add_events(count);
        self.empty_pages += usize::from(events.is_empty());
        for event in events {
            self.take_event(event)?;
        }
        Ok(count)
    }

    fn take_event(&mut self, event: FilteredLogEvent) -> Result<()> {
        let WholeGroup { source, buffer, show_tokens, .. } = self.group;
        let stream = event.log_stream_name.unwrap_or_default();
        if self.recent.has_seen(event.event_id.unwrap_or_default()) || !belongs_to(&stream, &source.function_name) {
            return Ok(());
        }
        let (mut message, timestamp_ms) = (event.message.unwrap_or_default(), event.timestamp.unwrap_or_default());
        if !show_tokens {
            let new = || Redactor::sharing(buffer.secrets().clone());
            let redactor = self.redactors.entry(stream.clone()).or_insert_with(new);
            message = redactor.redact(&message).unwrap_or(message);
        }
        self.spool.push(stream, &Event { timestamp_ms, message })
    }
}
