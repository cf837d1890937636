//! Removes the function's default log group. A group of another name may have logs of others.

use crate::aws::session::Session;
use crate::aws::{self, CallResult};
use crate::deploy::change::{Action, Change};
use crate::error::Result;
use aws_sdk_cloudwatchlogs::Client;

/// Returns whether the log group exists.
pub(crate) async fn exists(session: Session<'_>, name: &str) -> Result<bool> {
    let request = Client::new(session.config).describe_log_groups().log_group_name_prefix(name);
    let groups = aws::call(format!("looking up the log group {name}"), "logs:DescribeLogGroups")
        .send(|| request.clone().into_paginator().items().send().try_collect())
        .await?;
    Ok(groups.iter().any(|group| group.log_group_name() == Some(name)))
}

/// Returns the change that deletes the log group.
pub(crate) fn change(name: &str) -> Change {
    let description = format!("deleting the log group {name} with all logs");
    Change::new(Action::Delete, ("AWS::Logs::LogGroup", name), "logs:DeleteLogGroup", description)
}

/// Deletes the log group.
///
/// # Errors
/// The error of the call.
pub(crate) async fn delete(session: Session<'_>, name: &str) -> Result<()> {
    let request = Client::new(session.config).delete_log_group().log_group_name(name);
    aws::call(format!("deleting the log group {name}"), "logs:DeleteLogGroup")
        .reporting(session.reporter)
        .send(|| request.clone().send())
        .await
        .optional()?;
    Ok(())
}
