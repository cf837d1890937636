//! Reads every event of the time range, from all streams.
//!
//! AWS has two calls for that, each with a quota of its own, and both are used concurrently. `FilterLogEvents` reads
//! many streams with one request, which suits the many small ones that Lambda creates. `GetLogEvents` reads one stream,
//! and needs one more request to detect its end, but mostly has the higher quota, which suits large ones.
//!
//! See <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html> and
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html>.

mod progress;
pub(crate) mod rate_limit;
mod stream_cursor;

use crate::aws::{CallError, CallResult, call};
use crate::error::{Error, ErrorCode, Result};
use crate::logs::buffer::DiskBuffer;
use crate::logs::event::model::Event;
use crate::logs::invocation::assemble::InvocationAssembler;
use crate::logs::list_streams::list_streams;
use crate::logs::printable;
use crate::logs::source::LogSource;
use aws_sdk_cloudwatchlogs::operation::filter_log_events::FilterLogEventsOutput;
use aws_sdk_cloudwatchlogs::operation::get_log_events::GetLogEventsOutput;
use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use futures_util::future::try_join_all;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use progress::Progress;
use rate_limit::{Quotas, RateLimiter};
use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use stream_cursor::{Batch, BatchEvent, StreamCursor};

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

/// Fills the buffer with the invocations of the time range. Returns whether the log group exists.
///
/// # Errors
/// Those of the calls, and [`ErrorCode::FileError`] if the buffer cannot be written.
pub(crate) async fn fetch_events(source: &LogSource<'_>, show_tokens: bool, buffer: &DiskBuffer) -> Result<bool> {
    let Some(streams) = list_streams(source).await? else { return Ok(false) };
    let quotas = Quotas::of_region(source.region());
    let fetch = Fetch {
        source,
        buffer,
        quotas,
        stream_limiter: RateLimiter::new(quotas.get_log_events),
        batch_limiter: RateLimiter::new(quotas.filter_log_events),
        filter_allowed: AtomicBool::new(true),
        progress: Progress::new(source.reporter, streams.len()),
    };
    let cursor = |name: String| {
        let assembler = InvocationAssembler::new(name.as_str(), source.range.clone()).show_tokens(show_tokens);
        StreamCursor::new(assembler, name, source.range.start)
    };
    let queue = Queue(Mutex::new(streams.into_iter().map(cursor).collect()));
    tokio::try_join!(fetch.read_batches(&queue), fetch.read_streams(&queue))?;
    Ok(true)
}

struct Fetch<'a> {
    source: &'a LogSource<'a>,
    buffer: &'a DiskBuffer,
    quotas: Quotas,
    stream_limiter: RateLimiter,
    batch_limiter: RateLimiter,
    /// AWS has not rejected FilterLogEvents.
    filter_allowed: AtomicBool,
    progress: Progress<'a>,
}

impl Fetch<'_> {
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
            let page = match self.batch_page(&names, token.as_ref()).await {
                Ok(page) => page,
                Err(error) => {
                    self.stop_batches_after(error)?;
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
        let LogSource { client, log_group, range, reporter, .. } = self.source;
        self.batch_limiter.wait().await;
        call(format!("reading several log streams of {log_group} together"), "logs:FilterLogEvents")
            .reporting(*reporter)
            .send(|| {
                let request = client.filter_log_events().log_group_name(log_group);
                let request = request.set_log_stream_names(Some(names.to_vec()));
                // FilterLogEvents includes the end time, GetLogEvents does not.
                let request = request.start_time(range.start).end_time(range.end - 1);
                request.set_next_token(token.cloned()).send()
            })
            .await
    }

    /// Stops reading batches, with a warning. Returns an error only if reading the streams one by one would fail as
    /// well.
    fn stop_batches_after(&self, error: CallError) -> Result<()> {
        // A stream was deleted at the end of its retention since it was listed: other batches are not affected.
        if error.is_not_found() {
            return Ok(());
        }
        let Error { code, message, hint } = error.into();
        if code == ErrorCode::MissingCredentials {
            return Err(Error { code, message, hint });
        }
        if self.filter_allowed.swap(false, Ordering::Relaxed) {
            let hint = if code == ErrorCode::AccessDenied { hint } else { String::new() };
            let message = format!("{message}. Reading the streams one by one, which takes longer");
            self.source.reporter.warning(Error { code, message, hint }.to_string());
        }
        Ok(())
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
        // Without a page, the stream was deleted at the end of its retention since it was listed.
        while let Some(page) = self.stream_page(&name, start_time_ms, token.as_ref()).await? {
            let events = page.events.unwrap_or_default();
            self.progress.add_events(events.len());
            if !events.is_empty() {
                // They are on this page again.
                cursor.pending.clear();
            }
            for event in events {
                let message = event.message.unwrap_or_default();
                let timestamp_ms = event.timestamp.unwrap_or_default();
                self.buffer.push(cursor.assembler.push(Event { timestamp_ms, message }))?;
            }
            if page.next_forward_token.is_none() || page.next_forward_token == token {
                break;
            }
            token = page.next_forward_token;
        }
        self.buffer.push(cursor.drain_pending())?;
        self.buffer.push(cursor.assembler.finish())?;
        self.progress.add_streams(1);
        Ok(())
    }

    /// Returns a page of a stream; `None` if the stream does not exist.
    async fn stream_page(
        &self,
        name: &str,
        start_time_ms: i64,
        token: Option<&String>,
    ) -> Result<Option<GetLogEventsOutput>> {
        let LogSource { client, log_group, range, reporter, .. } = self.source;
        self.stream_limiter.wait().await;
        let page =
            call(format!("reading the log stream {} of {log_group}", printable::line(name)), "logs:GetLogEvents")
                .reporting(*reporter)
                .send(|| {
                    let request = client.get_log_events().log_group_name(log_group).log_stream_name(name);
                    let request = request.start_time(start_time_ms).end_time(range.end).start_from_head(true);
                    request.set_next_token(token.cloned()).send()
                })
                .await
                .optional()?;
        Ok(page)
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

/// The streams that are not being read yet.
struct Queue(Mutex<VecDeque<StreamCursor>>);

impl Queue {
    fn pop(&self) -> Option<StreamCursor> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).pop_front()
    }

    /// Returns up to `size` streams; `None` if there are fewer than two, as a batch of one saves nothing.
    fn pop_batch(&self, size: usize) -> Option<Vec<StreamCursor>> {
        let mut cursors = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let size = size.min(cursors.len());
        (size > 1).then(|| cursors.drain(..size).collect())
    }
}
