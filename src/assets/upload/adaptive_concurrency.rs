//! Adapts the number of concurrent requests to S3's throttling: additive increase, multiplicative decrease (AIMD); and to
//! a line that is too slow for them, on which attempts time out.
//!
//! A call starts only when it may send, and its later attempts wait again, since the limit may have become lower. The
//! SDK's adaptive retry mode limits the rate of a client's requests instead, by a limit that callers cannot see.

use aws_sdk_s3::config::http::HttpRequest;
use aws_sdk_s3::config::interceptors::{BeforeDeserializationInterceptorContextRef, FinalizerInterceptorContextRef};
use aws_sdk_s3::config::{ConfigBag, HttpClient, Intercept, RuntimeComponents, SharedHttpClient};
use aws_sdk_s3::error::{BoxError, ProvideErrorMetadata};
use aws_sdk_s3::operation::put_object::PutObjectError;
use aws_sdk_s3::operation::upload_part::UploadPartError;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::interceptors::context::Error as OperationError;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Fewer concurrent requests would not reduce throttling.
const MIN_CONCURRENCY: usize = 4;

/// Throttled requests, or those that time out, count as one within this time.
const REDUCTION_WINDOW: Duration = Duration::from_secs(1);

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
    calls: usize,
    attempts: usize,
    reduced_at: Option<Instant>,
}

/// The part of a request that a permit is for: the whole call, or one attempt of it.
#[derive(Clone, Copy, Debug)]
enum Scope {
    Call,
    Attempt,
}

impl State {
    fn in_flight(&mut self, scope: Scope) -> &mut usize {
        match scope {
            Scope::Call => &mut self.calls,
            Scope::Attempt => &mut self.attempts,
        }
    }

    /// Returns whether this is the first failure of its window.
    fn begins_window(&mut self, now: Instant) -> bool {
        let is_first = self.reduced_at.is_none_or(|at| now.duration_since(at) >= REDUCTION_WINDOW);
        if is_first {
            self.reduced_at = Some(now);
        }
        is_first
    }
}

/// Allows one call or attempt until it is dropped.
pub(super) struct Permit {
    concurrency: AdaptiveConcurrency,
    scope: Scope,
}

impl AdaptiveConcurrency {
    pub(super) fn new(max: usize) -> Self {
        let state = State { max, limit: max, calls: 0, attempts: 0, reduced_at: None };
        AdaptiveConcurrency(Arc::new(Shared { state: Mutex::new(state), changed: Notify::new() }))
    }

    /// Waits until another call is allowed.
    pub(super) async fn acquire(&self) -> Permit {
        self.acquire_for(Scope::Call).await
    }

    /// Returns a client whose attempts each wait until they are allowed.
    pub(super) fn client(&self, inner: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(LimitedClient { inner, concurrency: self.clone() })
    }

    async fn acquire_for(&self, scope: Scope) -> Permit {
        loop {
            // Enabled before the check, so that a change in between is not missed.
            let mut changed = pin!(self.0.changed.notified());
            changed.as_mut().enable();
            {
                let mut state = self.state();
                let limit = state.limit;
                let in_flight = state.in_flight(scope);
                if *in_flight < limit {
                    *in_flight += 1;
                    return Permit { concurrency: self.clone(), scope };
                }
            }
            changed.await;
        }
    }

    fn on_response(&self, status: u16, now: Instant) {
        let mut state = self.state();
        if THROTTLE_STATUSES.contains(&status) {
            if state.begins_window(now) {
                state.limit = (state.limit / 2).max(MIN_CONCURRENCY.min(state.max));
            }
        } else if status < 300 && state.limit < state.max {
            state.limit += 1;
            drop(state);
            self.0.changed.notify_waiters();
        }
    }

    /// Leaves a quarter of the requests that were in flight, since a call has few attempts that may time out. The limit
    /// does not rise again: the line stays as slow as it is.
    fn on_timeout(&self, now: Instant) {
        let mut state = self.state();
        if state.begins_window(now) {
            state.limit = (state.limit.min(state.calls) / 4).max(1);
            state.max = state.limit;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        *self.concurrency.state().in_flight(self.scope) -= 1;
        // Calls and attempts wait for the same event.
        self.concurrency.0.changed.notify_waiters();
    }
}

#[derive(Debug)]
struct LimitedClient {
    inner: SharedHttpClient,
    concurrency: AdaptiveConcurrency,
}

impl HttpClient for LimitedClient {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(LimitedConnector { inner, concurrency: self.concurrency.clone() })
    }
}

#[derive(Debug)]
struct LimitedConnector {
    inner: SharedHttpConnector,
    concurrency: AdaptiveConcurrency,
}

impl HttpConnector for LimitedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (inner, concurrency) = (self.inner.clone(), self.concurrency.clone());
        HttpConnectorFuture::new(async move {
            let _permit = concurrency.acquire_for(Scope::Attempt).await;
            inner.call(request).await
        })
    }
}

/// Sees every attempt, including those after which the SDK retries.
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

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(Err(error)) = context.output_or_error() {
            let is_timeout = error.as_connector_error().is_some_and(|error| error.is_timeout());
            if is_timeout || error.as_operation_error().is_some_and(is_request_timeout) {
                self.on_timeout(Instant::now());
            }
        }
        Ok(())
    }
}

/// Returns whether S3 gave the connection up because nothing arrived on it
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList>).
fn is_request_timeout(error: &OperationError) -> bool {
    let put_object = error.downcast_ref::<PutObjectError>().and_then(ProvideErrorMetadata::code);
    let code = put_object.or_else(|| error.downcast_ref::<UploadPartError>().and_then(ProvideErrorMetadata::code));
    code == Some("RequestTimeout")
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
        concurrency.on_response(429, start + REDUCTION_WINDOW);
        assert_eq!(limit(), 16);
        concurrency.on_response(200, start + REDUCTION_WINDOW);
        assert_eq!(limit(), 17);
        (0..99).for_each(|_| concurrency.on_response(200, start + REDUCTION_WINDOW));
        assert_eq!(limit(), 64);
        (1..99).for_each(|seconds| concurrency.on_response(503, start + REDUCTION_WINDOW * seconds * 2));
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
        assert_eq!(concurrency.state().calls, 0);
    }

    #[tokio::test]
    async fn attempts_that_time_out_leave_a_quarter_of_the_requests_in_flight_permanently() {
        let (concurrency, start) = (AdaptiveConcurrency::new(64), Instant::now());
        let limit = || concurrency.state().limit;
        let mut permits = Vec::new();
        for _ in 0..8 {
            permits.push(concurrency.acquire().await);
        }
        concurrency.on_timeout(start);
        concurrency.on_timeout(start + Duration::from_millis(10));
        assert_eq!(limit(), 2);
        concurrency.on_response(200, start);
        assert_eq!(limit(), 2);
        for seconds in 1..9 {
            concurrency.on_timeout(start + REDUCTION_WINDOW * seconds);
        }
        assert_eq!(limit(), 1);
    }

    #[tokio::test]
    async fn a_later_attempt_waits_while_others_of_a_lower_limit_are_sent() {
        let concurrency = AdaptiveConcurrency::new(2);
        let _calls = [concurrency.acquire().await, concurrency.acquire().await];
        concurrency.on_timeout(Instant::now());
        let first = concurrency.acquire_for(Scope::Attempt).await;
        let second = tokio::spawn({
            let concurrency = concurrency.clone();
            async move { drop(concurrency.acquire_for(Scope::Attempt).await) }
        });
        tokio::task::yield_now().await;
        assert!(!second.is_finished());
        drop(first);
        second.await.unwrap();
    }
}
