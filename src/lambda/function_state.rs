//! Reads and judges the state of the Lambda function, and waits until Lambda has completed a change.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html>.

use crate::aws::arn::Arn;
use crate::aws::retry::RecentChange;
use crate::aws::{self, CallResult, retry};
use crate::error::{Error, ErrorCode, Result};
use crate::output::format;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;
use aws_sdk_lambda::types::{LastUpdateStatus, State};
use std::time::Duration;

const MAX_POLL_PAUSE: Duration = Duration::from_secs(3);

/// Reads the configuration of the function; `None` if it does not exist.
pub(crate) async fn get_configuration(lambda: &Client, name: &str) -> Result<Option<GetFunctionConfigurationOutput>> {
    let request = lambda.get_function_configuration().function_name(name);
    let call = aws::call(format!("looking up the function {name}"), "lambda:GetFunctionConfiguration");
    Ok(call.send(|| request.clone().send()).await.optional()?)
}

/// Reads the configuration of a version.
///
/// # Errors
/// The error of the call; also if the version does not exist.
pub(crate) async fn get_version(lambda: &Client, name: &str, version: &str) -> Result<GetFunctionConfigurationOutput> {
    let request = lambda.get_function_configuration().function_name(name).qualifier(version);
    let call = aws::call(format!("looking up version {version} of {name}"), "lambda:GetFunctionConfiguration");
    Ok(call.after(RecentChange::FunctionCreated).send(|| request.clone().send()).await?)
}

/// Waits until a version can be invoked.
///
/// # Errors
/// The error of a call; `ResourceNotReady` if Lambda reports a failure, or is not ready in time.
pub(crate) async fn wait_until_version_ready(lambda: &Client, name: &str, version: &str) -> Result<()> {
    let label = format!("{name}:{version}");
    let ready = retry::poll(retry::READY_TIMEOUT, MAX_POLL_PAUSE, || async {
        let found = get_version(lambda, name, version).await?;
        Ok(is_ready(&label, &found)?.then_some(()))
    });
    ready.await?.ok_or_else(|| not_in_time(&label))
}

/// Waits until Lambda has completed a change.
///
/// # Errors
/// The error of a call; `ResourceNotReady` if Lambda reports a failure, or is not ready in time.
pub(crate) async fn wait_until_ready(lambda: &Client, name: &str) -> Result<GetFunctionConfigurationOutput> {
    let ready = retry::poll(retry::READY_TIMEOUT, MAX_POLL_PAUSE, || async {
        match get_configuration(lambda, name).await? {
            Some(function) if is_ready(name, &function)? => Ok(Some(function)),
            _ => Ok(None),
        }
    });
    ready.await?.ok_or_else(|| not_in_time(name))
}

fn not_in_time(name: &str) -> Error {
    let timeout = format::duration(retry::READY_TIMEOUT);
    let message = format!("waiting for the function {name} timed out after {timeout}");
    Error::new(ErrorCode::ResourceNotReady, message).hint("Check its state in the Lambda console, and deploy again")
}

/// Returns the target that has deployed the function, by the environment; `None` if it is not known.
pub(crate) fn deployed_variant(observed: &GetFunctionConfigurationOutput) -> Option<&str> {
    observed.environment()?.variables()?.get("variant").map(String::as_str)
}

/// Returns a warning if AWS does not show the environment variables, such as without the right to decrypt them. They are
/// unknown then, not absent.
pub(crate) fn unknown_variables(name: &str, observed: &GetFunctionConfigurationOutput) -> Option<String> {
    let error = observed.environment()?.error()?;
    let key = observed.kms_key_arn().filter(|key| !key.is_empty()).unwrap_or("of the function");
    Some(format!(
        "the environment variables of {name} cannot be read ({}), so they are neither compared nor changed. Allow kms:Decrypt on the key {key} to your IAM user or role",
        error.error_code().unwrap_or("AWS reports no reason")
    ))
}

/// Checks that the function can be changed at all, before anything is.
///
/// # Errors
/// `ResourceNotReady` if its creation failed.
pub(crate) fn ensure_usable(name: &str, observed: Option<&GetFunctionConfigurationOutput>) -> Result<()> {
    match observed {
        Some(function) if function.state() == Some(&State::Failed) => is_ready(name, function).map(drop),
        _ => Ok(()),
    }
}

/// Returns whether Lambda has completed all changes. An `Inactive` function was not invoked for weeks, and is ready:
/// an invocation activates it.
///
/// # Errors
/// `ResourceNotReady` if the last change failed.
pub(crate) fn is_ready(name: &str, function: &GetFunctionConfigurationOutput) -> Result<bool> {
    let failed = |operation: &str, reason: Option<&str>| {
        let reason = reason.unwrap_or("Lambda reports no reason");
        Error::new(ErrorCode::ResourceNotReady, format!("{operation} the function {name} failed: {reason}"))
    };
    match (function.state(), function.last_update_status()) {
        // Lambda refuses every change of it (<https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html>).
        (Some(State::Failed), _) => Err(failed("creating", function.state_reason()).hint(format!(
            "Fix the cause, delete the function with `{}`, and deploy again",
            deletion_command(name, function)
        ))),
        (_, Some(LastUpdateStatus::Failed)) => Err(failed("updating", function.last_update_status_reason())),
        (Some(State::Pending), _) | (_, Some(LastUpdateStatus::InProgress)) => Ok(false),
        _ => Ok(true),
    }
}

fn deletion_command(name: &str, function: &GetFunctionConfigurationOutput) -> String {
    let region = function.function_arn().and_then(Arn::parse).map(|arn| format!(" --region {}", arn.region));
    format!("aws lambda delete-function --function-name {name}{}", region.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(state: &str, update: &str) -> GetFunctionConfigurationOutput {
        GetFunctionConfigurationOutput::builder()
            .state(State::from(state))
            .state_reason("the subnet is gone")
            .last_update_status(LastUpdateStatus::from(update))
            .last_update_status_reason("the layer is gone")
            .build()
    }

    #[test]
    fn a_function_is_ready_when_no_change_is_pending_and_a_failed_change_is_an_error() {
        assert!(is_ready("f", &function("Active", "Successful")).unwrap());
        assert!(is_ready("f", &function("Inactive", "Successful")).unwrap());
        assert!(!is_ready("f", &function("Pending", "Successful")).unwrap());
        assert!(!is_ready("f", &function("Active", "InProgress")).unwrap());
        assert!(is_ready("f", &function("Failed", "Successful")).unwrap_err().to_string().contains("delete-function"));
        assert!(is_ready("f", &function("Failed", "Successful")).unwrap_err().message.contains("subnet"));
        assert!(is_ready("f", &function("Active", "Failed")).unwrap_err().message.contains("layer"));
    }
}
