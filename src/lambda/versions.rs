//! Reads the versions of the function.

use crate::aws::retry::RecentChange;
use crate::aws::{self, CallError};
use aws_sdk_lambda::Client;
use aws_sdk_lambda::types::FunctionConfiguration;

/// Lists all versions, with `$LATEST`. The state of a version is not part of the answer.
///
/// See <https://docs.aws.amazon.com/lambda/latest/api/API_ListVersionsByFunction.html>.
pub(crate) async fn list(
    lambda: &Client,
    function: &str,
    recent_change: Option<RecentChange>,
) -> Result<Vec<FunctionConfiguration>, CallError> {
    let request = lambda.list_versions_by_function().function_name(function);
    aws::call(format!("listing the versions of {function}"), "lambda:ListVersionsByFunction")
        .after(recent_change)
        .send(|| request.clone().into_paginator().items().send().try_collect())
        .await
}
