//! Reads the events since a time, again and again: by polling, or to fill the gap between two sessions of Live Tail.
//!
//! FilterLogEvents reads the whole log group with one request. Without the right to it, each stream is read from where
//! the last reading ended. An outage ends nothing: the next reading begins where the last complete one did.

use crate::aws::CallError;
use crate::error::{Error, ErrorCode, Result};
use crate::logs::event::model::Event;
use crate::logs::fetch::rate_limit::{Quotas, RateLimiter};
use crate::logs::follow::clock::Clock;
use crate::logs::follow::seen::StreamEvent;
use crate::logs::list_streams::{Listing, Until, list_streams};
use crate::logs::read_events::{Wanted, filter_events, stream_events};
use crate::logs::source::LogSource;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{Sender, channel};

/// The pause between two readings.
pub(super) const POLL_INTERVAL: Duration = Duration::from_secs(2);

/// Time between two lists of the streams, if they are read one by one.
const LIST_INTERVAL: Duration = Duration::from_secs(10);

/// A reading ends after this many pages without an event, although AWS announces another one.
const MAX_EMPTY_PAGES: usize = 200;

/// A part of a reading.
pub(super) enum Part {
    Page(Page),
    /// The reading has all events that CloudWatch returned when it began.
    Complete,
}

pub(super) struct Page {
    /// Whether it begins a reading, which returns events of earlier ones again.
    pub(super) is_first: bool,
    pub(super) events: Vec<StreamEvent>,
}

pub(super) struct Reader<'a> {
    source: &'a LogSource<'a>,
    clock: Clock,
    filter_limiter: RateLimiter,
    stream_limiter: RateLimiter,
    /// Set if AWS rejects FilterLogEvents.
    streams: Option<Streams>,
    has_reported_outage: bool,
    has_reported_absence: bool,
    group: Group,
}

/// The log group as readings have found it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Present,
    Absent,
    /// It was absent before.
    Appeared,
}

/// The streams that are read one by one, each with the token that continues it.
#[derive(Default)]
struct Streams {
    listed: Option<Instant>,
    tokens: HashMap<String, Option<String>>,
    has_begun: bool,
}

impl Streams {
    /// Takes a new list of the streams. Those that are not in it have ended.
    fn update(&mut self, names: Vec<String>) {
        let names: BTreeSet<_> = names.into_iter().collect();
        self.tokens.retain(|name, _| names.contains(name));
        for name in names {
            self.tokens.entry(name).or_default();
        }
        self.listed = Some(Instant::now());
    }
}

/// The end of a reading.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    Complete,
    /// AWS did not answer.
    Interrupted,
}

impl<'a> Reader<'a> {
    pub(super) fn new(source: &'a LogSource<'a>, clock: Clock) -> Self {
        let quotas = Quotas::of_region(source.region());
        Reader {
            source,
            clock,
            // Other programs may use the same quota.
            filter_limiter: RateLimiter::new((quotas.filter_log_events / 2).max(1)),
            stream_limiter: RateLimiter::new(quotas.get_log_events),
            streams: None,
            has_reported_outage: false,
            has_reported_absence: false,
            group: Group::Present,
        }
    }

    pub(super) fn source(&self) -> &'a LogSource<'a> {
        self.source
    }

    pub(super) fn clock(&self) -> Clock {
        self.clock
    }

    /// Returns whether the log group did not exist at the last complete reading.
    pub(super) fn is_group_absent(&self) -> bool {
        self.group == Group::Absent
    }

    /// Returns whether the log group has appeared since the last call.
    pub(super) fn has_group_appeared(&mut self) -> bool {
        std::mem::replace(&mut self.group, Group::Present) == Group::Appeared
    }

    /// Returns whether a reading returns the events of the one before again.
    pub(super) fn repeats_events(&self) -> bool {
        self.streams.is_none()
    }

    /// Reads the events since a time, page by page. Returns whether the reading is complete.
    ///
    /// # Errors
    /// Those of the calls, except for outages.
    pub(super) async fn read_pages(&mut self, from_ms: i64, mut accept: impl FnMut(Page)) -> Result<bool> {
        let (sender, mut parts) = channel(1);
        let reading = async {
            // Its end is that of the channel.
            let sender = sender;
            self.read(from_ms, &sender).await
        };
        let accepting = async {
            while let Some(part) = parts.recv().await {
                if let Part::Page(page) = part {
                    accept(page);
                }
            }
        };
        let (is_complete, ()) = tokio::join!(reading, accepting);
        is_complete
    }

    /// Reads the events since a time. Returns whether the reading is complete.
    ///
    /// # Errors
    /// Those of the calls, except for outages.
    pub(super) async fn read(&mut self, from_ms: i64, parts: &Sender<Part>) -> Result<bool> {
        let is_complete = self.read_once(from_ms, parts).await?;
        if is_complete {
            // The receiver is gone if following ends.
            let _ = parts.send(Part::Complete).await;
        }
        Ok(is_complete)
    }

    async fn read_once(&mut self, from_ms: i64, pages: &Sender<Part>) -> Result<bool> {
        if self.streams.is_none() {
            match self.read_group(from_ms, pages).await {
                Ok(()) => return Ok(self.end(Reading::Complete)),
                Err(error) if error.is_not_found() => return Ok(self.report_absence()),
                Err(error) if error.is_unavailable() => return Ok(self.report_outage(&error)),
                Err(error) => self.read_streams_instead(error)?,
            }
        }
        match self.read_streams(from_ms, pages).await {
            Ok(true) => Ok(self.end(Reading::Complete)),
            Ok(false) => Ok(self.report_absence()),
            Err(error) if error.code == ErrorCode::AwsUnavailable => Ok(self.report_outage(&error)),
            Err(error) => Err(error),
        }
    }

    fn end(&mut self, reading: Reading) -> bool {
        self.has_reported_outage &= reading == Reading::Interrupted;
        if self.group == Group::Absent && reading == Reading::Complete {
            self.group = Group::Appeared;
        }
        reading == Reading::Complete
    }

    fn report_absence(&mut self) -> bool {
        if !std::mem::replace(&mut self.has_reported_absence, true) {
            let group = &self.source.log_group;
            self.source.reporter.log(format!("waiting for the log group {group}, which does not exist yet"));
        }
        let is_complete = self.end(Reading::Complete);
        self.group = Group::Absent;
        is_complete
    }

    fn report_outage(&mut self, error: &dyn std::fmt::Display) -> bool {
        if !std::mem::replace(&mut self.has_reported_outage, true) {
            self.source.reporter.warning(format!("{error} Following goes on when AWS answers again"));
        }
        self.end(Reading::Interrupted)
    }

    /// Reads the streams one by one from now on, with a warning.
    fn read_streams_instead(&mut self, error: CallError) -> Result<()> {
        let Error { code, message, hint } = error.into();
        if code == ErrorCode::MissingCredentials {
            return Err(Error { code, message, hint });
        }
        let message = format!("{message}. Reading the streams one by one, which takes longer");
        self.source.reporter.warning(Error { code, message, hint }.to_string());
        self.streams = Some(Streams::default());
        Ok(())
    }

    async fn read_group(&self, from_ms: i64, pages: &Sender<Part>) -> Result<(), CallError> {
        let (mut token, mut ids, mut is_first, mut empty_pages) = (None, HashSet::new(), true, 0);
        loop {
            self.filter_limiter.wait().await;
            let wanted = Wanted { from_ms, until_ms: None, token: token.as_ref() };
            let page = filter_events(self.source, None, wanted).await?;
            // Pages have been observed to repeat events of the page before.
            let events = page.events.unwrap_or_default().into_iter();
            let events = events.filter(|event| event.event_id.clone().is_none_or(|id| ids.insert(id)));
            let events: Vec<_> =
                events.map(|event| stream_event(event.log_stream_name, event.timestamp, event.message)).collect();
            empty_pages = if events.is_empty() { empty_pages + 1 } else { 0 };
            let _ = pages.send(Part::Page(Page { is_first: std::mem::take(&mut is_first), events })).await;
            let is_last = page.next_token.is_none() || page.next_token == token || empty_pages > MAX_EMPTY_PAGES;
            if is_last {
                return Ok(());
            }
            token = page.next_token;
        }
    }

    /// Returns whether the log group exists.
    async fn read_streams(&mut self, from_ms: i64, pages: &Sender<Part>) -> Result<bool> {
        let Some(streams) = &mut self.streams else { return Ok(true) };
        if streams.listed.is_none_or(|listed| listed.elapsed() >= LIST_INTERVAL) {
            let range = from_ms..self.clock.now_ms().max(from_ms);
            let Listing::All(listed) = list_streams(&self.source.with_range(range), Until::End).await? else {
                return Ok(false);
            };
            streams.update(listed.into_iter().map(|stream| stream.name).collect());
        }
        let mut is_first = !std::mem::replace(&mut streams.has_begun, true);
        for (name, token) in &mut streams.tokens {
            loop {
                self.stream_limiter.wait().await;
                let page = stream_page(self.source, name, (from_ms, token.as_ref())).await?;
                let Some(StreamPage { events, next, is_empty }) = page else { break };
                let is_last = is_empty || next == *token;
                *token = next;
                let _ = pages.send(Part::Page(Page { is_first: std::mem::take(&mut is_first), events })).await;
                if is_last {
                    break;
                }
            }
        }
        Ok(true)
    }
}

struct StreamPage {
    events: Vec<StreamEvent>,
    /// The token that continues it.
    next: Option<String>,
    /// Whether AWS returned no events, not even older ones.
    is_empty: bool,
}

/// Returns the next page of a stream; `None` if the stream does not exist.
async fn stream_page(
    source: &LogSource<'_>,
    name: &str,
    (from_ms, token): (i64, Option<&String>),
) -> Result<Option<StreamPage>> {
    let page = stream_events(source, name, Wanted { from_ms, until_ms: None, token }).await?;
    Ok(page.map(|page| {
        let events = page.events.unwrap_or_default();
        let is_empty = events.is_empty();
        // A token may continue long before the time.
        let events = events.into_iter().filter(|event| event.timestamp.is_none_or(|time_ms| time_ms >= from_ms));
        let events = events.map(|event| stream_event(Some(name.to_owned()), event.timestamp, event.message));
        StreamPage { events: events.collect(), next: page.next_forward_token, is_empty }
    }))
}

/// Creates an event from the fields of AWS's answers.
pub(super) fn stream_event(stream: Option<String>, timestamp: Option<i64>, message: Option<String>) -> StreamEvent {
    let event = Event { timestamp_ms: timestamp.unwrap_or_default(), message: message.unwrap_or_default() };
    StreamEvent { stream: stream.unwrap_or_default(), event }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_streams_of_the_last_list_are_read_each_from_where_it_was() {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let mut streams = Streams::default();
        streams.update(list(&["b", "a"]));
        for token in streams.tokens.values_mut() {
            *token = Some("next".to_owned());
        }
        streams.update(list(&["c", "b"]));
        let tokens: Vec<_> = ["a", "b", "c"].iter().map(|name| streams.tokens.get(*name).cloned()).collect();
        assert_eq!(tokens, [None, Some(Some("next".to_owned())), Some(None)]);
        streams.update(list(&[]));
        assert!(streams.tokens.is_empty());
    }
}
