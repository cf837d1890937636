//! Lists the published versions of the function.

use crate::aws;
use crate::aws::session::Session;
use crate::error::Result;
use aws_sdk_lambda::Client;
use serde_json::{Value, json};

/// Returns the versions, oldest first.
///
/// # Errors
/// The error of a call.
pub(crate) async fn list(session: Session<'_>, function: &str) -> Result<Value> {
    let request = Client::new(session.config).list_versions_by_function().function_name(function);
    let versions = aws::call(format!("listing the versions of {function}"), "lambda:ListVersionsByFunction")
        .send(|| request.clone().into_paginator().items().send().try_collect())
        .await?;
    let numbers = versions.iter().filter_map(|version| version.version()?.parse::<u64>().ok());
    Ok(json!({"versions": numbers.collect::<Vec<_>>()}))
}
