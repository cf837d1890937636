//! Makes calls to AWS.
//!
//! A call states what it does and which IAM action allows it, so that its errors do. It is sent again while AWS refuses
//! it for a reason that passes (`retry.rs`).

use crate::aws::error::{Failure, ServiceErrorInfo, to_error};
use crate::aws::retry::{self, RecentChange};
use crate::error::{Error, ErrorCode, Result};
use crate::output::reporter::Reporter;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use std::future::Future;
use tokio::time::Instant;

/// One call to AWS.
pub(crate) struct Call<'a> {
    operation: String,
    action: &'static str,
    changes: Vec<RecentChange>,
    secrets: Vec<String>,
    reporter: Option<&'a dyn Reporter>,
}

/// Describes a call: what it does, to which resource, as a participle ("creating the table X"), and the IAM action that
/// allows it.
pub(crate) fn call<'a>(operation: impl Into<String>, action: &'static str) -> Call<'a> {
    Call { operation: operation.into(), action, changes: Vec::new(), secrets: Vec::new(), reporter: None }
}

impl<'a> Call<'a> {
    /// Logs once what the call waits for.
    pub(crate) fn reporting(self, reporter: &'a dyn Reporter) -> Self {
        Call { reporter: Some(reporter), ..self }
    }

    /// Names a change of this run, after which more refusals pass.
    pub(crate) fn after(mut self, change: impl Into<Option<RecentChange>>) -> Self {
        self.changes.extend(change.into());
        self
    }

    /// Names values of the request that errors do not show, although AWS may quote them.
    pub(crate) fn hiding(self, secrets: Vec<String>) -> Self {
        Call { secrets, ..self }
    }

    /// Sends the request until it is carried out, or the refusal is final.
    ///
    /// The SDK's futures are large. Each is boxed, so that those that await it stay small: in a build without
    /// optimization they would not fit on the stack of a thread.
    ///
    /// # Errors
    /// [`CallError`], with the answer of the last attempt.
    pub(crate) async fn send<T, E, F>(self, request: impl Fn() -> F) -> Result<T, CallError>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        F: Future<Output = Result<T, SdkError<E>>>,
    {
        let mut attempts = Attempts::new(self);
        loop {
            match Box::pin(request()).await {
                Ok(output) => return Ok(output),
                Err(error) => attempts.wait_after(Failure::of(&error)).await?,
            }
        }
    }

    /// Like [`Call::send`], for a request that can fail before it is sent, such as while its body is opened.
    pub(crate) async fn try_send<T, E, F>(self, request: impl Fn() -> F) -> Result<T, CallError>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        F: Future<Output = Result<Result<T, SdkError<E>>>>,
    {
        let mut attempts = Attempts::new(self);
        loop {
            match Box::pin(request()).await? {
                Ok(output) => return Ok(output),
                Err(error) => attempts.wait_after(Failure::of(&error)).await?,
            }
        }
    }
}

/// The attempts at a call.
struct Attempts<'a> {
    call: Call<'a>,
    started: Instant,
    retries: u32,
    may_be_done: bool,
}

impl<'a> Attempts<'a> {
    fn new(call: Call<'a>) -> Self {
        Attempts { call, started: Instant::now(), retries: 0, may_be_done: false }
    }

    /// Waits until the call can be sent again.
    ///
    /// # Errors
    /// [`CallError`] if the failure is final.
    async fn wait_after(&mut self, failure: Failure) -> Result<(), CallError> {
        let Call { operation, action, changes, secrets, reporter } = &self.call;
        let Some(retry) = retry::decide(&failure.info, changes, self.retries, self.started.elapsed()) else {
            let error = to_error(operation, action, &failure, secrets);
            return Err(CallError { info: Box::new(failure.info), error, may_be_done: self.may_be_done });
        };
        if let Some(reporter) = reporter.filter(|_| self.retries == 0) {
            reporter.log(format!("waiting: {}", retry.reason));
        }
        self.may_be_done |= retry.may_be_done;
        self.retries += 1;
        tokio::time::sleep(retry.pause).await;
        Ok(())
    }
}

/// A call that AWS did not carry out.
#[derive(Clone, Debug)]
pub(crate) struct CallError {
    /// Boxed, since most results are not errors.
    info: Box<ServiceErrorInfo>,
    error: Error,
    may_be_done: bool,
}

impl CallError {
    /// Returns whether AWS answered with this code.
    pub(crate) fn is(&self, code: &str) -> bool {
        self.info.code == code
    }

    /// Returns whether AWS's message has this part.
    pub(crate) fn message_contains(&self, part: &str) -> bool {
        self.info.message.contains(part)
    }

    /// Returns the HTTP status, if there was an answer that could be read.
    pub(crate) fn status(&self) -> Option<u16> {
        self.info.status
    }

    /// Returns whether there was an answer that could not be read.
    pub(crate) fn is_unread(&self) -> bool {
        self.info.is_unread
    }

    /// Returns whether the resource that the call is about does not exist.
    pub(crate) fn is_not_found(&self) -> bool {
        self.info.is_not_found()
    }

    /// Returns whether the resource to be created exists.
    pub(crate) fn is_already_exists(&self) -> bool {
        self.info.is_already_exists()
    }

    /// Returns whether the caller lacks the right.
    pub(crate) fn is_denied(&self) -> bool {
        self.error.code == ErrorCode::AccessDenied
    }

    /// Returns whether AWS did not answer, or not with a decision: the call may have been carried out.
    pub(crate) fn is_unavailable(&self) -> bool {
        self.error.code == ErrorCode::AwsUnavailable
    }

    /// Returns whether an earlier attempt at this call may have been carried out.
    pub(crate) fn may_be_done(&self) -> bool {
        self.may_be_done
    }

    /// Replaces the hint.
    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        CallError { error: self.error.hint(hint), ..self }
    }
}

impl From<CallError> for Error {
    fn from(error: CallError) -> Self {
        error.error
    }
}

/// An error before the request was sent.
impl From<Error> for CallError {
    fn from(error: Error) -> Self {
        CallError { info: Box::default(), error, may_be_done: false }
    }
}

impl std::fmt::Display for CallError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.error.fmt(f)
    }
}

/// Handles errors that are answers to a caller.
pub(crate) trait CallResult<T> {
    /// Returns `None` for a resource that does not exist.
    fn optional(self) -> Result<Option<T>, CallError>;

    /// Returns `None` for a resource that exists already.
    fn unless_exists(self) -> Result<Option<T>, CallError>;

    /// Warns of a right that is missing, and returns `None`: the deployment does not depend on the call.
    fn or_warn_denied(self, reporter: &dyn Reporter) -> Result<Option<T>>;
}

impl<T> CallResult<T> for Result<T, CallError> {
    fn optional(self) -> Result<Option<T>, CallError> {
        none_if(self, CallError::is_not_found)
    }

    fn unless_exists(self) -> Result<Option<T>, CallError> {
        none_if(self, CallError::is_already_exists)
    }

    fn or_warn_denied(self, reporter: &dyn Reporter) -> Result<Option<T>> {
        let warned = |error: &CallError| {
            if error.is_denied() {
                reporter.warning(error.to_string());
            }
            error.is_denied()
        };
        Ok(none_if(self, warned)?)
    }
}

fn none_if<T>(result: Result<T, CallError>, accepts: impl Fn(&CallError) -> bool) -> Result<Option<T>, CallError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if accepts(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::reporter::{Level, Recorder};
    use aws_sdk_s3::config::http::HttpResponse;
    use aws_sdk_s3::error::ErrorMetadata;
    use aws_sdk_s3::operation::create_bucket::CreateBucketError;
    use aws_sdk_s3::primitives::SdkBody;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn refusal(status: u16, code: &str, message: &str) -> SdkError<CreateBucketError> {
        let response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from("<Error/>"));
        let metadata = ErrorMetadata::builder().code(code).message(message).build();
        SdkError::service_error(CreateBucketError::generic(metadata), response)
    }

    async fn answers(answers: &[Option<(u16, &str, &str)>], reporter: &dyn Reporter) -> Result<u32, CallError> {
        let sent = AtomicU32::new(0);
        call("creating the bucket cats", "s3:CreateBucket")
            .reporting(reporter)
            .send(|| {
                let number = sent.fetch_add(1, Ordering::Relaxed);
                let answer = answers.get(number as usize).copied().flatten();
                async move {
                    match answer {
                        Some((status, code, message)) => Err(refusal(status, code, message)),
                        None => Ok(number + 1),
                    }
                }
            })
            .await
    }

    #[tokio::test]
    async fn a_call_is_repeated_while_its_refusal_passes() {
        let recorder = Recorder::default();
        let busy = Some((409, "OperationAborted", "busy"));
        assert_eq!(answers(&[busy, busy], &recorder).await.unwrap(), 3);
        assert_eq!(recorder.lines(Level::Log), ["waiting: the bucket is being changed by another request"]);

        let error = answers(&[busy, Some((409, "BucketAlreadyOwnedByYou", ""))], &recorder).await.unwrap_err();
        assert!(error.is_already_exists() && error.may_be_done());
    }

    #[tokio::test]
    async fn a_final_refusal_names_the_operation_and_the_action() {
        let error = answers(&[Some((403, "AccessDenied", "no"))], &Recorder::default()).await.unwrap_err();
        assert!(error.is_denied() && !error.is_already_exists() && !error.may_be_done());
        assert_eq!(
            Error::from(error).to_string(),
            "creating the bucket cats failed: AccessDenied: no. Allow s3:CreateBucket to your IAM user or role."
        );
    }

    #[tokio::test]
    async fn a_missing_right_is_one_warning_where_the_call_is_optional() {
        let recorder = Recorder::default();
        let denied = answers(&[Some((403, "AccessDenied", "no"))], &recorder).await;
        assert_eq!(denied.or_warn_denied(&recorder), Ok(None));
        assert_eq!(recorder.lines(Level::Warning).len(), 1);
        let rejected = answers(&[Some((400, "InvalidBucketName", "no"))], &recorder).await;
        assert_eq!(rejected.or_warn_denied(&recorder).unwrap_err().code, ErrorCode::AwsRequestRejected);
    }

    #[tokio::test]
    async fn absent_and_existing_resources_are_values() {
        let recorder = Recorder::default();
        assert_eq!(answers(&[Some((404, "NoSuchKey", ""))], &recorder).await.optional().unwrap(), None);
        assert_eq!(
            answers(&[Some((409, "BucketAlreadyOwnedByYou", ""))], &recorder).await.unless_exists().unwrap(),
            None
        );
        assert!(answers(&[Some((409, "BucketAlreadyExists", ""))], &recorder).await.unless_exists().is_err());
    }
}
