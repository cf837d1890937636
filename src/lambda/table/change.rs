//! Decides how the table is changed.

use crate::config::options::{Billing, TableOptions, TimeToLive};
use crate::deploy::change::{Action, Change};
use crate::lambda::table::billing::{billing_mismatch, cost};
use crate::lambda::table::observe::{DesiredTable, ObservedTable, ObservedTimeToLive};
use crate::lambda::tags::Tags;

const TABLE_TYPE: &str = "AWS::DynamoDB::Table";

/// A change of the table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TableChange {
    Create {
        billing: Billing,
        deletion_protection: Option<bool>,
        tags: Tags,
    },
    /// Enables time to live by an attribute.
    EnableTimeToLive(String),
    /// Turns point-in-time recovery on or off.
    SetRecovery(bool),
    SetDeletionProtection(bool),
}

/// Returns the changes in the order in which they are made. An earlier deployment has not completed the table if it is
/// `unfinished`.
pub(crate) fn changes(
    desired: &DesiredTable,
    observed: Option<&ObservedTable>,
    is_unfinished: bool,
) -> Vec<TableChange> {
    let DesiredTable { options, tags, .. } = desired;
    let mut changes = Vec::new();
    if observed.is_none() {
        changes.push(TableChange::Create {
            billing: options.billing.clone(),
            deletion_protection: options.deletion_protection,
            tags: tags.clone(),
        });
    }
    if let Some(time_to_live) = &options.time_to_live {
        let is_wanted = time_to_live.enable.unwrap_or(observed.is_none() || is_unfinished);
        // DynamoDB rejects what is enabled already, and a state that may not be read is not changed.
        let is_off = observed.is_none_or(|observed| observed.time_to_live == ObservedTimeToLive::Disabled);
        if is_wanted && is_off {
            changes.push(TableChange::EnableTimeToLive(time_to_live.attribute_name.clone()));
        }
    }
    changes.extend(protection_changes(options, observed));
    changes
}

/// Turns nothing off unless an option is `false`.
fn protection_changes(options: &TableOptions, observed: Option<&ObservedTable>) -> Vec<TableChange> {
    // A new table has no backups, and a state that may not be read is not changed.
    let recovery = observed.map_or(Some(false), |observed| observed.point_in_time_recovery);
    // A new table is created with its protection, and DynamoDB leaves out one that is off.
    let protection = observed.map(|observed| observed.description.deletion_protection_enabled.unwrap_or(false));
    let differs = |desired: Option<bool>, current: Option<bool>| {
        desired.filter(|desired| current.is_some_and(|current| current != *desired))
    };
    let recovery = differs(options.point_in_time_recovery, recovery).map(TableChange::SetRecovery);
    let protection = differs(options.deletion_protection, protection).map(TableChange::SetDeletionProtection);
    recovery.into_iter().chain(protection).collect()
}

/// Returns warnings of options that an existing table does not get.
pub(crate) fn warnings(desired: &DesiredTable, observed: &ObservedTable, is_unfinished: bool) -> Vec<String> {
    let DesiredTable { name, options, .. } = desired;
    let mismatch = billing_mismatch(name, &observed.description, &options.billing);
    let is_wanted = |time_to_live: &&TimeToLive| time_to_live.enable.unwrap_or(is_unfinished);
    let time_to_live = options.time_to_live.as_ref().filter(is_wanted);
    let other = time_to_live.and_then(|desired| other_attribute(name, &desired.attribute_name, &observed.time_to_live));
    mismatch.into_iter().chain(other).collect()
}

/// Returns a warning if time to live is enabled for another attribute.
pub(crate) fn other_attribute(table: &str, attribute: &str, observed: &ObservedTimeToLive) -> Option<String> {
    let ObservedTimeToLive::Enabled(enabled) = observed else { return None };
    (enabled != attribute).then(|| format!(
        "time to live of the table {table} is enabled for the attribute {enabled}, not for {attribute}, and DynamoDB supports one attribute: disable it in the DynamoDB console, and deploy again"
    ))
}

impl TableChange {
    /// Describes the change of a table in a region.
    pub(crate) fn describe(&self, table: &str, region: &str) -> Change {
        let change =
            |action, iam_action, description: String| Change::new(action, (TABLE_TYPE, table), iam_action, description);
        match self {
            TableChange::Create { billing, .. } => {
                let cost = cost(billing, region);
                let description = format!("creating the DynamoDB table {table}");
                change(Action::Create, "dynamodb:CreateTable", description)
                    .effect(format!("the table is billed: {cost}"))
            }
            TableChange::EnableTimeToLive(attribute) => {
                let description = format!("enabling time to live for the table {table}, attribute {attribute}");
                change(Action::Update, "dynamodb:UpdateTimeToLive", description)
                    .effect(format!("DynamoDB deletes items of {table} whose {attribute} is a time in the past"))
            }
            TableChange::SetRecovery(enabled) => {
                let description =
                    format!("turning {} point-in-time recovery of the table {table}", on_or_off(*enabled));
                let change = change(Action::Update, "dynamodb:UpdateContinuousBackups", description);
                if *enabled {
                    change.effect(format!("the backups of {table} are billed by their size"))
                } else {
                    change.effect(format!("the backups of {table} are deleted"))
                }
            }
            TableChange::SetDeletionProtection(enabled) => {
                let description = format!("turning {} deletion protection of the table {table}", on_or_off(*enabled));
                change(Action::Update, "dynamodb:UpdateTable", description)
            }
        }
    }
}

fn on_or_off(enabled: bool) -> &'static str {
    if enabled { "on" } else { "off" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::options::Options;
    use aws_sdk_dynamodb::types::TableDescription;

    fn desired(options: TableOptions) -> DesiredTable {
        DesiredTable { name: "t".into(), options, tags: Tags::from([("team".to_owned(), "voice".to_owned())]) }
    }

    fn defaults() -> TableOptions {
        Options::defaults().unwrap().table
    }

    fn with_time_to_live(enable: Option<bool>) -> DesiredTable {
        let time_to_live = Some(TimeToLive { attribute_name: "end".into(), enable });
        desired(TableOptions { time_to_live, ..defaults() })
    }

    fn observed(time_to_live: ObservedTimeToLive) -> ObservedTable {
        let description = TableDescription::builder().deletion_protection_enabled(true).build();
        ObservedTable { description, time_to_live, point_in_time_recovery: Some(false) }
    }

    #[test]
    fn a_table_is_created_with_what_creation_accepts() {
        let time_to_live = Some(TimeToLive { attribute_name: "end".into(), enable: None });
        let protected = (Some(true), Some(true));
        let (deletion_protection, point_in_time_recovery) = protected;
        let options = TableOptions { time_to_live, deletion_protection, point_in_time_recovery, ..defaults() };
        let desired = desired(options);
        let DesiredTable { options, tags, .. } = desired.clone();
        let expected = [
            TableChange::Create { billing: options.billing, deletion_protection: Some(true), tags },
            TableChange::EnableTimeToLive("end".into()),
            TableChange::SetRecovery(true),
        ];
        assert_eq!(changes(&desired, None, false), expected);
        let creation = expected[0].describe("t", "us-east-1");
        assert_eq!(creation.description, "creating the DynamoDB table t");
        assert!(creation.effects[0].contains("5.69 USD"), "{creation:?}");
    }

    #[test]
    fn an_existing_table_keeps_what_no_option_sets() {
        assert_eq!(changes(&desired(defaults()), Some(&observed(ObservedTimeToLive::Disabled)), true), []);
        let off = TableOptions { deletion_protection: Some(false), point_in_time_recovery: Some(false), ..defaults() };
        let expected = [TableChange::SetDeletionProtection(false)];
        assert_eq!(changes(&desired(off), Some(&observed(ObservedTimeToLive::Disabled)), false), expected);
    }

    #[test]
    fn backups_that_may_not_be_read_are_not_changed() {
        let options = TableOptions { point_in_time_recovery: Some(true), ..defaults() };
        let unknown = ObservedTable { point_in_time_recovery: None, ..observed(ObservedTimeToLive::Unknown) };
        assert_eq!(changes(&desired(options), Some(&unknown), false), []);
    }

    #[test]
    fn time_to_live_is_enabled_for_new_tables_unfinished_ones_and_where_an_option_asks_for_it() {
        let enables = |enable, observed: Option<ObservedTimeToLive>, is_unfinished| {
            let observed = observed.map(self::observed);
            let changes = changes(&with_time_to_live(enable), observed.as_ref(), is_unfinished);
            changes.contains(&TableChange::EnableTimeToLive("end".into()))
        };
        let disabled = || Some(ObservedTimeToLive::Disabled);
        assert!(
            enables(None, None, false) && enables(None, disabled(), true) && enables(Some(true), disabled(), false)
        );
        assert!(!enables(None, disabled(), false) && !enables(Some(false), None, false));
        for other in [ObservedTimeToLive::Unknown, ObservedTimeToLive::Enabled("end".into())] {
            assert!(!enables(Some(true), Some(other), true));
        }
    }

    #[test]
    fn another_attribute_is_a_warning_only_if_time_to_live_is_wanted() {
        let warns = |enable, attribute: &str| {
            let observed = observed(ObservedTimeToLive::Enabled(attribute.into()));
            !warnings(&with_time_to_live(enable), &observed, false).is_empty()
        };
        assert!(warns(Some(true), "other") && !warns(Some(true), "end") && !warns(None, "other"));
    }
}
