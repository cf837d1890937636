//! Determines the time range of a pull: environment variables override the target's options.

use crate::config::env::{LOGS_MINUTES, LOGS_SINCE};
use crate::config::options::{LogRange, LogsOptions};
use crate::config::schema::target::MAX_MINUTES;
use crate::error::{Error, ErrorCode, Result};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use std::ops::Range;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// The units of a length of time, as in `aws logs tail --since`, the longest first. A day has 24 hours.
///
/// See <https://docs.aws.amazon.com/cli/latest/reference/logs/tail.html>.
const UNITS: [(char, i64); 5] = [('w', 7 * DAY_MS), ('d', DAY_MS), ('h', HOUR_MS), ('m', MINUTE_MS), ('s', 1000)];

/// The forms of `since`, as errors show them.
const SINCE_FORMS: &str =
    "a length of time such as 90m, 3h, 7d or 1d12h, or a time such as 2026-11-22T08:30 or 2026-11-22T08:30Z";

/// Returns the time range, which ends now, in milliseconds since the epoch.
///
/// # Errors
/// [`ErrorCode::InvalidOption`], naming the option or environment variable.
pub(crate) fn resolve(options: &LogsOptions) -> Result<Range<i64>> {
    resolve_with(options, LOGS_MINUTES.get()?, LOGS_SINCE.get()?, &Zoned::now())
}

/// `now` has the local time zone.
fn resolve_with(
    options: &LogsOptions,
    minutes: Option<String>,
    since: Option<String>,
    now: &Zoned,
) -> Result<Range<i64>> {
    let (name, range) = match (minutes, since) {
        (Some(_), Some(_)) => {
            let message = format!("{} and {} are mutually exclusive", LOGS_MINUTES.name, LOGS_SINCE.name);
            return Err(Error::new(ErrorCode::InvalidOption, message).hint("Set only one of them"));
        }
        (Some(minutes), None) => match minutes.parse() {
            Ok(number @ 1..=MAX_MINUTES) => (LOGS_MINUTES.name, LogRange::Minutes(number)),
            _ => return Err(invalid_minutes(&minutes, now)),
        },
        (None, Some(since)) => (LOGS_SINCE.name, LogRange::Since(since)),
        (None, None) => ("logsConfiguration.since", options.range.clone()),
    };
    let end_ms = now.timestamp().as_millisecond();
    let start_ms = match range {
        LogRange::Minutes(minutes) => end_ms.saturating_sub(minutes.saturating_mul(MINUTE_MS)),
        LogRange::Since(text) => {
            let start_ms = start_of(text.trim(), now).map_err(|problem| invalid(name, &problem))?;
            if start_ms >= end_ms {
                return Err(invalid(name, &format!("must be in the past, but is '{text}'")));
            }
            start_ms
        }
    };
    Ok(start_ms.max(0)..end_ms)
}

/// Returns the start of the range that a text describes.
///
/// # Errors
/// The problem, as the predicate of a sentence.
fn start_of(text: &str, now: &Zoned) -> Result<i64, String> {
    if let Some(length_ms) = parse_length(text) {
        if length_ms > MAX_MINUTES * MINUTE_MS {
            let days = MAX_MINUTES * MINUTE_MS / DAY_MS;
            return Err(format!("must be a length of time up to {days} days, but is '{text}'"));
        }
        return Ok(now.timestamp().as_millisecond().saturating_sub(length_ms));
    }
    if text.contains('[') {
        return parse_zoned(text).map_err(|cause| {
            let cause = cause.to_string();
            let is_offset = cause.contains("offset") && cause.contains("conflict");
            let cause = if is_offset { "it has another offset at that time" } else { cause.as_str() };
            format!("is '{text}', whose time zone does not apply: {cause}")
        });
    }
    parse_time(text, now.time_zone()).ok_or_else(|| format!("must be {SINCE_FORMS}, but is '{text}'"))
}

/// Parses a length of time: numbers with different units, the longest unit first. Returns milliseconds.
fn parse_length(text: &str) -> Option<i64> {
    let (mut rest, mut units, mut total_ms) = (text, UNITS.iter(), 0_i64);
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, after) = rest.split_at(end);
        let (number, unit) = (number.parse::<i64>().ok()?, after.chars().next()?);
        let (_, unit_ms) = units.find(|(name, _)| *name == unit)?;
        total_ms = total_ms.saturating_add(number.saturating_mul(*unit_ms));
        rest = after.get(1..)?;
    }
    (!text.is_empty()).then_some(total_ms)
}

/// Parses a time with an offset, or one in the local time zone. A date is midnight.
fn parse_time(text: &str, local: &TimeZone) -> Option<i64> {
    let in_zone = || Some(text.parse::<DateTime>().ok()?.to_zoned(local.clone()).ok()?.timestamp());
    text.parse::<Timestamp>().ok().or_else(in_zone).map(Timestamp::as_millisecond)
}

/// Parses a time with the name of its time zone in brackets.
///
/// A time that the clock shows twice is the first of the two, and one that it skips is as much later as the clock is set
/// forward: the rule of RFC 5545, also for local times. An offset that the zone does not have at that time is an error.
///
/// See <https://www.rfc-editor.org/rfc/rfc5545#section-3.3.5>.
fn parse_zoned(text: &str) -> Result<i64, jiff::Error> {
    Ok(text.parse::<Zoned>()?.timestamp().as_millisecond())
}

/// Returns a longer range to look at, as a value of `since`; `None` if the range is longer than a month.
pub(crate) fn longer(range: &Range<i64>) -> Option<&'static str> {
    let length_ms = range.end - range.start;
    ["3h", "1d", "7d", "30d"].into_iter().find(|text| parse_length(text).is_some_and(|longer| longer > length_ms))
}

fn invalid(name: &str, problem: &str) -> Error {
    Error::new(ErrorCode::InvalidOption, format!("{name} {problem}"))
}

/// Returns the error for minutes that are not a number. It names `since` for a value of that.
fn invalid_minutes(text: &str, now: &Zoned) -> Error {
    let error = LOGS_MINUTES.invalid(text, &format!("a whole number of minutes from 1 to {MAX_MINUTES}"));
    if start_of(text, now).is_ok() {
        error.hint(format!("Use {}={text}", LOGS_SINCE.name))
    } else {
        error.hint(format!("Correct it, or use {}, which takes {SINCE_FORMS}", LOGS_SINCE.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::options::Options;

    const NOW: i64 = 1_795_333_200_000;

    fn resolve_in(zone: &str, minutes: Option<&str>, since: Option<&str>) -> Result<Range<i64>> {
        let now = Timestamp::from_millisecond(NOW).unwrap().in_tz(zone).unwrap();
        resolve_with(&Options::defaults().unwrap().logs, minutes.map(str::to_owned), since.map(str::to_owned), &now)
    }

    fn resolve(minutes: Option<&str>, since: Option<&str>) -> Result<Range<i64>> {
        resolve_in("UTC", minutes, since)
    }

    /// Returns the start of the range in UTC.
    fn start(zone: &str, since: &str) -> String {
        let start = resolve_in(zone, None, Some(since)).unwrap().start;
        Timestamp::from_millisecond(start).unwrap().to_string()
    }

    #[test]
    fn the_range_is_the_last_hour_by_default() {
        assert_eq!(resolve(None, None).unwrap(), NOW - 3_600_000..NOW);
        assert_eq!(resolve(Some("5"), None).unwrap(), NOW - 300_000..NOW);
        assert_eq!(resolve(None, Some("2026-01-01T00:00:00Z")).unwrap().start, 1_767_225_600_000);
        assert_eq!(resolve(None, Some("2026-01-01T01:00:00+01:00")).unwrap().start, 1_767_225_600_000);
        assert_eq!(resolve(None, Some("2026-01-01")).unwrap().start, 1_767_225_600_000);
    }

    #[test]
    fn an_offset_that_the_zone_does_not_have_is_named_and_minutes_have_a_limit() {
        let error = resolve(None, Some("2026-01-01T01:00+01:00[America/New_York]")).unwrap_err().to_string();
        assert!(error.contains("does not apply: it has another offset at that time"), "{error}");
        assert!(resolve(Some(&MAX_MINUTES.to_string()), None).is_ok());
        let error = resolve(Some(&(MAX_MINUTES + 1).to_string()), None).unwrap_err().to_string();
        assert!(error.contains("from 1 to 5256000"), "{error}");
    }

    #[test]
    fn a_length_of_time_ends_now() {
        for (text, length_ms) in [
            ("90m", 90 * MINUTE_MS),
            ("3h", 3 * HOUR_MS),
            ("7d", 7 * DAY_MS),
            ("2w", 14 * DAY_MS),
            ("30s", 30_000),
            ("1d12h", 36 * HOUR_MS),
            ("1h30m", 90 * MINUTE_MS),
            (" 3h ", 3 * HOUR_MS),
        ] {
            assert_eq!(resolve(None, Some(text)).unwrap(), NOW - length_ms..NOW, "{text}");
        }
        assert!(resolve(None, Some(&format!("{MAX_MINUTES}m"))).is_ok());
        for text in ["99999999999999d", "9999999w", &format!("{}s", MAX_MINUTES * 60 + 1)] {
            let error = resolve(None, Some(text)).unwrap_err().to_string();
            assert!(error.contains("up to 3650 days") && error.contains(text), "{error}");
        }
        for text in ["3", "h", "3 h", "3H", "-3h", "3h3h", "30m1h", "1.5h", "3h ago", "３h", "9".repeat(30).as_str()] {
            let error = resolve(None, Some(text)).unwrap_err().to_string();
            assert!(error.contains("90m, 3h, 7d") && error.contains(text), "{error}");
        }
    }

    #[test]
    fn a_time_is_in_the_zone_that_it_names_else_in_its_offset_else_local() {
        assert_eq!(start("UTC", "2026-11-22T08:30:00[Europe/Berlin]"), "2026-11-22T07:30:00Z");
        assert_eq!(start("Asia/Tokyo", "2026-07-22T08:30[Europe/Berlin]"), "2026-07-22T06:30:00Z");
        assert_eq!(start("UTC", "2026-11-22[Asia/Kathmandu]"), "2026-11-21T18:15:00Z");
        assert_eq!(start("UTC", "2026-11-22T08:30:00+01:00[Europe/Berlin]"), "2026-11-22T07:30:00Z");
        assert_eq!(start("Asia/Tokyo", "2026-11-20T08:30:00-05:00"), "2026-11-20T13:30:00Z");
        assert_eq!(start("Asia/Tokyo", "2026-11-22T08:30"), "2026-11-21T23:30:00Z");
        assert_eq!(start("Asia/Tokyo", "2026-11-22"), "2026-11-21T15:00:00Z");
    }

    #[test]
    fn a_local_time_that_occurs_twice_is_the_first_one_and_a_skipped_one_is_later() {
        for (zone, suffix) in [("Europe/Berlin", ""), ("UTC", "[Europe/Berlin]")] {
            assert_eq!(start(zone, &format!("2026-10-25T02:30{suffix}")), "2026-10-25T00:30:00Z");
            assert_eq!(start(zone, &format!("2026-03-29T02:30{suffix}")), "2026-03-29T01:30:00Z");
        }
        // Midnight is skipped in Cairo: the day begins at one o'clock.
        assert_eq!(start("Africa/Cairo", "2026-04-24"), "2026-04-23T22:00:00Z");
        assert_eq!(start("UTC", "2026-10-25T02:30+01:00[Europe/Berlin]"), "2026-10-25T01:30:00Z");
    }

    #[test]
    fn a_time_zone_that_does_not_apply_is_an_error() {
        for text in
            ["2026-11-22T08:30[Europe/Berln]", "2026-11-22T08:30+05:00[Europe/Berlin]", "2026-11-22T08:30[", "3h[UTC]"]
        {
            let error = resolve(None, Some(text)).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidOption);
            assert!(error.message.contains(text) && error.message.contains("time zone"), "{error}");
        }
    }

    #[test]
    fn minutes_with_a_unit_name_the_variable_that_takes_it() {
        for text in ["15m", "1h30m", "2d", "2026-11-22"] {
            let error = resolve(Some(text), None).unwrap_err();
            assert_eq!(error.hint, format!("Use LITEXA_LOGS_SINCE={text}"));
        }
        for text in ["ten", "1.5", "-15m"] {
            assert!(resolve(Some(text), None).unwrap_err().hint.contains("LITEXA_LOGS_SINCE, which takes"), "{text}");
        }
    }

    #[test]
    fn an_invalid_range_is_an_invalid_option() {
        for (minutes, since) in [
            (Some("x"), None),
            (Some("0"), None),
            (Some("-5"), None),
            (None, Some("yesterday")),
            (None, Some("2999-01-01T00:00:00Z")),
            (None, Some("2999-01-01[Europe/Berlin]")),
            (None, Some("0m")),
            (Some("5"), Some("2026-01-01T00:00:00Z")),
        ] {
            assert_eq!(resolve(minutes, since).unwrap_err().code, ErrorCode::InvalidOption, "{minutes:?} {since:?}");
        }
    }

    #[test]
    fn a_longer_range_is_suggested_up_to_a_month() {
        assert_eq!(longer(&(0..HOUR_MS)), Some("3h"));
        assert_eq!(longer(&(0..3 * HOUR_MS)), Some("1d"));
        assert_eq!(longer(&(0..8 * DAY_MS)), Some("30d"));
        assert_eq!(longer(&(0..31 * DAY_MS)), None);
    }
}
