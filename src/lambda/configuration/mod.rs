//! The function's configuration: Litexa's defaults merged with the target's `lambdaConfiguration`, and how it differs
//! from what is deployed. Values only: nothing here talks to AWS.

mod diff;
mod parse;

use crate::config::project::NO_TABLE_MARKER;
use crate::deploy::request::DeployRequest;
use crate::error::{Error, ErrorCode, Result};
use aws_sdk_lambda::operation::create_function::builders::CreateFunctionFluentBuilder;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;
use aws_sdk_lambda::operation::update_function_configuration::builders::UpdateFunctionConfigurationFluentBuilder;
use aws_sdk_lambda::types::{
    Architecture, CapacityProviderConfig, DeadLetterConfig, DurableConfig, Environment, EphemeralStorage,
    FileSystemConfig, LoggingConfig, Runtime, SnapStart, TracingConfig, VpcConfig,
};
use std::collections::{BTreeMap, BTreeSet};

/// What the function runs on unless `lambdaConfiguration.Runtime` says otherwise.
pub(crate) const DEFAULT_RUNTIME: &str = "nodejs24.x";

/// How a variable's difference is named.
const VARIABLES: &str = "Environment.Variables.";

/// Variables that belong to Lambda itself, as its documentation lists them.
const RESERVED: [&str; 18] = [
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
];

/// Lambda takes 4 KB of names and values in all.
const LARGEST_ENVIRONMENT: usize = 4096;

/// Parameters of CreateFunction and UpdateFunctionConfiguration. What is `None` is left as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Configuration {
    pub(crate) description: Option<String>,
    pub(crate) handler: Option<String>,
    pub(crate) memory_size: Option<i32>,
    pub(crate) role: Option<String>,
    pub(crate) runtime: Option<String>,
    pub(crate) timeout: Option<i32>,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) capacity_provider_config: Option<CapacityProviderConfig>,
    pub(crate) dead_letter_config: Option<DeadLetterConfig>,
    pub(crate) durable_config: Option<DurableConfig>,
    pub(crate) ephemeral_storage: Option<EphemeralStorage>,
    pub(crate) file_system_configs: Option<Vec<FileSystemConfig>>,
    pub(crate) kms_key_arn: Option<String>,
    pub(crate) layers: Option<Vec<String>>,
    pub(crate) logging_config: Option<LoggingConfig>,
    pub(crate) snap_start: Option<SnapStart>,
    pub(crate) tracing_config: Option<TracingConfig>,
    pub(crate) vpc_config: Option<VpcConfig>,
}

/// All that `lambdaConfiguration` says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wanted {
    pub(crate) configuration: Configuration,
    /// Travels with the code: UpdateFunctionConfiguration does not take it.
    pub(crate) architectures: Option<Vec<Architecture>>,
    /// How many published versions stay; all if `None`.
    pub(crate) keep_versions: Option<usize>,
}

/// Sets the same parameters on either of the two requests that take them.
macro_rules! set_parameters {
    ($request:expr, $configuration:expr) => {{
        let Configuration {
            description,
            handler,
            memory_size,
            role,
            runtime,
            timeout,
            variables,
            capacity_provider_config,
            dead_letter_config,
            durable_config,
            ephemeral_storage,
            file_system_configs,
            kms_key_arn,
            layers,
            logging_config,
            snap_start,
            tracing_config,
            vpc_config,
        } = $configuration.clone();
        $request
            .set_description(description)
            .set_handler(handler)
            .set_memory_size(memory_size)
            .set_role(role)
            .set_runtime(runtime.map(|name| Runtime::from(name.as_str())))
            .set_timeout(timeout)
            .set_environment(environment(variables))
            .set_capacity_provider_config(capacity_provider_config)
            .set_dead_letter_config(dead_letter_config)
            .set_durable_config(durable_config)
            .set_ephemeral_storage(ephemeral_storage)
            .set_file_system_configs(file_system_configs)
            .set_kms_key_arn(kms_key_arn)
            .set_layers(layers)
            .set_logging_config(logging_config)
            .set_snap_start(snap_start)
            .set_tracing_config(tracing_config)
            .set_vpc_config(vpc_config)
    }};
}

/// All variables together, since AWS replaces them together; none leaves them as they are.
fn environment(variables: BTreeMap<String, String>) -> Option<Environment> {
    (!variables.is_empty()).then(|| Environment::builder().set_variables(Some(variables.into_iter().collect())).build())
}

impl Wanted {
    /// Litexa's defaults merged with the target's `lambdaConfiguration`, key by key.
    ///
    /// # Errors
    /// `InvalidOption` for unknown keys, wrong types, and an environment that Lambda does not take.
    pub(crate) fn new(deployment: &DeployRequest) -> Result<Self> {
        let mut wanted = parse::wanted(&deployment.options.lambda_configuration)?;
        let configuration = &mut wanted.configuration;
        let default = |option: &mut Option<String>, value: &str| {
            option.get_or_insert_with(|| value.to_owned());
        };
        default(
            &mut configuration.description,
            &format!("Litexa skill handler for project {}", deployment.project.name),
        );
        default(&mut configuration.handler, "index.handler");
        default(&mut configuration.runtime, DEFAULT_RUNTIME);
        configuration.memory_size.get_or_insert(256);
        configuration.timeout.get_or_insert(10);
        let table =
            if deployment.persistent_store { deployment.project.table_name() } else { NO_TABLE_MARKER.to_owned() };
        for (name, value) in [
            ("variant", deployment.project.variant.clone()),
            ("loggingLevel", "terse".to_owned()),
            ("dynamoTableName", table),
        ] {
            configuration.variables.entry(name.to_owned()).or_insert(value);
        }
        let mut complete = configuration.variables.clone();
        complete.extend(deployment.options.override_assets_root.clone().map(|root| ("assetsRoot".to_owned(), root)));
        validate_environment(&complete)?;
        Ok(wanted)
    }
}

impl Configuration {
    /// The configuration once the role and the assets' URL are known. What the target itself names stays.
    pub(crate) fn with(&self, role_arn: &str, assets_root: Option<&str>) -> Self {
        let mut complete = self.clone();
        complete.role.get_or_insert_with(|| role_arn.to_owned());
        if let Some(root) = assets_root {
            complete.variables.entry("assetsRoot".to_owned()).or_insert_with(|| root.to_owned());
        }
        complete
    }

    pub(crate) fn apply_to_creation(&self, request: CreateFunctionFluentBuilder) -> CreateFunctionFluentBuilder {
        set_parameters!(request, self)
    }

    pub(crate) fn apply_to_update(
        &self,
        request: UpdateFunctionConfigurationFluentBuilder,
    ) -> UpdateFunctionConfigurationFluentBuilder {
        set_parameters!(request, self)
    }

    /// The parameters that differ from what is deployed, in AWS' spelling; variables one by one.
    ///
    /// Only what is wanted counts: a variable that was set by hand makes no difference by itself.
    pub(crate) fn differences(&self, deployed: &GetFunctionConfigurationOutput) -> Vec<String> {
        diff::differences(self, deployed)
    }

    /// The part of the configuration that differs, as [`Configuration::differences`] has named it.
    pub(crate) fn only(&self, differences: &[String]) -> Self {
        let differs = |parameter: &str| differences.iter().any(|name| name == parameter);
        let variables = differences.iter().any(|name| name.starts_with(VARIABLES));
        macro_rules! kept {
            ($($parameter:literal => $field:ident),* $(,)?) => {
                Configuration {
                    variables: if variables { self.variables.clone() } else { BTreeMap::new() },
                    $($field: self.$field.clone().filter(|_| differs($parameter)),)*
                }
            };
        }
        kept! {
            "CapacityProviderConfig" => capacity_provider_config,
            "DeadLetterConfig" => dead_letter_config,
            "Description" => description,
            "DurableConfig" => durable_config,
            "EphemeralStorage" => ephemeral_storage,
            "FileSystemConfigs" => file_system_configs,
            "Handler" => handler,
            "KMSKeyArn" => kms_key_arn,
            "Layers" => layers,
            "LoggingConfig" => logging_config,
            "MemorySize" => memory_size,
            "Role" => role,
            "Runtime" => runtime,
            "SnapStart" => snap_start,
            "Timeout" => timeout,
            "TracingConfig" => tracing_config,
            "VpcConfig" => vpc_config,
        }
    }

    /// Variables of the deployed function that an update would drop, if it sends variables at all.
    pub(crate) fn dropped_variables(&self, deployed: &GetFunctionConfigurationOutput) -> BTreeSet<String> {
        if self.variables.is_empty() {
            return BTreeSet::new();
        }
        let deployed = deployed.environment().and_then(|environment| environment.variables());
        let names = deployed.into_iter().flatten().map(|(name, _)| name.clone());
        names.filter(|name| !self.variables.contains_key(name)).collect()
    }
}

fn validate_environment(variables: &BTreeMap<String, String>) -> Result<()> {
    let invalid = |problem: String| Err(Error::new(ErrorCode::InvalidOption, problem));
    for name in variables.keys() {
        if RESERVED.contains(&name.as_str()) {
            return invalid(format!(
                "lambdaConfiguration.Environment.Variables.{name} is a variable of Lambda itself, and cannot be set"
            ));
        }
        let letters = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if name.len() < 2 || !letters || !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return invalid(format!(
                "lambdaConfiguration.Environment.Variables.{name} is no name that Lambda takes: it has at least two characters, letters, digits and _, and begins with a letter"
            ));
        }
    }
    let size: usize = variables.iter().map(|(name, value)| name.len() + value.len()).sum();
    if size > LARGEST_ENVIRONMENT {
        return invalid(format!(
            "lambdaConfiguration.Environment.Variables hold {size} bytes with Litexa's own and overrideAssetsRoot, and Lambda takes {LARGEST_ENVIRONMENT}"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod schema_tests;
#[cfg(test)]
mod tests;
