//! Watches requests on their way: limits and reports waits, and warns of a wrong clock.

use crate::aws::body_progress::BodyProgress;
use crate::aws::foreign_answer::{self, Asked};
use crate::aws::network_problem::{NetworkProblem, host_of};
use crate::aws::server_time::parse_date;
use crate::aws::timeouts;
use crate::output::reporter::Reporter;
use aws_sdk_s3::config::http::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::http::{HttpConnectorFuture, HttpConnectorSettings};
use aws_smithy_runtime_api::client::result::ConnectorError;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

/// The time after which a line reports what a request waits for.
const SLOW: Duration = Duration::from_secs(3);

/// The same for a request with a large body, whose pieces may take longer on a slow line.
const SLOW_BODY: Duration = Duration::from_secs(10);

/// Sending a larger body takes its time, which is not a wait.
const LARGE_BODY: u64 = 64 * 1024;

/// AWS rejects signatures of a clock that is further off
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html>).
const MAX_CLOCK_SKEW: Duration = Duration::from_mins(5);

/// Reports what the requests of a run wait for.
pub(crate) struct Observer {
    reporter: Arc<dyn Reporter>,
    /// The time of the last line: many requests that wait are reported once.
    last_line: Mutex<Option<Instant>>,
    reported_clock: AtomicBool,
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer").finish_non_exhaustive()
    }
}

impl Observer {
    pub(crate) fn new(reporter: Arc<dyn Reporter>) -> Arc<Self> {
        Arc::new(Observer { reporter, last_line: Mutex::new(None), reported_clock: AtomicBool::new(false) })
    }

    /// Watches one attempt at a request.
    pub(crate) fn watch(self: &Arc<Self>, attempt: Attempt, response: HttpConnectorFuture) -> HttpConnectorFuture {
        let observer = self.clone();
        HttpConnectorFuture::new(async move {
            let problem = match observer.wait(&attempt, response).await {
                Some(Ok(response)) => {
                    let date = response.headers().get("date").and_then(parse_date);
                    match attempt.verify(response).await {
                        Ok(response) => {
                            observer.check_clock(date);
                            return Ok(response);
                        }
                        Err(problem) => problem,
                    }
                }
                Some(Err(error)) if error.is_timeout() => attempt.no_connection(),
                Some(Err(error)) => match NetworkProblem::of(&error, &attempt.host) {
                    Some(problem) => problem.of_proxy(attempt.proxy.as_deref()),
                    None => return Err(error),
                },
                None => attempt.no_answer(),
            };
            Err(observer.failure(&attempt, problem))
        })
    }

    /// Returns `None` if there is no answer within the attempt's limit.
    async fn wait(
        &self,
        attempt: &Attempt,
        response: HttpConnectorFuture,
    ) -> Option<Result<HttpResponse, ConnectorError>> {
        let limited = async {
            match attempt.limit {
                Some(limit) => attempt.progress.stalled_for(limit).await,
                None => std::future::pending().await,
            }
        };
        tokio::pin!(response, limited);
        let slow = if attempt.has_large_body { SLOW_BODY } else { SLOW };
        tokio::select! {
            response = &mut response => return Some(response),
            () = &mut limited => return None,
            () = attempt.progress.stalled_for(slow) => {}
        }
        self.report(|| format!("waiting for {}: no answer for {} s{}", attempt.host, slow.as_secs(), attempt.number()));
        tokio::select! {
            response = &mut response => Some(response),
            () = &mut limited => None,
        }
    }

    fn failure(&self, attempt: &Attempt, problem: NetworkProblem) -> ConnectorError {
        if !problem.is_transient() {
            return ConnectorError::user(problem.into());
        }
        let is_no_answer = matches!(problem, NetworkProblem::NoAnswer { .. });
        let ends_call = is_no_answer && attempt.is_last_without_answer();
        // Nothing is waited for after the last attempt: its problem is that of the call.
        if !ends_call && !attempt.is_last() {
            self.report(|| format!("waiting: {problem}{}", attempt.number()));
        }
        match (is_no_answer, ends_call) {
            (_, true) => ConnectorError::user(problem.into()),
            (true, false) => ConnectorError::timeout(problem.into()),
            (false, false) => ConnectorError::io(problem.into()),
        }
    }

    fn report(&self, line: impl FnOnce() -> String) {
        let Ok(mut last) = self.last_line.lock() else { return };
        if last.is_none_or(|last| last.elapsed() >= SLOW) {
            *last = Some(Instant::now());
            self.reporter.log(line());
        }
    }

    /// Warns once if the clock of this machine is wrong, by the date that AWS puts into each answer.
    fn check_clock(&self, theirs: Option<SystemTime>) {
        let Some(theirs) = theirs else { return };
        let skew = skew(SystemTime::now(), theirs);
        if skew.0 > MAX_CLOCK_SKEW && !self.reported_clock.swap(true, Ordering::Relaxed) {
            let (minutes, direction) = (skew.0.as_secs() / 60, skew.1);
            self.reporter.warning(format!(
                "the clock of this machine is {minutes} min {direction} AWS's: set it, since AWS rejects requests with a wrong time"
            ));
        }
    }
}

/// One attempt at a request.
pub(crate) struct Attempt {
    host: String,
    /// The proxy that leads there. This machine connects to it alone.
    proxy: Option<String>,
    /// Which one it is, and how many there are, if the SDK numbers them.
    number: Option<u32>,
    max: Option<u32>,
    has_large_body: bool,
    is_signed: bool,
    limit: Option<Duration>,
    connect_limit: Option<Duration>,
    progress: BodyProgress,
}

impl Attempt {
    /// Starts an attempt. The read timeout is the time that it may take without progress.
    pub(crate) fn start(request: &mut HttpRequest, settings: &HttpConnectorSettings) -> Self {
        let header = |name| request.headers().get(name);
        let length = header("content-length").and_then(|length| length.parse::<u64>().ok()).unwrap_or(0);
        let numbers = header("amz-sdk-request").unwrap_or_default();
        let attempt = Attempt {
            host: host_of(request.uri()),
            proxy: None,
            number: attempt_number(numbers, "attempt"),
            max: attempt_number(numbers, "max"),
            has_large_body: length > LARGE_BODY,
            is_signed: header("authorization").is_some_and(|value| value.starts_with("AWS4-")),
            limit: settings.read_timeout(),
            connect_limit: settings.connect_timeout(),
            progress: BodyProgress::start(),
        };
        if attempt.has_large_body {
            attempt.progress.track(request);
        }
        attempt
    }

    /// Returns the attempt with the proxy that it uses.
    pub(crate) fn behind(self, proxy: Option<&str>) -> Self {
        Attempt { proxy: proxy.map(str::to_owned), ..self }
    }

    /// Returns the number as the end of a line, unless it is the only attempt.
    fn number(&self) -> String {
        match (self.number, self.max) {
            (_, Some(1)) | (None, _) => String::new(),
            (Some(number), Some(max)) => format!(" (attempt {number} of {max})"),
            (Some(number), None) => format!(" (attempt {number})"),
        }
    }

    /// Returns an answer of AWS as it came, and a problem for every other one.
    async fn verify(&self, response: HttpResponse) -> Result<HttpResponse, NetworkProblem> {
        let asked = Asked { host: &self.host, is_signed: self.is_signed };
        let verifying = foreign_answer::verify(response, asked);
        match self.limit {
            Some(limit) => tokio::time::timeout(limit, verifying).await.unwrap_or_else(|_| Err(self.no_answer())),
            None => verifying.await,
        }
    }

    fn no_answer(&self) -> NetworkProblem {
        NetworkProblem::NoAnswer { host: self.host.clone(), limit: self.limit.unwrap_or_default() }
    }

    fn no_connection(&self) -> NetworkProblem {
        let host = self.proxy.as_ref().map_or_else(|| self.host.clone(), |proxy| format!("the proxy {proxy}"));
        NetworkProblem::NoAnswer { host, limit: self.connect_limit.unwrap_or_default() }
    }

    fn is_last(&self) -> bool {
        self.number.zip(self.max).is_some_and(|(number, max)| number >= max)
    }

    fn is_last_without_answer(&self) -> bool {
        self.number.is_some_and(|number| number >= timeouts::MAX_TIMED_OUT_ATTEMPTS)
    }
}

/// Reads a number of the SDK's header `attempt=2; max=6`.
fn attempt_number(header: &str, name: &str) -> Option<u32> {
    header.split(';').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('=')?.parse().ok())
}

/// Returns how far our clock is off, and in which direction.
fn skew(ours: SystemTime, theirs: SystemTime) -> (Duration, &'static str) {
    match ours.duration_since(theirs) {
        Ok(ahead) => (ahead, "ahead of"),
        Err(behind) => (behind.duration(), "behind"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::reporter::{Level, Recorder};
    use aws_sdk_s3::primitives::SdkBody;

    #[test]
    fn an_attempt_is_named_by_the_sdks_header() {
        let number = |header: &str| {
            let mut request = HttpRequest::new(SdkBody::empty());
            request.headers_mut().insert("amz-sdk-request", header.to_owned());
            Attempt::start(&mut request, &HttpConnectorSettings::builder().build()).number()
        };
        assert_eq!(number("attempt=2; max=6"), " (attempt 2 of 6)");
        assert_eq!(number("ttl=20260101T000000Z; attempt=3"), " (attempt 3)");
        assert_eq!(number("attempt=1; max=1"), "");
        assert_eq!(number("garbage"), "");
    }

    #[test]
    fn a_problem_is_reported_before_another_attempt_only() {
        let reported = |(header, has_answer): (&'static str, bool)| {
            let mut request = HttpRequest::new(SdkBody::empty());
            request.headers_mut().insert("amz-sdk-request", header);
            let attempt = Attempt::start(&mut request, &HttpConnectorSettings::builder().build());
            let recorder = Arc::new(Recorder::default());
            let refused = NetworkProblem::ConnectionRefused { host: "aws.invalid".to_owned() };
            let problem = if has_answer { refused } else { attempt.no_answer() };
            Observer::new(recorder.clone()).failure(&attempt, problem);
            recorder.lines(Level::Log).len()
        };
        let refused = ["attempt=5; max=6", "attempt=6; max=6", "attempt=6", "garbage"].map(|header| (header, true));
        assert_eq!(refused.map(reported), [1, 0, 1, 1]);
        // A call ends earlier if no answer comes.
        let unanswered = ["attempt=2; max=6", "attempt=3; max=6", "garbage"].map(|header| (header, false));
        assert_eq!(unanswered.map(reported), [1, 0, 1]);
    }

    #[test]
    fn an_attempt_does_not_name_the_password_of_its_endpoint() {
        let mut request = HttpRequest::new(SdkBody::empty());
        request.set_uri("https://litexa:s3cret@aws.invalid:4566/?x=1").unwrap();
        let attempt = Attempt::start(&mut request, &HttpConnectorSettings::builder().build());
        assert_eq!(attempt.no_answer().to_string(), "no answer from aws.invalid:4566 within 0 s");
    }

    #[test]
    fn the_difference_of_clocks_has_a_direction() {
        let date = parse_date("Thu, 26 Nov 2026 15:00:00 GMT").unwrap();
        assert_eq!(skew(date + Duration::from_mins(20), date), (Duration::from_mins(20), "ahead of"));
        assert_eq!(skew(date - Duration::from_mins(20), date), (Duration::from_mins(20), "behind"));
    }
}
