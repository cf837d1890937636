//! Watches requests on their way: reports long waits, names what failed between here and AWS, and recognizes answers
//! that do not come from AWS.

use crate::aws::body_progress::BodyProgress;
use crate::aws::timeouts;
use crate::config::env;
use crate::output::reporter::Reporter;
use aws_sdk_s3::config::http::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::http::{HttpConnectorFuture, HttpConnectorSettings};
use aws_smithy_runtime_api::client::result::ConnectorError;
use std::error::Error;
use std::fmt;
use std::io;
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

/// A failure between this machine and AWS, with a cause that a person can act on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NetworkProblem {
    /// The proxy answered 407.
    ProxyCredentials,
    /// The certificate of the server, or of something in between, is not signed by a trusted authority.
    UntrustedCertificate {
        host: String,
    },
    /// Its certificate is outside its time, or this machine's clock is.
    ExpiredCertificate {
        host: String,
    },
    /// Its certificate is of another host.
    CertificateOfOtherHost {
        host: String,
    },
    /// Its name does not resolve.
    UnknownHost {
        host: String,
    },
    ConnectionRefused {
        host: String,
    },
    /// No answer, and no progress of the request, within this time.
    NoAnswer {
        host: String,
        limit: Duration,
    },
    /// An answer of something in between, such as a captive portal: its status and content type.
    ForeignAnswer {
        host: String,
        status: u16,
        content_type: String,
    },
}

impl NetworkProblem {
    /// Returns how to fix it.
    pub(crate) fn hint(&self) -> String {
        let hint = match self {
            NetworkProblem::NoAnswer { .. } => {
                return format!(
                    "Check the network, the proxy and, if it is set, AWS_ENDPOINT_URL; for a slow line, set {} to more than {}",
                    env::AWS_TIMEOUT_SECONDS.name,
                    timeouts::seconds()
                );
            }
            NetworkProblem::ProxyCredentials => {
                "Write them into HTTPS_PROXY (or HTTP_PROXY, ALL_PROXY), as in http://user:password@host:port, with special characters as %XX"
            }
            NetworkProblem::UntrustedCertificate { .. } => {
                "Name the file with the authority that signed it in AWS_CA_BUNDLE, in ca_bundle of the AWS profile, or in NODE_EXTRA_CA_CERTS"
            }
            NetworkProblem::ExpiredCertificate { .. } => {
                "Check the clock of this machine; if it is right, the certificate must be renewed"
            }
            NetworkProblem::CertificateOfOtherHost { .. } => {
                "Sign in to the network if it demands that, and check AWS_ENDPOINT_URL if it is set"
            }
            NetworkProblem::UnknownHost { .. } => {
                "Check the network, the name of the region and, if it is set, AWS_ENDPOINT_URL; behind a proxy, set HTTPS_PROXY"
            }
            NetworkProblem::ConnectionRefused { .. } => {
                "Check the network and, if they are set, AWS_ENDPOINT_URL and HTTPS_PROXY"
            }
            NetworkProblem::ForeignAnswer { .. } => {
                "Sign in to the network, or set HTTPS_PROXY or NO_PROXY so that AWS is reached"
            }
        };
        hint.to_owned()
    }

    /// Returns whether sending the request again may help.
    fn is_transient(&self) -> bool {
        match self {
            NetworkProblem::ProxyCredentials
            | NetworkProblem::UntrustedCertificate { .. }
            | NetworkProblem::ExpiredCertificate { .. }
            | NetworkProblem::CertificateOfOtherHost { .. } => false,
            NetworkProblem::UnknownHost { .. }
            | NetworkProblem::ConnectionRefused { .. }
            | NetworkProblem::NoAnswer { .. } => true,
            NetworkProblem::ForeignAnswer { status, .. } => *status >= 500,
        }
    }

    /// Returns the problem that an error of the connection stands for.
    fn of(error: &ConnectorError, host: &str) -> Option<Self> {
        let host = host.to_owned();
        causes(error).find_map(|cause| {
            if let Some(io) = cause.downcast_ref::<io::Error>()
                && io.kind() == io::ErrorKind::ConnectionRefused
            {
                return Some(NetworkProblem::ConnectionRefused { host: host.clone() });
            }
            // The types of these errors are private to their crates.
            let message = cause.to_string();
            if message.contains("proxy authorization required") {
                Some(NetworkProblem::ProxyCredentials)
            } else if let Some(reason) = message.split_once("invalid peer certificate: ").map(|(_, reason)| reason) {
                let host = host.clone();
                // The names of rustls::CertificateError, as they are displayed or declared.
                Some(
                    if ["certificate expired", "Expired", "certificate not valid yet", "NotValidYet"]
                        .iter()
                        .any(|name| reason.starts_with(name))
                    {
                        NetworkProblem::ExpiredCertificate { host }
                    } else if ["certificate not valid for name", "NotValidForName"]
                        .iter()
                        .any(|name| reason.starts_with(name))
                    {
                        NetworkProblem::CertificateOfOtherHost { host }
                    } else {
                        NetworkProblem::UntrustedCertificate { host }
                    },
                )
            } else if message.contains("dns error") {
                Some(NetworkProblem::UnknownHost { host: host.clone() })
            } else {
                None
            }
        })
    }

    /// Returns the problem of an answer that AWS did not give. AWS gives each answer an ID; its answers to requests of
    /// this module are never web pages, except for objects in a bucket.
    fn of_response(response: &HttpResponse, host: &str) -> Option<Self> {
        let status = response.status().as_u16();
        if status == 407 {
            return Some(NetworkProblem::ProxyCredentials);
        }
        let header = |name| response.headers().get(name);
        let content_type = header("content-type").unwrap_or_default().to_ascii_lowercase();
        let has_id = ["x-amz-request-id", "x-amzn-requestid", "x-amz-id-2"].iter().any(|name| header(name).is_some());
        let is_page = ["text/html", "application/xhtml"].iter().any(|page| content_type.starts_with(page));
        // AWS redirects requests for a bucket of another region only, and names that region.
        let is_redirect = (301..=308).contains(&status) && status != 304 && header("x-amz-bucket-region").is_none();
        ((is_page || is_redirect) && !has_id).then(|| NetworkProblem::ForeignAnswer {
            host: host.to_owned(),
            status,
            content_type,
        })
    }
}

impl fmt::Display for NetworkProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NetworkProblem::ProxyCredentials => f.write_str("the proxy demands credentials"),
            NetworkProblem::UntrustedCertificate { host } => write!(f, "the certificate of {host} is not trusted"),
            NetworkProblem::ExpiredCertificate { host } => {
                write!(f, "the certificate of {host} is not valid at the time of this machine's clock")
            }
            NetworkProblem::CertificateOfOtherHost { host } => {
                write!(f, "the server that answers for {host} has the certificate of another host")
            }
            NetworkProblem::NoAnswer { host, limit } => write!(f, "no answer from {host} within {} s", limit.as_secs()),
            NetworkProblem::UnknownHost { host } => write!(f, "the host {host} was not found"),
            NetworkProblem::ConnectionRefused { host } => write!(f, "{host} refused the connection"),
            NetworkProblem::ForeignAnswer { host, status, content_type } if content_type.is_empty() => {
                write!(f, "the answer of {host} does not come from AWS (status {status})")
            }
            NetworkProblem::ForeignAnswer { host, status, content_type } => {
                write!(f, "the answer of {host} does not come from AWS (status {status}, {content_type})")
            }
        }
    }
}

impl Error for NetworkProblem {}

/// Returns an error and its causes.
pub(crate) fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

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
                    observer.check_clock(&response);
                    match NetworkProblem::of_response(&response, &attempt.host) {
                        Some(problem) => problem,
                        None => return Ok(response),
                    }
                }
                Some(Err(error)) if error.is_timeout() => attempt.no_connection(),
                Some(Err(error)) => match NetworkProblem::of(&error, &attempt.host) {
                    Some(problem) => problem,
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
        self.report(|| format!("waiting: {problem}{}", attempt.number()));
        match problem {
            NetworkProblem::NoAnswer { .. } if attempt.is_last_without_answer() => ConnectorError::user(problem.into()),
            NetworkProblem::NoAnswer { .. } => ConnectorError::timeout(problem.into()),
            _ => ConnectorError::io(problem.into()),
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
    fn check_clock(&self, response: &HttpResponse) {
        let Some(theirs) = response.headers().get("date").and_then(parse_date) else { return };
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
    /// Which one it is, and how many there are, if the SDK numbers them.
    number: Option<u32>,
    max: Option<u32>,
    has_large_body: bool,
    limit: Option<Duration>,
    connect_limit: Option<Duration>,
    progress: BodyProgress,
}

impl Attempt {
    /// Starts an attempt. The read timeout is the time that it may take without progress.
    pub(crate) fn start(request: &mut HttpRequest, settings: &HttpConnectorSettings) -> Self {
        let header = |name| request.headers().get(name);
        let uri: http::Uri = request.uri().parse().unwrap_or_default();
        let length = header("content-length").and_then(|length| length.parse::<u64>().ok()).unwrap_or(0);
        let numbers = header("amz-sdk-request").unwrap_or_default();
        let attempt = Attempt {
            host: uri.authority().map(|authority| authority.to_string()).unwrap_or_default(),
            number: attempt_number(numbers, "attempt"),
            max: attempt_number(numbers, "max"),
            has_large_body: length > LARGE_BODY,
            limit: settings.read_timeout(),
            connect_limit: settings.connect_timeout(),
            progress: BodyProgress::start(),
        };
        if attempt.has_large_body {
            attempt.progress.track(request);
        }
        attempt
    }

    /// Returns the number as the end of a line.
    fn number(&self) -> String {
        match (self.number, self.max) {
            (Some(number), Some(max)) => format!(" (attempt {number} of {max})"),
            (Some(number), None) => format!(" (attempt {number})"),
            (None, _) => String::new(),
        }
    }

    fn no_answer(&self) -> NetworkProblem {
        NetworkProblem::NoAnswer { host: self.host.clone(), limit: self.limit.unwrap_or_default() }
    }

    fn no_connection(&self) -> NetworkProblem {
        NetworkProblem::NoAnswer { host: self.host.clone(), limit: self.connect_limit.unwrap_or_default() }
    }

    fn is_last_without_answer(&self) -> bool {
        self.number.is_some_and(|number| number >= timeouts::MAX_TIMED_OUT_ATTEMPTS)
    }
}

/// Reads a number of the SDK's header `attempt=2; max=6`.
fn attempt_number(header: &str, name: &str) -> Option<u32> {
    header.split(';').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('=')?.parse().ok())
}

fn parse_date(text: &str) -> Option<SystemTime> {
    let date = aws_sdk_s3::primitives::DateTime::from_str(text, aws_sdk_s3::primitives::DateTimeFormat::HttpDate);
    date.ok().and_then(|date| SystemTime::try_from(date).ok())
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
    use aws_sdk_s3::primitives::SdkBody;

    fn response(status: u16, headers: &[(&'static str, &'static str)]) -> HttpResponse {
        let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::empty());
        for (name, value) in headers {
            response.headers_mut().insert(*name, *value);
        }
        response
    }

    #[test]
    fn a_web_page_without_an_id_of_aws_is_a_foreign_answer() {
        let problem = |status, headers: &[_]| NetworkProblem::of_response(&response(status, headers), "s3.test");
        let page = ("content-type", "text/html; charset=utf-8");
        assert!(matches!(problem(200, &[page]), Some(NetworkProblem::ForeignAnswer { status: 200, .. })));
        assert!(matches!(problem(403, &[page]), Some(NetworkProblem::ForeignAnswer { .. })));
        assert_eq!(problem(200, &[page, ("x-amz-request-id", "1")]), None);
        assert_eq!(problem(200, &[("content-type", "application/xml")]), None);
        assert_eq!(problem(204, &[]), None);
        assert!(matches!(problem(302, &[]), Some(NetworkProblem::ForeignAnswer { status: 302, .. })));
        assert!(matches!(problem(200, &[("content-type", "Text/HTML")]), Some(NetworkProblem::ForeignAnswer { .. })));
        assert_eq!(problem(307, &[("x-amz-bucket-region", "eu-west-1")]), None);
        assert_eq!(problem(304, &[]), None);
        assert_eq!(problem(407, &[page]), Some(NetworkProblem::ProxyCredentials));
    }

    #[test]
    fn only_problems_that_may_pass_are_tried_again() {
        let foreign =
            |status| NetworkProblem::ForeignAnswer { host: String::new(), status, content_type: String::new() };
        assert!(foreign(502).is_transient() && !foreign(200).is_transient());
        assert!(!NetworkProblem::ProxyCredentials.is_transient());
        assert!(NetworkProblem::UnknownHost { host: String::new() }.is_transient());
    }

    #[test]
    fn an_attempt_is_named_by_the_sdks_header() {
        let number = |header: &str| {
            let mut request = HttpRequest::new(SdkBody::empty());
            request.headers_mut().insert("amz-sdk-request", header.to_owned());
            Attempt::start(&mut request, &HttpConnectorSettings::builder().build()).number()
        };
        assert_eq!(number("attempt=2; max=6"), " (attempt 2 of 6)");
        assert_eq!(number("ttl=20260101T000000Z; attempt=3"), " (attempt 3)");
        assert_eq!(number("garbage"), "");
    }

    #[test]
    fn the_difference_of_clocks_has_a_direction() {
        let date = parse_date("Thu, 26 Nov 2026 15:00:00 GMT").unwrap();
        assert_eq!(skew(date + Duration::from_mins(20), date), (Duration::from_mins(20), "ahead of"));
        assert_eq!(skew(date - Duration::from_mins(20), date), (Duration::from_mins(20), "behind"));
        assert_eq!(parse_date("yesterday"), None);
    }
}
