//! Receives events from CloudWatch Logs as they arrive, in sessions of Live Tail.
//!
//! AWS ends a session after three hours, and connections break. The events between two sessions are read then, with an
//! overlap on both sides. A session sends an update each second, so one that is silent is over.
//!
//! See <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartLiveTail.html>.

use crate::aws::{CallError, call, retry, timeouts};
use crate::error::{Error, ErrorCode, Result};
use crate::logs::follow::reader::{Page, Reader, now_ms, stream_event};
use crate::logs::follow::seen::Occurrences;
use crate::logs::follow::viewer::Viewer;
use crate::logs::source::LogSource;
use aws_config::retry::RetryConfig;
use aws_sdk_cloudwatchlogs::config::http::HttpRequest;
use aws_sdk_cloudwatchlogs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudwatchlogs::operation::start_live_tail::StartLiveTailOutput;
use aws_sdk_cloudwatchlogs::types::error::StartLiveTailResponseStreamError;
use aws_sdk_cloudwatchlogs::types::{LiveTailSessionUpdate, StartLiveTailResponseStream as Message};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// Attempts at beginning a session: without one, polling begins.
const MAX_ATTEMPTS: u32 = 2;

/// Sessions in a row that end within [`SHORT`], after which polling begins.
const MAX_SHORT_SESSIONS: u32 = 3;
const SHORT: Duration = Duration::from_mins(1);

/// Time after which the events before a session are read once more: FilterLogEvents may return some of them late.
const SECOND_READING: Duration = Duration::from_secs(10);

/// Time after which a further sampled update is reported again.
const SAMPLING_PAUSE: Duration = Duration::from_mins(1);

/// The end of a session.
enum End {
    /// It lasted for three hours.
    TimedOut,
    /// Anything else, with its cause.
    Broken(String),
}

/// Shows events from sessions, one after the other. Returns why there is no further one.
///
/// # Errors
/// Those of the calls that read what arrived between two sessions, and `MissingCredentials`.
pub(super) async fn follow(arn: &str, reader: &mut Reader<'_>, viewer: &mut Viewer<'_>) -> Result<Error> {
    let source = reader.source();
    let mut complete_ms = source.range.start;
    let mut short_sessions = 0;
    loop {
        let started = Instant::now();
        let output = match start(source, arn).await {
            Ok(output) => output,
            Err(error) => {
                let error = Error::from(error);
                return if error.code == ErrorCode::MissingCredentials { Err(error) } else { Ok(error) };
            }
        };
        let mut session = Session { output, received_ms: complete_ms, sampled: None };
        let from_ms = reader.overlapping(complete_ms);
        let end = session.receive(from_ms, reader, viewer).await?;
        complete_ms = session.received_ms;
        match end {
            End::TimedOut => source.reporter.verbose("starting a new session of Live Tail: the last one has timed out"),
            End::Broken(cause) => {
                short_sessions = if started.elapsed() < SHORT { short_sessions + 1 } else { 0 };
                if short_sessions >= MAX_SHORT_SESSIONS {
                    let message = format!("the last {short_sessions} sessions of Live Tail ended early: {cause}");
                    return Ok(Error::new(ErrorCode::AwsUnavailable, message));
                }
                source.reporter.log(format!("starting a new session of Live Tail: {cause}"));
                tokio::time::sleep(retry::pause(short_sessions, SHORT)).await;
            }
        }
    }
}

/// Starts a session. The time limits of calls apply to its beginning only.
async fn start(source: &LogSource<'_>, arn: &str) -> Result<StartLiveTailOutput, CallError> {
    let LogSource { client, log_group, reporter, .. } = source;
    let retries = RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS);
    call(format!("following the log group {log_group} by Live Tail"), "logs:StartLiveTail")
        .reporting(*reporter)
        .send(|| {
            let request = client.start_live_tail().log_group_identifiers(arn).customize();
            let config = aws_sdk_cloudwatchlogs::config::Builder::new().retry_config(retries.clone());
            request.config_override(config).mutate_request(remove_prefix).send()
        })
        .await
}

/// The beginning that the SDK gives to the host of StartLiveTail, also to a custom one.
const HOST_PREFIX: &str = "://stream-";

/// Removes [`HOST_PREFIX`] from the host of an emulator, which has one address for all services.
fn remove_prefix(request: &mut HttpRequest) {
    let uri = request.uri().to_owned();
    if !uri.contains(&format!("{HOST_PREFIX}logs")) {
        // The rest of the URI stays valid.
        let _ = request.set_uri(uri.replacen(HOST_PREFIX, "://", 1));
    }
}

struct Session {
    output: StartLiveTailOutput,
    /// The time of the last update.
    received_ms: i64,
    /// The last update that did not have all events.
    sampled: Option<Instant>,
}

impl Session {
    /// Receives events until the session ends, and reads those since `from_ms`, twice.
    async fn receive(&mut self, from_ms: i64, reader: &mut Reader<'_>, viewer: &mut Viewer<'_>) -> Result<End> {
        let limit = Duration::from_secs(timeouts::seconds());
        let source = reader.source();
        let (sender, mut pages) = mpsc::channel(1);
        let filling = async move {
            reader.read(from_ms, &sender).await?;
            tokio::time::sleep(SECOND_READING).await;
            reader.read(from_ms, &sender).await
        };
        tokio::pin!(filling);
        let (mut is_filled, mut of_session, mut of_reading) = (false, Occurrences::default(), Occurrences::default());
        let mut deadline = Instant::now() + limit;
        loop {
            tokio::select! {
                message = self.output.response_stream.recv() => {
                    deadline = Instant::now() + limit;
                    match message {
                        Ok(Some(Message::SessionUpdate(update))) => {
                            self.received_ms = now_ms();
                            self.report_sampling(source, &update);
                            let events = update.session_results.unwrap_or_default().into_iter();
                            let events = events.map(|one| stream_event(one.log_stream_name, one.timestamp, one.message));
                            viewer.accept(&mut of_session, events.collect());
                            viewer.show_ended();
                        }
                        Ok(Some(_)) => {}
                        Ok(None) => return Ok(End::Broken("the connection was closed".to_owned())),
                        Err(error) => return Ok(end_of(&error)),
                    }
                }
                Some(Page { is_first, events }) = pages.recv() => {
                    if is_first {
                        of_reading = Occurrences::default();
                    }
                    viewer.accept(&mut of_reading, events);
                }
                result = &mut filling, if !is_filled => {
                    result?;
                    is_filled = true;
                }
                () = sleep_until(deadline) => {
                    return Ok(End::Broken(format!("there was no update for {} s", limit.as_secs())));
                }
            }
        }
    }

    /// Reports an update that has a part of the events only: AWS sends up to 500 a second.
    fn report_sampling(&mut self, source: &LogSource<'_>, update: &LiveTailSessionUpdate) {
        if !update.session_metadata.as_ref().is_some_and(|metadata| metadata.sampled) {
            return;
        }
        if self.sampled.is_none_or(|last| last.elapsed() >= SAMPLING_PAUSE) {
            source.reporter.warning(
                "some requests are not shown: Live Tail leaves out events beyond 500 a second. The files will have all of them",
            );
        }
        self.sampled = Some(Instant::now());
    }
}

fn end_of<R>(error: &SdkError<StartLiveTailResponseStreamError, R>) -> End {
    match error.as_service_error() {
        Some(error) if error.is_session_timeout_exception() => End::TimedOut,
        Some(error) => {
            let code = error.code().unwrap_or("SessionStreamingException");
            End::Broken(error.message().map_or_else(|| code.to_owned(), |message| format!("{code}: {message}")))
        }
        None => End::Broken("the connection was lost".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_s3::primitives::SdkBody;

    #[test]
    fn only_the_hosts_of_aws_keep_the_prefix_of_the_sdk() {
        let sent_to = |uri: &str| {
            let mut request = HttpRequest::new(SdkBody::empty());
            request.set_uri(uri).unwrap();
            remove_prefix(&mut request);
            request.uri().to_owned()
        };
        for aws in ["https://stream-logs.us-east-1.amazonaws.com/", "https://stream-logs-fips.us-east-1.api.aws/"] {
            assert_eq!(sent_to(aws), aws);
        }
        assert_eq!(sent_to("http://stream-127.0.0.1:4566/"), "http://127.0.0.1:4566/");
        assert_eq!(sent_to("http://stream-stream-local.test/"), "http://stream-local.test/");
        assert_eq!(sent_to("http://localhost/?a=://stream-x"), "http://localhost/?a=://x");
    }
}
