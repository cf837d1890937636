//! Creates and protects the DynamoDB table in which the skill keeps its state.

mod billing;
mod change;
mod observe;

pub(crate) use change::{TableChange, changes, warnings};
pub(crate) use observe::{DesiredTable, ObservedTable, describe, ensure_usable, observe};

use crate::aws::retry::RecentChange;
use crate::aws::session::Session;
use crate::aws::{self, CallError, CallResult};
use crate::config::options::Billing;
use crate::error::{Error, ErrorCode, Result};
use crate::fs::InProgressMarker;
use crate::lambda::tags::{self, Tags};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::create_table::CreateTableOutput;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, PointInTimeRecoverySpecification,
    ProvisionedThroughput, ScalarAttributeType, TimeToLiveSpecification,
};
use change::other_attribute;
use observe::{ObservedTimeToLive, PARTITION_KEY, get_time_to_live, is_active, wait_until_active};

/// Makes the changes. Returns the table's ARN when it is active.
///
/// The time to live is enabled after the creation; `marker` records until then that it is missing.
///
/// # Errors
/// The error of a call; `ResourceNotReady` if the table is not active in time; `FileError` if the marker cannot be
/// written.
pub(crate) async fn apply(
    session: Session<'_>,
    name: &str,
    observed: Option<&ObservedTable>,
    (changes, marker): (&[TableChange], &InProgressMarker),
) -> Result<String> {
    let table = Table { dynamodb: Client::new(session.config), name, session };
    for change in changes {
        if let TableChange::Create { billing, deletion_protection, tags } = change {
            table.log(change);
            table.log_effects(change);
            let request = creation_request(&table.dynamodb, name, billing)?;
            let request = request.set_deletion_protection_enabled(*deletion_protection);
            table.create(request, tags, marker).await?;
        }
    }
    let active = match observed {
        Some(observed) if is_active(name, &observed.description)? => observed.description.clone(),
        _ => wait_until_active(&table.dynamodb, name).await?,
    };
    let mut is_complete = true;
    for change in changes {
        match change {
            TableChange::Create { .. } => {}
            TableChange::EnableTimeToLive(attribute) => {
                is_complete = table.enable_time_to_live(change, attribute).await?;
            }
            TableChange::SetRecovery(enabled) => table.set_recovery(change, *enabled).await?,
            TableChange::SetDeletionProtection(enabled) => table.set_deletion_protection(change, *enabled).await?,
        }
    }
    if is_complete && marker.exists(name) {
        marker.remove()?;
    }
    active.table_arn.ok_or_else(|| {
        Error::new(ErrorCode::Internal, format!("the DescribeTable response for {name} has no TableArn"))
    })
}

struct Table<'a> {
    dynamodb: Client,
    name: &'a str,
    session: Session<'a>,
}

impl Table<'_> {
    /// Creates the table, unless it exists in the meantime.
    async fn create(&self, request: CreateTableFluentBuilder, tags: &Tags, marker: &InProgressMarker) -> Result<()> {
        let with_tags = request.clone().set_tags((!tags.is_empty()).then(|| tags::of_table(tags)).transpose()?);
        marker.create(self.name)?;
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

    /// Enables time to live. Returns whether the next deployment can leave it as it is.
    async fn enable_time_to_live(&self, change: &TableChange, attribute: &str) -> Result<bool> {
        let Table { dynamodb, name, session } = self;
        let specification = TimeToLiveSpecification::builder().attribute_name(attribute).enabled(true);
        let specification = specification.build().map_err(build_error)?;
        let request = dynamodb.update_time_to_live().table_name(*name).time_to_live_specification(specification);
        let call = self.logged(change, format!("enabling time to live for the table {name}"));
        let error = match call.send(|| request.clone().send()).await {
            Err(error) if error.is("ValidationException") => error,
            outcome => return outcome.or_warn_denied(session.reporter).map(|_| true),
        };
        // It may be enabled by an earlier attempt, whose answer was lost, or was changed less than an hour ago
        // (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html). The handler
        // works without it.
        let read = get_time_to_live(dynamodb, name, Some(RecentChange::TableCreated)).await;
        let Some(current) = read.or_warn_denied(session.reporter)? else { return Ok(false) };
        let is_enabled = current == ObservedTimeToLive::Enabled(attribute.to_owned());
        if let Some(warning) = other_attribute(name, attribute, &current) {
            session.reporter.warning(warning);
            return Ok(true);
        }
        if !is_enabled {
            session.reporter.warning(error.hint("Deploy again in an hour").to_string());
        }
        Ok(is_enabled)
    }

    async fn set_recovery(&self, change: &TableChange, enabled: bool) -> Result<()> {
        let specification = PointInTimeRecoverySpecification::builder().point_in_time_recovery_enabled(enabled);
        let specification = specification.build().map_err(build_error)?;
        let request = self.dynamodb.update_continuous_backups().table_name(self.name);
        let request = request.point_in_time_recovery_specification(specification);
        let call = self.logged(change, self.line(change));
        call.send(|| request.clone().send()).await.or_warn_denied(self.session.reporter).map(drop)
    }

    async fn set_deletion_protection(&self, change: &TableChange, enabled: bool) -> Result<()> {
        let request = self.dynamodb.update_table().table_name(self.name).deletion_protection_enabled(enabled);
        let call = self.logged(change, self.line(change));
        call.send(|| request.clone().send()).await.or_warn_denied(self.session.reporter).map(drop)
    }

    fn line(&self, change: &TableChange) -> String {
        change.describe(self.name, self.session.region()).description
    }

    fn log(&self, change: &TableChange) {
        self.session.reporter.log(self.line(change));
    }

    /// Logs what a new table costs.
    fn log_effects(&self, change: &TableChange) {
        for effect in change.describe(self.name, self.session.region()).effects {
            self.session.reporter.log(effect);
        }
    }

    /// Logs a change, and returns its call.
    fn logged(&self, change: &TableChange, operation: String) -> aws::call::Call<'_> {
        self.log(change);
        let action = change.describe(self.name, self.session.region()).iam_action;
        aws::call(operation, action).reporting(self.session.reporter).after(RecentChange::TableCreated)
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
