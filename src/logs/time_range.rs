//! Determines the time range and the formats of a pull: environment variables override the target's options.

use crate::config::env::{LOGS_FORMATS, LOGS_MINUTES, LOGS_SINCE};
use crate::config::options::{LogFormat, LogRange, LogsOptions, log_formats};
use crate::error::{Error, ErrorCode, Result};
use jiff::Timestamp;
use std::ops::Range;

/// Returns the time range, which ends now, in milliseconds since the epoch.
///
/// # Errors
/// [`ErrorCode::InvalidOption`], naming the option or environment variable.
pub(crate) fn resolve(options: &LogsOptions) -> Result<Range<i64>> {
    resolve_with(options, LOGS_MINUTES.get()?, LOGS_SINCE.get()?, Timestamp::now())
}

fn resolve_with(
    options: &LogsOptions,
    minutes: Option<String>,
    since: Option<String>,
    now: Timestamp,
) -> Result<Range<i64>> {
    let (name, range) = match (minutes, since) {
        (Some(_), Some(_)) => {
            let message = format!("{} and {} are mutually exclusive", LOGS_MINUTES.name, LOGS_SINCE.name);
            return Err(Error::new(ErrorCode::InvalidOption, message).hint("Set only one of them"));
        }
        (Some(minutes), None) => match minutes.parse() {
            Ok(number @ 1..) => (LOGS_MINUTES.name, LogRange::Minutes(number)),
            _ => return Err(LOGS_MINUTES.invalid(&minutes, "a whole number of minutes")),
        },
        (None, Some(since)) => (LOGS_SINCE.name, LogRange::Since(since)),
        (None, None) => ("logsConfiguration.since", options.range.clone()),
    };
    let end_ms = now.as_millisecond();
    let start_ms = match range {
        LogRange::Minutes(minutes) => end_ms.saturating_sub(minutes.saturating_mul(60_000)).max(0),
        LogRange::Since(text) => {
            parse_time(text.trim()).ok_or_else(|| invalid_time(name, &text))?.as_millisecond().max(0)
        }
    };
    if start_ms >= end_ms {
        return Err(Error::new(ErrorCode::InvalidOption, format!("{name} must not be in the future")));
    }
    Ok(start_ms..end_ms)
}

/// Parses a time with an offset, or one in the local time zone. A date is midnight.
fn parse_time(text: &str) -> Option<Timestamp> {
    let local = || text.parse::<jiff::civil::DateTime>().ok()?.to_zoned(jiff::tz::TimeZone::system()).ok();
    text.parse::<Timestamp>().ok().or_else(|| Some(local()?.timestamp()))
}

/// Returns the formats to write.
///
/// # Errors
/// [`ErrorCode::InvalidOption`], naming the environment variable.
pub(crate) fn formats(options: &LogsOptions) -> Result<Vec<LogFormat>> {
    match LOGS_FORMATS.get()? {
        None => Ok(options.formats.clone()),
        Some(text) => {
            let names: Vec<_> = text.split(',').map(|name| name.trim().to_owned()).collect();
            log_formats(LOGS_FORMATS.name, &names)
        }
    }
}

fn invalid_time(name: &str, text: &str) -> Error {
    let message = format!("{name} must be a time such as 2026-11-22T08:30:00Z, but is '{text}'");
    Error::new(ErrorCode::InvalidOption, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::options::Options;

    const NOW: i64 = 1_795_333_200_000;

    fn resolve(minutes: Option<&str>, since: Option<&str>) -> Result<Range<i64>> {
        let now = Timestamp::from_millisecond(NOW).unwrap();
        resolve_with(&Options::defaults().unwrap().logs, minutes.map(str::to_owned), since.map(str::to_owned), now)
    }

    #[test]
    fn the_range_is_the_last_hour_by_default() {
        assert_eq!(resolve(None, None).unwrap(), NOW - 3_600_000..NOW);
        assert_eq!(resolve(Some("5"), None).unwrap(), NOW - 300_000..NOW);
        assert_eq!(resolve(None, Some("2026-01-01T00:00:00Z")).unwrap().start, 1_767_225_600_000);
        assert_eq!(resolve(None, Some("2026-01-01T01:00:00+01:00")).unwrap().start, 1_767_225_600_000);
        assert!(resolve(None, Some("2026-01-01")).is_ok());
    }

    #[test]
    fn an_invalid_range_is_an_invalid_option() {
        for (minutes, since) in [
            (Some("x"), None),
            (Some("0"), None),
            (Some("-5"), None),
            (None, Some("yesterday")),
            (None, Some("2999-01-01T00:00:00Z")),
            (Some("5"), Some("2026-01-01T00:00:00Z")),
        ] {
            assert_eq!(resolve(minutes, since).unwrap_err().code, ErrorCode::InvalidOption, "{minutes:?} {since:?}");
        }
    }
}
