//! Requests at the rate that AWS takes them.

use std::sync::Mutex;
use std::time::Duration;
use tokio::time::Instant;

/// Keeps requests apart, so that AWS need not refuse any. The first second's worth may go at once.
pub struct Pace {
    interval: Duration,
    burst: u32,
    next: Mutex<Instant>,
}

impl Pace {
    pub fn new(per_second: u32) -> Self {
        Pace { interval: Duration::from_secs(1) / per_second, burst: per_second, next: Mutex::new(Instant::now()) }
    }

    pub async fn wait(&self) {
        tokio::time::sleep_until(self.turn(Instant::now())).await;
    }

    /// When the next request may go. Time that was not used is saved up, for a second's worth at most.
    fn turn(&self, now: Instant) -> Instant {
        let mut next = self.next.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let earliest = now.checked_sub(self.interval * self.burst).unwrap_or(now);
        let turn = (*next).max(earliest);
        *next = turn + self.interval;
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_keep_to_the_rate() {
        let pace = Pace::new(10);
        let start = Instant::now();
        *pace.next.lock().unwrap() = start;
        let wait = |now: Instant| (pace.turn(now).saturating_duration_since(start)).as_millis();
        assert_eq!([wait(start), wait(start), wait(start)], [0, 100, 200]);
        // Half a minute later a second's worth is saved up, and no more.
        let later = start + Duration::from_secs(30);
        let turns: Vec<_> = (0..12).map(|_| pace.turn(later).saturating_duration_since(later).as_millis()).collect();
        assert_eq!(turns, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100]);
    }
}
