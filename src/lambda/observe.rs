//! Reads the current state of all resources of the endpoint, concurrently.

use crate::aws::session::Session;
use crate::error::Result;
use crate::lambda::alias::{self, ObservedAlias};
use crate::lambda::code_upload::StagingBucket;
use crate::lambda::execution_role::{self, ObservedRole};
use crate::lambda::log_group::{self, ObservedLogGroup};
use crate::lambda::plan::Plan;
use crate::lambda::prune_versions::ObservedVersions;
use crate::lambda::table::{self, ObservedTable};
use crate::lambda::tags::{self, MissingTags, ReadAhead, Resource};
use crate::lambda::{function, prune_versions};
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;

/// The current state of the endpoint.
pub(crate) struct Observed {
    /// The URL that the handler puts before the names of its assets.
    pub(crate) assets_root: Option<String>,
    pub(crate) role: Option<ObservedRole>,
    pub(crate) table: Option<ObservedTable>,
    pub(crate) log_group: Option<ObservedLogGroup>,
    /// Tags that existing resources miss.
    pub(crate) missing_tags: Vec<MissingTags>,
    pub(crate) function: Option<GetFunctionConfigurationOutput>,
    pub(crate) alias: ObservedAlias,
    /// The published versions, if an option limits them and they may be read.
    pub(crate) versions: Option<ObservedVersions>,
    pub(crate) unfinished: Unfinished,
}

/// Creations that an earlier deployment has begun and not completed, by its journals.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Unfinished {
    pub(crate) table: bool,
    pub(crate) log_group: bool,
    /// The version of the code was not published.
    pub(crate) version: bool,
}

impl Unfinished {
    fn of(plan: &Plan) -> Self {
        Unfinished {
            table: plan.table.as_ref().is_some_and(|table| plan.table_marker().exists(&table.name)),
            log_group: plan.log_group_marker().exists(&plan.log_group.name),
            version: plan.version_marker().exists(&plan.function),
        }
    }
}

/// Reads every resource that the plan describes. `deployed_arn` is that of the last deployment.
///
/// # Errors
/// The first error of a call.
pub(crate) async fn observe(
    session: Session<'_>,
    plan: &Plan,
    bucket: StagingBucket<'_>,
    deployed_arn: Option<&str>,
) -> Result<Observed> {
    let unfinished = Unfinished::of(plan);
    let (assets_root, role, table, log_group, function, alias, versions, tags) = tokio::try_join!(
        assets_root(session, plan, bucket),
        execution_role::observe(session, &plan.role),
        observe_table(session, plan, unfinished.table),
        log_group::observe(session, &plan.log_group.name),
        function::observe(session, &plan.function),
        alias::observe(session, &plan.function, &plan.alias, plan.options.endpoint),
        observe_versions(session, plan),
        async { Ok(read_tags_ahead(session, plan, deployed_arn).await) },
    )?;
    let arns = [
        function.as_ref().and_then(|function| function.function_arn.clone()),
        table.as_ref().and_then(|table| table.description.table_arn.clone()),
        log_group.as_ref().map(|group| group.arn.clone()),
    ];
    let missing = tags.into_iter().zip(arns).filter_map(|(read, arn)| Some(read?.missing(session, arn?, &plan.tags)));
    let missing_tags = futures_util::future::try_join_all(missing).await?.into_iter().flatten().collect();
    Ok(Observed { assets_root, role, table, log_group, missing_tags, function, alias, versions, unfinished })
}

/// Reads the tags of function, table and log group, as far as tags are desired.
async fn read_tags_ahead(session: Session<'_>, plan: &Plan, deployed_arn: Option<&str>) -> [Option<ReadAhead>; 3] {
    if plan.tags.is_empty() {
        return [const { None }; 3];
    }
    let function = Some(Resource::Function(plan.function.clone()));
    let table = plan.table.as_ref().map(|table| Resource::Table(table.name.clone()));
    // A log group of another name may belong to other functions, too.
    let is_own = plan.log_group.name == plan.project.log_group_name();
    let log_group = is_own.then(|| Resource::LogGroup(plan.log_group.name.clone()));
    let account = tags::likely_account(session, deployed_arn).await;
    let read = async |resource: Option<Resource>| match resource {
        Some(resource) => Some(tags::read_ahead(session, resource, account.as_deref()).await),
        None => None,
    };
    tokio::join!(read(function), read(table), read(log_group)).into()
}

async fn observe_versions(session: Session<'_>, plan: &Plan) -> Result<Option<ObservedVersions>> {
    match plan.options.keep_versions {
        Some(_) => prune_versions::observe(session, &plan.function).await,
        None => Ok(None),
    }
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

async fn observe_table(session: Session<'_>, plan: &Plan, is_unfinished: bool) -> Result<Option<ObservedTable>> {
    match &plan.table {
        Some(table) => table::observe(session, table, is_unfinished).await,
        None => Ok(None),
    }
}
