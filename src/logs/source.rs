//! Holds the place to read events from.

use crate::output::reporter::Reporter;
use aws_sdk_cloudwatchlogs::Client;
use std::ops::Range;

/// The events of a function within a time range.
pub(crate) struct LogSource<'a> {
    pub(crate) client: Client,
    pub(crate) log_group: String,
    pub(crate) function_name: String,
    /// Milliseconds since the epoch.
    pub(crate) range: Range<i64>,
    pub(crate) reporter: &'a dyn Reporter,
}
