//! Creates the function's log group before the function, so that Lambda does not create one with unlimited retention.

use crate::aws::retry::RecentChange;
use crate::aws::session::Session;
use crate::aws::{self, CallError, CallResult};
use crate::config::options::Options;
use crate::error::Result;
use crate::fs::InProgressMarker;
use crate::lambda::tags::{self, Tags};
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::operation::create_log_group::CreateLogGroupOutput;
use aws_sdk_cloudwatchlogs::operation::create_log_group::builders::CreateLogGroupFluentBuilder;

/// The desired state of the group.
#[derive(Clone, Debug)]
pub(crate) struct DesiredLogGroup {
    pub(crate) name: String,
    /// Of a new group.
    pub(crate) retention_days: i32,
    /// Of a new group. An existing group may belong to others, too, unless it has the function's name.
    pub(crate) tags: Tags,
}

/// The current state of a group that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ObservedLogGroup {
    pub(crate) arn: String,
    /// `None` keeps events indefinitely.
    retention_days: Option<i32>,
}

/// Reads the group; `None` if it does not exist.
pub(crate) async fn observe(session: Session<'_>, name: &str) -> Result<Option<ObservedLogGroup>> {
    let request = Client::new(session.config).describe_log_groups().log_group_name_prefix(name);
    let groups = aws::call(format!("looking up the log group {name}"), "logs:DescribeLogGroups")
        .send(|| request.clone().into_paginator().items().send().try_collect())
        .await?;
    let group = groups.into_iter().find(|group| group.log_group_name.as_deref() == Some(name));
    Ok(group.map(|group| ObservedLogGroup {
        // In policies, the ARN of a group ends like this.
        arn: group.arn.unwrap_or_default().trim_end_matches(":*").to_owned(),
        retention_days: group.retention_in_days,
    }))
}

/// Creates the group. The retention of an existing group stays as it is, unless `marker` records that an earlier
/// deployment created the group, and did not set its retention.
///
/// # Errors
/// The error of a call, except for a retention that may not be set; `FileError` if the marker cannot be written.
pub(crate) async fn apply(
    session: Session<'_>,
    desired: &DesiredLogGroup,
    observed: Option<&ObservedLogGroup>,
    marker: &InProgressMarker,
) -> Result<()> {
    let DesiredLogGroup { name, retention_days, tags } = desired;
    if let Some(observed) = observed
        && !marker.exists(name)
    {
        if let Some(mismatch) = retention_mismatch(desired, observed) {
            session.reporter.warning(mismatch);
        }
        return Ok(());
    }
    let logs = Client::new(session.config);
    session.reporter.log(format!("creating the log group {name} with a retention of {retention_days} days"));
    if observed.is_none() {
        marker.create(name)?;
        let request = logs.create_log_group().log_group_name(name);
        let with_tags = request.clone().set_tags((!tags.is_empty()).then(|| tags.clone().into_iter().collect()));
        let created = send_creation(session, name, with_tags).await;
        let created = if tags::were_denied(&created, "logs:TagResource", session.reporter) {
            send_creation(session, name, request).await
        } else {
            created
        };
        created.unless_exists()?;
    }
    // The policy that 0.9.0 documented does not include this action. Without it the group keeps its events indefinitely.
    let request = logs.put_retention_policy().log_group_name(name).retention_in_days(*retention_days);
    aws::call(format!("setting the retention of the log group {name}"), "logs:PutRetentionPolicy")
        .reporting(session.reporter)
        .after(RecentChange::LogGroupCreated)
        .send(|| request.clone().send())
        .await
        .or_warn_denied(session.reporter)?;
    marker.remove()
}

async fn send_creation(
    session: Session<'_>,
    name: &str,
    request: CreateLogGroupFluentBuilder,
) -> Result<CreateLogGroupOutput, CallError> {
    let call = aws::call(format!("creating the log group {name}"), "logs:CreateLogGroup").reporting(session.reporter);
    call.send(|| request.clone().send()).await
}

/// Returns a warning if the option differs from the retention of an existing group, which may have been adjusted by
/// hand.
fn retention_mismatch(desired: &DesiredLogGroup, observed: &ObservedLogGroup) -> Option<String> {
    let DesiredLogGroup { name, retention_days, .. } = desired;
    // The default is not a wish for another retention.
    let is_default = Options::defaults().is_ok_and(|options| options.logs.retention_days == *retention_days);
    if is_default || observed.retention_days == Some(*retention_days) {
        return None;
    }
    let current = observed.retention_days.map_or("indefinitely".to_owned(), |days| format!("for {days} days"));
    Some(format!(
        "the log group {name} keeps its events {current}, which differs from logsConfiguration.retentionInDays. That option applies to new log groups only: run `aws logs put-retention-policy --log-group-name {name} --retention-in-days {retention_days}`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retention_that_differs_from_an_existing_group_is_reported() {
        let is_reported = |desired, observed| {
            let desired = DesiredLogGroup { name: "/g".into(), retention_days: desired, tags: Tags::new() };
            let observed = ObservedLogGroup { arn: String::new(), retention_days: observed };
            retention_mismatch(&desired, &observed).is_some()
        };
        assert!(!is_reported(30, Some(7)) && !is_reported(30, None) && !is_reported(90, Some(90)));
        assert!(is_reported(90, Some(30)) && is_reported(90, None));
    }
}
