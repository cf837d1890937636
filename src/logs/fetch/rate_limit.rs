//! Limits the rate of requests to the quotas of CloudWatch Logs.

use std::sync::Mutex;
use std::time::Duration;
use tokio::time::Instant;

/// The requests that an account may make in a region, per second.
///
/// See <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quotas {
    pub(crate) get_log_events: u32,
    pub(crate) filter_log_events: u32,
}

impl Quotas {
    /// Returns the quotas of a region.
    pub(crate) fn of_region(region: &str) -> Self {
        let (get_log_events, filter_log_events) = match region {
            "us-east-1" => (25, 25),
            "ap-northeast-3" | "ap-southeast-3" | "ca-west-1" | "eu-central-1" | "il-central-1" => (10, 5),
            "eu-west-1" | "us-west-2" => (10, 10),
            "eu-west-3" => (30, 10),
            _ => (25, 10),
        };
        Quotas { get_log_events, filter_log_events }
    }

    /// Returns the number of pages of a batch that take as long, at the quota of FilterLogEvents, as its streams take
    /// one by one, at that of GetLogEvents: two requests each.
    pub(crate) fn max_pages(self, streams: usize) -> usize {
        (2 * streams * self.filter_log_events as usize / self.get_log_events as usize).max(2)
    }
}

/// Spaces requests evenly (a leaky bucket, as in the generic cell rate algorithm), so that AWS does not throttle them.
/// The burst is half of a second's quota: AWS allows a whole second's, but other programs may use the same quota.
pub(crate) struct RateLimiter {
    interval: Duration,
    burst: u32,
    next: Mutex<Option<Instant>>,
}

impl RateLimiter {
    pub(crate) fn new(per_second: u32) -> Self {
        let interval = Duration::from_secs(1) / per_second;
        RateLimiter { interval, burst: (per_second / 2).max(1), next: Mutex::new(None) }
    }

    /// Waits until the next request may be sent.
    pub(crate) async fn wait(&self) {
        tokio::time::sleep_until(self.reserve(Instant::now())).await;
    }

    /// Reserves the next time at which a request may be sent. Unused time counts for up to a burst.
    fn reserve(&self, now: Instant) -> Instant {
        let mut next = self.next.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let earliest = now.checked_sub(self.interval * (self.burst - 1)).unwrap_or(now);
        let reserved = next.map_or(earliest, |next| next.max(earliest));
        *next = Some(reserved + self.interval);
        reserved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_keep_to_the_rate_after_a_burst_of_half_a_second() {
        let limiter = RateLimiter::new(10);
        let start = Instant::now() + Duration::from_mins(1);
        let waits = |now: Instant, count: usize| -> Vec<u128> {
            (0..count).map(|_| limiter.reserve(now).saturating_duration_since(now).as_millis()).collect()
        };
        assert_eq!(waits(start, 8), [0, 0, 0, 0, 0, 100, 200, 300]);
        // Half a minute without requests allows one burst, not more.
        let later = start + Duration::from_secs(30);
        assert_eq!(waits(later, 7), [0, 0, 0, 0, 0, 100, 200]);
    }

    #[test]
    fn a_batch_has_as_many_pages_as_its_streams_are_worth_at_the_regions_quotas() {
        let max_pages = |region, streams| Quotas::of_region(region).max_pages(streams);
        assert_eq!(max_pages("us-east-1", 10), 20);
        assert_eq!(max_pages("eu-north-1", 10), 8);
        assert_eq!(max_pages("eu-central-1", 50), 50);
        assert_eq!(max_pages("eu-central-1", 2), 2);
    }
}
