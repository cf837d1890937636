//! Adapts the number of concurrent requests to S3's throttling: additive increase, multiplicative decrease (AIMD).
//!
//! The SDK's adaptive retry mode limits the rate of a client's requests instead, by a limit that callers cannot see.

use aws_sdk_s3::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Fewer concurrent requests would not reduce throttling.
const MIN_CONCURRENCY: usize = 4;

/// Throttled requests within this time count as one.
const THROTTLE_WINDOW: Duration = Duration::from_secs(1);

/// The HTTP statuses with which S3 and S3-compatible services throttle.
const THROTTLE_STATUSES: [u16; 2] = [503, 429];

/// Limits the requests of a client. All clones share the limit.
#[derive(Clone, Debug)]
pub(super) struct AdaptiveConcurrency(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    max: usize,
    limit: usize,
    in_flight: usize,
    throttled_at: Option<Instant>,
}

/// Allows one request until it is dropped.
pub(super) struct Permit<'a>(&'a AdaptiveConcurrency);

impl AdaptiveConcurrency {
    pub(super) fn new(max: usize) -> Self {
        let state = State { max, limit: max, in_flight: 0, throttled_at: None };
        AdaptiveConcurrency(Arc::new(Shared { state: Mutex::new(state), changed: Notify::new() }))
    }

    /// Waits until another request is allowed.
    pub(super) async fn acquire(&self) -> Permit<'_> {
        loop {
            // Enabled before the check, so that a change in between is not missed.
            let mut changed = pin!(self.0.changed.notified());
            changed.as_mut().enable();
            {
                let mut state = self.state();
                if state.in_flight < state.limit {
                    state.in_flight += 1;
                    return Permit(self);
                }
            }
            changed.await;
        }
    }

    fn on_response(&self, status: u16, now: Instant) {
        let mut state = self.state();
        if THROTTLE_STATUSES.contains(&status) {
            let is_first = state.throttled_at.is_none_or(|at| now.duration_since(at) >= THROTTLE_WINDOW);
            if is_first {
                state.limit = (state.limit / 2).max(MIN_CONCURRENCY);
                state.throttled_at = Some(now);
            }
        } else if status < 300 && state.limit < state.max {
            state.limit += 1;
            drop(state);
            self.0.changed.notify_one();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.0.state().in_flight -= 1;
        self.0.0.changed.notify_one();
    }
}

/// Sees every response, including those after which the SDK retries.
impl Intercept for AdaptiveConcurrency {
    fn name(&self) -> &'static str {
        "AdaptiveConcurrency"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.on_response(context.response().status().as_u16(), Instant::now());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_halved_when_s3_throttles_and_recovers_by_one_per_success() {
        let (concurrency, start) = (AdaptiveConcurrency::new(64), Instant::now());
        let limit = || concurrency.state().limit;
        concurrency.on_response(503, start);
        concurrency.on_response(503, start + Duration::from_millis(10));
        assert_eq!(limit(), 32);
        concurrency.on_response(429, start + THROTTLE_WINDOW);
        assert_eq!(limit(), 16);
        concurrency.on_response(200, start + THROTTLE_WINDOW);
        assert_eq!(limit(), 17);
        (0..99).for_each(|_| concurrency.on_response(200, start + THROTTLE_WINDOW));
        assert_eq!(limit(), 64);
        (1..99).for_each(|seconds| concurrency.on_response(503, start + THROTTLE_WINDOW * seconds * 2));
        assert_eq!(limit(), MIN_CONCURRENCY);
    }

    #[tokio::test]
    async fn a_request_over_the_limit_waits_until_another_one_is_finished() {
        let concurrency = AdaptiveConcurrency::new(1);
        let first = concurrency.acquire().await;
        let second = tokio::spawn({
            let concurrency = concurrency.clone();
            async move { drop(concurrency.acquire().await) }
        });
        tokio::task::yield_now().await;
        assert!(!second.is_finished());
        drop(first);
        second.await.unwrap();
        assert_eq!(concurrency.state().in_flight, 0);
    }
}
