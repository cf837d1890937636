//! Builds the configuration of the function: Litexa's values merged with the target's `lambdaConfiguration`.
//!
//! Values only: nothing here calls AWS.

mod deployed;
mod describe;
mod diff;
mod parameters;
mod read;
#[cfg(test)]
mod tests;
mod value_text;

pub(crate) use parameters::Configuration;

use crate::config::object_reader::{self, Values};
use crate::config::project::NO_TABLE_MARKER;
use crate::config::schema::lambda::LAMBDA_CONFIGURATION;
use crate::deploy::request::DeployRequest;
use crate::error::{Error, ErrorCode, Result};
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;
use aws_sdk_lambda::types::{Architecture, Runtime};
use serde::Deserialize;
use std::collections::BTreeSet;

/// The size of the variables as JSON text, which is what AWS measures ("exceeded the 4KB limit. String measured: {…}").
/// See <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>.
const MAX_ENVIRONMENT_BYTES: usize = 4096;

/// The values of `lambdaConfiguration`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FunctionOptions {
    pub(crate) configuration: Configuration,
    /// Sent with the code: UpdateFunctionConfiguration does not accept it.
    pub(crate) architectures: Option<Vec<Architecture>>,
    /// The version that the endpoint points to.
    pub(crate) endpoint: EndpointVersion,
    /// The number of published versions to keep; all if `None`.
    pub(crate) keep_versions: Option<usize>,
    /// Values that AWS may reject.
    pub(crate) warnings: Vec<String>,
}

/// The version that the skill's endpoint points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum EndpointVersion {
    /// `$LATEST`.
    Latest,
    /// The version that a deployment publishes.
    Published,
}

/// The values of the variable `loggingLevel` that Litexa's handler knows.
const LOGGING_LEVELS: [&str; 3] = ["terse", "verbose", ""];

impl FunctionOptions {
    /// Merges Litexa's values with the target's `lambdaConfiguration`, key by key.
    ///
    /// # Errors
    /// `InvalidOption` for unknown keys, wrong types, and an environment that Lambda does not accept.
    pub(crate) fn new(deployment: &DeployRequest) -> Result<Self> {
        let configuration = &deployment.options.lambda_configuration;
        let values = object_reader::read("lambdaConfiguration", configuration, &LAMBDA_CONFIGURATION)?;
        let mut configuration = Configuration::from_values(&values)?;
        let project = &deployment.project;
        configuration.description.get_or_insert_with(|| format!("Litexa skill handler for project {}", project.name));
        let has_table = deployment.persistent_store;
        let table = if has_table { project.table_name() } else { NO_TABLE_MARKER.to_owned() };
        for (name, value) in [("variant", project.variant.clone()), ("dynamoTableName", table)] {
            configuration.variables.entry(name.to_owned()).or_insert(value);
        }
        // The assets root counts as soon as it is known.
        configuration
            .with_deployment_values("", deployment.options.override_assets_root.as_deref())
            .check_environment_size()?;
        Ok(FunctionOptions {
            warnings: warnings(&values, &configuration, deployment.options.override_assets_root.as_deref()),
            configuration,
            architectures: read::architectures(&values)?,
            endpoint: values.get("endpointVersion")?.unwrap_or(EndpointVersion::Latest),
            keep_versions: values.get("keepVersions")?,
        })
    }

    /// The name of the runtime, which the table of options has a default for.
    pub(crate) fn runtime(&self) -> &str {
        self.configuration.runtime.as_ref().map_or("", Runtime::as_str)
    }
}

impl Configuration {
    /// Adds the role and the base URL of the assets, once they are known. Values that the target sets stay.
    pub(crate) fn with_deployment_values(&self, role_arn: &str, assets_root: Option<&str>) -> Self {
        let mut complete = self.clone();
        complete.role.get_or_insert_with(|| role_arn.to_owned());
        if let Some(root) = assets_root {
            complete.variables.entry("assetsRoot".to_owned()).or_insert_with(|| root.to_owned());
        }
        complete
    }

    /// Checks the size of the variables.
    ///
    /// # Errors
    /// `InvalidOption` if Lambda would reject them.
    pub(crate) fn check_environment_size(&self) -> Result<()> {
        let bytes = serde_json::to_string(&self.variables).map_or(0, |json| json.len());
        if bytes <= MAX_ENVIRONMENT_BYTES {
            return Ok(());
        }
        let message = format!(
            "lambdaConfiguration.Environment.Variables must have at most {MAX_ENVIRONMENT_BYTES} bytes as JSON text, but has {bytes} bytes with those that Litexa sets, such as the assets root (overrideAssetsRoot)"
        );
        Err(Error::new(ErrorCode::InvalidOption, message).hint("Remove variables, or shorten their values"))
    }

    /// Returns the values of variables that Litexa does not set itself: they may be secrets.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let is_own = |name: &str| ["assetsRoot", "dynamoTableName", "loggingLevel", "variant"].contains(&name);
        let others = self.variables.iter().filter(|(name, _)| !is_own(name));
        others.map(|(_, value)| value.clone()).collect()
    }

    /// Returns variables of the deployed function that an update would remove, if it sends variables at all.
    pub(crate) fn removed_variables(&self, deployed: &GetFunctionConfigurationOutput) -> BTreeSet<String> {
        if self.variables.is_empty() {
            return BTreeSet::new();
        }
        let deployed = deployed.environment().and_then(|environment| environment.variables());
        let names = deployed.into_iter().flatten().map(|(name, _)| name.clone());
        names.filter(|name| !self.variables.contains_key(name)).collect()
    }
}

/// Returns warnings about values that AWS or Litexa may not take as they are meant.
fn warnings(values: &Values, configuration: &Configuration, assets_root: Option<&str>) -> Vec<String> {
    let mut warnings = maxima_warnings(values, configuration);
    if let Some(root) = assets_root.filter(|root| !root.ends_with('/') && !root.contains('?')) {
        warnings.push(format!(
            "overrideAssetsRoot is \"{root}\", without a slash at its end: the handler appends names of assets as they are"
        ));
    }
    let level = configuration.variables.get("loggingLevel").map(String::as_str).unwrap_or_default();
    if !LOGGING_LEVELS.contains(&level) {
        warnings.push(format!(
            "lambdaConfiguration.Environment.Variables.loggingLevel is \"{level}\": the handler logs requests with terse and verbose only"
        ));
    }
    warnings
}

/// Managed instances have other limits, which only AWS knows.
fn maxima_warnings(values: &Values, configuration: &Configuration) -> Vec<String> {
    if configuration.capacity_provider_config.is_some() {
        return Vec::new();
    }
    object_reader::above_maxima("lambdaConfiguration", values, &LAMBDA_CONFIGURATION)
}
