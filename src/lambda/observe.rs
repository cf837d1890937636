//! Reads the current state of all resources of the endpoint, concurrently.

use crate::aws::s3::BucketLookup;
use crate::aws::session::Session;
use crate::error::Result;
use crate::lambda::execution_role::{self, ObservedRole};
use crate::lambda::plan::Plan;
use crate::lambda::{alias, function, log_group, table};
use aws_sdk_dynamodb::types::TableDescription;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;

/// The current state of the endpoint.
pub(crate) struct Observed {
    /// The URL that the handler puts before the names of its assets.
    pub(crate) assets_root: Option<String>,
    pub(crate) role: ObservedRole,
    pub(crate) table: Option<TableDescription>,
    pub(crate) log_group_exists: bool,
    pub(crate) function: Option<GetFunctionConfigurationOutput>,
    pub(crate) alias: alias::Observed,
}

/// Reads everything that the plan describes.
///
/// # Errors
/// The first error of a call.
pub(crate) async fn observe(plan: &Plan, session: Session<'_>, bucket: Option<&BucketLookup<'_>>) -> Result<Observed> {
    let config = session.config;
    let (assets_root, role, table, log_group_exists, function, alias) = tokio::try_join!(
        assets_root(plan, session, bucket),
        execution_role::read(config, &plan.role),
        read_table(plan, session),
        log_group::read(config, &plan.log_group),
        function::read(config, &plan.function),
        alias::read(config, &plan.function, &plan.alias),
    )?;
    Ok(Observed { assets_root, role, table, log_group_exists, function, alias })
}

/// Returns the URL of the assets. Without a bucket the skill may still work.
async fn assets_root(plan: &Plan, session: Session<'_>, bucket: Option<&BucketLookup<'_>>) -> Result<Option<String>> {
    if plan.assets_root.is_some() {
        return Ok(plan.assets_root.clone());
    }
    if let Some(lookup) = bucket {
        Ok(Some(format!("{}/{}", lookup.bucket().await?.url(), plan.project.asset_prefix())))
    } else {
        session.reporter.warning("the handler gets no assets root, because no S3 bucket is configured: set s3Configuration.bucketName if the skill has assets");
        Ok(None)
    }
}

async fn read_table(plan: &Plan, session: Session<'_>) -> Result<Option<TableDescription>> {
    match &plan.table {
        Some(table) => table::read(session.config, &table.name).await,
        None => Ok(None),
    }
}
