//! Counts the requests of a time range, without files.

use crate::aws::session::Session;
use crate::config::options::LogStatus;
use crate::error::Result;
use crate::logs::buffer::DiskBuffer;
use crate::logs::fetch::{self, Fetched};
use crate::logs::source::LogSource;
use aws_sdk_cloudwatchlogs::Client;
use jiff::Timestamp;
use serde::Serialize;
use std::time::Duration;

/// The time after which reading stops: a busy skill has more events in an hour than it takes to read in a few seconds.
const MAX_READING: Duration = Duration::from_secs(20);

/// The requests that were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Requests {
    pub(crate) answered: u64,
    pub(crate) failed: u64,
    /// Whether all events of the time were read.
    pub(crate) is_complete: bool,
}

/// Counts the requests of the last `duration` in a log group; `None` if it does not exist.
///
/// # Errors
/// The error of a call.
pub(crate) async fn recent(
    session: Session<'_>,
    log_group: &str,
    function: &str,
    duration: Duration,
) -> Result<Option<Requests>> {
    let now_ms = Timestamp::now().as_millisecond();
    let start_ms = now_ms.saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX));
    let source = LogSource {
        client: Client::new(session.config),
        log_group: log_group.to_owned(),
        function_name: function.to_owned(),
        range: start_ms..now_ms + 1,
        reporter: session.reporter,
    };
    // Counts all requests, and keeps the failed ones only.
    let buffer = DiskBuffer::new(LogStatus::Failed)?;
    let is_complete = match fetch::fetch_events(&source, false, &buffer, tokio::time::sleep(MAX_READING)).await? {
        Fetched::NoLogGroup => return Ok(None),
        Fetched::All => true,
        Fetched::Part(_) => false,
    };
    let summary = buffer.into_sorted()?.summary;
    Ok(Some(Requests { answered: summary.answered(), failed: summary.failed(), is_complete }))
}
