//! Requests at the rate that AWS takes them.

use std::sync::Mutex;
use std::time::Duration;
use tokio::time::Instant;

/// How many requests a second AWS takes from an account in a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rates {
    /// GetLogEvents.
    pub(crate) single: u32,
    /// FilterLogEvents.
    pub(crate) batch: u32,
}

impl Rates {
    /// As the CloudWatch Logs User Guide's "CloudWatch Logs quotas" has them. A region that it does not name is taken
    /// for one of the many.
    pub(crate) fn of(region: &str) -> Self {
        let (single, batch) = match region {
            "us-east-1" => (25, 25),
            "ap-northeast-3" | "ap-southeast-3" | "ca-west-1" | "eu-central-1" | "il-central-1" => (10, 5),
            "eu-west-1" | "us-west-2" => (10, 10),
            "eu-west-3" => (30, 10),
            _ => (25, 10),
        };
        Rates { single, batch }
    }

    /// How many pages a batch of streams may have before it takes more of its rate than its streams take of theirs, read
    /// one by one: two requests for each.
    pub(crate) fn pages_worth(self, streams: usize) -> usize {
        (2 * streams * self.batch as usize / self.single as usize).max(2)
    }
}

/// Keeps requests apart, so that AWS need not refuse any. Half a second's worth may go at once: AWS lets a second's
/// worth, and others may ask as well.
pub(crate) struct Pace {
    interval: Duration,
    burst: u32,
    next: Mutex<Option<Instant>>,
}

impl Pace {
    pub(crate) fn new(per_second: u32) -> Self {
        let interval = Duration::from_secs(1) / per_second;
        Pace { interval, burst: (per_second / 2).max(1), next: Mutex::new(None) }
    }

    pub(crate) async fn wait(&self) {
        tokio::time::sleep_until(self.turn(Instant::now())).await;
    }

    /// When the next request may go. Time that was not used is saved up, for as many as may go at once.
    fn turn(&self, now: Instant) -> Instant {
        let mut next = self.next.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let earliest = now.checked_sub(self.interval * (self.burst - 1)).unwrap_or(now);
        let turn = next.map_or(earliest, |next| next.max(earliest));
        *next = Some(turn + self.interval);
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_keep_to_the_rate_after_half_a_seconds_worth() {
        let pace = Pace::new(10);
        let start = Instant::now() + Duration::from_mins(1);
        let waits = |now: Instant, count: usize| -> Vec<u128> {
            (0..count).map(|_| pace.turn(now).saturating_duration_since(now).as_millis()).collect()
        };
        assert_eq!(waits(start, 8), [0, 0, 0, 0, 0, 100, 200, 300]);
        // Half a minute later as much is saved up, and no more.
        let later = start + Duration::from_secs(30);
        assert_eq!(waits(later, 7), [0, 0, 0, 0, 0, 100, 200]);
    }

    #[test]
    fn a_batch_is_worth_as_much_of_its_rate_as_its_streams_of_theirs() {
        let worth = |region, streams| Rates::of(region).pages_worth(streams);
        assert_eq!(worth("us-east-1", 10), 20);
        assert_eq!(worth("eu-north-1", 10), 8);
        assert_eq!(worth("eu-central-1", 50), 50);
        assert_eq!(worth("eu-central-1", 2), 2);
    }
}
