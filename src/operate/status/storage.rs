//! Reads the table and the log group.

use crate::aws::session::Session;
use crate::aws::{self, CallResult};
use crate::error::Result;
use crate::lambda::table;
use aws_sdk_cloudwatchlogs::types::LogGroup;
use aws_sdk_dynamodb::types::{
    BillingMode, PointInTimeRecoveryStatus, TableDescription, TableStatus, TimeToLiveStatus,
};
use serde::Serialize;

/// The table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TablePart {
    name: String,
    status: String,
    /// `PROVISIONED` or `PAY_PER_REQUEST`.
    billing_mode: &'static str,
    read_capacity_units: Option<i64>,
    write_capacity_units: Option<i64>,
    /// AWS updates it every six hours or so.
    items_approximately: Option<i64>,
    bytes_approximately: Option<i64>,
    deletion_protection: bool,
}

/// The log group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LogGroupPart {
    name: String,
    /// `None` keeps events indefinitely.
    retention_in_days: Option<i32>,
    stored_bytes: i64,
}

impl TablePart {
    fn new(name: &str, table: &TableDescription) -> Self {
        let mode = table.billing_mode_summary().and_then(|summary| summary.billing_mode());
        let is_on_demand = mode == Some(&BillingMode::PayPerRequest);
        let units = table.provisioned_throughput().filter(|_| !is_on_demand);
        TablePart {
            name: name.to_owned(),
            status: table.table_status().map_or("", TableStatus::as_str).to_owned(),
            billing_mode: if is_on_demand { "PAY_PER_REQUEST" } else { "PROVISIONED" },
            read_capacity_units: units.and_then(|units| units.read_capacity_units()),
            write_capacity_units: units.and_then(|units| units.write_capacity_units()),
            items_approximately: table.item_count(),
            bytes_approximately: table.table_size_bytes(),
            deletion_protection: table.deletion_protection_enabled().unwrap_or(false),
        }
    }
}

/// Reads the table; `None` if it does not exist.
pub(crate) async fn read_table(session: Session<'_>, name: &str) -> Result<Option<TablePart>> {
    let table = table::describe(&aws_sdk_dynamodb::Client::new(session.config), name).await?;
    Ok(table.map(|table| TablePart::new(name, &table)))
}

/// Reads the attribute by which items expire; an empty string if they do not. `None` if the table does not exist.
pub(crate) async fn read_time_to_live(session: Session<'_>, table: &str) -> Result<Option<String>> {
    let request = aws_sdk_dynamodb::Client::new(session.config).describe_time_to_live().table_name(table);
    let call = aws::call(format!("looking up the time to live of the table {table}"), "dynamodb:DescribeTimeToLive");
    let answer = call.send(|| request.clone().send()).await.optional()?;
    let Some(description) = answer.and_then(|answer| answer.time_to_live_description) else { return Ok(None) };
    let is_enabled = description.time_to_live_status() == Some(&TimeToLiveStatus::Enabled);
    Ok(Some(description.attribute_name.filter(|_| is_enabled).unwrap_or_default()))
}

/// Reads whether the table is backed up continuously; `None` if it does not exist.
pub(crate) async fn read_backups(session: Session<'_>, table: &str) -> Result<Option<bool>> {
    let request = aws_sdk_dynamodb::Client::new(session.config).describe_continuous_backups().table_name(table);
    let call = aws::call(format!("looking up the backups of the table {table}"), "dynamodb:DescribeContinuousBackups");
    let answer = call.send(|| request.clone().send()).await.optional()?;
    let backups = answer.and_then(|answer| answer.continuous_backups_description);
    Ok(backups.map(|backups| {
        let recovery = backups.point_in_time_recovery_description;
        let status = recovery.and_then(|recovery| recovery.point_in_time_recovery_status);
        status == Some(PointInTimeRecoveryStatus::Enabled)
    }))
}

/// Reads the log group; `None` if it does not exist.
pub(crate) async fn read_log_group(session: Session<'_>, name: &str) -> Result<Option<LogGroupPart>> {
    let logs = aws_sdk_cloudwatchlogs::Client::new(session.config);
    let request = logs.describe_log_groups().log_group_name_prefix(name);
    let groups: Vec<LogGroup> = aws::call(format!("looking up the log group {name}"), "logs:DescribeLogGroups")
        .send(|| request.clone().into_paginator().items().send().try_collect())
        .await?;
    let group = groups.into_iter().find(|group| group.log_group_name.as_deref() == Some(name));
    Ok(group.map(|group| LogGroupPart {
        name: name.to_owned(),
        retention_in_days: group.retention_in_days,
        stored_bytes: group.stored_bytes.unwrap_or_default(),
    }))
}
