//! Checks what a deployment asks of the endpoint, before anything is read from AWS.

use crate::config::options::{PackageInclude, RoleOptions};
use crate::config::project::Project;
use crate::deploy::request::DeployRequest;
use crate::error::{Error, ErrorCode, Result};
use crate::fs::InProgressMarker;
use crate::lambda::code_upload::AssetDeployment;
use crate::lambda::configuration::FunctionOptions;
use crate::lambda::execution_role::DesiredRole;
use crate::lambda::log_group::DesiredLogGroup;
use crate::lambda::runtime;
use crate::lambda::table::DesiredTable;
use crate::lambda::tags::Tags;
use std::path::PathBuf;

/// The files in `.deploy/<target>` that record what an interrupted deployment has not completed.
pub(crate) const TABLE_MARKER_FILE: &str = "table.in-progress";
pub(crate) const LOG_GROUP_MARKER_FILE: &str = "log-group.in-progress";
pub(crate) const VERSION_MARKER_FILE: &str = "version.in-progress";

/// The desired state of the endpoint.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) project: Project,
    pub(crate) function: String,
    pub(crate) options: FunctionOptions,
    pub(crate) role: DesiredRole,
    /// `None` if the skill keeps its state in session attributes.
    pub(crate) table: Option<DesiredTable>,
    pub(crate) log_group: DesiredLogGroup,
    /// Tags of the function. The other resources have their own.
    pub(crate) tags: Tags,
    pub(crate) alias: String,
    pub(crate) assets_root: Option<String>,
    /// `None` in a dry run that does not compare the code.
    pub(crate) handler: Option<String>,
    pub(crate) deploy_root: PathBuf,
    pub(crate) use_cache: bool,
    /// The deployment that creates the bucket, if there is none.
    pub(crate) assets: AssetDeployment,
    /// Nothing is written, neither on AWS nor below `deploy_root`.
    pub(crate) dry_run: bool,
    pub(crate) include: PackageInclude,
    /// Reports options without an effect, and values that AWS may reject.
    pub(crate) warnings: Vec<String>,
}

impl Plan {
    /// Creates the plan.
    ///
    /// # Errors
    /// `InvalidOption` for a wrong `lambdaConfiguration`, `InvalidName` for a name that Lambda rejects, `InvalidContext`
    /// for an empty handler.
    pub(crate) fn new(request: &DeployRequest, handler: Option<&str>) -> Result<Self> {
        let project = request.project.clone();
        project.validate_function_name()?;
        if handler.is_some_and(|handler| handler.trim().is_empty()) {
            return Err(Error::new(ErrorCode::InvalidContext, "skill.toLambda() returned no source"));
        }
        let options = FunctionOptions::new(request)?;
        let configured = &options.configuration;
        let log_group = configured.logging_config.as_ref().and_then(|logging| logging.log_group.clone());
        let log_group = log_group.unwrap_or_else(|| project.log_group_name());
        let tags = request.options.tags.clone();
        let table =
            || DesiredTable { name: project.table_name(), options: request.options.table.clone(), tags: tags.clone() };
        Ok(Plan {
            function: project.function_name(),
            role: DesiredRole::new(request, configured.role.as_deref(), &log_group),
            table: request.persistent_store.then(table),
            log_group: DesiredLogGroup {
                name: log_group,
                retention_days: request.options.logs.retention_days,
                tags: tags.clone(),
            },
            tags: tags.clone(),
            alias: format!("release-{}", request.current_version),
            assets_root: request.options.override_assets_root.clone(),
            handler: handler.map(runtime::without_node_version),
            include: request.options.package_include,
            deploy_root: request.deploy_root.clone(),
            use_cache: request.use_cache,
            assets: if request.assets.is_some() { AssetDeployment::InThisRun } else { AssetDeployment::Elsewhere },
            dry_run: request.dry_run,
            warnings: warnings(request, &options),
            options,
            project,
        })
    }

    /// Returns whether the function has layers, which may contain dependencies of the skill.
    pub(crate) fn has_layers(&self) -> bool {
        self.options.configuration.layers.as_ref().is_some_and(|layers| !layers.is_empty())
    }

    /// Returns `lambdaConfiguration.Handler`, if only the package can have its module: it may be in a layer, below
    /// `NODE_PATH`, or read by another runtime than Lambda's for Node.js.
    pub(crate) fn handler_in_package(&self) -> Option<&str> {
        let configuration = &self.options.configuration;
        let is_elsewhere = self.has_layers() || configuration.variables.contains_key("NODE_PATH");
        let is_read = self.runtime().starts_with("nodejs");
        configuration.handler.as_deref().filter(|_| is_read && !is_elsewhere)
    }

    /// Records that the table was created, and its time to live is not enabled yet.
    pub(crate) fn table_marker(&self) -> InProgressMarker {
        InProgressMarker::new(self.deploy_root.join(TABLE_MARKER_FILE))
    }

    /// Records that the log group was created, and its retention is not set yet.
    pub(crate) fn log_group_marker(&self) -> InProgressMarker {
        InProgressMarker::new(self.deploy_root.join(LOG_GROUP_MARKER_FILE))
    }

    /// Records that the code was sent, and its version is not published yet.
    pub(crate) fn version_marker(&self) -> InProgressMarker {
        InProgressMarker::new(self.deploy_root.join(VERSION_MARKER_FILE))
    }

    /// Returns the name of the function's runtime.
    pub(crate) fn runtime(&self) -> &str {
        self.options.runtime()
    }
}

fn warnings(request: &DeployRequest, options: &FunctionOptions) -> Vec<String> {
    let mut warnings = options.warnings.clone();
    if options.configuration.role.is_some() && request.options.role != RoleOptions::Shared {
        warnings.push("iamConfiguration has no effect: lambdaConfiguration.Role sets the role".to_owned());
    }
    if !request.persistent_store && !request.options.table.is_default() {
        warnings
            .push("dynamoDbConfiguration has no effect: the skill keeps its state in session attributes".to_owned());
    }
    warnings
}
