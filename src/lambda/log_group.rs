//! Creates the function's log group before the function, so that Lambda does not create one with unlimited retention.

use crate::aws::retry::Change;
use crate::aws::session::Session;
use crate::aws::{self, CallResult};
use crate::error::Result;
use crate::fs::InProgressMarker;
use aws_sdk_cloudwatchlogs::Client;

/// The retention of a new group.
const RETENTION_DAYS: i32 = 30;

/// Returns whether the group exists.
pub(crate) async fn observe(session: Session<'_>, name: &str) -> Result<bool> {
    let request = Client::new(session.config).describe_log_groups().log_group_name_prefix(name);
    let groups = aws::call(format!("looking up the log group {name}"), "logs:DescribeLogGroups")
        .send(|| request.clone().into_paginator().items().send().try_collect())
        .await?;
    Ok(groups.iter().any(|group| group.log_group_name.as_deref() == Some(name)))
}

/// Creates the group. The retention of an existing group stays as it is, unless `marker` records that an earlier
/// deployment created the group, and did not set its retention.
///
/// # Errors
/// The error of a call, except for a retention that may not be set; `FileError` if the marker cannot be written.
pub(crate) async fn apply(session: Session<'_>, name: &str, exists: bool, marker: &InProgressMarker) -> Result<()> {
    if exists && !marker.exists(name) {
        return Ok(());
    }
    let logs = Client::new(session.config);
    session.reporter.log(format!("creating the log group {name} with a retention of {RETENTION_DAYS} days"));
    if !exists {
        marker.create(name)?;
        let request = logs.create_log_group().log_group_name(name);
        let call =
            aws::call(format!("creating the log group {name}"), "logs:CreateLogGroup").reporting(session.reporter);
        call.send(|| request.clone().send()).await.unless_exists()?;
    }
    // The policy that 0.9.0 documented does not include this action. Without it the group keeps its events indefinitely.
    let request = logs.put_retention_policy().log_group_name(name).retention_in_days(RETENTION_DAYS);
    aws::call(format!("setting the retention of the log group {name}"), "logs:PutRetentionPolicy")
        .reporting(session.reporter)
        .after(Change::LogGroupCreated)
        .send(|| request.clone().send())
        .await
        .or_warn_denied(session.reporter)?;
    marker.remove()
}
