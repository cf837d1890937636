//! Where the function's output is kept. Made before the function, whose first line would make it without an end.

use crate::aws;
use crate::error::{ErrorCode, Result};
use crate::fs::InProgressMarker;
use crate::output::reporter::Reporter;
use aws_config::SdkConfig;
use aws_sdk_cloudwatchlogs::Client;

/// A new group forgets after this many days.
const RETENTION_DAYS: i32 = 30;

/// Whether the group is there.
pub(crate) async fn read(config: &SdkConfig, name: &str) -> Result<bool> {
    let mut groups =
        Client::new(config).describe_log_groups().log_group_name_prefix(name).into_paginator().items().send();
    while let Some(group) = groups.next().await {
        let group = group.map_err(|error| {
            aws::refused(&format!("looking for the log group {name}"), "logs:DescribeLogGroups", &error)
        })?;
        if group.log_group_name.as_deref() == Some(name) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Makes the group. An existing group keeps its retention, whatever it is; `marker` says that we have made it, and that
/// its retention is still due.
pub(crate) async fn converge(
    config: &SdkConfig,
    name: &str,
    exists: bool,
    marker: &InProgressMarker,
    reporter: &dyn Reporter,
) -> Result<()> {
    if exists && !marker.exists(name) {
        return Ok(());
    }
    let logs = Client::new(config);
    reporter.log(format!("creating the log group {name}, which keeps {RETENTION_DAYS} days"));
    if !exists {
        marker.create(name)?;
        create(&logs, name).await?;
    }
    let request = logs.put_retention_policy().log_group_name(name).retention_in_days(RETENTION_DAYS);
    if let Err(error) = request.send().await {
        let doing = format!("setting the retention of the log group {name}");
        let refusal = aws::refused(&doing, "logs:PutRetentionPolicy", &error);
        // Policies that were written for 0.9.0 do not have it. The group works, and keeps everything.
        if refusal.code != ErrorCode::AccessDenied {
            return Err(refusal);
        }
        reporter.warning(refusal.to_string());
    }
    marker.remove()
}

async fn create(logs: &Client, name: &str) -> Result<()> {
    match logs.create_log_group().log_group_name(name).send().await {
        Ok(_) => Ok(()),
        // Our own first attempt got through without its answer, or the function wrote its first line meanwhile.
        Err(error) if aws::Refusal::of(&error).code == "ResourceAlreadyExistsException" => Ok(()),
        Err(error) => Err(aws::refused(&format!("creating the log group {name}"), "logs:CreateLogGroup", &error)),
    }
}
