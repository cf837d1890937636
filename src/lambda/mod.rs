//! Deploys the skill's endpoint: a Lambda function with its role, table, log group and aliases.
//!
//! All resources are read concurrently, while the code is packaged. Only then are they changed, and only where they
//! differ from the plan.

pub(crate) mod alias;
mod code_upload;
pub(crate) mod configuration;
mod decide;
pub(crate) mod execution_role;
mod function;
pub(crate) mod function_state;
mod handler_copy;
mod log_group;
mod observe;
mod pack;
mod package;
mod plan;
mod prune_versions;
mod publish_version;
mod restore_runtime;
pub(crate) mod runtime;
pub(crate) mod table;
mod tags;
pub(crate) mod versions;
mod zip_in_request;

pub(crate) use code_upload::JOURNAL_FILE as STAGED_PACKAGE_FILE;
pub(crate) use code_upload::{is_staged_key, staged_bucket, staged_prefix};
pub(crate) use execution_role::{INLINE_POLICY_NAME, SHARED_ROLE_NAME};
pub(crate) use pack::LOCAL_FILES;
pub(crate) use plan::{LOG_GROUP_MARKER_FILE, Plan, TABLE_MARKER_FILE, VERSION_MARKER_FILE};

use crate::aws::session::Session;
use crate::config::project::NO_TABLE_MARKER;
use crate::deploy::change::Change;
use crate::error::Result;
use crate::output::{Output, artifacts, format};
use alias::AliasChange;
use alias::target::Target;
use aws_config::SdkConfig;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;
use aws_sdk_lambda::types::Architecture;
use code_upload::StagingBucket;
use decide::{Changes, Facts};
use execution_role::Role;
use function::{FunctionChange, FunctionUpdate};
use observe::{Observed, observe};
use package::{Cpu, Package};
use prune_versions::Version;
use std::time::Instant;

/// A deployment of the endpoint that was decided.
pub(crate) struct Prepared<'a> {
    deployer: Deployer<'a>,
    started: Instant,
    package: Package,
    observed: Observed,
    changes: Changes,
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
    let deployed_arn = output.artifacts.deployed_arn();
    let observing = observe(session, plan, bucket, deployed_arn);
    let (package, observed) = tokio::join!(pack::pack(plan, output.reporter.clone()), observing);
    let (package, observed) = (package?, observed?);
    let package = package.unwrap_or_else(|| deployed_package(observed.function.as_ref()));
    deployer.check(&package, &observed).await?;
    let facts = deployer.facts(&package, &observed);
    alias::permission::ensure_known(facts.alias(), &observed.alias)?;
    let changes = facts.changes();
    if observed.function.is_some() && !changes.function.is_empty() {
        runtime::ensure_updatable(plan.runtime())?;
    }
    deployer.require_version(&changes).await?;
    for warning in facts.warnings(&changes) {
        session.reporter.warning(warning);
    }
    Ok(Prepared { deployer, started, package, observed, changes })
}

impl Prepared<'_> {
    /// Returns what [`Self::apply`] will change.
    pub(crate) fn changes(&self) -> Vec<Change> {
        let Deployer { plan, session, .. } = &self.deployer;
        self.changes.describe(plan, session.region())
    }

    /// Returns whether the endpoint stays rolled back, so that what is deployed is not live.
    pub(crate) fn stays_rolled_back(&self) -> bool {
        self.changes.stays_rolled_back
    }

    /// Makes the changes.
    ///
    /// # Errors
    /// The first error of a change. The next deployment continues from there.
    pub(crate) async fn apply(self) -> Result<()> {
        let Prepared { deployer, started, package, observed, changes } = self;
        deployer.apply(&package, &observed, &changes).await?;
        let elapsed = format::duration(started.elapsed());
        deployer.session.reporter.log(format!("lambda deployment complete in {elapsed}"));
        Ok(())
    }
}

/// Stands for the code of a function where that is not compared.
fn deployed_package(function: Option<&GetFunctionConfigurationOutput>) -> Package {
    Package::deployed(function.and_then(GetFunctionConfigurationOutput::code_sha256).unwrap_or_default())
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
        if let Some(warning) = runtime::deprecation_warning(self.plan.runtime(), runtime::today()) {
            self.session.reporter.warning(warning);
        }
    }

    /// Checks what only the package and the observed state can show, before anything is changed.
    async fn check(&self, package: &Package, observed: &Observed) -> Result<()> {
        let plan = self.plan;
        let Observed { assets_root, table, function, .. } = observed;
        plan.options.configuration.with_deployment_values("", assets_root.as_deref()).check_environment_size()?;
        function_state::ensure_usable(&plan.function, function.as_ref())?;
        if function.is_none() {
            runtime::ensure_creatable(plan.runtime())?;
        }
        let table_name = plan.table.as_ref().map_or("", |table| &table.name);
        table::ensure_usable(table_name, table.as_ref().map(|table| &table.description))?;
        if function::code_differs(&plan.options, package, function.as_ref()) {
            code_upload::ensure_uploadable(self.session, package, self.bucket, plan.assets).await?;
        }
        self.check_handler(package, function.as_ref())?;
        self.warn_of_native_code(package, function.as_ref());
        Ok(())
    }

    /// Checks that the function has the module of its handler. Without the option, its layers stay.
    fn check_handler(&self, package: &Package, function: Option<&GetFunctionConfigurationOutput>) -> Result<()> {
        let keeps_layers = self.plan.options.configuration.layers.is_none()
            && function.is_some_and(|function| !function.layers().is_empty());
        match &package.missing_module {
            Some(path) if !keeps_layers => Err(package::missing_module_error(path)),
            _ => Ok(()),
        }
    }

    fn facts<'a>(&'a self, package: &'a Package, observed: &'a Observed) -> Facts<'a> {
        let saved = self.output.artifacts;
        Facts {
            plan: self.plan,
            package,
            observed,
            skill_id: saved.get_str("skillId"),
            saved_arn: saved.get_str(artifacts::FUNCTION_ARN),
            region: self.session.region(),
        }
    }

    /// Checks that a version can be published if the endpoint needs one, before anything is changed.
    async fn require_version(&self, changes: &Changes) -> Result<()> {
        // A dry run sends nothing but reads.
        if self.plan.dry_run || !changes.alias.iter().any(AliasChange::needs_version) {
            return Ok(());
        }
        publish_version::check_right(self.session, &self.plan.function).await?.require(&self.plan.function)
    }

    /// Returns whether the version is published by a request of its own. Otherwise, Lambda publishes it with the code.
    async fn publishes_separately(&self, changes: &Changes) -> Result<bool> {
        let sends_code =
            |change: &FunctionChange| matches!(change, FunctionChange::Create(_) | FunctionChange::UpdateCode(_));
        let is_checked = changes.alias.iter().any(AliasChange::needs_version);
        if is_checked || !changes.function.iter().any(sends_code) {
            return Ok(true);
        }
        Ok(publish_version::check_right(self.session, &self.plan.function).await?.or_warn(self.session))
    }

    async fn apply(&self, package: &Package, observed: &Observed, changes: &Changes) -> Result<()> {
        let Deployer { plan, session, .. } = self;
        self.prepare_upload(package, observed.function.as_ref()).await?;
        // Lambda and DynamoDB reject tags while they are working on another change.
        tags::add(*session, &changes.tags).await?;
        let log_group_marker = plan.log_group_marker();
        // A failure does not interrupt the others.
        let (role, table, log_group, publishes_separately) = tokio::join!(
            self.apply_role(observed, changes),
            self.apply_table(observed, changes),
            log_group::apply(*session, &plan.log_group.name, &changes.log_group, &log_group_marker),
            self.publishes_separately(changes)
        );
        let role = role?;
        table.and(log_group)?;
        let facts = self.facts(package, observed);
        let update = FunctionUpdate {
            desired: facts.function(&role.arn),
            bucket: self.bucket,
            role_change: role.recent_change,
            release: &publish_version::description(self.output.artifacts, jiff::Timestamp::now()),
            publishes_separately: publishes_separately?,
            version_marker: &plan.version_marker(),
        };
        let endpoint = alias::Endpoint {
            desired: facts.alias(),
            observed: &observed.alias,
            revision: observed.alias.revision.as_deref(),
            published: &Target::latest(),
        };
        let revision = alias::mark(*session, endpoint, &changes.alias).await?;
        let function = function::send(*session, &update, observed.function.clone(), &changes.function).await?;
        let endpoint = alias::Endpoint { revision: revision.as_deref(), ..endpoint };
        let published = self.publish_and_point((&update, &function), endpoint, &changes.alias).await?;
        self.save_arn(&format!("{}:{}", function.arn, plan.alias));
        // They are decided again, since only Lambda knows which version it has published, or that it has not.
        let deletions = facts.deletions(published.map(Version::Number));
        prune_versions::apply(*session, &plan.function, &deletions).await
    }

    /// Publishes the version, and changes the aliases. Those of a new function do not wait until it is ready, unless they
    /// point to the version. Returns the version.
    async fn publish_and_point(
        &self,
        (update, function): (&FunctionUpdate<'_>, &function::Sent),
        endpoint: alias::Endpoint<'_>,
        changes: &[AliasChange],
    ) -> Result<Option<u64>> {
        let publish = function::publish(self.session, update, function);
        if function.is_new && !update.desired.needs_version {
            let (published, pointed) = tokio::join!(publish, alias::apply(self.session, endpoint, changes));
            let published = published?;
            return pointed.map(|()| published);
        }
        let published = publish.await?;
        let version = published.map(|version| Target::of_version(&version.to_string()));
        let published_version = version.unwrap_or_else(Target::latest);
        alias::apply(self.session, alias::Endpoint { published: &published_version, ..endpoint }, changes).await?;
        Ok(published)
    }

    /// Removes the package that a crashed deployment left in the bucket, and waits until this one can be uploaded.
    async fn prepare_upload(&self, package: &Package, function: Option<&GetFunctionConfigurationOutput>) -> Result<()> {
        code_upload::remove_orphaned_object(self.session, &self.plan.function, package, self.bucket).await;
        if function::code_differs(&self.plan.options, package, function) {
            code_upload::wait_until_uploadable(self.session, package, self.bucket).await?;
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

    async fn apply_role(&self, observed: &Observed, changes: &Changes) -> Result<Role> {
        let saved = self.output.artifacts;
        let role = execution_role::apply(self.session, &self.plan.role, observed.role.as_ref(), &changes.role).await?;
        if let Some(name) = self.plan.role.name() {
            if name == execution_role::SHARED_ROLE_NAME {
                saved.save(artifacts::SHARED_ROLE_ARN, role.arn.as_str());
            }
            self.output.set_context("lambdaIAMRoleName", name);
        }
        self.output.set_context("lambdaIAMRoleARN", role.arn.as_str());
        Ok(role)
    }

    async fn apply_table(&self, observed: &Observed, changes: &Changes) -> Result<()> {
        let Some(table) = &self.plan.table else {
            self.session.reporter.log("creating no table, because the skill keeps its state in session attributes");
            self.output.set_context("dynamoTableName", NO_TABLE_MARKER);
            return Ok(());
        };
        let (observed, marker) = (observed.table.as_ref(), self.plan.table_marker());
        let arn = table::apply(self.session, &table.name, observed, (&changes.table, &marker)).await?;
        self.output.artifacts.save(artifacts::TABLE_ARN, arn.as_str());
        self.output.set_context("dynamoTableName", table.name.as_str());
        self.output.set_context("dynamoTableARN", arn);
        Ok(())
    }

    fn save_arn(&self, arn: &str) {
        self.output.artifacts.save(artifacts::FUNCTION_ARN, arn);
        self.output.set_context("lambdaARN", arn);
    }
}
