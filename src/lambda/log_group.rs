//! Creates the function's log group before the function, so that Lambda does not create one with unlimited retention.

use crate::aws::retry::RecentChange;
use crate::aws::session::Session;
use crate::aws::{self, CallError, CallResult};
use crate::config::options::Options;
use crate::deploy::change::{Action, Change};
use crate::error::Result;
use crate::fs::InProgressMarker;
use crate::lambda::tags::{self, Tags};
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::operation::create_log_group::CreateLogGroupOutput;
use aws_sdk_cloudwatchlogs::operation::create_log_group::builders::CreateLogGroupFluentBuilder;

const LOG_GROUP_TYPE: &str = "AWS::Logs::LogGroup";

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

/// A change of the group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LogGroupChange {
    /// Creates the group with tags. Its retention is set by another request.
    Create(Tags),
    SetRetention {
        /// `None` keeps events indefinitely.
        from: Option<i32>,
        to: i32,
    },
}

/// Returns the changes in the order in which they are made. The retention of an existing group stays as it is, unless an
/// earlier deployment created the group, and did not set its retention: then it is `unfinished`.
pub(crate) fn changes(
    desired: &DesiredLogGroup,
    observed: Option<&ObservedLogGroup>,
    is_unfinished: bool,
) -> Vec<LogGroupChange> {
    let to = desired.retention_days;
    match observed {
        None => {
            vec![LogGroupChange::Create(desired.tags.clone()), LogGroupChange::SetRetention { from: None, to }]
        }
        Some(observed) if is_unfinished && observed.retention_days != Some(to) => {
            vec![LogGroupChange::SetRetention { from: observed.retention_days, to }]
        }
        Some(_) => Vec::new(),
    }
}

impl LogGroupChange {
    /// Describes the change of a group.
    pub(crate) fn describe(&self, group: &str) -> Change {
        match self {
            LogGroupChange::Create(_) => {
                let description = format!("creating the log group {group}");
                Change::new(Action::Create, (LOG_GROUP_TYPE, group), "logs:CreateLogGroup", description)
            }
            LogGroupChange::SetRetention { from, to } => {
                let from = from.map_or("indefinite".to_owned(), |days| format!("{days} days"));
                let description = format!("setting the retention of the log group {group}: {from} -> {to} days");
                Change::new(Action::Update, (LOG_GROUP_TYPE, group), "logs:PutRetentionPolicy", description)
            }
        }
    }
}

/// Makes the changes. `marker` records that the group was created, until its retention is set.
///
/// # Errors
/// The error of a call, except for a retention that may not be set; `FileError` if the marker cannot be written.
pub(crate) async fn apply(
    session: Session<'_>,
    name: &str,
    changes: &[LogGroupChange],
    marker: &InProgressMarker,
) -> Result<()> {
    let logs = Client::new(session.config);
    for change in changes {
        session.reporter.log(change.describe(name).description);
        match change {
            LogGroupChange::Create(tags) => {
                marker.create(name)?;
                create(session, &logs, name, tags).await?;
            }
            LogGroupChange::SetRetention { to, .. } => set_retention(session, &logs, name, *to).await?,
        }
    }
    if marker.exists(name) { marker.remove() } else { Ok(()) }
}

/// Creates the group, unless it exists in the meantime.
async fn create(session: Session<'_>, logs: &Client, name: &str, tags: &Tags) -> Result<()> {
    let request = logs.create_log_group().log_group_name(name);
    let with_tags = request.clone().set_tags((!tags.is_empty()).then(|| tags.clone().into_iter().collect()));
    let created = send_creation(session, name, with_tags).await;
    let created = if tags::were_denied(&created, "logs:TagResource", session.reporter) {
        send_creation(session, name, request).await
    } else {
        created
    };
    created.unless_exists()?;
    Ok(())
}

/// The policy that 0.9.0 documented does not include this action. Without it the group keeps its events indefinitely.
async fn set_retention(session: Session<'_>, logs: &Client, name: &str, days: i32) -> Result<()> {
    let request = logs.put_retention_policy().log_group_name(name).retention_in_days(days);
    let call = aws::call(format!("setting the retention of the log group {name}"), "logs:PutRetentionPolicy")
        .reporting(session.reporter)
        .after(RecentChange::LogGroupCreated);
    call.send(|| request.clone().send()).await.or_warn_denied(session.reporter).map(drop)
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
pub(crate) fn retention_mismatch(desired: &DesiredLogGroup, observed: &ObservedLogGroup) -> Option<String> {
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

    #[test]
    fn a_new_group_gets_tags_and_retention_and_an_existing_one_only_what_is_missing() {
        let tags = Tags::from([("team".to_owned(), "voice".to_owned())]);
        let desired = DesiredLogGroup { name: "/g".into(), retention_days: 30, tags: tags.clone() };
        let created = [LogGroupChange::Create(tags), LogGroupChange::SetRetention { from: None, to: 30 }];
        assert_eq!(changes(&desired, None, false), created);
        assert_eq!(changes(&desired, None, true), created);
        for (retention_days, is_unfinished, expected) in [
            (None, true, &["setting the retention of the log group /g: indefinite -> 30 days"][..]),
            (Some(7), true, &["setting the retention of the log group /g: 7 days -> 30 days"]),
            (Some(30), true, &[]),
            (None, false, &[]),
            (Some(7), false, &[]),
        ] {
            let observed = ObservedLogGroup { arn: String::new(), retention_days };
            let changes = changes(&desired, Some(&observed), is_unfinished);
            let lines: Vec<_> = changes.iter().map(|change| change.describe("/g").description).collect();
            assert_eq!(lines, expected, "{retention_days:?} {is_unfinished}");
        }
    }
}
