//! Creates the DynamoDB table in which the skill keeps its state.

use crate::aws::region::config_region;
use crate::aws::retry::RecentChange;
use crate::aws::session::Session;
use crate::aws::{self, CallError, CallResult, retry};
use crate::config::options::{Billing, TableOptions};
use crate::error::{Error, ErrorCode, Result};
use crate::fs::InProgressMarker;
use crate::lambda::tags::{self, Tags};
use crate::output::format;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::create_table::CreateTableOutput;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ProvisionedThroughput, ScalarAttributeType,
    TableDescription, TableStatus, TimeToLiveSpecification, TimeToLiveStatus,
};
use std::time::Duration;

/// The attribute, a string, by which Litexa's handler reads its items.
const PARTITION_KEY: &str = "userId";

const MAX_POLL_PAUSE: Duration = Duration::from_secs(5);

/// The region whose prices are known here. Those of other regions differ.
const PRICED_REGION: &str = "us-east-1";

/// The price of one provisioned unit in [`PRICED_REGION`], in USD per hour.
/// See <https://aws.amazon.com/dynamodb/pricing/provisioned/>.
const USD_PER_READ_UNIT_HOUR: f64 = 0.00013;
const USD_PER_WRITE_UNIT_HOUR: f64 = 0.00065;

/// The average month, as in AWS's pricing calculator.
const HOURS_PER_MONTH: f64 = 730.0;

/// The desired state of the table.
#[derive(Clone, Debug)]
pub(crate) struct DesiredTable {
    pub(crate) name: String,
    pub(crate) options: TableOptions,
    /// Of a new table.
    pub(crate) tags: Tags,
}

/// Reads the table; `None` if it does not exist.
pub(crate) async fn observe(session: Session<'_>, name: &str) -> Result<Option<TableDescription>> {
    describe(&Client::new(session.config), name).await
}

/// Creates the table, or leaves an existing one as it is. Returns its ARN when it is active.
///
/// The time to live is enabled after that; `marker` records until then that it is missing.
///
/// # Errors
/// The error of a call; `ResourceNotReady` if the table is not active in time; `FileError` if the marker cannot be
/// written.
pub(crate) async fn apply(
    session: Session<'_>,
    desired: &DesiredTable,
    observed: Option<TableDescription>,
    marker: &InProgressMarker,
) -> Result<String> {
    let table = Table { dynamodb: Client::new(session.config), name: &desired.name, session };
    let DesiredTable { name, options, .. } = desired;
    let is_new = observed.is_none() || marker.exists(name);
    if let Some(mismatch) = observed.as_ref().and_then(|table| billing_mismatch(name, table, &options.billing)) {
        session.reporter.warning(mismatch);
    }
    let description = match observed {
        Some(observed) if is_active(name, &observed)? => observed,
        Some(_) => table.wait_until_active().await?,
        None => {
            table.create(desired, marker).await?;
            table.wait_until_active().await?
        }
    };
    let is_complete = match &options.time_to_live {
        Some(time_to_live) if time_to_live.enable.unwrap_or(is_new) => {
            table.enable_time_to_live(&time_to_live.attribute_name).await?
        }
        _ => true,
    };
    if is_new && is_complete {
        marker.remove()?;
    }
    description.table_arn.ok_or_else(|| {
        Error::new(ErrorCode::Internal, format!("the DescribeTable response for {name} has no TableArn"))
    })
}

async fn describe(dynamodb: &Client, name: &str) -> Result<Option<TableDescription>> {
    let request = dynamodb.describe_table().table_name(name);
    let call = aws::call(format!("looking up the table {name}"), "dynamodb:DescribeTable");
    let response = call.send(|| request.clone().send()).await.optional()?;
    Ok(response.and_then(|response| response.table))
}

struct Table<'a> {
    dynamodb: Client,
    name: &'a str,
    session: Session<'a>,
}

impl Table<'_> {
    async fn create(&self, desired: &DesiredTable, marker: &InProgressMarker) -> Result<()> {
        let DesiredTable { name, options, tags } = desired;
        let cost = cost(&options.billing, config_region(self.session.config));
        self.session.reporter.log(format!("creating the DynamoDB table {name}: {cost}"));
        let request = creation_request(&self.dynamodb, name, &options.billing)?;
        let request = request.set_deletion_protection_enabled(options.deletion_protection);
        let with_tags = request.clone().set_tags((!tags.is_empty()).then(|| tags::of_table(tags)).transpose()?);
        marker.create(name)?;
        let created = self.send_creation(with_tags).await;
        let created = if tags::were_denied(&created, "dynamodb:TagResource", self.session.reporter) {
            self.send_creation(request).await
        } else {
            created
        };
        let created = created.unless_exists();
        // Without a response, AWS may have created the table: then the marker stays.
        if created.as_ref().is_err_and(|error| !error.is_unavailable()) {
            marker.remove()?;
        }
        Ok(created.map(drop)?)
    }

    async fn send_creation(&self, request: CreateTableFluentBuilder) -> Result<CreateTableOutput, CallError> {
        let call = aws::call(format!("creating the table {}", self.name), "dynamodb:CreateTable");
        call.reporting(self.session.reporter).send(|| request.clone().send()).await
    }

    async fn wait_until_active(&self) -> Result<TableDescription> {
        let name = self.name;
        let active = retry::poll(retry::READY_TIMEOUT, MAX_POLL_PAUSE, || async {
            match describe(&self.dynamodb, name).await? {
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

    /// Enables time to live, unless it is enabled: DynamoDB rejects that. Returns whether the next deployment can leave
    /// it as it is.
    async fn enable_time_to_live(&self, attribute: &str) -> Result<bool> {
        let Table { dynamodb, name, session } = self;
        match self.time_to_live_attribute().await.or_warn_denied(session.reporter)? {
            Some(None) => {}
            Some(Some(enabled)) if enabled != attribute => {
                session.reporter.warning(format!(
                    "time to live of the table {name} is enabled for the attribute {enabled}, not for {attribute}, and DynamoDB supports one attribute: disable it in the DynamoDB console, and deploy again"
                ));
                return Ok(true);
            }
            Some(Some(_)) | None => return Ok(true),
        }
        let operation = format!("enabling time to live for the table {name}");
        session.reporter.log(format!("{operation}, attribute {attribute}"));
        let specification = TimeToLiveSpecification::builder().attribute_name(attribute).enabled(true);
        let specification = specification.build().map_err(build_error)?;
        let request = dynamodb.update_time_to_live().table_name(*name).time_to_live_specification(specification);
        let call = aws::call(operation, "dynamodb:UpdateTimeToLive")
            .reporting(session.reporter)
            .after(RecentChange::TableCreated);
        match call.send(|| request.clone().send()).await {
            // It may be enabled by an earlier attempt, whose answer was lost, or was changed less than an hour ago
            // (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html). The handler
            // works without it.
            Err(error) if error.is("ValidationException") => {
                let is_enabled = self.time_to_live_attribute().await?.as_deref() == Some(attribute);
                if !is_enabled {
                    session.reporter.warning(error.hint("Deploy again in an hour").to_string());
                }
                Ok(is_enabled)
            }
            outcome => outcome.or_warn_denied(session.reporter).map(|_| true),
        }
    }

    /// Returns the attribute for which time to live is enabled.
    async fn time_to_live_attribute(&self) -> Result<Option<String>, CallError> {
        let request = self.dynamodb.describe_time_to_live().table_name(self.name);
        let operation = format!("looking up the time to live of the table {}", self.name);
        let call = aws::call(operation, "dynamodb:DescribeTimeToLive").after(RecentChange::TableCreated);
        let current = call.send(|| request.clone().send()).await?.time_to_live_description;
        let is_enabled =
            |status: &TimeToLiveStatus| matches!(status, TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling);
        let enabled = current.filter(|current| current.time_to_live_status.as_ref().is_some_and(is_enabled));
        Ok(enabled.map(|current| current.attribute_name.unwrap_or_default()))
    }
}

fn creation_request(dynamodb: &Client, name: &str, billing: &Billing) -> Result<CreateTableFluentBuilder> {
    let attribute = AttributeDefinition::builder().attribute_name(PARTITION_KEY).attribute_type(ScalarAttributeType::S);
    let key = KeySchemaElement::builder().attribute_name(PARTITION_KEY).key_type(KeyType::Hash);
    let request = dynamodb
        .create_table()
        .table_name(name)
        .attribute_definitions(attribute.build().map_err(build_error)?)
        .key_schema(key.build().map_err(build_error)?);
    Ok(match billing {
        Billing::PayPerRequest => request.billing_mode(BillingMode::PayPerRequest),
        Billing::Provisioned { read_units, write_units } => {
            let units = ProvisionedThroughput::builder().read_capacity_units(*read_units);
            request.provisioned_throughput(units.write_capacity_units(*write_units).build().map_err(build_error)?)
        }
    })
}

/// Converts the error of a builder that misses a required field.
fn build_error(error: impl std::fmt::Display) -> Error {
    Error::new(ErrorCode::Internal, format!("building a DynamoDB request failed: {error}"))
}

/// Describes what a new table costs: with a number where the price is known.
fn cost(billing: &Billing, region: &str) -> String {
    let Billing::Provisioned { read_units, write_units } = billing else {
        return "on demand, billed per request".into();
    };
    let price = if region == PRICED_REGION {
        let per_hour = USD_PER_READ_UNIT_HOUR * *read_units as f64 + USD_PER_WRITE_UNIT_HOUR * *write_units as f64;
        format!("about {:.2} USD a month in {region} unless the free tier covers them", per_hour * HOURS_PER_MONTH)
    } else {
        "billed by the hour, used or not, unless the free tier covers them".to_owned()
    };
    format!(
        "{read_units} read and {write_units} write units, {price} (dynamoDbConfiguration.billingMode: \"PAY_PER_REQUEST\" is billed per request)"
    )
}

/// Returns a warning if the options differ from the billing of an existing table. It is not updated, since it may have
/// been adjusted by hand.
fn billing_mismatch(name: &str, table: &TableDescription, desired: &Billing) -> Option<String> {
    let on_demand = table.billing_mode_summary().and_then(|summary| summary.billing_mode()).cloned()
        == Some(BillingMode::PayPerRequest);
    let units = table.provisioned_throughput().map(|units| (units.read_capacity_units(), units.write_capacity_units()));
    let (billing, key) = match (desired, on_demand, units) {
        (Billing::PayPerRequest, false, _) => ("uses provisioned capacity".to_owned(), "billingMode"),
        // The defaults are not a wish for another billing.
        (desired, _, _) if desired.is_default() => return None,
        (Billing::Provisioned { .. }, true, _) => ("is billed per request".to_owned(), "billingMode"),
        (Billing::Provisioned { read_units, write_units }, false, Some((read, write)))
            if (Some(*read_units), Some(*write_units)) != (read, write) =>
        {
            let shown = |units: Option<i64>| units.map_or("?".to_owned(), |units| units.to_string());
            (format!("has {} read and {} write units", shown(read), shown(write)), "readCapacityUnits")
        }
        _ => return None,
    };
    Some(format!(
        "the table {name} {billing}, which differs from dynamoDbConfiguration.{key}. That option applies to new tables only: change the table in the DynamoDB console, or with `aws dynamodb update-table`"
    ))
}

/// Checks that Litexa's handler can use a table that exists, before anything is changed.
///
/// # Errors
/// `ResourceNotReady` if its key is another one.
pub(crate) fn ensure_usable(name: &str, observed: Option<&TableDescription>) -> Result<()> {
    let Some(table) = observed.filter(|table| !table.key_schema().is_empty()) else { return Ok(()) };
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
    if found == [expected.as_str()] {
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
fn is_active(name: &str, table: &TableDescription) -> Result<bool> {
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
    use crate::config::options::Options;

    fn default_billing() -> Billing {
        Options::defaults().unwrap().table.billing
    }

    #[test]
    fn a_billing_mode_that_differs_from_an_existing_table_is_reported() {
        use aws_sdk_dynamodb::types::{BillingModeSummary, ProvisionedThroughputDescription};
        let units = ProvisionedThroughputDescription::builder().read_capacity_units(5).write_capacity_units(6).build();
        let provisioned = TableDescription::builder().provisioned_throughput(units.clone()).build();
        let mode = BillingModeSummary::builder().billing_mode(BillingMode::PayPerRequest).build();
        let on_demand = TableDescription::builder().billing_mode_summary(mode).provisioned_throughput(units).build();
        let is_reported = |table, desired: &Billing| billing_mismatch("t", table, desired).is_some();
        let five_six = Billing::Provisioned { read_units: 5, write_units: 6 };
        let nine_nine = Billing::Provisioned { read_units: 9, write_units: 9 };

        assert!(!is_reported(&provisioned, &default_billing()));
        assert!(!is_reported(&on_demand, &default_billing()));
        assert!(!is_reported(&provisioned, &five_six));
        assert!(is_reported(&provisioned, &nine_nine));
        assert!(is_reported(&on_demand, &nine_nine));
        assert!(is_reported(&provisioned, &Billing::PayPerRequest));
        assert!(!is_reported(&on_demand, &Billing::PayPerRequest));
    }

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
    fn the_cost_of_a_table_is_a_number_only_where_the_price_is_known() {
        let default = |region: &str| cost(&default_billing(), region);
        assert!(default("us-east-1").contains("about 5.69 USD a month in us-east-1 unless"));
        for region in ["eu-central-1", "ap-northeast-1", "cn-north-1", ""] {
            let line = default(region);
            assert!(line.contains("10 read and 10 write units, billed by the hour") && !line.contains("USD"), "{line}");
        }
        assert_eq!(cost(&Billing::PayPerRequest, "eu-west-1"), "on demand, billed per request");
    }
}
