//! Where the function's output is kept. Made before the function, whose first line would make it without an end.

use crate::aws;
use crate::error::Result;
use crate::reporter::Reporter;
use aws_config::SdkConfig;
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::types::LogGroup;

/// A new group forgets after this many days.
const RETENTION_DAYS: i32 = 30;

/// The group as it is; `None` if there is none.
pub async fn read(config: &SdkConfig, name: &str) -> Result<Option<LogGroup>> {
    let mut groups =
        Client::new(config).describe_log_groups().log_group_name_prefix(name).into_paginator().items().send();
    while let Some(group) = groups.next().await {
        let group = group.map_err(|error| {
            aws::refused(&format!("looking for the log group {name}"), "logs:DescribeLogGroups", &error)
        })?;
        if group.log_group_name.as_deref() == Some(name) {
            return Ok(Some(group));
        }
    }
    Ok(None)
}

/// Makes the group. An existing group keeps its retention, whatever it is.
pub async fn converge(
    config: &SdkConfig,
    name: &str,
    observed: Option<&LogGroup>,
    reporter: &dyn Reporter,
) -> Result<()> {
    if observed.is_some_and(|group| !is_half_made(group)) {
        return Ok(());
    }
    let logs = Client::new(config);
    reporter.log(format!("creating the log group {name}, which keeps {RETENTION_DAYS} days"));
    if observed.is_none() {
        create(&logs, name).await?;
    }
    let request = logs.put_retention_policy().log_group_name(name).retention_in_days(RETENTION_DAYS);
    request.send().await.map(drop).map_err(|error| {
        let doing = format!("setting the retention of the log group {name}");
        aws::refused(&doing, "logs:PutRetentionPolicy", &error)
    })
}

/// A deployment died between its two steps: nothing has been written yet, and it would keep everything for ever.
fn is_half_made(group: &LogGroup) -> bool {
    group.retention_in_days.is_none() && group.stored_bytes.unwrap_or_default() == 0
}

async fn create(logs: &Client, name: &str) -> Result<()> {
    match logs.create_log_group().log_group_name(name).send().await {
        Ok(_) => Ok(()),
        // Our own first attempt got through without its answer, or the function wrote its first line meanwhile.
        Err(error) if aws::Refusal::of(&error).code == "ResourceAlreadyExistsException" => Ok(()),
        Err(error) => Err(aws::refused(&format!("creating the log group {name}"), "logs:CreateLogGroup", &error)),
    }
}
