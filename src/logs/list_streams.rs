//! Lists the log streams that may hold events of a time range.
//!
//! CloudWatch lists streams by their last event, but updates that time late, and places streams of which it knows no
//! event yet anywhere in the list. Lambda begins the name of a stream with the day on which it was created, so the
//! streams of the range's own days are listed by name as well. That finds the new ones; the list by last event finds
//! those that were created on an earlier day and are still in use.

use crate::aws::{CallResult, call};
use crate::error::{Error, Result};
use crate::logs::log_group::explained;
use crate::logs::source::LogSource;
use aws_sdk_cloudwatchlogs::operation::describe_log_streams::builders::DescribeLogStreamsFluentBuilder;
use aws_sdk_cloudwatchlogs::types::{LogStream, OrderBy};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicUsize, Ordering};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// The time by which `lastEventTimestamp` may be late: typically less than an hour.
///
/// See <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogStream.html>.
pub(super) const INGESTION_LAG_MS: i64 = 2 * HOUR_MS;

/// A range of more days than this is listed without prefixes: one list of all streams needs fewer requests.
const MAX_PREFIX_DAYS: usize = 31;

/// A group with more streams of the function than this is read faster as a whole: AWS lists 50 streams with a request,
/// and each list is read one page after the other. FilterLogEvents returns up to 10,000 events of all streams with one.
const MANY_STREAMS: usize = 250;

/// A log stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ListedStream {
    pub(super) name: String,
    /// The time of its last event, as far as AWS knows it; milliseconds since the epoch.
    pub(super) last_ms: Option<i64>,
}

/// The result of listing streams.
pub(super) enum Listing {
    NoLogGroup,
    /// All of them, newest first.
    All(Vec<ListedStream>),
    /// The list was left: there are more than are worth listing.
    Many,
}

/// The streams of the list by last event so far: of the function, and of others. In the list by name, those of a
/// function follow each other, so that it does not show the share of each.
#[derive(Debug, Default)]
struct Share {
    of_function: AtomicUsize,
    of_others: AtomicUsize,
}

impl Share {
    fn add(&self, is_of_function: bool) {
        let count = if is_of_function { &self.of_function } else { &self.of_others };
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns whether a log group with this number of the function's streams is read faster as a whole. In a group that
    /// is mostly that of other functions, the events of these would be read as well.
    fn is_many(&self, of_function: usize) -> bool {
        let (own, others) = (self.of_function.load(Ordering::Relaxed), self.of_others.load(Ordering::Relaxed));
        of_function > MANY_STREAMS && own > others
    }
}

/// When to leave a list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    End,
    Many,
}

/// Returns the streams. In a group that functions share, those of the others are left out.
pub(super) async fn list_streams(source: &LogSource<'_>, until: Until) -> Result<Listing> {
    let share = &Share::default();
    let by_name = async {
        let mut all = List::new(source, until, share);
        for prefix in day_prefixes(&source.range) {
            list_by_name(source, &prefix, &mut all).await?;
        }
        Ok::<_, Error>(all)
    };
    let by_last_event = async {
        let mut all = List::new(source, until, share);
        let exists = list_by_last_event(source, &mut all).await?;
        Ok::<_, Error>(exists.then_some(all))
    };
    let (by_last_event, by_name) = tokio::try_join!(by_last_event, by_name)?;
    let Some(by_last_event) = by_last_event else { return Ok(Listing::NoLogGroup) };
    if by_last_event.is_left || by_name.is_left {
        return Ok(Listing::Many);
    }
    let mut all = by_last_event.streams;
    for (name, last_ms) in by_name.streams {
        let known_ms = all.entry(name).or_default();
        *known_ms = last_ms.max(*known_ms);
    }
    Ok(Listing::All(all.into_iter().rev().map(|(name, last_ms)| ListedStream { name, last_ms }).collect()))
}

/// The streams of a list, by name.
struct List<'a> {
    function_name: &'a str,
    until: Until,
    share: &'a Share,
    streams: BTreeMap<String, Option<i64>>,
    /// It was left before its end.
    is_left: bool,
}

impl<'a> List<'a> {
    fn new(source: &'a LogSource<'_>, until: Until, share: &'a Share) -> Self {
        List { function_name: &source.function_name, until, share, streams: BTreeMap::new(), is_left: false }
    }

    /// Adds a stream if it may be one of the function, and breaks if the list must be left. Returns whether it may be.
    fn add(&mut self, stream: LogStream) -> (bool, ControlFlow<()>) {
        let (name, last_ms) = (stream.log_stream_name.unwrap_or_default(), stream.last_event_timestamp);
        let is_own = belongs_to(&name, self.function_name);
        if is_own {
            self.streams.insert(name, last_ms);
        }
        self.is_left = self.until == Until::Many && self.share.is_many(self.streams.len());
        (is_own, if self.is_left { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}

/// Returns the prefixes of the names of streams that were created on the days of the range, in UTC.
fn day_prefixes(range: &Range<i64>) -> Vec<String> {
    let prefix = |day: i64| {
        let time = Timestamp::from_millisecond(day * DAY_MS).unwrap_or_default();
        time.to_zoned(TimeZone::UTC).strftime("%Y/%m/%d/").to_string()
    };
    let (first, last) = (range.start.div_euclid(DAY_MS), range.end.div_euclid(DAY_MS));
    if usize::try_from(last - first).is_ok_and(|days| days < MAX_PREFIX_DAYS) {
        (first..=last).map(prefix).collect()
    } else {
        vec![String::new()]
    }
}

/// Adds the streams by their last event. Returns whether the log group exists.
async fn list_by_last_event(source: &LogSource<'_>, list: &mut List<'_>) -> Result<bool> {
    let request = source.client.describe_log_streams().order_by(OrderBy::LastEventTime).descending(true);
    let visit = |stream: LogStream| {
        // All that follow are older, except for streams without a known event, which are found by name.
        if ended_before(&stream, source.range.start) {
            return ControlFlow::Break(());
        }
        let (is_own, next) = list.add(stream);
        list.share.add(is_own);
        next
    };
    visit_streams(source, request, visit).await
}

/// Adds the streams by name. Without a prefix, those that ended before the range are left out.
async fn list_by_name(source: &LogSource<'_>, prefix: &str, list: &mut List<'_>) -> Result<()> {
    if list.is_left {
        return Ok(());
    }
    let request = source.client.describe_log_streams();
    let request = request.set_log_stream_name_prefix((!prefix.is_empty()).then(|| prefix.to_owned()));
    let visit = |stream: LogStream| {
        let has_ended = prefix.is_empty() && ended_before(&stream, source.range.start);
        if has_ended { ControlFlow::Continue(()) } else { list.add(stream).1 }
    };
    visit_streams(source, request, visit).await.map(drop)
}

/// Visits the streams of a list until `visit` breaks. Returns whether the log group exists.
async fn visit_streams(
    source: &LogSource<'_>,
    request: DescribeLogStreamsFluentBuilder,
    mut visit: impl FnMut(LogStream) -> ControlFlow<()>,
) -> Result<bool> {
    let request = request.log_group_name(&source.log_group);
    let mut token: Option<String> = None;
    loop {
        let operation = format!("listing the log streams of {}", source.log_group);
        let page = call(operation, "logs:DescribeLogStreams")
            .reporting(source.reporter)
            .send(|| request.clone().set_next_token(token.clone()).send())
            .await
            .optional()
            .map_err(|error| explained(error, source.region()))?;
        let Some(page) = page else { return Ok(false) };
        if page.log_streams.unwrap_or_default().into_iter().try_for_each(&mut visit).is_break() {
            return Ok(true);
        }
        let next = page.next_token.filter(|next| !next.is_empty());
        if next.is_none() || next == token {
            return Ok(true);
        }
        token = next;
    }
}

/// Returns whether the last event of the stream is surely before the time.
fn ended_before(stream: &LogStream, time_ms: i64) -> bool {
    let last_ms = stream.last_event_timestamp.max(stream.last_ingestion_time);
    last_ms.is_some_and(|last_ms| last_ms + INGESTION_LAG_MS < time_ms)
}

/// Returns whether the stream may be one of the function. In a log group that functions share, Lambda puts the
/// function's name into that of the stream: `2026/11/22/<function>[<version>]<id>`.
pub(super) fn belongs_to(stream: &str, function_name: &str) -> bool {
    let is_date = |part: &str, length| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = stream.splitn(4, '/');
    match (parts.next(), parts.next(), parts.next(), parts.next().and_then(|rest| rest.split_once('['))) {
        (Some(year), Some(month), Some(day), Some((owner, _)))
            if is_date(year, 4) && is_date(month, 2) && is_date(day, 2) =>
        {
            owner.is_empty() || owner == function_name
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_has_ended_only_after_the_lag_of_its_last_event() {
        let stream = |last: Option<i64>, ingested: Option<i64>| {
            LogStream::builder().set_last_event_timestamp(last).set_last_ingestion_time(ingested).build()
        };
        let start = 100 * 3_600_000;
        assert!(ended_before(&stream(Some(start - INGESTION_LAG_MS - 1), None), start));
        assert!(!ended_before(&stream(Some(start - INGESTION_LAG_MS), None), start));
        assert!(!ended_before(&stream(Some(0), Some(start)), start));
        assert!(!ended_before(&stream(None, None), start));
    }

    #[test]
    fn a_group_is_read_as_a_whole_if_most_of_its_many_streams_are_of_the_function() {
        let is_many = |listed: usize, own: usize, others: usize| {
            let share = Share { of_function: own.into(), of_others: others.into() };
            share.is_many(listed)
        };
        assert!(!is_many(MANY_STREAMS, 250, 0) && is_many(MANY_STREAMS + 1, 251, 0));
        assert!(is_many(1000, 51, 50) && !is_many(1000, 50, 50));
        assert!(!is_many(0, 0, 10_000) && !is_many(1000, 0, 0));
    }

    #[test]
    fn streams_are_listed_by_the_days_of_the_range() {
        let noon = 1_795_348_800_000;
        assert_eq!(day_prefixes(&(noon - 3_600_000..noon)), ["2026/11/22/"]);
        assert_eq!(day_prefixes(&(noon - DAY_MS..noon)), ["2026/11/21/", "2026/11/22/"]);
        assert_eq!(day_prefixes(&(0..noon)), [""]);
    }

    #[test]
    fn the_streams_of_other_functions_in_a_shared_group_are_left_out() {
        assert!(belongs_to("2026/11/22/[$LATEST]0f", "cats"));
        assert!(belongs_to("2026/11/22/cats[$LATEST]0f", "cats"));
        assert!(!belongs_to("2026/11/22/dogs[12]0f", "cats"));
        assert!(belongs_to("a stream of another program [1]", "cats"));
        assert!(belongs_to("", "cats"));
    }
}
