//! The skill's endpoint: a Lambda function with its role, table, log group and aliases.
//!
//! Everything is read at once, beside the packing of the code. Only then is something changed, and only what differs.

mod alias;
mod code_upload;
mod configuration;
mod execution_role;
mod function;
mod handler_copy;
mod log_group;
mod package;
mod prune_versions;
mod runtime;
mod table;

use crate::aws::s3::BucketLookup;
use crate::config::options::{RoleOptions, TableOptions};
use crate::config::project::{NO_TABLE_MARKER, Project};
use crate::deploy::request::DeployRequest;
use crate::error::{Error, ErrorCode, Result};
use crate::fs::{InProgressMarker, Lock};
use crate::output::Output;
use crate::output::reporter::Reporter;
use aws_config::SdkConfig;
use configuration::Wanted;
use package::Package;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// What the endpoint is to be, checked, before anything is read from AWS.
#[derive(Debug)]
pub(crate) struct Plan {
    project: Project,
    wanted: Wanted,
    role: execution_role::Desired,
    /// `None` where the skill keeps its state in session attributes.
    table: Option<(String, TableOptions)>,
    log_group: String,
    alias: String,
    assets_root: Option<String>,
    handler: String,
    deploy_root: PathBuf,
    use_cache: bool,
    /// Options that have no effect beside others.
    warnings: Vec<&'static str>,
}

impl Plan {
    /// # Errors
    /// `InvalidOption` for a wrong `lambdaConfiguration`, `InvalidName` for a name that Lambda refuses.
    pub(crate) fn new(deployment: &DeployRequest, handler: &str) -> Result<Self> {
        let project = deployment.project.clone();
        project.validate_function_name()?;
        if handler.trim().is_empty() {
            return Err(Error::new(ErrorCode::InvalidContext, "skill.toLambda() returned no source"));
        }
        let wanted = Wanted::new(deployment)?;
        let configured = &wanted.configuration;
        let mut warnings = Vec::new();
        if configured.role.is_some() && deployment.options.role != RoleOptions::Shared {
            warnings.push("iamConfiguration has no effect: lambdaConfiguration.Role names the role");
        }
        if !deployment.persistent_store && deployment.options.table != TableOptions::default() {
            warnings.push("dynamoDbConfiguration has no effect: the skill keeps its state in session attributes");
        }
        let log_group = configured.logging_config.as_ref().and_then(|logging| logging.log_group.clone());
        let log_group = log_group.unwrap_or_else(|| project.log_group_name());
        Ok(Plan {
            role: execution_role::Desired::new(deployment, configured.role.as_deref(), &log_group),
            table: deployment.persistent_store.then(|| (project.table_name(), deployment.options.table.clone())),
            log_group,
            alias: format!("release-{}", deployment.current_version),
            assets_root: deployment.options.override_assets_root.clone(),
            handler: handler.to_owned(),
            deploy_root: deployment.deploy_root.clone(),
            use_cache: deployment.use_cache,
            warnings,
            wanted,
            project,
        })
    }

    fn runtime(&self) -> &str {
        self.wanted.configuration.runtime.as_deref().unwrap_or(configuration::DEFAULT_RUNTIME)
    }
}

/// Brings function, role, table, log group and aliases to what the plan says.
pub(crate) async fn deploy(
    plan: &Plan,
    config: &SdkConfig,
    bucket: Option<&BucketLookup<'_>>,
    host: &Output<'_>,
) -> Result<()> {
    let started = Instant::now();
    let reporter = &*host.reporter;
    let _lock = Lock::acquire(&plan.deploy_root.join("lambda.lock"), reporter).await?;
    let name = plan.project.function_name();
    host.set_context("lambdaName", name.as_str());
    for warning in &plan.warnings {
        reporter.warning(*warning);
    }
    if let Some(warning) = runtime::warning(plan.runtime(), jiff::Zoned::now().date()) {
        reporter.warning(warning);
    }

    // Packing has a thread of its own, which goes on whatever AWS answers: it is waited for in any case.
    let (package, observed) = tokio::join!(pack(plan, host.reporter.clone()), async {
        tokio::try_join!(
            assets_root(plan, bucket, reporter),
            execution_role::read(config, &plan.role),
            read_table(plan, config),
            log_group::read(config, &plan.log_group),
            function::read(config, &name),
            alias::read(config, &name, &plan.alias),
        )
    });
    let package = package?;
    let (assets_root, role, table, log_group, function, endpoint) = observed?;

    code_upload::remove_left(config, &package, reporter).await;
    if function::code_differs(&plan.wanted, &package, function.as_ref()) {
        code_upload::check_way(config, &package, bucket).await?;
    }

    // One that fails does not stop the others half-way.
    let (role, table, log_group) = tokio::join!(
        ensure_role(plan, config, role, host),
        ensure_table(plan, config, table, host),
        ensure_log_group(plan, config, log_group, reporter),
    );
    let role = role?;
    table.and(log_group)?;
    let configuration = plan.wanted.configuration.with(&role.arn, assets_root.as_deref());
    let desired = function::Desired {
        name: &name,
        wanted: &plan.wanted,
        configuration: &configuration,
        package: &package,
        bucket,
        role_is_new: role.is_new,
    };
    let arn = function::converge(config, &desired, function, reporter).await?;
    alias::converge(config, &name, &plan.alias, host.artifacts.get_str("skillId"), &endpoint, reporter).await?;
    let endpoint_arn = format!("{arn}:{}", plan.alias);
    host.artifacts.save("lambdaARN", endpoint_arn.as_str());
    host.set_context("lambdaARN", endpoint_arn);
    if let Some(keep) = plan.wanted.keep_versions {
        prune(config, &name, keep, reporter).await?;
    }
    reporter.log(format!("lambda deployment complete in {} ms", started.elapsed().as_millis()));
    Ok(())
}

/// Old versions cost nothing but room: without the right to delete them they stay.
async fn prune(config: &SdkConfig, name: &str, keep: usize, reporter: &dyn Reporter) -> Result<()> {
    match prune_versions::prune(config, name, keep, reporter).await {
        Err(error) if error.code == ErrorCode::AccessDenied => {
            reporter.warning(error.to_string());
            Ok(())
        }
        outcome => outcome,
    }
}

/// Reading and compressing happens beside the questions to AWS.
async fn pack(plan: &Plan, reporter: Arc<dyn Reporter>) -> Result<Package> {
    let litexa_root = plan.project.litexa_root.clone();
    let project_root = plan.project.root.clone();
    let (handler, runtime, deploy_root) = (plan.handler.clone(), plan.runtime().to_owned(), plan.deploy_root.clone());
    let use_cache = plan.use_cache;
    let packing = tokio::task::spawn_blocking(move || {
        let generated = runtime::files(&handler, &runtime, package::brings_own_aws_sdk(&litexa_root));
        handler_copy::write(&deploy_root.join("lambda"), &handler)?;
        let contents = package::Contents {
            generated,
            litexa_root: &litexa_root,
            project_root: &project_root,
            reporter: &*reporter,
        };
        let (zip, cache) = (deploy_root.join("lambda.zip"), deploy_root.join("lambda-cache.json"));
        let package = package::pack(contents, &zip, &cache, use_cache)?;
        reporter.log(format!(
            "packed {} files into {} KB, {} of them unchanged",
            package.entries,
            package.size.div_ceil(1024),
            package.reused
        ));
        Ok(package)
    });
    packing.await.unwrap_or_else(|defect| {
        Err(Error::new(ErrorCode::Internal, format!("a defect in packing the function: {defect}")))
    })
}

/// The URL that the handler puts before the names of its assets. Without a bucket the skill may still work.
async fn assets_root(
    plan: &Plan,
    bucket: Option<&BucketLookup<'_>>,
    reporter: &dyn Reporter,
) -> Result<Option<String>> {
    if plan.assets_root.is_some() {
        return Ok(plan.assets_root.clone());
    }
    if let Some(lookup) = bucket {
        Ok(Some(format!("{}/{}", lookup.bucket().await?.url(), plan.project.asset_prefix())))
    } else {
        reporter.warning("no S3 bucket is configured, so the handler gets no assets root: set s3Configuration.bucketName if the skill has assets");
        Ok(None)
    }
}

async fn read_table(plan: &Plan, config: &SdkConfig) -> Result<Option<aws_sdk_dynamodb::types::TableDescription>> {
    match &plan.table {
        Some((name, _)) => table::read(config, name).await,
        None => Ok(None),
    }
}

async fn ensure_role(
    plan: &Plan,
    config: &SdkConfig,
    observed: execution_role::Observed,
    host: &Output<'_>,
) -> Result<execution_role::Role> {
    let role = execution_role::converge(config, &plan.role, observed, &*host.reporter).await?;
    if let Some(name) = plan.role.name() {
        if name == execution_role::SHARED {
            host.artifacts.save("iamRole-litexa_handler_lambda", role.arn.as_str());
        }
        host.set_context("lambdaIAMRoleName", name);
    }
    host.set_context("lambdaIAMRoleARN", role.arn.as_str());
    Ok(role)
}

async fn ensure_log_group(plan: &Plan, config: &SdkConfig, exists: bool, reporter: &dyn Reporter) -> Result<()> {
    let marker = InProgressMarker::new(plan.deploy_root.join("log-group-in-the-making"));
    log_group::converge(config, &plan.log_group, exists, &marker, reporter).await
}

async fn ensure_table(
    plan: &Plan,
    config: &SdkConfig,
    observed: Option<aws_sdk_dynamodb::types::TableDescription>,
    host: &Output<'_>,
) -> Result<()> {
    let Some((name, options)) = &plan.table else {
        host.reporter.log("no table: the skill keeps its state in session attributes");
        host.set_context("dynamoTableName", NO_TABLE_MARKER);
        return Ok(());
    };
    let marker = InProgressMarker::new(plan.deploy_root.join("table-in-the-making"));
    let arn = table::converge(config, name, options, observed, &marker, &*host.reporter).await?;
    host.artifacts.save("dynamoDBARN", arn.as_str());
    host.set_context("dynamoTableName", name.as_str());
    host.set_context("dynamoTableARN", arn);
    Ok(())
}
