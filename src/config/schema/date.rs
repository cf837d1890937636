//! Reads dates as the AWS SDK for JavaScript accepts them: ISO 8601, the form of HTTP, or seconds since 1970.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde_json::Value;

/// The last second of the year 9999. Later dates are usually milliseconds.
pub(crate) const MAX_TIMESTAMP: i64 = 253_402_300_799;

/// Returns seconds since 1970, or what the value must be instead.
pub(crate) fn parse(value: &Value) -> Result<i64, &'static str> {
    match value {
        Value::Number(number) => from_number(number.as_f64().unwrap_or(f64::NAN)),
        Value::String(text) => from_text(text),
        _ => Err("a date"),
    }
}

/// Fractions are cut off, because headers do not have them.
fn from_number(seconds: f64) -> Result<i64, &'static str> {
    if !seconds.is_finite() {
        return Err("a date");
    }
    in_range(seconds as i64)
}

/// A date without an offset is UTC, so that it is the same on every machine.
fn from_text(text: &str) -> Result<i64, &'static str> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return in_range(text.parse().unwrap_or(i64::MAX));
    }
    let parsed = text
        .parse::<Timestamp>()
        .or_else(|_| jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text))
        .or_else(|_| text.parse::<DateTime>()?.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp()));
    parsed.map_err(|_| "a date").and_then(|timestamp| in_range(timestamp.as_second()))
}

fn in_range(seconds: i64) -> Result<i64, &'static str> {
    match seconds {
        0..=MAX_TIMESTAMP => Ok(seconds),
        ..0 => Err("a date from 1970 on"),
        _ if seconds / 1000 <= MAX_TIMESTAMP => Err("a date before the year 10000 (in seconds, not milliseconds)"),
        _ => Err("a date before the year 10000"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_of_a_date_give_the_same_seconds() {
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
    fn other_values_are_refused() {
        for text in ["", "soon", "2030-13-01", "2030-02-30T00:00:00Z", "1969-12-31T23:59:59Z", "99999999999999999999"] {
            assert!(from_text(text).is_err(), "{text}");
        }
        assert!(from_number(1_800_000_000_000.0).unwrap_err().contains("milliseconds"));
        assert!(from_number(-1.0).is_err());
        assert!(from_number(f64::NAN).is_err());
        assert!(from_number(1e300).is_err());
    }
}
