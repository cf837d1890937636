//! Receives events from CloudWatch Logs as they arrive, in sessions of Live Tail.
//!
//! AWS ends a session after three hours, and connections break. The events between two sessions are read then, with an
//! overlap on both sides; those of the new session wait until then, so that a request's lines stay in order. A session
//! sends an update each second, so one that is silent is over.
//!
//! See <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartLiveTail.html>.

use crate::aws::{CallError, call, retry, timeouts};
use crate::error::{Error, ErrorCode, Result};
use crate::logs::follow::reader::{POLL_INTERVAL, Part, Reader, stream_event};
use crate::logs::follow::seen::{Occurrences, StreamEvent};
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

/// The pauses before the events before a session are read: FilterLogEvents may return some of them late.
const READINGS: [Duration; 2] = [Duration::ZERO, Duration::from_secs(10)];

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
pub(super) async fn follow(arn: &str, reader: &mut Reader<'_>, viewer: &mut Viewer<'_>) -> Result<CallError> {
    let source = reader.source();
    let mut short_sessions = 0;
    loop {
        let started = Instant::now();
        let output = match start(source, arn).await {
            Ok(output) => output,
            Err(problem) => {
                let error = Error::from(problem.clone());
                return if error.code == ErrorCode::MissingCredentials { Err(error) } else { Ok(problem) };
            }
        };
        let end = Session::new(output).receive(reader, viewer).await?;
        short_sessions = short_in_row(short_sessions, &end, started.elapsed());
        match end {
            End::TimedOut => source.reporter.verbose("starting a new session of Live Tail: the last one has timed out"),
            End::Broken(cause) => {
                if short_sessions >= MAX_SHORT_SESSIONS {
                    let message = format!("the last {short_sessions} sessions of Live Tail ended early: {cause}");
                    return Ok(Error::new(ErrorCode::AwsUnavailable, message).into());
                }
                source.reporter.log(format!("starting a new session of Live Tail: {cause}"));
                tokio::time::sleep(retry::pause(short_sessions, SHORT)).await;
            }
        }
    }
}

/// Returns how many sessions in a row were short, with one more.
fn short_in_row(before: u32, end: &End, lasted: Duration) -> u32 {
    match end {
        End::Broken(_) if lasted < SHORT => before + 1,
        End::Broken(_) | End::TimedOut => 0,
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
    received_ms: Option<i64>,
    /// The events that it returned.
    seen: Occurrences,
    /// Events that wait for the first reading.
    held: Vec<StreamEvent>,
    /// The number of complete readings of what was before.
    readings: usize,
    /// The last update that did not have all events.
    sampled: Option<Instant>,
}

impl Session {
    fn new(output: StartLiveTailOutput) -> Self {
        Session {
            output,
            received_ms: None,
            seen: Occurrences::default(),
            held: Vec::new(),
            readings: 0,
            sampled: None,
        }
    }

    /// Receives events until the session ends, and reads those that the viewer lacks, twice.
    async fn receive(mut self, reader: &mut Reader<'_>, viewer: &mut Viewer<'_>) -> Result<End> {
        let limit = Duration::from_secs(timeouts::seconds());
        let limit_ms = i64::try_from(limit.as_millis()).unwrap_or(i64::MAX);
        let (source, clock, from_ms) = (reader.source(), reader.clock(), viewer.incomplete_from_ms());
        let (sender, mut parts) = mpsc::channel(1);
        let filling = read_twice(reader, from_ms, sender);
        tokio::pin!(filling);
        let (mut is_read, mut of_reading) = (false, Occurrences::default());
        let mut deadline = Instant::now() + limit;
        let end = loop {
            tokio::select! {
                message = self.output.response_stream.recv() => {
                    deadline = Instant::now() + limit;
                    match message {
                        Ok(Some(Message::SessionUpdate(update))) => {
                            let is_late = self.received_ms.is_some_and(|last_ms| clock.now_ms() - last_ms > limit_ms);
                            if is_late {
                                break End::Broken("the computer was asleep".to_owned());
                            }
                            self.report_sampling(source, &update);
                            self.take(update, viewer, clock.now_ms());
                        }
                        Ok(Some(_)) => {}
                        Ok(None) => break End::Broken("the connection was closed".to_owned()),
                        Err(error) => break end_of(&error),
                    }
                }
                Some(part) = parts.recv() => match part {
                    Part::Page(page) => viewer.accept_page(&mut of_reading, page),
                    Part::Complete => {
                        self.readings += 1;
                        viewer.accept(&mut self.seen, std::mem::take(&mut self.held));
                    }
                },
                result = &mut filling, if !is_read => {
                    result?;
                    is_read = true;
                }
                () = sleep_until(deadline) => {
                    break End::Broken(format!("there was no update for {} s", limit.as_secs()));
                }
            }
        };
        if self.readings > 0 {
            viewer.completed(self.received_ms.unwrap_or_default());
        }
        Ok(end)
    }

    /// Takes the events of an update, which wait if the ones before have not been read.
    fn take(&mut self, update: LiveTailSessionUpdate, viewer: &mut Viewer<'_>, now_ms: i64) {
        let events = update.session_results.unwrap_or_default().into_iter();
        let events = events.map(|one| stream_event(one.log_stream_name, one.timestamp, one.message));
        self.held.extend(events);
        self.received_ms = Some(now_ms);
        if self.readings == 0 {
            return;
        }
        viewer.accept(&mut self.seen, std::mem::take(&mut self.held));
        viewer.show_ended();
        if self.readings == READINGS.len() {
            viewer.completed(now_ms);
        }
    }

    /// Reports an update that has a part of the events only: AWS sends up to 500 a second.
    fn report_sampling(&mut self, source: &LogSource<'_>, update: &LiveTailSessionUpdate) {
        if !update.session_metadata.as_ref().is_some_and(|metadata| metadata.sampled) {
            return;
        }
        if self.sampled.is_none_or(|last| last.elapsed() >= SAMPLING_PAUSE) {
            source.reporter.warning(
                "requests may be missing or shown with a wrong outcome: Live Tail leaves out events beyond 500 a second. \
                 The files will have all of them",
            );
        }
        self.sampled = Some(Instant::now());
    }
}

/// Reads the events since a time, and once more after a while. A reading that an outage interrupts is repeated.
async fn read_twice(reader: &mut Reader<'_>, from_ms: i64, parts: mpsc::Sender<Part>) -> Result<()> {
    for pause in READINGS {
        tokio::time::sleep(pause).await;
        while !reader.read(from_ms, &parts).await? {
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }
    Ok(())
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
    fn only_sessions_that_break_early_are_counted_as_short() {
        let broken = || End::Broken("lost".to_owned());
        let lasted = [(broken(), 1), (End::TimedOut, 10_800), (broken(), 59), (broken(), 0), (broken(), 60)];
        let counts: Vec<_> = lasted
            .iter()
            .scan(1, |count, (end, seconds)| {
                *count = short_in_row(*count, end, Duration::from_secs(*seconds));
                Some(*count)
            })
            .collect();
        assert_eq!(counts, [2, 0, 1, 2, 0]);
    }

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
