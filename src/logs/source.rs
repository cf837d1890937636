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

impl LogSource<'_> {
    /// Returns the name of the region; empty if there is none.
    pub(crate) fn region(&self) -> &str {
        self.client.config().region().map_or("", |region| region.as_ref())
    }

    /// Returns the same place with another time range.
    pub(crate) fn with_range(&self, range: Range<i64>) -> Self {
        let LogSource { client, log_group, function_name, reporter, .. } = self;
        LogSource {
            client: client.clone(),
            log_group: log_group.clone(),
            function_name: function_name.clone(),
            range,
            reporter: *reporter,
        }
    }
}
