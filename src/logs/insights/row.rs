//! The rows of a query's result.

use aws_sdk_cloudwatchlogs::types::ResultField;
use std::collections::HashMap;

/// The values of a row by their field.
pub(super) type Row = HashMap<String, String>;

pub(super) fn to_row(fields: Vec<ResultField>) -> Row {
    fields.into_iter().filter_map(|field| Some((field.field?, field.value?))).collect()
}

/// Parses the time in a result: `2026-11-22 07:45:04.631`, in UTC.
pub(super) fn parse_time_ms(text: &str) -> Option<i64> {
    let time: jiff::civil::DateTime = text.parse().ok()?;
    Some(time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_utc_with_milliseconds() {
        assert_eq!(parse_time_ms("1970-01-02 00:00:00.000"), Some(86_400_000));
        assert_eq!(parse_time_ms("1970-01-01 00:00:01.631"), Some(1631));
        assert_eq!(parse_time_ms("yesterday"), None);
    }
}
