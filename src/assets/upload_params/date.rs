//! Dates as AWS' SDK for JavaScript took them: ISO 8601, HTTP's form, or seconds since 1970.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

/// The last second of the year 9999. Later dates are milliseconds that were meant as seconds, or a slip.
const LAST: i64 = 253_402_300_799;

/// Seconds since 1970; fractions are cut off, because headers have none.
pub(super) fn from_number(seconds: f64) -> Result<i64, String> {
    if !seconds.is_finite() {
        return Err("is no date".to_string());
    }
    in_range(seconds as i64)
}

/// A date without an offset is UTC, so that it is the same on every machine.
pub(super) fn from_text(text: &str) -> Result<i64, String> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().map_err(|_| "is later than the year 9999".to_string()).and_then(in_range);
    }
    let parsed = text
        .parse::<Timestamp>()
        .or_else(|_| jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text))
        .or_else(|_| text.parse::<DateTime>()?.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp()));
    match parsed {
        Ok(timestamp) => in_range(timestamp.as_second()),
        Err(_) => Err("is no date".to_string()),
    }
}

fn in_range(seconds: i64) -> Result<i64, String> {
    match seconds {
        0..=LAST => Ok(seconds),
        ..0 => Err("is before 1970".to_string()),
        _ if seconds / 1000 <= LAST => Err("is later than the year 9999 (are these milliseconds?)".to_string()),
        _ => Err("is later than the year 9999".to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_mean_the_same_moment() {
        let moment = Ok(784_111_777);
        for text in [
            "1994-11-06T08:49:37.000Z",
            "1994-11-06T08:49:37Z",
            "1994-11-06T10:49:37+02:00",
            "1994-11-06T08:49:37",
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 +0000",
            "784111777",
            " 784111777 ",
        ] {
            assert_eq!(from_text(text), moment, "{text}");
        }
        assert_eq!(from_number(784_111_777.9), moment);
        assert_eq!(from_text("1994-11-06"), Ok(784_080_000));
        assert_eq!(from_text("0"), Ok(0));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in ["", "soon", "2030-13-01", "2030-02-30T00:00:00Z", "1969-12-31T23:59:59Z", "99999999999999999999"] {
            assert!(from_text(text).is_err(), "{text}");
        }
        assert!(from_number(1_800_000_000_000.0).unwrap_err().contains("milliseconds"));
        assert!(from_number(-1.0).is_err());
        assert!(from_number(f64::NAN).is_err());
        assert!(from_number(1e300).is_err());
    }
}
