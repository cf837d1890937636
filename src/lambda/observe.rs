//! Reads the current state of all resources of the endpoint, concurrently.

use crate::aws::session::Session;
use crate::error::Result;
use crate::lambda::alias::{self, ObservedAlias};
use crate::lambda::code_upload::StagingBucket;
use crate::lambda::execution_role::{self, ObservedRole};
use crate::lambda::plan::Plan;
use crate::lambda::{function, log_group, table};
use aws_sdk_dynamodb::types::TableDescription;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;

/// The current state of the endpoint.
pub(crate) struct Observed {
    /// The URL that the handler puts before the names of its assets.
    pub(crate) assets_root: Option<String>,
    pub(crate) role: Option<ObservedRole>,
    pub(crate) table: Option<TableDescription>,
    pub(crate) log_group_exists: bool,
    pub(crate) function: Option<GetFunctionConfigurationOutput>,
    pub(crate) alias: ObservedAlias,
}

/// Reads every resource that the plan describes.
///
/// # Errors
/// The first error of a call.
pub(crate) async fn observe(session: Session<'_>, plan: &Plan, bucket: StagingBucket<'_>) -> Result<Observed> {
    let (assets_root, role, table, log_group_exists, function, alias) = tokio::try_join!(
        assets_root(session, plan, bucket),
        execution_role::observe(session, &plan.role),
        observe_table(session, plan),
        log_group::observe(session, &plan.log_group),
        function::observe(session, &plan.function),
        alias::observe(session, &plan.function, &plan.alias),
    )?;
    Ok(Observed { assets_root, role, table, log_group_exists, function, alias })
}

/// Returns the URL of the assets. Without a bucket the skill may still work.
async fn assets_root(session: Session<'_>, plan: &Plan, bucket: StagingBucket<'_>) -> Result<Option<String>> {
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

async fn observe_table(session: Session<'_>, plan: &Plan) -> Result<Option<TableDescription>> {
    match &plan.table {
        Some(table) => table::observe(session, &table.name).await,
        None => Ok(None),
    }
}
