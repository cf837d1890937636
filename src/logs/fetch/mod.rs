//! Every event of the time range, from all streams.
//!
//! AWS has two ways to read them, each with a rate of its own, and both are used. `FilterLogEvents` reads many streams
//! with one request, which is best for the many small ones that Lambda makes. `GetLogEvents` reads one stream, and asks
//! once more to learn that it has ended, but may mostly be asked more often, which is best for large ones.

mod progress;
mod rate_limit;
mod stream_cursor;

use crate::aws;
use crate::error::{Error, ErrorCode, Result};
use crate::logs::buffer::Spool;
use crate::logs::event::Event;
use crate::logs::invocation::StreamReader;
use crate::logs::list_streams;
use crate::output::reporter::Reporter;
use aws_config::SdkConfig;
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::error::SdkError;
use aws_sdk_cloudwatchlogs::operation::filter_log_events::FilterLogEventsError;
use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use futures_util::future::try_join_all;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use progress::Progress;
use rate_limit::{Pace, Rates};
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use stream_cursor::{Batch, Found, Reading};

/// Streams that are read one by one at the same time.
const SINGLES: usize = 16;

/// Batches that are read at the same time.
const BATCHES: usize = 5;

/// Streams of a batch, as long as nothing is known of their size; and where they are small. AWS takes up to 100, but
/// some requests of each stream that is being read are in memory.
const FIRST_BATCH: usize = 10;
const LARGEST_BATCH: usize = 50;

/// Streams with fewer events than this on the average are small: many of them fit on a page of 10,000 events.
const SMALL: usize = 200;

/// Of a batch that was given up, so many streams at a time are read on.
const RESUMED: usize = 4;

/// Fills the spool with the requests of the range. False if there is no such log group.
pub(crate) async fn all(
    config: &SdkConfig,
    group: &str,
    function: &str,
    range: &Range<i64>,
    show_tokens: bool,
    spool: &Spool,
    reporter: &dyn Reporter,
) -> Result<bool> {
    let logs = Client::new(config);
    let Some(streams) = list_streams::of(&logs, group, function, range).await? else { return Ok(false) };
    let rates = Rates::of(aws::region::config_region(config));
    let fetch = Fetch {
        logs,
        group,
        range,
        spool,
        rates,
        single_pace: Pace::new(rates.single),
        batch_pace: Pace::new(rates.batch),
        may_filter: AtomicBool::new(true),
        reporter,
        progress: Progress::new(reporter, streams.len()),
    };
    let reading = |name: String| {
        let reader = StreamReader::new(name.as_str(), range.clone()).show_tokens(show_tokens);
        Reading::new(reader, name, range.start)
    };
    let queue = Queue(Mutex::new(streams.into_iter().map(reading).collect()));
    tokio::try_join!(fetch.in_batches(&queue), fetch.one_by_one(&queue))?;
    Ok(true)
}

struct Fetch<'a> {
    logs: Client,
    group: &'a str,
    range: &'a Range<i64>,
    spool: &'a Spool,
    rates: Rates,
    single_pace: Pace,
    batch_pace: Pace,
    /// FilterLogEvents has not been refused.
    may_filter: AtomicBool,
    reporter: &'a dyn Reporter,
    progress: Progress<'a>,
}

impl Fetch<'_> {
    /// Takes batches off the queue while there are any.
    async fn in_batches(&self, queue: &Queue) -> Result<()> {
        let workers = (0..BATCHES).map(|_| async {
            let mut size = FIRST_BATCH;
            while self.may_filter.load(Ordering::Relaxed) {
                let Some(readings) = queue.batch(size) else { break };
                let streams = readings.len();
                let BatchEnd { events, rest } = self.batch(Batch::new(readings)).await?;
                let are_small = rest.is_empty() && events < SMALL * streams;
                size = if are_small { LARGEST_BATCH } else { FIRST_BATCH };
                let rest = stream::iter(rest).map(|reading| self.single(reading));
                rest.buffer_unordered(RESUMED).try_collect::<()>().await?;
            }
            Ok(())
        });
        try_join_all(workers).await.map(drop)
    }

    /// Reads several streams, as long as that is worth it.
    async fn batch(&self, mut batch: Batch) -> Result<BatchEnd> {
        let names = batch.names();
        let mut events = 0;
        let mut token = None;
        for _ in 0..self.rates.pages_worth(names.len()) {
            self.batch_pace.wait().await;
            let request = self.logs.filter_log_events().log_group_name(self.group);
            let request = request.set_log_stream_names(Some(names.clone()));
            // FilterLogEvents includes the end, GetLogEvents does not.
            let request = request.start_time(self.range.start).end_time(self.range.end - 1);
            let page = match request.set_next_token(token).send().await {
                Ok(page) => page,
                Err(error) => {
                    self.give_up_batches_after(&error)?;
                    break;
                }
            };
            let found = page.events.unwrap_or_default();
            events += found.len();
            self.progress.events(found.len());
            self.spool.keep(batch.push(found.into_iter().map(Found::from)))?;
            token = page.next_token;
            if token.is_none() {
                self.spool.keep(batch.finish())?;
                self.progress.streams_done(names.len());
                return Ok(BatchEnd { events, rest: Vec::new() });
            }
            // So many streams were taken because those before them were small.
            if names.len() > FIRST_BATCH && events > SMALL * names.len() {
                break;
            }
        }
        Ok(BatchEnd { events, rest: batch.into_rest() })
    }

    /// Fails only where reading the streams one by one would fail as well.
    fn give_up_batches_after(&self, error: &SdkError<FilterLogEventsError>) -> Result<()> {
        // One of them has reached the end of its retention since it was listed: another batch may do.
        if aws::Refusal::of(error).code == "ResourceNotFoundException" {
            return Ok(());
        }
        let doing = format!("reading several log streams of {} at once", self.group);
        let Error { code, message, hint } = aws::refused(&doing, "logs:FilterLogEvents", error);
        if code == ErrorCode::MissingCredentials {
            return Err(Error { code, message, hint });
        }
        if self.may_filter.swap(false, Ordering::Relaxed) {
            let hint = if code == ErrorCode::AccessDenied { hint } else { String::new() };
            let message = format!("{message}. The streams are read one by one, which takes longer");
            self.reporter.warning(Error { code, message, hint }.to_string());
        }
        Ok(())
    }

    /// Takes streams off the queue while there are any.
    async fn one_by_one(&self, queue: &Queue) -> Result<()> {
        let workers = (0..SINGLES).map(|_| async {
            while let Some(reading) = queue.one() {
                self.single(reading).await?;
            }
            Ok(())
        });
        try_join_all(workers).await.map(drop)
    }

    /// Reads one stream to its end: the token comes back unchanged there. A page may be empty before that.
    async fn single(&self, mut reading: Reading) -> Result<()> {
        let (name, from) = (reading.name.clone(), reading.from);
        let mut token: Option<String> = None;
        loop {
            self.single_pace.wait().await;
            let request = self.logs.get_log_events().log_group_name(self.group).log_stream_name(&name);
            let request = request.start_time(from).end_time(self.range.end);
            let page = match request.start_from_head(true).set_next_token(token.clone()).send().await {
                Ok(page) => page,
                // The stream has reached the end of its retention since it was listed.
                Err(error) if aws::Refusal::of(&error).code == "ResourceNotFoundException" => {
                    self.spool.keep(reading.read_held())?;
                    break;
                }
                Err(error) => {
                    let doing = format!("reading the log stream {name} of {}", self.group);
                    return Err(aws::refused(&doing, "logs:GetLogEvents", &error));
                }
            };
            let events = page.events.unwrap_or_default();
            self.progress.events(events.len());
            if !events.is_empty() {
                reading.held.clear();
            }
            for event in events {
                let message = event.message.unwrap_or_default();
                let timestamp = event.timestamp.unwrap_or_default();
                self.spool.keep(reading.reader.push(Event { timestamp, message }))?;
            }
            if page.next_forward_token.is_none() || page.next_forward_token == token {
                break;
            }
            token = page.next_forward_token;
        }
        self.spool.keep(reading.reader.finish())?;
        self.progress.streams_done(1);
        Ok(())
    }
}

impl From<FilteredLogEvent> for Found {
    fn from(event: FilteredLogEvent) -> Self {
        let (message, timestamp) = (event.message.unwrap_or_default(), event.timestamp.unwrap_or_default());
        Found {
            stream: event.log_stream_name.unwrap_or_default(),
            id: event.event_id.unwrap_or_default(),
            event: Event { timestamp, message },
        }
    }
}

/// How reading a batch came to its end.
struct BatchEnd {
    events: usize,
    /// The streams, where there may be more of them.
    rest: Vec<Reading>,
}

/// The streams that nobody reads yet.
struct Queue(Mutex<VecDeque<Reading>>);

impl Queue {
    fn one(&self) -> Option<Reading> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).pop_front()
    }

    /// Several streams; for a single one there is nothing to be gained.
    fn batch(&self, size: usize) -> Option<Vec<Reading>> {
        let mut readings = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let size = size.min(readings.len());
        (size > 1).then(|| readings.drain(..size).collect())
    }
}
