//! Limits the time that calls to AWS take, so that a deployment ends whatever AWS does.

use crate::config::env;
use crate::error::Result;
use aws_config::timeout::TimeoutConfig;
use std::time::Duration;

/// The time for a response to a request without a body. AWS's own responses arrive within a few seconds.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

const MAX_TIMEOUT_SECONDS: u64 = 3600;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A request gets one more timeout period for each of this many bytes of its body, since the time includes sending it.
const BYTES_PER_TIMEOUT: u64 = 32 * 1024;

const MAX_EXTRA_TIMEOUTS: u64 = 20;

/// An attempt that times out is not followed by another one from this number on.
pub(crate) const MAX_TIMED_OUT_ATTEMPTS: u32 = 3;

/// The pauses between attempts when AWS throttles.
const BACKOFF_ALLOWANCE: Duration = Duration::from_secs(30);

/// Returns the limits of requests without a body.
///
/// # Errors
/// `InvalidOption`, naming the environment variable, if it does not hold whole seconds in its range.
pub(crate) fn from_env() -> Result<TimeoutConfig> {
    let Some(text) = env::AWS_TIMEOUT_SECONDS.get()? else { return Ok(timeout_config(DEFAULT_TIMEOUT)) };
    match text.parse() {
        Ok(seconds @ 1..=MAX_TIMEOUT_SECONDS) => Ok(timeout_config(Duration::from_secs(seconds))),
        _ => Err(env::AWS_TIMEOUT_SECONDS.invalid(&text, &format!("whole seconds from 1 to {MAX_TIMEOUT_SECONDS}"))),
    }
}

/// Returns the seconds that a response to a request without a body may take.
pub(crate) fn seconds() -> u64 {
    let limits = from_env().ok();
    limits.and_then(|limits| limits.read_timeout()).unwrap_or(DEFAULT_TIMEOUT).as_secs()
}

/// Returns the limits of a request with a body of `bytes`. `without_body` are those of a request without one.
///
/// They apply to each pause while the body is sent, not to the whole: a slow line takes the time that it needs.
pub(crate) fn for_body(without_body: Option<&TimeoutConfig>, bytes: u64) -> TimeoutConfig {
    let timeout = without_body.and_then(TimeoutConfig::read_timeout).unwrap_or(DEFAULT_TIMEOUT);
    let extra = bytes.div_ceil(BYTES_PER_TIMEOUT).min(MAX_EXTRA_TIMEOUTS);
    let timeout = timeout * (1 + u32::try_from(extra).unwrap_or(0));
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(timeout)
        .disable_operation_attempt_timeout()
        .disable_operation_timeout()
        .build()
}

/// Returns the limits of requests of which each attempt is answered within this time.
///
/// `request_observer.rs` applies the read timeout to each attempt. The other limits end answers that never end.
pub(crate) fn timeout_config(attempt: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(attempt)
        .operation_attempt_timeout(attempt * 2)
        .operation_timeout(attempt * 2 * MAX_TIMED_OUT_ATTEMPTS + BACKOFF_ALLOWANCE)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_gets_more_time_by_its_size_up_to_a_maximum() {
        let without_body = timeout_config(Duration::from_secs(30));
        let answer = |bytes| for_body(Some(&without_body), bytes).read_timeout().unwrap().as_secs();
        assert_eq!(answer(0), 30);
        assert_eq!(answer(50_000), 90);
        assert_eq!(answer(8 << 20), 630);
        assert_eq!(answer(u64::MAX), 630);
        assert_eq!(without_body.read_timeout(), Some(Duration::from_secs(30)));
        assert_eq!(for_body(None, 0).read_timeout(), without_body.read_timeout());
        assert_eq!(for_body(None, 0).operation_timeout(), None);
    }
}
