//! Lists the log streams that may hold events of a time range.
//!
//! CloudWatch lists streams by their last event, but updates that time late, and places streams of which it knows no
//! event yet anywhere in the list. Lambda begins the name of a stream with the day on which it was created, so the
//! streams of the range's own days are listed by name as well. That finds the new ones; the list by last event finds
//! those that were created on an earlier day and are still in use.

use crate::aws::{CallResult, call};
use crate::error::Result;
use crate::logs::log_group::explained;
use crate::logs::source::LogSource;
use aws_sdk_cloudwatchlogs::operation::describe_log_streams::builders::DescribeLogStreamsFluentBuilder;
use aws_sdk_cloudwatchlogs::types::{LogStream, OrderBy};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::BTreeSet;
use std::ops::{ControlFlow, Range};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// The time by which `lastEventTimestamp` may be late: typically less than an hour.
///
/// See <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogStream.html>.
const INGESTION_LAG_MS: i64 = 2 * HOUR_MS;

/// A range of more days than this is listed without prefixes: one list of all streams needs fewer requests.
const MAX_PREFIX_DAYS: usize = 31;

/// Returns the names of the streams, newest first; `None` if the log group does not exist. In a group that functions
/// share, the streams of the others are left out.
pub(super) async fn list_streams(source: &LogSource<'_>) -> Result<Option<Vec<String>>> {
    let by_name = async {
        let mut names = Vec::new();
        for prefix in day_prefixes(&source.range) {
            names.extend(list_by_name(source, &prefix).await?);
        }
        Ok(names)
    };
    let (by_last_event, by_name) = tokio::try_join!(list_by_last_event(source), by_name)?;
    let Some(by_last_event) = by_last_event else { return Ok(None) };
    let all = by_last_event.into_iter().chain(by_name);
    let names: BTreeSet<String> = all.filter(|name| belongs_to(name, &source.function_name)).collect();
    Ok(Some(names.into_iter().rev().collect()))
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

async fn list_by_last_event(source: &LogSource<'_>) -> Result<Option<Vec<String>>> {
    let request = source.client.describe_log_streams().order_by(OrderBy::LastEventTime).descending(true);
    let mut names = Vec::new();
    let visit = |stream: LogStream| {
        // All that follow are older, except for streams without a known event, which are found by name.
        if ended_before(&stream, source.range.start) {
            return ControlFlow::Break(());
        }
        names.extend(stream.log_stream_name);
        ControlFlow::Continue(())
    };
    let exists = visit_streams(source, request, visit).await?;
    Ok(exists.then_some(names))
}

/// Lists the streams by name. Without a prefix, those that ended before the range are left out.
async fn list_by_name(source: &LogSource<'_>, prefix: &str) -> Result<Vec<String>> {
    let request = source.client.describe_log_streams();
    let request = request.set_log_stream_name_prefix((!prefix.is_empty()).then(|| prefix.to_owned()));
    let mut names = Vec::new();
    let visit = |stream: LogStream| {
        if !prefix.is_empty() || !ended_before(&stream, source.range.start) {
            names.extend(stream.log_stream_name);
        }
        ControlFlow::Continue(())
    };
    visit_streams(source, request, visit).await?;
    Ok(names)
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
