//! Reads the table, and judges whether the skill can use it.

use crate::aws::retry::RecentChange;
use crate::aws::session::Session;
use crate::aws::{self, CallError, CallResult, retry};
use crate::config::options::TableOptions;
use crate::error::{Error, ErrorCode, Result};
use crate::lambda::tags::Tags;
use crate::output::format;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    KeySchemaElement, KeyType, PointInTimeRecoveryStatus, TableDescription, TableStatus, TimeToLiveStatus,
};
use std::time::Duration;

/// The attribute, a string, by which Litexa's handler reads its items.
pub(crate) const PARTITION_KEY: &str = "userId";

const MAX_POLL_PAUSE: Duration = Duration::from_secs(5);

/// The desired state of the table.
#[derive(Clone, Debug)]
pub(crate) struct DesiredTable {
    pub(crate) name: String,
    pub(crate) options: TableOptions,
    /// Of a new table.
    pub(crate) tags: Tags,
}

/// The current state of a table that exists.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ObservedTable {
    pub(crate) description: TableDescription,
    pub(crate) time_to_live: ObservedTimeToLive,
    /// `None` if it is not known, or not of interest.
    pub(crate) point_in_time_recovery: Option<bool>,
}

/// The time to live of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum ObservedTimeToLive {
    /// It may not be read, or is not of interest.
    #[default]
    Unknown,
    Disabled,
    /// It is enabled for an attribute.
    Enabled(String),
}

/// Reads the table and its aspects concurrently; `None` if it does not exist. An earlier deployment has not completed it
/// if it is `unfinished`.
///
/// # Errors
/// The error of a call, except for a right to read an aspect that is missing.
pub(crate) async fn observe(
    session: Session<'_>,
    desired: &DesiredTable,
    is_unfinished: bool,
) -> Result<Option<ObservedTable>> {
    let dynamodb = Client::new(session.config);
    let (table, time_to_live, point_in_time_recovery) = tokio::try_join!(
        describe(&dynamodb, &desired.name),
        observe_time_to_live(session, &dynamodb, desired, is_unfinished),
        observe_recovery(session, &dynamodb, desired)
    )?;
    Ok(table.map(|description| ObservedTable { description, time_to_live, point_in_time_recovery }))
}

pub(crate) async fn describe(dynamodb: &Client, name: &str) -> Result<Option<TableDescription>> {
    let request = dynamodb.describe_table().table_name(name);
    let call = aws::call(format!("looking up the table {name}"), "dynamodb:DescribeTable");
    let response = call.send(|| request.clone().send()).await.optional()?;
    Ok(response.and_then(|response| response.table))
}

/// Reads the time to live, if an existing table would be changed.
async fn observe_time_to_live(
    session: Session<'_>,
    dynamodb: &Client,
    desired: &DesiredTable,
    is_unfinished: bool,
) -> Result<ObservedTimeToLive> {
    let time_to_live = desired.options.time_to_live.as_ref();
    if !time_to_live.is_some_and(|time_to_live| time_to_live.enable.unwrap_or(is_unfinished)) {
        return Ok(ObservedTimeToLive::Unknown);
    }
    let read = get_time_to_live(dynamodb, &desired.name, None).await.optional();
    Ok(read.or_warn_denied(session.reporter)?.flatten().unwrap_or_default())
}

/// Reads the time to live of a table. After a `change` of the table, an answer that it does not exist passes.
pub(crate) async fn get_time_to_live(
    dynamodb: &Client,
    table: &str,
    change: Option<RecentChange>,
) -> Result<ObservedTimeToLive, CallError> {
    let request = dynamodb.describe_time_to_live().table_name(table);
    let operation = format!("looking up the time to live of the table {table}");
    let call = aws::call(operation, "dynamodb:DescribeTimeToLive").after(change);
    let current = call.send(|| request.clone().send()).await?.time_to_live_description;
    let is_enabled =
        |status: &TimeToLiveStatus| matches!(status, TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling);
    let enabled = current.filter(|current| current.time_to_live_status.as_ref().is_some_and(is_enabled));
    Ok(enabled.map_or(ObservedTimeToLive::Disabled, |current| {
        ObservedTimeToLive::Enabled(current.attribute_name.unwrap_or_default())
    }))
}

/// Reads whether the table is backed up, if an option sets whether it should be.
async fn observe_recovery(session: Session<'_>, dynamodb: &Client, desired: &DesiredTable) -> Result<Option<bool>> {
    if desired.options.point_in_time_recovery.is_none() {
        return Ok(None);
    }
    let name = &desired.name;
    let request = dynamodb.describe_continuous_backups().table_name(name);
    let call = aws::call(format!("looking up the backups of the table {name}"), "dynamodb:DescribeContinuousBackups");
    let answer = call.send(|| request.clone().send()).await.optional();
    let Some(Some(answer)) = answer.or_warn_denied(session.reporter)? else { return Ok(None) };
    let recovery = answer.continuous_backups_description.and_then(|backups| backups.point_in_time_recovery_description);
    let status = recovery.and_then(|recovery| recovery.point_in_time_recovery_status);
    Ok(Some(status == Some(PointInTimeRecoveryStatus::Enabled)))
}

/// Waits until items can be read and written.
///
/// # Errors
/// The error of a call; `ResourceNotReady` if the table is not active in time.
pub(crate) async fn wait_until_active(dynamodb: &Client, name: &str) -> Result<TableDescription> {
    let active = retry::poll(retry::READY_TIMEOUT, MAX_POLL_PAUSE, || async {
        match describe(dynamodb, name).await? {
            Some(table) if is_active(name, &table)? => Ok(Some(table)),
            // A new table may not be visible everywhere yet.
            _ => Ok(None),
        }
    });
    active.await?.ok_or_else(|| {
        let timeout = format::duration(retry::READY_TIMEOUT);
        Error::new(ErrorCode::ResourceNotReady, format!("waiting for the table {name} timed out after {timeout}"))
            .hint("Check its status in the DynamoDB console, and deploy again")
    })
}

/// Checks that Litexa's handler can use a table that exists, before anything is changed.
///
/// # Errors
/// `ResourceNotReady` if its key is another one, or it is being deleted.
pub(crate) fn ensure_usable(name: &str, observed: Option<&TableDescription>) -> Result<()> {
    let Some(table) = observed else { return Ok(()) };
    ensure_key(name, table)?;
    is_active(name, table).map(drop)
}

fn ensure_key(name: &str, table: &TableDescription) -> Result<()> {
    let kind_of = |attribute: &str| {
        let definition =
            table.attribute_definitions().iter().find(|definition| definition.attribute_name() == attribute);
        definition.map_or("?", |definition| definition.attribute_type().as_str())
    };
    let key = |element: &KeySchemaElement| {
        let role = if *element.key_type() == KeyType::Hash { "partition key" } else { "sort key" };
        format!("the {role} {} ({})", element.attribute_name(), kind_of(element.attribute_name()))
    };
    let found: Vec<_> = table.key_schema().iter().map(key).collect();
    let expected = format!("the partition key {PARTITION_KEY} (S)");
    if found.is_empty() || found == [expected.as_str()] {
        return Ok(());
    }
    let message = format!(
        "the table {name} has {}, and the skill needs a table with {expected} only: a table's key cannot be changed",
        found.join(" and ")
    );
    Err(Error::new(ErrorCode::ResourceNotReady, message).hint(format!(
        "If nothing needs its data, delete it with `aws dynamodb delete-table --table-name {name}`, and deploy again; otherwise rename the project or the deployment target"
    )))
}

/// Returns whether items can be read and written. A table that is being updated stays available.
///
/// # Errors
/// `ResourceNotReady` for a table that is being deleted, or that needs a user's action.
pub(crate) fn is_active(name: &str, table: &TableDescription) -> Result<bool> {
    let not_ready = |status: &TableStatus| {
        Error::new(ErrorCode::ResourceNotReady, format!("the status of the table {name} is {}", status.as_str()))
    };
    match &table.table_status {
        Some(TableStatus::Active | TableStatus::Updating) => Ok(true),
        Some(TableStatus::Creating) | None => Ok(false),
        Some(status @ TableStatus::Deleting) => Err(not_ready(status).hint("Deploy again when it is deleted")),
        Some(status) => Err(not_ready(status).hint("Check it in the DynamoDB console")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_dynamodb::types::{AttributeDefinition, ScalarAttributeType};

    #[test]
    fn a_table_with_another_key_cannot_be_used() {
        let table = |keys: &[(&str, &str)]| {
            let element = |(at, (name, _)): (usize, &(&str, &str))| {
                let kind = if at == 0 { KeyType::Hash } else { KeyType::Range };
                KeySchemaElement::builder().attribute_name(*name).key_type(kind).build().unwrap()
            };
            let attribute = |(name, kind): &(&str, &str)| {
                let kind = ScalarAttributeType::from(*kind);
                AttributeDefinition::builder().attribute_name(*name).attribute_type(kind).build().unwrap()
            };
            TableDescription::builder()
                .set_key_schema(Some(keys.iter().enumerate().map(element).collect()))
                .set_attribute_definitions(Some(keys.iter().map(attribute).collect()))
                .build()
        };
        assert_eq!(ensure_usable("t", Some(&table(&[("userId", "S")]))), Ok(()));
        assert_eq!(ensure_usable("t", Some(&table(&[]))), Ok(()));
        assert_eq!(ensure_usable("t", None), Ok(()));
        for (keys, found) in [
            (&[("id", "S")][..], "the partition key id (S)"),
            (&[("userId", "N")], "the partition key userId (N)"),
            (&[("userId", "S"), ("time", "N")], "the partition key userId (S) and the sort key time (N)"),
        ] {
            let error = ensure_usable("t", Some(&table(keys))).unwrap_err();
            assert!(
                error.message.contains(found) && error.message.contains("the partition key userId (S) only"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_table_that_is_being_deleted_cannot_be_used() {
        let usable = |status: TableStatus| {
            ensure_usable("t", Some(&TableDescription::builder().table_status(status).build())).is_ok()
        };
        assert!(usable(TableStatus::Active) && usable(TableStatus::Updating) && usable(TableStatus::Creating));
        assert!(!usable(TableStatus::Deleting) && !usable(TableStatus::InaccessibleEncryptionCredentials));
    }
}
