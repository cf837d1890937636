//! How long AWS may take. A deployment ends, whatever AWS does or does not answer.

use crate::error::{Error, ErrorCode, Result};
use aws_config::timeout::TimeoutConfig;
use std::time::Duration;

/// For slow lines and slow proxies.
const VARIABLE: &str = "LITEXA_AWS_TIMEOUT_SECONDS";

/// What AWS may take to answer a request without a body. Its own answers come within a few seconds.
const DEFAULT_SECONDS: u64 = 30;

const LONGEST_SECONDS: u64 = 3600;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The time runs while a body is being sent, too: each of these many bytes is worth as much time again ...
const BYTES_OF_A_SHARE: u64 = 32 * 1024;

/// ... up to this many times. A line on which nothing moves at all is noticed by the SDK much earlier.
const MOST_SHARES: u64 = 20;

/// All attempts at a call together may take as long as this many that get no answer.
const UNANSWERED: u32 = 3;

/// What the pauses between the attempts come to, when AWS asks for fewer requests.
const PAUSES: Duration = Duration::from_secs(30);

/// The limits of requests without a body, as the environment sets them.
///
/// # Errors
/// `InvalidOption`, naming the variable.
pub(crate) fn from_environment() -> Result<TimeoutConfig> {
    let seconds = match std::env::var_os(VARIABLE).filter(|value| !value.is_empty()) {
        None => DEFAULT_SECONDS,
        Some(value) => value
            .to_str()
            .and_then(|text| text.parse().ok())
            .filter(|seconds| (1..=LONGEST_SECONDS).contains(seconds))
            .ok_or_else(|| {
                Error::new(
                    ErrorCode::InvalidOption,
                    format!("the environment variable {VARIABLE} is {}", value.display()),
                )
                .hint(format!("Write whole seconds from 1 to {LONGEST_SECONDS}, or unset it"))
            })?,
    };
    Ok(limits(Duration::from_secs(seconds)))
}

/// The limits of a request that carries so many bytes, where `usual` are those of one without.
pub(crate) fn for_body(usual: Option<&TimeoutConfig>, bytes: u64) -> TimeoutConfig {
    let answer =
        usual.and_then(TimeoutConfig::operation_attempt_timeout).unwrap_or(Duration::from_secs(DEFAULT_SECONDS));
    let shares = bytes.div_ceil(BYTES_OF_A_SHARE).min(MOST_SHARES);
    limits(answer * (1 + u32::try_from(shares).unwrap_or(0)))
}

/// Not the SDK's read timeout: requests that differ in it share no connections.
fn limits(answer: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(answer)
        .operation_timeout(answer * UNANSWERED + PAUSES)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_gets_time_by_its_size_and_no_request_lasts_for_ever() {
        let usual = limits(Duration::from_secs(30));
        let answer = |bytes| for_body(Some(&usual), bytes).operation_attempt_timeout().unwrap().as_secs();
        assert_eq!(answer(0), 30);
        assert_eq!(answer(50_000), 90);
        assert_eq!(answer(8 << 20), 630);
        assert_eq!(answer(u64::MAX), 630);
        assert_eq!(usual.operation_timeout(), Some(Duration::from_mins(2)));
        assert_eq!(for_body(None, 0), usual);
    }
}
