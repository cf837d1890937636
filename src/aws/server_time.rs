//! Reads the time of AWS's clock from its answers. This machine's clock may be wrong, and is not compared with the times
//! of AWS's resources.

use aws_sdk_s3::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// Notes the time of the last answer to a request, as an interceptor of it. All clones share the time.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServerTime(Arc<Mutex<Option<SystemTime>>>);

impl ServerTime {
    /// Returns the time of the last answer, or that of this machine if no answer had one.
    pub(crate) fn get(&self) -> SystemTime {
        self.of_answer().unwrap_or_else(SystemTime::now)
    }

    /// Returns the time of the last answer that had one.
    pub(crate) fn of_answer(&self) -> Option<SystemTime> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads the header `Date` of an answer.
pub(crate) fn parse_date(text: &str) -> Option<SystemTime> {
    let date = DateTime::from_str(text, DateTimeFormat::HttpDate);
    date.ok().and_then(|date| SystemTime::try_from(date).ok())
}

impl Intercept for ServerTime {
    fn name(&self) -> &'static str {
        "ServerTime"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(time) = context.response().headers().get("date").and_then(parse_date) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(time);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn only_dates_are_read() {
        let date = parse_date("Thu, 26 Nov 2026 15:00:00 GMT").unwrap();
        assert_eq!(parse_date("Thu, 26 Nov 2026 15:20:00 GMT"), Some(date + Duration::from_mins(20)));
        assert_eq!(parse_date("yesterday"), None);
    }
}
