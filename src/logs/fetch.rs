//! Every event of the time range, from all streams.
//!
//! AWS has two ways to read them, each with a rate of its own, and both are used. `FilterLogEvents` reads many streams
//! with one request, which is best for the many small ones that Lambda makes. `GetLogEvents` reads one stream, and asks
//! once more to learn that it has ended, but is allowed five times as often, which is best for large ones.

mod pace;
mod progress;
mod reading;

use super::line::Event;
use super::requests::StreamReader;
use super::spool::Spool;
use super::streams;
use crate::aws;
use crate::error::{Code, Result};
use crate::reporter::Reporter;
use aws_config::SdkConfig;
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::error::SdkError;
use aws_sdk_cloudwatchlogs::operation::filter_log_events::FilterLogEventsError;
use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use futures_util::future::try_join_all;
use pace::Pace;
use progress::Progress;
use reading::{Batch, Reading};
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Streams that are read one by one at the same time.
const SINGLES: usize = 16;

/// AWS takes 10 GetLogEvents a second in these regions, 25 elsewhere.
const SLOW_REGIONS: [&str; 3] = ["eu-central-1", "eu-west-1", "us-west-2"];

/// Batches that are read at the same time.
const BATCHES: usize = 5;

/// AWS takes so many FilterLogEvents a second in every region.
const FILTER_RATE: u32 = 5;

/// Streams of the first batches. AWS takes up to 100; each that is being read holds some requests in memory.
const FIRST_BATCH: usize = 20;
const LARGEST_BATCH: usize = 50;

/// A batch that goes on after so many pages is read on one by one: its streams are large, or AWS gives pages with little
/// in them. So many take as much of the one rate as 20 streams read one by one take of the other.
const MOST_PAGES: usize = 8;

/// Fills the spool with the requests of the range. False if there is no such log group.
pub async fn all(
    config: &SdkConfig,
    group: &str,
    function: &str,
    range: &Range<i64>,
    show_tokens: bool,
    spool: &Spool,
    reporter: &dyn Reporter,
) -> Result<bool> {
    let logs = Client::new(config);
    let Some(streams) = streams::of(&logs, group, function, range).await? else { return Ok(false) };
    let rate = if SLOW_REGIONS.contains(&aws::region_of(config)) { 10 } else { 25 };
    let fetch = Fetch {
        logs,
        group,
        range,
        spool,
        single_pace: Pace::new(rate),
        batch_pace: Pace::new(FILTER_RATE),
        may_filter: AtomicBool::new(true),
        reporter,
        progress: Progress::new(reporter, streams.len()),
    };
    let reading = |name: String| {
        let reader = StreamReader::new(name.as_str(), range.clone()).show_tokens(show_tokens);
        Reading { name, from: range.start, reader }
    };
    let queue = Queue::new(streams.into_iter().map(reading));
    let (rest, ()) = tokio::try_join!(fetch.in_batches(&queue), fetch.one_by_one(&queue))?;
    fetch.one_by_one(&Queue::new(rest.into_iter())).await?;
    Ok(true)
}

struct Fetch<'a> {
    logs: Client,
    group: &'a str,
    range: &'a Range<i64>,
    spool: &'a Spool,
    single_pace: Pace,
    batch_pace: Pace,
    /// Nothing is known that speaks against FilterLogEvents.
    may_filter: AtomicBool,
    reporter: &'a dyn Reporter,
    progress: Progress<'a>,
}

impl Fetch<'_> {
    /// Takes batches off the queue while there are any, and returns the streams that they have not come to the end of.
    async fn in_batches(&self, queue: &Queue) -> Result<Vec<Reading>> {
        let workers = (0..BATCHES).map(|_| async {
            let mut rest = Vec::new();
            let mut size = FIRST_BATCH;
            while self.may_filter.load(Ordering::Relaxed) {
                let Some(readings) = queue.batch(size) else { break };
                let end = self.batch(Batch::new(readings)).await?;
                size = match end.pages {
                    1 => LARGEST_BATCH,
                    _ => FIRST_BATCH,
                };
                rest.extend(end.rest);
            }
            Ok(rest)
        });
        Ok(try_join_all(workers).await?.into_iter().flatten().collect())
    }

    /// Reads several streams, as long as that is worth it.
    async fn batch(&self, mut batch: Batch) -> Result<BatchEnd> {
        let names = batch.names();
        let mut token = None;
        for page_number in 1..=MOST_PAGES {
            self.batch_pace.wait().await;
            let request = self.logs.filter_log_events().log_group_name(self.group);
            let request = request.set_log_stream_names(Some(names.clone()));
            // The end is meant to be in the range here, and not in GetLogEvents.
            let request = request.start_time(self.range.start).end_time(self.range.end - 1);
            let page = match request.set_next_token(token).send().await {
                Ok(page) => page,
                Err(error) => {
                    self.give_up_batches_after(&error)?;
                    break;
                }
            };
            let events = page.events.unwrap_or_default();
            self.progress.events(events.len());
            self.spool.keep(batch.push(events.into_iter().map(named)))?;
            token = page.next_token;
            if token.is_none() {
                self.spool.keep(batch.finish())?;
                names.iter().for_each(|_| self.progress.stream_done());
                return Ok(BatchEnd { pages: page_number, rest: Vec::new() });
            }
        }
        Ok(BatchEnd { pages: MOST_PAGES, rest: batch.into_rest() })
    }

    /// Says what there is to say where the streams can be read one by one all the same.
    fn give_up_batches_after(&self, error: &SdkError<FilterLogEventsError>) -> Result<()> {
        let doing = format!("reading several log streams of {} together", self.group);
        let refused = aws::refused(&doing, "logs:FilterLogEvents", error);
        match aws::Refusal::of(error).code {
            // One of them has reached the end of its retention since it was listed: the next batch may do.
            "ResourceNotFoundException" => return Ok(()),
            _ if refused.code == Code::AccessDenied => {}
            // Others read logs of the account, too.
            "ThrottlingException" => {}
            _ => return Err(refused),
        }
        if self.may_filter.swap(false, Ordering::Relaxed) {
            self.reporter.warning(format!("{refused}. They are read one by one, which takes longer"));
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
    async fn single(&self, Reading { name, from, mut reader }: Reading) -> Result<()> {
        let mut token: Option<String> = None;
        loop {
            self.single_pace.wait().await;
            let request = self.logs.get_log_events().log_group_name(self.group).log_stream_name(&name);
            let request = request.start_time(from).end_time(self.range.end);
            let page = match request.start_from_head(true).set_next_token(token.clone()).send().await {
                Ok(page) => page,
                // The stream has reached the end of its retention since it was listed.
                Err(error) if aws::Refusal::of(&error).code == "ResourceNotFoundException" => break,
                Err(error) => {
                    let doing = format!("reading the log stream {name} of {}", self.group);
                    return Err(aws::refused(&doing, "logs:GetLogEvents", &error));
                }
            };
            let events = page.events.unwrap_or_default();
            self.progress.events(events.len());
            for event in events {
                let message = event.message.unwrap_or_default();
                let timestamp = event.timestamp.unwrap_or_default();
                self.spool.keep(reader.push(Event { timestamp, message }))?;
            }
            if page.next_forward_token.is_none() || page.next_forward_token == token {
                break;
            }
            token = page.next_forward_token;
        }
        self.spool.keep(reader.finish())?;
        self.progress.stream_done();
        Ok(())
    }
}

fn named(event: FilteredLogEvent) -> (String, Event) {
    let (message, timestamp) = (event.message.unwrap_or_default(), event.timestamp.unwrap_or_default());
    (event.log_stream_name.unwrap_or_default(), Event { timestamp, message })
}

/// How reading a batch came to its end.
struct BatchEnd {
    pages: usize,
    /// Streams of which there may be more.
    rest: Vec<Reading>,
}

/// The streams that nobody reads yet.
struct Queue(Mutex<VecDeque<Reading>>);

impl Queue {
    fn new(readings: impl Iterator<Item = Reading>) -> Self {
        Queue(Mutex::new(readings.collect()))
    }

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
