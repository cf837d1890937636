//! Deploys the skill's endpoint: a Lambda function with its role, table, log group and aliases.
//!
//! All resources are read concurrently, while the code is packaged. Only then are they changed, and only where they
//! differ from the plan.

mod alias;
mod code_upload;
mod configuration;
mod execution_role;
mod function;
mod function_state;
mod handler_copy;
mod log_group;
mod observe;
mod package;
mod plan;
mod prune_versions;
mod publish_version;
mod restore_runtime;
mod runtime;
mod table;
mod table_protection;
mod tags;
mod zip_in_request;

pub(crate) use plan::Plan;

use crate::aws::session::Session;
use crate::config::project::NO_TABLE_MARKER;
use crate::deploy::change::Change;
use crate::error::{Error, ErrorCode, Result};
use crate::fs::{InProgressMarker, Lock};
use crate::output::reporter::Reporter;
use crate::output::{Output, format};
use alias::{AliasChange, DesiredAlias};
use aws_config::SdkConfig;
use aws_sdk_dynamodb::types::TableDescription;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;
use aws_sdk_lambda::types::Architecture;
use code_upload::StagingBucket;
use execution_role::{ObservedRole, Role};
use function::DesiredFunction;
use log_group::ObservedLogGroup;
use observe::{Observed, observe};
use package::{Cpu, Package, PackageFiles, PackageInput};
use std::sync::Arc;
use std::time::Instant;
use table_protection::ObservedProtection;

/// The files in `.deploy/<target>` of the endpoint.
const LOCK_FILE: &str = "lambda.lock";
const ZIP_FILE: &str = "lambda.zip";
const PACKAGE_CACHE_FILE: &str = "package-cache.json";
const HANDLER_FOLDER: &str = "lambda";
const TABLE_MARKER_FILE: &str = "table.in-progress";
const LOG_GROUP_MARKER_FILE: &str = "log-group.in-progress";
const VERSION_MARKER_FILE: &str = "version.in-progress";

/// Waits until another deployment of the same endpoint on this machine ends.
///
/// # Errors
/// `DeploymentLocked` if it does not end in time.
pub(crate) async fn lock(plan: &Plan, reporter: &dyn Reporter) -> Result<Lock> {
    Lock::acquire(&plan.deploy_root.join(LOCK_FILE), reporter).await
}

/// A deployment of the endpoint that was decided.
pub(crate) struct Prepared<'a> {
    deployer: Deployer<'a>,
    started: Instant,
    package: Package,
    observed: Observed,
    alias: Vec<AliasChange>,
}

/// Packages the function, reads what is there, and decides what to change.
///
/// # Errors
/// The first error of packaging, reading or deciding.
pub(crate) async fn prepare<'a>(
    plan: &'a Plan,
    config: &'a SdkConfig,
    bucket: StagingBucket<'a>,
    output: &'a Output<'a>,
) -> Result<Prepared<'a>> {
    let started = Instant::now();
    let session = Session { config, reporter: &*output.reporter };
    let deployer = Deployer { plan, session, bucket, output };
    deployer.announce();
    // Packaging runs in a thread that cannot be cancelled, so it is awaited even if a read fails.
    let deployed_function = output.artifacts.get_str("lambdaARN");
    let observing = observe(session, plan, bucket, deployed_function);
    let (package, observed) = tokio::join!(pack(plan, output.reporter.clone()), observing);
    let (package, observed) = (package?, observed?);
    deployer.check(&package, &observed)?;
    let alias = deployer.decide_alias(&observed);
    Ok(Prepared { deployer, started, package, observed, alias })
}

impl Prepared<'_> {
    /// Returns what [`Self::apply`] will change.
    pub(crate) fn changes(&self) -> Vec<Change> {
        let function = &self.deployer.plan.function;
        self.alias.iter().map(|change| change.describe(function)).collect()
    }

    /// Makes the changes.
    ///
    /// # Errors
    /// The first error of a change. The next deployment continues from there.
    pub(crate) async fn apply(self) -> Result<()> {
        let Prepared { deployer, started, package, observed, alias } = self;
        deployer.apply(&package, observed, &alias).await?;
        let elapsed = format::duration(started.elapsed());
        deployer.session.reporter.log(format!("lambda deployment complete in {elapsed}"));
        Ok(())
    }
}

/// Packages the function in a thread of its own.
async fn pack(plan: &Plan, reporter: Arc<dyn Reporter>) -> Result<Package> {
    let (litexa_root, project_root) = (plan.project.litexa_root.clone(), plan.project.root.clone());
    let (handler, runtime, deploy_root) = (plan.handler.clone(), plan.runtime().to_owned(), plan.deploy_root.clone());
    let (use_cache, include, has_layers) = (plan.use_cache, plan.include, plan.has_layers());
    let packing = tokio::task::spawn_blocking(move || {
        handler_copy::write(&deploy_root.join(HANDLER_FOLDER), &handler)?;
        let input = PackageInput {
            generated: runtime::files(&handler),
            sdk_shim: runtime::sdk_shim(&runtime),
            litexa_root: &litexa_root,
            project_root: &project_root,
            reporter: &*reporter,
            use_cache,
            include,
            has_layers,
        };
        let files = PackageFiles { zip: deploy_root.join(ZIP_FILE), cache: deploy_root.join(PACKAGE_CACHE_FILE) };
        let package = package::pack(input, &files)?;
        reporter.log(package_line(&package));
        Ok(package)
    });
    packing
        .await
        .unwrap_or_else(|panic| Err(Error::new(ErrorCode::Internal, format!("packaging the function failed: {panic}"))))
}

/// Describes a package.
fn package_line(package: &Package) -> String {
    let Package { entries, size, reused, unneeded, .. } = package;
    let line =
        format!("packaged {} into {}, {reused} unchanged", format::count(*entries, "file"), format::bytes(*size));
    match unneeded {
        0 => line,
        bytes => {
            let bytes = format::bytes(*bytes);
            format!("{line}; with packageConfiguration.include \"production\", {bytes} would be left out")
        }
    }
}

/// Applies a plan.
struct Deployer<'a> {
    plan: &'a Plan,
    session: Session<'a>,
    bucket: StagingBucket<'a>,
    output: &'a Output<'a>,
}

impl Deployer<'_> {
    /// Reports the function's name to the CLI, and what the plan warns of.
    fn announce(&self) {
        self.output.set_context("lambdaName", self.plan.function.as_str());
        for warning in &self.plan.warnings {
            self.session.reporter.warning(warning.as_str());
        }
        if let Some(warning) = runtime::deprecation_warning(self.plan.runtime(), jiff::Zoned::now().date()) {
            self.session.reporter.warning(warning);
        }
    }

    /// Checks what only the package and the observed state can show, before anything is changed.
    fn check(&self, package: &Package, observed: &Observed) -> Result<()> {
        let plan = self.plan;
        let Observed { assets_root, table, function, .. } = observed;
        plan.options.configuration.with_deployment_values("", assets_root.as_deref()).check_environment_size()?;
        function_state::ensure_usable(&plan.function, function.as_ref())?;
        if function.is_none() {
            runtime::ensure_creatable(plan.runtime())?;
        }
        table::ensure_usable(plan.table.as_ref().map_or("", |table| &table.name), table.as_ref())?;
        self.warn_of_native_code(package, function.as_ref());
        Ok(())
    }

    /// Decides about the endpoint, and warns of what the changes do not show.
    fn decide_alias(&self, observed: &Observed) -> Vec<AliasChange> {
        let Deployer { plan, session, output, .. } = self;
        let skill_id = output.artifacts.get_str("skillId");
        let desired = DesiredAlias { function: &plan.function, alias: &plan.alias, skill_id };
        for warning in alias::warnings(desired, &observed.alias, session.region()) {
            session.reporter.warning(warning);
        }
        alias::changes(desired, &observed.alias)
    }

    async fn apply(&self, package: &Package, observed: Observed, alias: &[AliasChange]) -> Result<()> {
        let Deployer { plan, session, .. } = self;
        let Observed { assets_root, role, table, table_is_backed_up, log_group, missing_tags, function, .. } = observed;
        self.check_upload(package, function.as_ref()).await?;
        // Lambda and DynamoDB reject tags while they are working on another change.
        tags::add(*session, &missing_tags).await?;
        // A failure does not interrupt the others.
        let (role, table, log_group) = tokio::join!(
            self.apply_role(role),
            self.apply_table(table, table_is_backed_up),
            self.apply_log_group(log_group.as_ref())
        );
        let role = role?;
        table.and(log_group)?;
        let desired = DesiredFunction {
            name: &plan.function,
            options: &plan.options,
            configuration: &plan.options.configuration.with_deployment_values(&role.arn, assets_root.as_deref()),
            package,
            tags: &plan.tags,
            bucket: self.bucket,
            role_is_new: role.is_new,
            role_change: role.recent_change,
            release: &publish_version::description(self.output.artifacts, jiff::Timestamp::now()),
            version_marker: &InProgressMarker::new(plan.deploy_root.join(VERSION_MARKER_FILE)),
        };
        let arn = function::apply(*session, &desired, function).await?;
        alias::apply(*session, &plan.function, alias).await?;
        self.save_arn(&format!("{arn}:{}", plan.alias));
        self.prune().await
    }

    /// Removes the package that a crashed deployment left in the bucket, and checks that this one can be uploaded.
    async fn check_upload(&self, package: &Package, function: Option<&GetFunctionConfigurationOutput>) -> Result<()> {
        code_upload::remove_orphaned_object(self.session, &self.plan.function, package, self.bucket).await;
        if function::code_differs(&self.plan.options, package, function) {
            code_upload::ensure_uploadable(self.session, package, self.bucket).await?;
        }
        Ok(())
    }

    /// Warns of native code that does not run on the function.
    fn warn_of_native_code(&self, package: &Package, function: Option<&GetFunctionConfigurationOutput>) {
        let observed = function.map(GetFunctionConfigurationOutput::architectures).unwrap_or_default();
        let architectures = self.plan.options.architectures.as_deref().unwrap_or(observed);
        let cpu = Cpu::of_function(architectures.first().map_or("", Architecture::as_str));
        for warning in package.native_code.warnings(cpu) {
            self.session.reporter.warning(warning);
        }
    }

    async fn apply_role(&self, observed: Option<ObservedRole>) -> Result<Role> {
        let artifacts = self.output.artifacts;
        let role = execution_role::apply(self.session, &self.plan.role, observed).await?;
        if let Some(name) = self.plan.role.name() {
            if name == execution_role::SHARED_ROLE_NAME {
                artifacts.save("iamRole-litexa_handler_lambda", role.arn.as_str());
            }
            self.output.set_context("lambdaIAMRoleName", name);
        }
        self.output.set_context("lambdaIAMRoleARN", role.arn.as_str());
        Ok(role)
    }

    async fn apply_log_group(&self, observed: Option<&ObservedLogGroup>) -> Result<()> {
        let marker = InProgressMarker::new(self.plan.deploy_root.join(LOG_GROUP_MARKER_FILE));
        log_group::apply(self.session, &self.plan.log_group, observed, &marker).await
    }

    async fn apply_table(&self, observed: Option<TableDescription>, is_backed_up: Option<bool>) -> Result<()> {
        let artifacts = self.output.artifacts;
        let Some(table) = &self.plan.table else {
            self.session.reporter.log("creating no table, because the skill keeps its state in session attributes");
            self.output.set_context("dynamoTableName", NO_TABLE_MARKER);
            return Ok(());
        };
        let marker = InProgressMarker::new(self.plan.deploy_root.join(TABLE_MARKER_FILE));
        let protection = observed.as_ref().map(|observed| ObservedProtection {
            // DynamoDB leaves out a protection that is off.
            deletion_protection: Some(observed.deletion_protection_enabled.unwrap_or(false)),
            point_in_time_recovery: is_backed_up,
        });
        let arn = table::apply(self.session, table, observed, &marker).await?;
        table_protection::apply(self.session, table, protection).await?;
        artifacts.save("dynamoDBARN", arn.as_str());
        self.output.set_context("dynamoTableName", table.name.as_str());
        self.output.set_context("dynamoTableARN", arn);
        Ok(())
    }

    fn save_arn(&self, arn: &str) {
        self.output.artifacts.save("lambdaARN", arn);
        self.output.set_context("lambdaARN", arn);
    }

    /// Deletes old versions if the options ask for it. Without the permission they stay: they only use storage.
    async fn prune(&self) -> Result<()> {
        let Some(keep) = self.plan.options.keep_versions else { return Ok(()) };
        match prune_versions::prune(self.session, &self.plan.function, keep).await {
            Err(error) if error.code == ErrorCode::AccessDenied => {
                self.session.reporter.warning(error.to_string());
                Ok(())
            }
            outcome => outcome,
        }
    }
}
