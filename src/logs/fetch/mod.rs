//! Reads every event of the time range, from all streams.
//!
//! AWS has two calls for that, each with a quota of its own, and both are used concurrently. `FilterLogEvents` reads
//! many streams with one request, which suits the many small ones that Lambda creates. `GetLogEvents` reads one stream,
//! and needs one more request to detect its end, but mostly has the higher quota, which suits large ones. A group of very
//! many streams is read as a whole ([`whole_group`]).
//!
//! See <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html> and
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html>.

mod empty_pages;
mod expiry;
mod parts;
mod progress;
mod queue;
pub(crate) mod rate_limit;
mod recent_events;
mod spool;
mod stop;
mod stream_cursor;
mod whole_group;

use crate::aws::CallError;
use crate::error::{Error, ErrorCode, Result};
use crate::logs::buffer::DiskBuffer;
use crate::logs::event::model::Event;
use crate::logs::invocation::assemble::InvocationAssembler;
use crate::logs::list_streams::{ListedStream, Listing, Until, list_streams};
use crate::logs::log_group::{explained, is_about_class};
use crate::logs::read_events::{Wanted, filter_events, stream_events};
use crate::logs::source::LogSource;
use crate::output::format::count;
use aws_sdk_cloudwatchlogs::operation::filter_log_events::FilterLogEventsOutput;
use aws_sdk_cloudwatchlogs::operation::get_log_events::GetLogEventsOutput;
use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use empty_pages::{EmptyPages, MAX_EMPTY_PAGES};
use expiry::{Expiry, FEW_EMPTY_PAGES};
use futures_util::future::try_join_all;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use progress::Progress;
use queue::Queue;
use rate_limit::{Quotas, RateLimiter};
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use stop::Stop;
use stream_cursor::{Batch, BatchEvent, StreamCursor};
use whole_group::{GroupEnd, Reading, WholeGroup};

/// The streams that are read one by one concurrently.
const STREAM_CONCURRENCY: usize = 16;

/// The batches that are read concurrently.
const BATCH_CONCURRENCY: usize = 5;

/// The streams of a batch while their sizes are unknown.
const FIRST_BATCH_STREAMS: usize = 10;

/// The streams of a batch if the last one had small streams. AWS accepts up to 100, but the open invocations of each
/// stream are in memory.
const MAX_BATCH_STREAMS: usize = 50;

/// Streams are small if they have fewer events than this on average: many of them fit on a page of 10,000 events.
const SMALL_STREAM_EVENTS: usize = 200;

/// The streams of an unfinished batch that are continued concurrently.
const RESUME_CONCURRENCY: usize = 4;

/// The part of a time range that was read.
pub(crate) enum Fetched {
    /// The log group does not exist.
    NoLogGroup,
    All,
    /// A part, and why it is not all.
    Part(Error),
}

/// Fills the buffer with the invocations of the time range, until `interrupted` completes.
///
/// # Errors
/// Those of listing the streams, and [`ErrorCode::FileError`] if the buffer cannot be written.
pub(crate) async fn fetch_events(
    source: &LogSource<'_>,
    show_tokens: bool,
    buffer: &DiskBuffer,
    interrupted: impl Future<Output = ()>,
) -> Result<Fetched> {
    let listing = list_streams(source, Until::Many).await?;
    let quotas = Quotas::of_region(source.region());
    let fetch = Fetch {
        source,
        buffer,
        show_tokens,
        quotas,
        stream_limiter: RateLimiter::new(quotas.get_log_events),
        batch_limiter: RateLimiter::new(quotas.filter_log_events),
        filter_allowed: AtomicBool::new(true),
        endless_streams: AtomicUsize::new(0),
        expiry: Expiry::default(),
        stop: Stop::new(),
        progress: Progress::new(source.reporter),
    };
    let listed = match listing {
        Listing::NoLogGroup => return Ok(Fetched::NoLogGroup),
        Listing::All(streams) => Some(streams),
        Listing::Many => None,
    };
    let reading = async {
        match listed {
            Some(streams) => fetch.read_listed(streams).await,
            None => fetch.read_whole_group().await,
        }
    };
    tokio::pin!(reading);
    tokio::select! {
        result = &mut reading => result?,
        () = interrupted => {
            fetch.stop.stop(Error::new(ErrorCode::Interrupted, "reading the logs was interrupted"));
            reading.await?;
        }
    }
    fetch.report_left_streams();
    Ok(fetch.stop.reason().map_or(Fetched::All, Fetched::Part))
}

struct Fetch<'a> {
    source: &'a LogSource<'a>,
    buffer: &'a DiskBuffer,
    show_tokens: bool,
    quotas: Quotas,
    stream_limiter: RateLimiter,
    batch_limiter: RateLimiter,
    /// AWS has not rejected FilterLogEvents.
    filter_allowed: AtomicBool,
    /// The number of streams whose empty pages did not end.
    endless_streams: AtomicUsize,
    expiry: Expiry,
    stop: Stop,
    progress: Progress<'a>,
}

impl Fetch<'_> {
    /// Reads the log group as a whole, or its streams if AWS does not let it be read so.
    async fn read_whole_group(&self) -> Result<()> {
        let Fetch { source, buffer, show_tokens, batch_limiter: limiter, stop, progress, .. } = self;
        let group = WholeGroup { source, buffer, show_tokens: *show_tokens, limiter, stop, progress };
        let mut reading = Reading::new(&group);
        match group.read(&mut reading).await? {
            GroupEnd::Read => return group.assemble(reading).await,
            GroupEnd::Rejected(error) => self.stop_batches_after(error),
            GroupEnd::Sparse => {}
        }
        match self.stop.unless_stopped(list_streams(source, Until::End)).await {
            Some(Ok(Listing::All(streams))) => return self.read_listed(streams).await,
            Some(Ok(Listing::NoLogGroup | Listing::Many)) => return Ok(()),
            Some(Err(error)) => self.stop.stop(error),
            None => {}
        }
        group.assemble(reading).await
    }

    /// Reads streams, together and one by one.
    async fn read_listed(&self, streams: Vec<ListedStream>) -> Result<()> {
        self.progress.start_streams(streams.len());
        let Fetch { source, buffer, show_tokens, .. } = self;
        let cursor = |ListedStream { name, last_ms }| {
            let assembler = InvocationAssembler::new(name.as_str(), source.range.clone())
                .show_tokens(*show_tokens)
                .sharing(buffer.secrets());
            StreamCursor::new(assembler, name, source.range.start).last_at(last_ms)
        };
        let queue = Queue::new(streams.into_iter().map(cursor));
        tokio::try_join!(self.read_batches(&queue), self.read_streams(&queue)).map(drop)
    }

    /// Reads batches of streams from the queue until it is empty.
    async fn read_batches(&self, queue: &Queue) -> Result<()> {
        let workers = (0..BATCH_CONCURRENCY).map(|_| async {
            let mut size = FIRST_BATCH_STREAMS;
            while self.filter_allowed.load(Ordering::Relaxed) {
                let Some(cursors) = queue.pop_batch(size) else { break };
                let streams = cursors.len();
                let BatchEnd { events, unfinished } = self.read_batch(Batch::new(cursors)).await?;
                let are_small = unfinished.is_empty() && events < SMALL_STREAM_EVENTS * streams;
                size = if are_small { MAX_BATCH_STREAMS } else { FIRST_BATCH_STREAMS };
                let unfinished = stream::iter(unfinished).map(|cursor| self.read_stream(cursor));
                unfinished.buffer_unordered(RESUME_CONCURRENCY).try_collect::<()>().await?;
            }
            Ok(())
        });
        try_join_all(workers).await.map(drop)
    }

    /// Reads streams together, as long as that is faster than one by one.
    async fn read_batch(&self, mut batch: Batch) -> Result<BatchEnd> {
        let names = batch.names();
        let mut events = 0;
        let mut token = None;
        for _ in 0..self.quotas.max_pages(names.len()) {
            let page = match self.stop.unless_stopped(self.batch_page(&names, token.as_ref())).await {
                None => break,
                Some(Ok(page)) => page,
                Some(Err(error)) => {
                    self.stop_batches_after(error);
                    break;
                }
            };
            let page_events = page.events.unwrap_or_default();
            events += page_events.len();
            self.progress.add_events(page_events.len());
            self.buffer.push(batch.push(page_events.into_iter().map(BatchEvent::from)))?;
            token = page.next_token;
            if token.is_none() {
                self.buffer.push(batch.finish())?;
                self.progress.add_streams(names.len());
                return Ok(BatchEnd { events, unfinished: Vec::new() });
            }
            // The size of this batch assumed small streams.
            if names.len() > FIRST_BATCH_STREAMS && events > SMALL_STREAM_EVENTS * names.len() {
                break;
            }
        }
        Ok(BatchEnd { events, unfinished: batch.into_cursors() })
    }

    async fn batch_page(&self, names: &[String], token: Option<&String>) -> Result<FilterLogEventsOutput, CallError> {
        let range = &self.source.range;
        self.batch_limiter.wait().await;
        let wanted = Wanted { from_ms: range.start, until_ms: Some(range.end), token };
        filter_events(self.source, Some(names), wanted).await
    }

    /// Stops reading batches, with a warning. Stops reading at all if reading the streams one by one would fail as well.
    fn stop_batches_after(&self, error: CallError) {
        // A stream was deleted at the end of its retention since it was listed: other batches are not affected.
        if error.is_not_found() {
            return;
        }
        let is_about_class = is_about_class(&error);
        let Error { code, message, hint } = explained(error, self.source.region());
        if code == ErrorCode::MissingCredentials || is_about_class {
            return self.stop.stop(Error { code, message, hint });
        }
        if self.filter_allowed.swap(false, Ordering::Relaxed) {
            let hint = if code == ErrorCode::AccessDenied { hint } else { String::new() };
            let message = format!("{message}. Reading the streams one by one, which takes longer");
            self.source.reporter.warning(Error { code, message, hint }.to_string());
        }
    }

    fn report_left_streams(&self) {
        let skipped = self.expiry.skipped();
        if skipped > 0 {
            let streams = count(skipped, "log stream");
            self.source.reporter.log(format!("skipping {streams} whose events are older than the log group keeps"));
        }
        let streams = self.endless_streams.load(Ordering::Relaxed);
        if streams > 0 {
            let streams = count(streams, "log stream");
            self.source.reporter.warning(format!(
                "left {streams} after {MAX_EMPTY_PAGES} empty pages, which CloudWatch also returns for events beyond the retention of the log group. If requests are missing, pull a shorter range"
            ));
        }
    }

    /// Reads single streams from the queue until it is empty.
    async fn read_streams(&self, queue: &Queue) -> Result<()> {
        let workers = (0..STREAM_CONCURRENCY).map(|_| async {
            while let Some(cursor) = queue.pop() {
                self.read_stream(cursor).await?;
            }
            Ok(())
        });
        try_join_all(workers).await.map(drop)
    }

    /// Reads a stream to its end, where AWS returns the same token again. A page before that may be empty.
    async fn read_stream(&self, mut cursor: StreamCursor) -> Result<()> {
        let (name, start_time_ms) = (cursor.name.clone(), cursor.next_time_ms);
        let mut token: Option<String> = None;
        let mut empty_pages = EmptyPages::default();
        if self.is_skipped(&cursor) {
            return Ok(());
        }
        loop {
            let page = self.stop.unless_stopped(self.stream_page(&name, start_time_ms, token.as_ref())).await;
            let page = match page {
                Some(Ok(page)) => page,
                Some(Err(error)) => {
                    self.stop.stop(error);
                    return self.leave(cursor);
                }
                None => return self.leave(cursor),
            };
            // Without a page, the stream was deleted at the end of its retention since it was listed.
            let Some(page) = page else { break };
            let events = page.events.unwrap_or_default();
            self.progress.add_events(events.len());
            let is_empty = events.is_empty();
            if !is_empty {
                // They are on this page again.
                cursor.pending.clear();
                cursor.has_events = true;
                empty_pages = EmptyPages::default();
            }
            for event in events {
                let message = event.message.unwrap_or_default();
                let timestamp_ms = event.timestamp.unwrap_or_default();
                self.buffer.push(cursor.assembler.push(Event { timestamp_ms, message }))?;
            }
            let Some(next) = page.next_forward_token.filter(|next| Some(next) != token.as_ref()) else { break };
            if is_empty && (self.are_endless(&mut empty_pages, &next, &cursor).await || self.is_skipped(&cursor)) {
                break;
            }
            token = Some(next);
        }
        self.buffer.push(cursor.drain_pending())?;
        self.buffer.push(cursor.assembler.finish())?;
        self.progress.add_streams(1);
        Ok(())
    }

    /// Returns whether the stream needs no more requests, since its events have expired.
    fn is_skipped(&self, cursor: &StreamCursor) -> bool {
        !cursor.has_events && self.expiry.skips(cursor.last_ms)
    }

    /// Takes the token after an empty page. Returns whether the stream must be left.
    async fn are_endless(&self, pages: &mut EmptyPages, token: &str, cursor: &StreamCursor) -> bool {
        let range_end_ms = self.source.range.end;
        if pages.are_endless(token, range_end_ms) {
            self.endless_streams.fetch_add(1, Ordering::Relaxed);
            if !cursor.has_events {
                self.expiry.learn(cursor.last_ms, range_end_ms);
            }
            return true;
        }
        let may_be_expired = !cursor.has_events && pages.count() == FEW_EMPTY_PAGES;
        may_be_expired && self.expiry.skips_by_retention(cursor.last_ms, self.source).await
    }

    /// Keeps what was read of a stream when reading is stopped.
    fn leave(&self, mut cursor: StreamCursor) -> Result<()> {
        self.buffer.push(cursor.drain_pending())?;
        self.buffer.push(cursor.assembler.finish_early())
    }

    /// Returns a page of a stream; `None` if the stream does not exist.
    async fn stream_page(
        &self,
        name: &str,
        start_time_ms: i64,
        token: Option<&String>,
    ) -> Result<Option<GetLogEventsOutput>> {
        self.stream_limiter.wait().await;
        let wanted = Wanted { from_ms: start_time_ms, until_ms: Some(self.source.range.end), token };
        let page = stream_events(self.source, name, wanted).await;
        page.map_err(|error| explained(error, self.source.region()))
    }
}

impl From<FilteredLogEvent> for BatchEvent {
    fn from(event: FilteredLogEvent) -> Self {
        let (message, timestamp_ms) = (event.message.unwrap_or_default(), event.timestamp.unwrap_or_default());
        BatchEvent {
            stream: event.log_stream_name.unwrap_or_default(),
            id: event.event_id.unwrap_or_default(),
            event: Event { timestamp_ms, message },
        }
    }
}

/// The result of reading a batch.
struct BatchEnd {
    events: usize,
    /// The streams, if they may have more events.
    unfinished: Vec<StreamCursor>,
}
