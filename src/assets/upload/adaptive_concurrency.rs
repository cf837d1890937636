//! How many requests may be under way: fewer when S3 asks to slow down, and bit by bit more again when it does not.

use aws_sdk_s3::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// With fewer than this nothing would be gained.
const LEAST: usize = 4;

/// Refusals of the same moment count as one.
const MOMENT: Duration = Duration::from_secs(1);

/// Shared by all requests of a client.
#[derive(Clone, Debug)]
pub(crate) struct Pace(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    most: usize,
    allowed: usize,
    under_way: usize,
    slowed: Option<Instant>,
}

/// A request's turn, until it is dropped.
pub(crate) struct Turn<'a>(&'a Pace);

impl Pace {
    pub(crate) fn new(most: usize) -> Self {
        let state = State { most, allowed: most, under_way: 0, slowed: None };
        Pace(Arc::new(Shared { state: Mutex::new(state), changed: Notify::new() }))
    }

    /// Waits for a turn.
    pub(crate) async fn turn(&self) -> Turn<'_> {
        loop {
            // Enlisted before looking, so that a change in between is not missed.
            let mut changed = pin!(self.0.changed.notified());
            changed.as_mut().enable();
            {
                let mut state = self.state();
                if state.under_way < state.allowed {
                    state.under_way += 1;
                    return Turn(self);
                }
            }
            changed.await;
        }
    }

    fn answered(&self, status: u16, now: Instant) {
        let mut state = self.state();
        if status == 503 || status == 429 {
            let is_new = state.slowed.is_none_or(|slowed| now.duration_since(slowed) >= MOMENT);
            if is_new {
                state.allowed = (state.allowed / 2).max(LEAST);
                state.slowed = Some(now);
            }
        } else if status < 300 && state.allowed < state.most {
            state.allowed += 1;
            drop(state);
            self.0.changed.notify_one();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.state().under_way -= 1;
        self.0.0.changed.notify_one();
    }
}

/// Hears every answer, also those after which the SDK tries again by itself.
impl Intercept for Pace {
    fn name(&self) -> &'static str {
        "Pace"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), aws_sdk_s3::error::BoxError> {
        self.answered(context.response().status().as_u16(), Instant::now());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_slows_down_at_once_and_recovers_bit_by_bit() {
        let (pace, start) = (Pace::new(64), Instant::now());
        let allowed = || pace.state().allowed;
        pace.answered(503, start);
        pace.answered(503, start + Duration::from_millis(10));
        assert_eq!(allowed(), 32);
        pace.answered(429, start + MOMENT);
        assert_eq!(allowed(), 16);
        pace.answered(200, start + MOMENT);
        assert_eq!(allowed(), 17);
        (0..99).for_each(|_| pace.answered(200, start + MOMENT));
        assert_eq!(allowed(), 64);
        (1..99).for_each(|seconds| pace.answered(503, start + MOMENT * seconds * 2));
        assert_eq!(allowed(), LEAST);
    }

    #[tokio::test]
    async fn nobody_goes_before_it_is_its_turn() {
        let pace = Pace::new(1);
        let first = pace.turn().await;
        let second = tokio::spawn({
            let pace = pace.clone();
            async move { drop(pace.turn().await) }
        });
        tokio::task::yield_now().await;
        assert!(!second.is_finished());
        drop(first);
        second.await.unwrap();
        assert_eq!(pace.state().under_way, 0);
    }
}
