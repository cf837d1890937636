//! Backs the table up, and removes it.

use crate::aws::call::Call;
use crate::aws::retry::RecentChange;
use crate::aws::session::Session;
use crate::aws::{self, CallResult, retry};
use crate::deploy::change::{Action, Change};
use crate::error::{Error, ErrorCode, Result};
use crate::operate::remove::begin::begin;
use crate::output::format;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{BackupStatus, TableStatus};
use jiff::Timestamp;
use std::time::Duration;

const RESOURCE_TYPE: &str = "AWS::DynamoDB::Table";

const MAX_POLL_PAUSE: Duration = Duration::from_secs(5);

/// The current state of a table that exists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ObservedTable {
    pub(crate) is_protected: bool,
    /// An earlier removal has begun to delete it.
    pub(crate) is_deleting: bool,
    /// As DynamoDB counts them every six hours.
    pub(crate) items: i64,
}

/// Reads the table; `None` if it does not exist.
pub(crate) async fn observe(session: Session<'_>, name: &str) -> Result<Option<ObservedTable>> {
    let request = Client::new(session.config).describe_table().table_name(name);
    let call = aws::call(format!("looking up the table {name}"), "dynamodb:DescribeTable");
    let table = call.send(|| request.clone().send()).await.optional()?.and_then(|answer| answer.table);
    Ok(table.map(|table| ObservedTable {
        is_protected: table.deletion_protection_enabled.unwrap_or(false),
        is_deleting: table.table_status == Some(TableStatus::Deleting),
        items: table.item_count.unwrap_or(0),
    }))
}

/// A call that removes the table, or prepares that.
#[derive(Clone, Copy)]
enum Step {
    BackUp,
    Unprotect,
    Delete,
}

/// Returns the steps in their order. AWS does not back up a table that it deletes.
fn steps(observed: ObservedTable) -> impl Iterator<Item = Step> {
    let ObservedTable { is_protected, is_deleting, .. } = observed;
    let backup = (!is_deleting).then_some(Step::BackUp);
    let unprotect = (is_protected && !is_deleting).then_some(Step::Unprotect);
    backup.into_iter().chain(unprotect).chain([Step::Delete])
}

impl Step {
    fn describe(self, table: &str, observed: ObservedTable) -> Change {
        let resource = (RESOURCE_TYPE, table);
        match self {
            Step::BackUp => {
                let (resource, description) =
                    (("AWS::DynamoDB::Backup", table), format!("backing up the table {table}"));
                Change::new(Action::Create, resource, "dynamodb:CreateBackup", description)
                    .effect("AWS bills the backup by its size until you delete it")
            }
            Step::Unprotect => {
                let description = format!("turning off deletion protection of the table {table}");
                Change::new(Action::Update, resource, "dynamodb:UpdateTable", description)
            }
            Step::Delete => {
                let items = format::count(usize::try_from(observed.items).unwrap_or(0), "item");
                let description = format!("deleting the table {table} with the state of all users");
                Change::new(Action::Delete, resource, "dynamodb:DeleteTable", description)
                    .effect(format!("deletes about {items}"))
            }
        }
    }
}

/// Returns the changes that remove the table, after a backup.
pub(crate) fn changes(name: &str, observed: ObservedTable) -> Vec<Change> {
    steps(observed).map(|step| step.describe(name, observed)).collect()
}

/// Returns why the table stays, and how to remove it.
pub(crate) fn kept(name: &str, observed: ObservedTable) -> String {
    let items = format::count(usize::try_from(observed.items).unwrap_or(0), "item");
    let protection = if observed.is_protected { ", which also turns off its deletion protection" } else { "" };
    format!("the table {name} with about {items}, the state of the users: remove it with --table{protection}")
}

/// Backs the table up and deletes it, and reports each step as it begins. Returns the name of the backup. Without one, the
/// table stays: it has the state of all users.
///
/// # Errors
/// The error of a call; `ResourceNotReady` if AWS takes too long.
pub(crate) async fn delete(session: Session<'_>, name: &str, observed: ObservedTable) -> Result<Option<String>> {
    let table = Table { dynamodb: Client::new(session.config), name, session };
    let mut backup = None;
    for step in steps(observed) {
        let call = begin(session, &step.describe(name, observed)).after(RecentChange::TableChanged);
        match step {
            Step::BackUp => backup = Some(table.back_up(call).await?),
            Step::Unprotect => table.unprotect(call).await?,
            Step::Delete => table.delete(call).await?,
        }
    }
    Ok(backup)
}

struct Table<'a> {
    dynamodb: Client,
    name: &'a str,
    session: Session<'a>,
}

impl Table<'_> {
    async fn back_up(&self, call: Call<'_>) -> Result<String> {
        let Table { dynamodb, name, session } = self;
        let backup_name = backup_name(name, Timestamp::now());
        let request = dynamodb.create_backup().table_name(*name).backup_name(&backup_name);
        let created = call.send(|| request.clone().send()).await?;
        let missing = || {
            let message = format!("backing up the table {name} failed: the answer does not name a backup");
            Error::new(ErrorCode::AwsUnavailable, message)
        };
        let details = created.backup_details.ok_or_else(missing)?;
        self.wait_until_available(&details.backup_arn).await?;
        session.reporter.log(format!("the backup of the table {name} is {backup_name} ({})", details.backup_arn));
        Ok(backup_name)
    }

    /// Waits for a backup. Without the right to look at it, DynamoDB refuses the deletion until it is complete.
    async fn wait_until_available(&self, arn: &str) -> Result<()> {
        let available = retry::poll(retry::READY_TIMEOUT, MAX_POLL_PAUSE, || async {
            let request = self.dynamodb.describe_backup().backup_arn(arn);
            let call = aws::call(format!("looking up the backup {arn}"), "dynamodb:DescribeBackup");
            let found = match call.send(|| request.clone().send()).await.optional() {
                Err(error) if error.is_denied() => return Ok(Some(())),
                found => found?,
            };
            let details = found.and_then(|found| found.backup_description?.backup_details);
            Ok(details.filter(|details| details.backup_status == BackupStatus::Available).map(drop))
        });
        available.await?.ok_or_else(|| self.timeout(&format!("the backup {arn}")))
    }

    async fn unprotect(&self, call: Call<'_>) -> Result<()> {
        let request = self.dynamodb.update_table().table_name(self.name).deletion_protection_enabled(false);
        call.send(|| request.clone().send()).await.optional()?;
        Ok(())
    }

    async fn delete(&self, call: Call<'_>) -> Result<()> {
        let Table { dynamodb, name, session } = self;
        let request = dynamodb.delete_table().table_name(*name);
        call.send(|| request.clone().send()).await.optional()?;
        let gone = retry::poll(retry::READY_TIMEOUT, MAX_POLL_PAUSE, || async {
            Ok(observe(*session, name).await?.is_none().then_some(()))
        });
        gone.await?.ok_or_else(|| self.timeout(&format!("the deletion of the table {name}")))
    }

    fn timeout(&self, what: &str) -> Error {
        let timeout = format::duration(retry::READY_TIMEOUT);
        Error::new(ErrorCode::ResourceNotReady, format!("waiting for {what} timed out after {timeout}"))
            .hint(format!("Check the table {} in the DynamoDB console, and try again", self.name))
    }
}

/// Returns a name of 3 to 255 letters, digits, `_`, `-` and `.`
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateBackup.html>).
fn backup_name(table: &str, now: Timestamp) -> String {
    format!("{table}-{}", now.strftime("%Y%m%d-%H%M%S"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actions(is_protected: bool) -> Vec<&'static str> {
        let observed = ObservedTable { is_protected, items: 3, is_deleting: false };
        changes("cats", observed).iter().map(|change| change.iam_action).collect()
    }

    #[test]
    fn a_table_is_backed_up_before_anything_else() {
        assert_eq!(actions(false), ["dynamodb:CreateBackup", "dynamodb:DeleteTable"]);
        assert_eq!(actions(true), ["dynamodb:CreateBackup", "dynamodb:UpdateTable", "dynamodb:DeleteTable"]);
        let deleting = ObservedTable { is_protected: false, is_deleting: true, items: 3 };
        assert_eq!(changes("cats", deleting).len(), 1, "AWS does not back up a table that it deletes");
    }

    #[test]
    fn a_table_that_stays_is_described_with_the_way_to_remove_it() {
        let line = |is_protected| kept("cats", ObservedTable { is_protected, items: 1, is_deleting: false });
        assert!(line(false).contains("about 1 item,") && line(false).ends_with("with --table"));
        assert!(line(true).ends_with("deletion protection"));
    }

    #[test]
    fn backups_are_named_after_table_and_time() {
        let now = "2026-01-02T03:04:05.6Z".parse().unwrap();
        assert_eq!(backup_name("cats_beta", now), "cats_beta-20260102-030405");
    }
}
