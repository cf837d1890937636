//! Reads the time by AWS's clock, since the times of events are by that of AWS, and this machine's may be wrong.

use crate::aws::call;
use crate::aws::server_time::ServerTime;
use crate::logs::source::LogSource;
use aws_config::retry::RetryConfig;
use jiff::Timestamp;
use std::time::{Duration, SystemTime};

/// AWS reports its time in seconds, and an answer is on its way for a while: a smaller difference is not known.
const TOLERANCE: Duration = Duration::from_secs(5);

/// Attempts at reading the time, without which this machine's counts.
const MAX_ATTEMPTS: u32 = 2;

/// How far AWS's clock is ahead of this machine's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Clock {
    ahead_ms: i64,
}

impl Clock {
    /// Reads the time by a small request. Its answer has the time whatever it is.
    pub(super) async fn of_aws(source: &LogSource<'_>) -> Self {
        let LogSource { client, log_group, .. } = source;
        let server_time = ServerTime::default();
        let retries = RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS);
        let sent = call(format!("listing the log streams of {log_group}"), "logs:DescribeLogStreams").send(|| {
            let request = client.describe_log_streams().log_group_name(log_group).limit(1).customize();
            let config = aws_sdk_cloudwatchlogs::config::Builder::new().retry_config(retries.clone());
            request.config_override(config).interceptor(server_time.clone()).send()
        });
        // Following works without the right, and before the log group exists.
        let _ = sent.await;
        Clock::new(server_time.get(), SystemTime::now())
    }

    fn new(of_aws: SystemTime, of_machine: SystemTime) -> Self {
        let ms = |time: SystemTime| Timestamp::try_from(time).map_or(0, Timestamp::as_millisecond);
        let ahead_ms = ms(of_aws) - ms(of_machine);
        let is_known = u128::from(ahead_ms.unsigned_abs()) > TOLERANCE.as_millis();
        Clock { ahead_ms: if is_known { ahead_ms } else { 0 } }
    }

    /// Returns the time in milliseconds since the epoch.
    pub(super) fn now_ms(self) -> i64 {
        Timestamp::now().as_millisecond() + self.ahead_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_clock_is_corrected_and_a_difference_of_seconds_is_not_one() {
        let ahead_ms = |aws: u64, machine: u64| {
            let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            Clock::new(at(aws), at(machine)).ahead_ms
        };
        assert_eq!(ahead_ms(1_000_000, 1_000_004), 0);
        assert_eq!(ahead_ms(1_000_000, 1_000_300), -300_000);
        assert_eq!(ahead_ms(1_000_300, 1_000_000), 300_000);
    }
}
