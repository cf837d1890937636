//! Protects the table from deletion and backs it up, if the options ask for it.

use crate::aws::retry::RecentChange;
use crate::aws::session::Session;
use crate::aws::{self, CallResult};
use crate::error::{Error, ErrorCode, Result};
use crate::lambda::table::DesiredTable;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{PointInTimeRecoverySpecification, PointInTimeRecoveryStatus};

/// The protection of an existing table. `None` is not known, or not of interest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ObservedProtection {
    pub(crate) deletion_protection: Option<bool>,
    pub(crate) point_in_time_recovery: Option<bool>,
}

/// Reads whether the table is backed up, if an option sets whether it should be.
pub(crate) async fn observe_recovery(session: Session<'_>, table: &DesiredTable) -> Result<Option<bool>> {
    if table.options.point_in_time_recovery.is_none() {
        return Ok(None);
    }
    let name = &table.name;
    let request = Client::new(session.config).describe_continuous_backups().table_name(name);
    let call = aws::call(format!("looking up the backups of the table {name}"), "dynamodb:DescribeContinuousBackups");
    let answer = call.send(|| request.clone().send()).await.optional();
    let Some(Some(answer)) = answer.or_warn_denied(session.reporter)? else { return Ok(None) };
    let recovery = answer.continuous_backups_description.and_then(|backups| backups.point_in_time_recovery_description);
    let status = recovery.and_then(|recovery| recovery.point_in_time_recovery_status);
    Ok(Some(status == Some(PointInTimeRecoveryStatus::Enabled)))
}

/// Brings an active table to the protection that the options ask for. Nothing is turned off unless an option is `false`.
///
/// `observed` is `None` for a table that this run has created, which has its protection from deletion.
///
/// # Errors
/// The error of a call, except for a right that is missing.
pub(crate) async fn apply(
    session: Session<'_>,
    table: &DesiredTable,
    observed: Option<ObservedProtection>,
) -> Result<()> {
    let DesiredTable { name, options, .. } = table;
    let protection = Protection { dynamodb: Client::new(session.config), name, session };
    // A new table has no backups, and a state that may not be read is not changed.
    let recovery = observed.map_or(Some(false), |observed| observed.point_in_time_recovery);
    if let (Some(desired), Some(current)) = (options.point_in_time_recovery, recovery)
        && desired != current
    {
        protection.set_recovery(desired).await?;
    }
    let deletion_protection = observed.and_then(|observed| observed.deletion_protection);
    if let (Some(desired), Some(current)) = (options.deletion_protection, deletion_protection)
        && desired != current
    {
        protection.set_deletion_protection(desired).await?;
    }
    Ok(())
}

struct Protection<'a> {
    dynamodb: Client,
    name: &'a str,
    session: Session<'a>,
}

impl Protection<'_> {
    async fn set_recovery(&self, enabled: bool) -> Result<()> {
        let operation = format!("turning {} point-in-time recovery of the table {}", on_or_off(enabled), self.name);
        let specification = PointInTimeRecoverySpecification::builder().point_in_time_recovery_enabled(enabled).build();
        let specification = specification
            .map_err(|error| Error::new(ErrorCode::Internal, format!("building a DynamoDB request failed: {error}")))?;
        let request = self.dynamodb.update_continuous_backups().table_name(self.name);
        let request = request.point_in_time_recovery_specification(specification);
        let call = self.logged(operation, "dynamodb:UpdateContinuousBackups");
        call.send(|| request.clone().send()).await.or_warn_denied(self.session.reporter).map(drop)
    }

    async fn set_deletion_protection(&self, enabled: bool) -> Result<()> {
        let operation = format!("turning {} deletion protection of the table {}", on_or_off(enabled), self.name);
        let request = self.dynamodb.update_table().table_name(self.name).deletion_protection_enabled(enabled);
        let call = self.logged(operation, "dynamodb:UpdateTable");
        call.send(|| request.clone().send()).await.or_warn_denied(self.session.reporter).map(drop)
    }

    /// Logs an operation, and returns its call.
    fn logged(&self, operation: String, action: &'static str) -> aws::call::Call<'_> {
        self.session.reporter.log(operation.as_str());
        aws::call(operation, action).reporting(self.session.reporter).after(RecentChange::TableCreated)
    }
}

fn on_or_off(enabled: bool) -> &'static str {
    if enabled { "on" } else { "off" }
}
