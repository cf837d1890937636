//! Which log streams may hold events of a time range.
//!
//! CloudWatch lists streams by their last event, but learns of that late, and lists streams of which it knows no event
//! yet anywhere. Lambda begins a stream's name with the day on which it was made, so those of the range's own days are
//! listed by name as well.

use crate::aws;
use crate::error::Result;
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::types::{LogStream, OrderBy};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::BTreeSet;
use std::ops::Range;

/// `lastEventTimestamp` lags behind what has been written, by an hour at most as a rule.
const LAG: i64 = 2 * 3_600_000;

/// Over more days than this, one listing of everything is less to ask.
const MOST_DAYS: usize = 31;

const DAY: i64 = 24 * 3_600_000;

/// The names of the streams; `None` if there is no such group. Those of other functions in a shared group are left out.
pub(crate) async fn of(logs: &Client, group: &str, function: &str, range: &Range<i64>) -> Result<Option<Vec<String>>> {
    let by_name = async {
        let mut found = Vec::new();
        for prefix in prefixes(range) {
            found.extend(by_name(logs, group, &prefix, range.start).await?.unwrap_or_default());
        }
        Ok(found)
    };
    let (by_event, by_name) = tokio::try_join!(by_last_event(logs, group, range.start), by_name)?;
    let Some(by_event) = by_event else { return Ok(None) };
    // The newest first: its requests are the ones that are looked for most.
    let names: BTreeSet<String> = by_event.into_iter().chain(by_name).filter(|name| is_of(name, function)).collect();
    Ok(Some(names.into_iter().rev().collect()))
}

/// The beginnings of the names of streams that were made on the days of the range, in UTC.
fn prefixes(range: &Range<i64>) -> Vec<String> {
    let day = |time: i64| {
        let time = Timestamp::from_millisecond(time).unwrap_or_default();
        time.to_zoned(TimeZone::UTC).strftime("%Y/%m/%d/").to_string()
    };
    let (first, last) = (range.start.div_euclid(DAY), range.end.div_euclid(DAY));
    if usize::try_from(last - first).is_ok_and(|days| days < MOST_DAYS) {
        (first..=last).map(|number| day(number * DAY)).collect()
    } else {
        vec![String::new()]
    }
}

async fn by_last_event(logs: &Client, group: &str, start: i64) -> Result<Option<Vec<String>>> {
    let request = logs.describe_log_streams().log_group_name(group).order_by(OrderBy::LastEventTime).descending(true);
    let mut streams = request.into_paginator().items().send();
    let mut names = Vec::new();
    while let Some(stream) = streams.next().await {
        match stream {
            // All that follow are older, but for those that have no event yet, which are found by name.
            Ok(stream) if is_over(&stream, start) => break,
            Ok(stream) => names.extend(stream.log_stream_name),
            Err(error) if aws::Refusal::of(&error).code == "ResourceNotFoundException" => return Ok(None),
            Err(error) => return Err(refused(group, &error)),
        }
    }
    Ok(Some(names))
}

async fn by_name(logs: &Client, group: &str, prefix: &str, start: i64) -> Result<Option<Vec<String>>> {
    let request = logs.describe_log_streams().log_group_name(group);
    let request = request.set_log_stream_name_prefix((!prefix.is_empty()).then(|| prefix.to_owned()));
    let mut streams = request.into_paginator().items().send();
    let mut names = Vec::new();
    while let Some(stream) = streams.next().await {
        match stream {
            Ok(stream) if !prefix.is_empty() || !is_over(&stream, start) => names.extend(stream.log_stream_name),
            Ok(_) => {}
            Err(error) if aws::Refusal::of(&error).code == "ResourceNotFoundException" => return Ok(None),
            Err(error) => return Err(refused(group, &error)),
        }
    }
    Ok(Some(names))
}

fn refused<E>(group: &str, error: &aws_sdk_cloudwatchlogs::error::SdkError<E>) -> crate::error::Error
where
    E: aws_sdk_cloudwatchlogs::error::ProvideErrorMetadata + std::error::Error + 'static,
{
    aws::refused(&format!("listing the log streams of {group}"), "logs:DescribeLogStreams", error)
}

/// Whether the stream ended before the range.
fn is_over(stream: &LogStream, start: i64) -> bool {
    let last = stream.last_event_timestamp.max(stream.last_ingestion_time);
    last.is_some_and(|last| last + LAG < start)
}

/// In a group that several functions share, Lambda names the function: `2026/11/22/<function>[<version>]<id>`.
fn is_of(stream: &str, function: &str) -> bool {
    let is_date = |part: &str, length| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = stream.splitn(4, '/');
    match (parts.next(), parts.next(), parts.next(), parts.next().and_then(|rest| rest.split_once('['))) {
        (Some(year), Some(month), Some(day), Some((owner, _)))
            if is_date(year, 4) && is_date(month, 2) && is_date(day, 2) =>
        {
            owner.is_empty() || owner == function
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_streams_last_event_is_not_trusted_too_early() {
        let stream = |last: Option<i64>, ingested: Option<i64>| {
            LogStream::builder().set_last_event_timestamp(last).set_last_ingestion_time(ingested).build()
        };
        let start = 100 * 3_600_000;
        assert!(is_over(&stream(Some(start - LAG - 1), None), start));
        assert!(!is_over(&stream(Some(start - LAG), None), start));
        assert!(!is_over(&stream(Some(0), Some(start)), start));
        assert!(!is_over(&stream(None, None), start));
    }

    #[test]
    fn streams_are_looked_for_by_the_days_of_the_range() {
        let noon = 1_795_348_800_000;
        assert_eq!(prefixes(&(noon - 3_600_000..noon)), ["2026/11/22/"]);
        assert_eq!(prefixes(&(noon - DAY..noon)), ["2026/11/21/", "2026/11/22/"]);
        assert_eq!(prefixes(&(0..noon)), [""]);
    }

    #[test]
    fn other_functions_of_a_shared_group_are_left_out() {
        assert!(is_of("2026/11/22/[$LATEST]0f", "cats"));
        assert!(is_of("2026/11/22/cats[$LATEST]0f", "cats"));
        assert!(!is_of("2026/11/22/dogs[12]0f", "cats"));
        assert!(is_of("somebody's own stream [1]", "cats"));
        assert!(is_of("", "cats"));
    }
}
