//! The skill's persistent store.

use crate::aws;
use crate::config::options::{Billing, TableOptions};
use crate::error::{Error, ErrorCode, Result};
use crate::fs::InProgressMarker;
use crate::output::reporter::Reporter;
use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ProvisionedThroughput, ScalarAttributeType,
    TableDescription, TableStatus, TimeToLiveSpecification, TimeToLiveStatus,
};
use std::time::Duration;

/// Litexa's handler looks its items up by this attribute, a string.
const KEY: &str = "userId";

/// DynamoDB makes a table in seconds as a rule.
const PATIENCE: Duration = Duration::from_mins(5);

/// The table as it is; `None` if there is none.
pub(crate) async fn read(config: &SdkConfig, name: &str) -> Result<Option<TableDescription>> {
    describe(&Client::new(config), name).await
}

/// Makes the table, or leaves an existing one as it is. Returns its ARN once it can be used.
///
/// Time to live comes after the table is usable; `marker` says that it is still due.
pub(crate) async fn converge(
    config: &SdkConfig,
    name: &str,
    options: &TableOptions,
    observed: Option<TableDescription>,
    marker: &InProgressMarker,
    reporter: &dyn Reporter,
) -> Result<String> {
    let dynamodb = Client::new(config);
    let is_new = observed.is_none() || marker.exists(name);
    if observed.is_none() {
        marker.create(name)?;
        if let Err(error) = create(&dynamodb, name, &options.billing, reporter).await {
            // AWS may have made it all the same where it gave no answer: then the mark stays.
            if error.code != ErrorCode::AwsUnavailable {
                marker.remove()?;
            }
            return Err(error);
        }
    }
    if let Some(table) = &observed
        && let Some(differs) = billing_difference(name, table, &options.billing)
    {
        reporter.warning(differs);
    }
    let table = match observed {
        Some(table) if is_usable(name, &table)? => table,
        _ => wait(&dynamodb, name).await?,
    };
    if let Some(time_to_live) = &options.time_to_live
        && time_to_live.enable.unwrap_or(is_new)
    {
        enable_time_to_live(&dynamodb, name, &time_to_live.attribute_name, reporter).await?;
    }
    if is_new {
        marker.remove()?;
    }
    table
        .table_arn
        .ok_or_else(|| Error::new(ErrorCode::Internal, format!("AWS shows the table {name} without its ARN")))
}

async fn describe(dynamodb: &Client, name: &str) -> Result<Option<TableDescription>> {
    match dynamodb.describe_table().table_name(name).send().await {
        Ok(answer) => Ok(answer.table),
        Err(error) if aws::Refusal::of(&error).code == "ResourceNotFoundException" => Ok(None),
        Err(error) => Err(aws::refused(&format!("looking for the table {name}"), "dynamodb:DescribeTable", &error)),
    }
}

async fn create(dynamodb: &Client, name: &str, billing: &Billing, reporter: &dyn Reporter) -> Result<()> {
    reporter.log(format!("creating the DynamoDB table {name}: {}", cost(billing)));
    let request = dynamodb
        .create_table()
        .table_name(name)
        .attribute_definitions(
            AttributeDefinition::builder()
                .attribute_name(KEY)
                .attribute_type(ScalarAttributeType::S)
                .build()
                .map_err(incomplete)?,
        )
        .key_schema(
            KeySchemaElement::builder().attribute_name(KEY).key_type(KeyType::Hash).build().map_err(incomplete)?,
        );
    let request = match billing {
        Billing::PayPerRequest => request.billing_mode(BillingMode::PayPerRequest),
        Billing::Provisioned { read_units, write_units } => request.provisioned_throughput(
            ProvisionedThroughput::builder()
                .read_capacity_units(*read_units)
                .write_capacity_units(*write_units)
                .build()
                .map_err(incomplete)?,
        ),
    };
    match request.send().await {
        Ok(_) => Ok(()),
        // Another deployment was faster, or our own first attempt got through without its answer.
        Err(error) if aws::Refusal::of(&error).code == "ResourceInUseException" => Ok(()),
        Err(error) => Err(aws::refused(&format!("creating the table {name}"), "dynamodb:CreateTable", &error)),
    }
}

fn incomplete(error: impl std::fmt::Display) -> Error {
    Error::new(ErrorCode::Internal, format!("an incomplete DynamoDB request: {error}"))
}

/// What a new table costs, in US dollars. AWS' prices for us-east-1: 0.00013 an hour for a read unit, 0.00065 for a
/// write unit, 730 hours a month.
fn cost(billing: &Billing) -> String {
    match billing {
        Billing::PayPerRequest => "on demand, paid by request".into(),
        Billing::Provisioned { read_units, write_units } => {
            let month = 730.0 * (0.00013 * *read_units as f64 + 0.00065 * *write_units as f64);
            format!(
                "{read_units} read and {write_units} write units, about {month:.2} USD a month in us-east-1 unless the free tier covers them (dynamoDbConfiguration.billingMode: \"PAY_PER_REQUEST\" pays by request)"
            )
        }
    }
}

/// What to tell where the options ask for another way of paying than an existing table has: others may have tuned it.
fn billing_difference(name: &str, table: &TableDescription, wanted: &Billing) -> Option<String> {
    let on_demand = table.billing_mode_summary().and_then(|summary| summary.billing_mode()).cloned()
        == Some(BillingMode::PayPerRequest);
    let units = table.provisioned_throughput().map(|units| (units.read_capacity_units(), units.write_capacity_units()));
    let (has, key) = match (wanted, on_demand, units) {
        (Billing::PayPerRequest, false, _) => ("is paid by provisioned capacity".to_owned(), "billingMode"),
        // These are what tables get that nobody has said anything about.
        (wanted, _, _) if *wanted == Billing::default() => return None,
        (Billing::Provisioned { .. }, true, _) => ("is paid by request".to_owned(), "billingMode"),
        (Billing::Provisioned { read_units, write_units }, false, Some((read, write)))
            if (Some(*read_units), Some(*write_units)) != (read, write) =>
        {
            let shown = |units: Option<i64>| units.map_or("?".to_owned(), |units| units.to_string());
            (format!("has {} read and {} write units", shown(read), shown(write)), "readCapacityUnits")
        }
        _ => return None,
    };
    Some(format!(
        "the table {name} {has}, unlike dynamoDbConfiguration.{key}, which is for new tables: change the table in the DynamoDB console, or with `aws dynamodb update-table`"
    ))
}

/// Whether items can be read and written. A table that is being changed goes on serving.
fn is_usable(name: &str, table: &TableDescription) -> Result<bool> {
    let problem = |status: &TableStatus| {
        Error::new(ErrorCode::ResourceNotReady, format!("the table {name} is {}", status.as_str()))
    };
    match &table.table_status {
        Some(TableStatus::Active | TableStatus::Updating) => Ok(true),
        Some(TableStatus::Creating) | None => Ok(false),
        Some(status @ TableStatus::Deleting) => Err(problem(status).hint("Deploy again in a minute, when it is gone")),
        Some(status) => Err(problem(status).hint("Look at it in the DynamoDB console")),
    }
}

async fn wait(dynamodb: &Client, name: &str) -> Result<TableDescription> {
    let ready = async {
        let mut pause = Duration::from_millis(200);
        loop {
            match describe(dynamodb, name).await? {
                Some(table) if is_usable(name, &table)? => return Ok(table),
                // Just created, a table may not be visible everywhere yet.
                _ => tokio::time::sleep(pause).await,
            }
            pause = (pause * 3 / 2).min(Duration::from_secs(5));
        }
    };
    tokio::time::timeout(PATIENCE, ready).await.unwrap_or_else(|_| {
        Err(Error::new(
            ErrorCode::ResourceNotReady,
            format!("the table {name} was not usable after {} s", PATIENCE.as_secs()),
        )
        .hint("Look at it in the DynamoDB console, and deploy again"))
    })
}

/// DynamoDB answers with an error where time to live is on already, so it is looked at first.
async fn enable_time_to_live(dynamodb: &Client, name: &str, attribute: &str, reporter: &dyn Reporter) -> Result<()> {
    let doing = format!("switching on time to live for the table {name}");
    let answer = match dynamodb.describe_time_to_live().table_name(name).send().await {
        Ok(answer) => answer.time_to_live_description,
        Err(error) if aws::Refusal::of(&error).code.starts_with("AccessDenied") => {
            reporter.warning(aws::refused(&doing, "dynamodb:DescribeTimeToLive", &error).to_string());
            return Ok(());
        }
        Err(error) => return Err(aws::refused(&doing, "dynamodb:DescribeTimeToLive", &error)),
    };
    let (status, on) = answer.map_or((None, None), |found| (found.time_to_live_status, found.attribute_name));
    if matches!(status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)) {
        if let Some(other) = on.filter(|on| on != attribute) {
            reporter.warning(format!(
                "time to live of the table {name} is on for the attribute {other}, and DynamoDB takes one only: switch it off in the console to have it on for {attribute}"
            ));
        }
        return Ok(());
    }
    reporter.log(format!("{doing}, attribute {attribute}"));
    let specification =
        TimeToLiveSpecification::builder().attribute_name(attribute).enabled(true).build().map_err(incomplete)?;
    match dynamodb.update_time_to_live().table_name(name).time_to_live_specification(specification).send().await {
        Ok(_) => Ok(()),
        Err(error) if aws::Refusal::of(&error).code.starts_with("AccessDenied") => {
            reporter.warning(aws::refused(&doing, "dynamodb:UpdateTimeToLive", &error).to_string());
            Ok(())
        }
        Err(error) => Err(aws::refused(&doing, "dynamodb:UpdateTimeToLive", &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_existing_table_that_is_paid_otherwise_is_told_of() {
        use aws_sdk_dynamodb::types::{BillingModeSummary, ProvisionedThroughputDescription};
        let units = ProvisionedThroughputDescription::builder().read_capacity_units(5).write_capacity_units(6).build();
        let provisioned = TableDescription::builder().provisioned_throughput(units.clone()).build();
        let mode = BillingModeSummary::builder().billing_mode(BillingMode::PayPerRequest).build();
        let on_demand = TableDescription::builder().billing_mode_summary(mode).provisioned_throughput(units).build();
        let told = |table, wanted: &Billing| billing_difference("t", table, wanted).is_some();
        let five_six = Billing::Provisioned { read_units: 5, write_units: 6 };
        let nine_nine = Billing::Provisioned { read_units: 9, write_units: 9 };

        assert!(!told(&provisioned, &Billing::default()));
        assert!(!told(&on_demand, &Billing::default()));
        assert!(!told(&provisioned, &five_six));
        assert!(told(&provisioned, &nine_nine));
        assert!(told(&on_demand, &nine_nine));
        assert!(told(&provisioned, &Billing::PayPerRequest));
        assert!(!told(&on_demand, &Billing::PayPerRequest));
    }

    #[test]
    fn the_default_tables_cost_is_said() {
        assert!(cost(&Billing::default()).contains("about 5.69 USD a month"));
    }
}
