//! From when to when logs are pulled, and what becomes of them: the target's options, or the environment for once.

use crate::config::options::{LogFormat, LogRange, LogsOptions, log_formats};
use crate::error::{Error, ErrorCode, Result};
use jiff::Timestamp;
use std::ops::Range;

const MINUTES: &str = "LITEXA_LOGS_MINUTES";
const SINCE: &str = "LITEXA_LOGS_SINCE";
const FORMATS: &str = "LITEXA_LOGS_FORMATS";

/// The time range in milliseconds since the epoch. It ends now.
pub(crate) fn chosen(options: &LogsOptions) -> Result<Range<i64>> {
    let set = |name| std::env::var(name).ok().filter(|text| !text.trim().is_empty());
    range(options, set(MINUTES), set(SINCE), Timestamp::now())
}

fn range(options: &LogsOptions, minutes: Option<String>, since: Option<String>, now: Timestamp) -> Result<Range<i64>> {
    let (place, wanted) = match (minutes, since) {
        (Some(_), Some(_)) => {
            return Err(Error::new(ErrorCode::InvalidOption, format!("{MINUTES} and {SINCE} say two things"))
                .hint("Set only one of them"));
        }
        (Some(minutes), None) => match minutes.trim().parse() {
            Ok(number @ 1..) => (MINUTES, LogRange::Minutes(number)),
            _ => return Err(invalid(MINUTES, &minutes, "a whole number of minutes")),
        },
        (None, Some(since)) => (SINCE, LogRange::Since(since)),
        (None, None) => ("logsConfiguration.since", options.range.clone()),
    };
    let end = now.as_millisecond();
    let start = match wanted {
        LogRange::Minutes(minutes) => end.saturating_sub(minutes.saturating_mul(60_000)).max(0),
        LogRange::Since(text) => {
            let time =
                moment(text.trim()).ok_or_else(|| invalid(place, &text, "a time such as 2026-11-22T08:30:00Z"))?;
            time.as_millisecond().max(0)
        }
    };
    if start >= end {
        return Err(Error::new(ErrorCode::InvalidOption, format!("{place} lies in the future")));
    }
    Ok(start..end)
}

/// A time with its offset, or one in the local time zone; a day begins at midnight.
fn moment(text: &str) -> Option<Timestamp> {
    let local = || text.parse::<jiff::civil::DateTime>().ok()?.to_zoned(jiff::tz::TimeZone::system()).ok();
    text.parse::<Timestamp>().ok().or_else(|| Some(local()?.timestamp()))
}

/// The formats to write.
pub(crate) fn formats(options: &LogsOptions) -> Result<Vec<LogFormat>> {
    match std::env::var(FORMATS).ok().filter(|text| !text.trim().is_empty()) {
        None => Ok(options.formats.clone()),
        Some(text) => {
            let words: Vec<_> = text.split(',').map(|word| word.trim().to_owned()).collect();
            log_formats(FORMATS, &words)
        }
    }
}

fn invalid(place: &str, text: &str, wanted: &str) -> Error {
    Error::new(ErrorCode::InvalidOption, format!("{place} is '{text}', and should be {wanted}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_333_200_000;

    fn chosen(minutes: Option<&str>, since: Option<&str>) -> Result<Range<i64>> {
        let now = Timestamp::from_millisecond(NOW).unwrap();
        range(&LogsOptions::default(), minutes.map(str::to_owned), since.map(str::to_owned), now)
    }

    #[test]
    fn the_last_hour_unless_told_otherwise() {
        assert_eq!(chosen(None, None).unwrap(), NOW - 3_600_000..NOW);
        assert_eq!(chosen(Some("5"), None).unwrap(), NOW - 300_000..NOW);
        assert_eq!(chosen(None, Some("2026-01-01T00:00:00Z")).unwrap().start, 1_767_225_600_000);
        assert_eq!(chosen(None, Some("2026-01-01T01:00:00+01:00")).unwrap().start, 1_767_225_600_000);
        assert!(chosen(None, Some("2026-01-01")).is_ok());
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for (minutes, since) in [
            (Some("x"), None),
            (Some("0"), None),
            (Some("-5"), None),
            (None, Some("yesterday")),
            (None, Some("2999-01-01T00:00:00Z")),
            (Some("5"), Some("2026-01-01T00:00:00Z")),
        ] {
            assert_eq!(chosen(minutes, since).unwrap_err().code, ErrorCode::InvalidOption, "{minutes:?} {since:?}");
        }
    }
}
