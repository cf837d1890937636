//! Every stream and every event of the time range, page by page, streams side by side.

use super::line::Event;
use super::requests::StreamReader;
use super::spool::Spool;
use super::streams;
use crate::aws;
use crate::error::Result;
use crate::reporter::Reporter;
use aws_config::SdkConfig;
use aws_sdk_cloudwatchlogs::Client;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// Streams that are read at the same time.
const CONCURRENCY: usize = 16;

/// AWS takes 10 GetLogEvents a second in these regions, 25 elsewhere.
const SLOW_REGIONS: [&str; 3] = ["eu-central-1", "eu-west-1", "us-west-2"];

const PROGRESS_INTERVAL: Duration = Duration::from_secs(1);

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
        show_tokens,
        spool,
        pace: Pace::new(rate),
        progress: Progress {
            reporter,
            streams: streams.len(),
            done: AtomicU64::new(0),
            events: AtomicU64::new(0),
            told: Mutex::new(Instant::now()),
        },
    };
    stream::iter(0..streams.len())
        .map(|index| fetch.stream(streams.get(index).cloned().unwrap_or_default()))
        .buffer_unordered(CONCURRENCY)
        .try_collect::<()>()
        .await?;
    Ok(true)
}

struct Fetch<'a> {
    logs: Client,
    group: &'a str,
    range: &'a Range<i64>,
    show_tokens: bool,
    spool: &'a Spool,
    pace: Pace,
    progress: Progress<'a>,
}

impl Fetch<'_> {
    /// Reads one stream to its end: the token comes back unchanged there. A page may be empty before that.
    async fn stream(&self, name: String) -> Result<()> {
        let mut reader = StreamReader::new(name.as_str(), self.range.clone()).show_tokens(self.show_tokens);
        let mut token: Option<String> = None;
        loop {
            self.pace.wait().await;
            let request = self.logs.get_log_events().log_group_name(self.group).log_stream_name(&name);
            let request = request.start_time(self.range.start).end_time(self.range.end);
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

/// Keeps requests apart, so that AWS need not refuse any. The first second's worth may go at once.
struct Pace {
    interval: Duration,
    burst: u32,
    next: Mutex<Instant>,
}

impl Pace {
    fn new(per_second: u32) -> Self {
        Pace { interval: Duration::from_secs(1) / per_second, burst: per_second, next: Mutex::new(Instant::now()) }
    }

    async fn wait(&self) {
        tokio::time::sleep_until(self.turn(Instant::now())).await;
    }

    /// When the next request may go. Time that was not used is saved up, for a second's worth at most.
    fn turn(&self, now: Instant) -> Instant {
        let mut next = self.next.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let earliest = now.checked_sub(self.interval * self.burst).unwrap_or(now);
        let turn = (*next).max(earliest);
        *next = turn + self.interval;
        turn
    }
}

struct Progress<'a> {
    reporter: &'a dyn Reporter,
    streams: usize,
    done: AtomicU64,
    events: AtomicU64,
    told: Mutex<Instant>,
}

impl Progress<'_> {
    fn events(&self, number: usize) {
        self.events.fetch_add(number as u64, Ordering::Relaxed);
        let Ok(mut told) = self.told.try_lock() else { return };
        if told.elapsed() < PROGRESS_INTERVAL {
            return;
        }
        *told = Instant::now();
        let (done, events) = (self.done.load(Ordering::Relaxed), self.events.load(Ordering::Relaxed));
        self.reporter.log(format!("read {events} events, {done} of {} log streams", self.streams));
    }

    fn stream_done(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_keep_to_the_rate() {
        let pace = Pace::new(10);
        let start = Instant::now();
        *pace.next.lock().unwrap() = start;
        let wait = |now: Instant| (pace.turn(now).saturating_duration_since(start)).as_millis();
        assert_eq!([wait(start), wait(start), wait(start)], [0, 100, 200]);
        // Half a minute later a second's worth is saved up, and no more.
        let later = start + Duration::from_secs(30);
        let turns: Vec<_> = (0..12).map(|_| pace.turn(later).saturating_duration_since(later).as_millis()).collect();
        assert_eq!(turns, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100]);
    }
}
