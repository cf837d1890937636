//! Notices attempts at a call whose outcome is unknown, the SDK's own attempts included.
//!
//! A change may be carried out although its answer is lost. The answer to the next attempt then depends on that change,
//! such as `BucketAlreadyOwnedByYou` for a bucket that the first attempt has created.

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

/// Returns whether a failed attempt with this HTTP status was not carried out. A status of success means that the rest
/// of the answer is missing, and S3 may fail (500) after it has carried out a part.
fn is_refusal(status: u16) -> bool {
    (300..500).contains(&status) || status == 503
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
        let is_refused = context.response().is_some_and(|response| is_refusal(response.status().as_u16()));
        if !has_succeeded && !is_refused {
            self.0.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_an_answer_and_a_broken_answer_is_not() {
        for status in [301, 307, 400, 403, 404, 409, 429, 503] {
            assert!(is_refusal(status), "{status}");
        }
        for status in [200, 500, 502, 504] {
            assert!(!is_refusal(status), "{status}");
        }
    }
}
