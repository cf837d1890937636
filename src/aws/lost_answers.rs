//! Notices attempts at a call whose outcome is unknown, the SDK's own attempts included.
//!
//! A change may be carried out although its answer is lost. The answer to the next attempt then depends on that change,
//! such as `BucketAlreadyOwnedByYou` for a bucket that the first attempt has created.

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::config::interceptors::FinalizerInterceptorContextRef;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Watches the attempts at one call, as an interceptor of its request. All clones share what they notice.
#[derive(Clone, Debug, Default)]
pub(crate) struct LostAnswers(Arc<AtomicBool>);

impl LostAnswers {
    /// Returns whether an attempt may have been carried out without an answer that states it.
    pub(crate) fn any(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Returns whether a failed attempt with this answer was not carried out. A status of success means that the rest of the
/// answer is missing, and S3 may fail (500, 503) after it has carried out a part. It refuses requests as too many before.
fn is_refusal(response: &HttpResponse) -> bool {
    let asks_to_slow_down = || {
        let body = response.body().bytes().unwrap_or_default();
        String::from_utf8_lossy(body).contains("<Code>SlowDown</Code>")
    };
    match response.status().as_u16() {
        300..500 => true,
        503 => asks_to_slow_down(),
        _ => false,
    }
}

impl Intercept for LostAnswers {
    fn name(&self) -> &'static str {
        "LostAnswers"
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let has_succeeded = context.output_or_error().is_some_and(|outcome| outcome.is_ok());
        let is_refused = context.response().is_some_and(is_refusal);
        if !has_succeeded && !is_refused {
            self.0.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_s3::primitives::SdkBody;

    fn response(status: u16, body: &'static str) -> HttpResponse {
        HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body))
    }

    #[test]
    fn a_refusal_is_an_answer_and_a_broken_answer_is_not() {
        for status in [301, 307, 400, 403, 404, 409, 429] {
            assert!(is_refusal(&response(status, "")), "{status}");
        }
        for status in [200, 500, 502, 503, 504] {
            assert!(!is_refusal(&response(status, "")), "{status}");
        }
    }

    #[test]
    fn s3_asks_to_slow_down_before_it_does_anything_and_may_be_unavailable_after_it() {
        assert!(is_refusal(&response(503, "<Error><Code>SlowDown</Code></Error>")));
        assert!(!is_refusal(&response(503, "<Error><Code>ServiceUnavailable</Code></Error>")));
        assert!(!is_refusal(&response(500, "<Error><Code>SlowDown</Code></Error>")));
    }
}
