//! Makes the two calls that read events.

use crate::aws::{CallError, CallResult, call};
use crate::logs::printable;
use crate::logs::source::LogSource;
use aws_sdk_cloudwatchlogs::operation::filter_log_events::FilterLogEventsOutput;
use aws_sdk_cloudwatchlogs::operation::get_log_events::GetLogEventsOutput;

/// A page of events. Times are in milliseconds since the epoch.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) from_ms: i64,
    /// The first time after it.
    pub(crate) until_ms: Option<i64>,
    /// The token that continues the page before.
    pub(crate) token: Option<&'a String>,
}

/// Returns a page of several streams, or of the whole log group.
pub(crate) async fn filter_events(
    source: &LogSource<'_>,
    streams: Option<&[String]>,
    Wanted { from_ms, until_ms, token }: Wanted<'_>,
) -> Result<FilterLogEventsOutput, CallError> {
    let LogSource { client, log_group, reporter, .. } = source;
    let operation = match streams {
        Some(_) => format!("reading several log streams of {log_group} together"),
        None => format!("reading the log group {log_group}"),
    };
    call(operation, "logs:FilterLogEvents")
        .reporting(*reporter)
        .send(|| {
            let request = client.filter_log_events().log_group_name(log_group);
            let request = request.set_log_stream_names(streams.map(<[String]>::to_vec));
            // FilterLogEvents includes the end time, GetLogEvents does not.
            let request = request.start_time(from_ms).set_end_time(until_ms.map(|until_ms| until_ms - 1));
            request.set_next_token(token.cloned()).send()
        })
        .await
}

/// Returns a page of one stream, from its oldest event on; `None` if the stream does not exist.
pub(crate) async fn stream_events(
    source: &LogSource<'_>,
    stream: &str,
    Wanted { from_ms, until_ms, token }: Wanted<'_>,
) -> Result<Option<GetLogEventsOutput>, CallError> {
    let LogSource { client, log_group, reporter, .. } = source;
    call(format!("reading the log stream {} of {log_group}", printable::line(stream)), "logs:GetLogEvents")
        .reporting(*reporter)
        .send(|| {
            let request = client.get_log_events().log_group_name(log_group).log_stream_name(stream);
            let request = request.start_time(from_ms).set_end_time(until_ms).start_from_head(true);
            request.set_next_token(token.cloned()).send()
        })
        .await
        .optional()
}
