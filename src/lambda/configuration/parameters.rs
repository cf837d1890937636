//! Lists the parameters of CreateFunction and UpdateFunctionConfiguration, each with how it is read, sent and compared.

use super::diff::{self, matches, same_text};
use super::read;
use super::value_text::ValueText;
use crate::config::object_reader::Values;
use crate::error::Result;
use aws_sdk_lambda::operation::create_function::builders::CreateFunctionFluentBuilder;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;
use aws_sdk_lambda::operation::update_function_configuration::builders::UpdateFunctionConfigurationFluentBuilder;
use aws_sdk_lambda::types::{
    CapacityProviderConfig, DeadLetterConfig, DurableConfig, Environment, EphemeralStorage, FileSystemConfig,
    LoggingConfig, Runtime, SnapStart, TracingConfig, VpcConfig,
};
use std::collections::BTreeMap;

/// The prefix of a variable's name in [`Configuration::differences`].
const VARIABLES: &str = "Environment.Variables.";

/// Each parameter: its name, the field and its type, the setter of both requests, how it is read from the options, and
/// whether the deployed function already has the value.
macro_rules! parameters {
    ($($name:literal: $field:ident: $type:ty, $set:ident, $read:expr, $is_same:expr;)*) => {
        /// Parameters of CreateFunction and UpdateFunctionConfiguration. `None` leaves the deployed value unchanged.
        #[derive(Clone, Debug, Default, PartialEq)]
        pub(crate) struct Configuration {
            pub(crate) variables: BTreeMap<String, String>,
            $(pub(crate) $field: Option<$type>,)*
        }

        impl Configuration {
            pub(super) fn from_values(values: &Values) -> Result<Self> {
                Ok(Configuration { variables: read::variables(values)?, $($field: $read(values, $name)?,)* })
            }

            pub(crate) fn apply_to_creation(&self, request: CreateFunctionFluentBuilder) -> CreateFunctionFluentBuilder {
                request.set_environment(self.environment())$(.$set(self.$field.clone()))*
            }

            pub(crate) fn apply_to_update(
                &self,
                request: UpdateFunctionConfigurationFluentBuilder,
            ) -> UpdateFunctionConfigurationFluentBuilder {
                request.set_environment(self.environment())$(.$set(self.$field.clone()))*
            }

            /// Returns the names of the parameters that differ from the deployed function, and of each variable.
            ///
            /// Only what is desired counts: a variable that was added elsewhere is not a difference by itself.
            pub(crate) fn differences(&self, deployed: &GetFunctionConfigurationOutput) -> Vec<String> {
                let variables = diff::changed_variables(&self.variables, deployed);
                let mut names: Vec<_> = variables.map(|name| format!("{VARIABLES}{name}")).collect();
                $(
                    let is_same: fn(&$type, &GetFunctionConfigurationOutput) -> bool = $is_same;
                    if self.$field.as_ref().is_some_and(|desired| !is_same(desired, deployed)) {
                        names.push($name.to_owned());
                    }
                )*
                names
            }

            /// Returns the value of a parameter as a text. Values of variables are never shown.
            pub(super) fn text(&self, parameter: &str) -> Option<String> {
                match parameter {
                    $($name => self.$field.as_ref().map(ValueText::text),)*
                    _ => None,
                }
            }

            /// Returns the part that differs, as named by [`Configuration::differences`].
            pub(crate) fn retain_changed(&self, differences: &[String]) -> Self {
                let differs = |parameter: &str| differences.iter().any(|name| name == parameter);
                let variables = differences.iter().any(|name| name.starts_with(VARIABLES));
                Configuration {
                    variables: if variables { self.variables.clone() } else { BTreeMap::new() },
                    $($field: self.$field.clone().filter(|_| differs($name)),)*
                }
            }
        }
    };
}

parameters! {
    "Description": description: String, set_description, Values::get, |desired, deployed| same_text(desired, deployed.description());
    "Handler": handler: String, set_handler, Values::get, |desired, deployed| same_text(desired, deployed.handler());
    "KMSKeyArn": kms_key_arn: String, set_kms_key_arn, Values::get, |desired, deployed| same_text(desired, deployed.kms_key_arn());
    "Role": role: String, set_role, Values::get, |desired, deployed| same_text(desired, deployed.role());
    "Runtime": runtime: Runtime, set_runtime, read::runtime, |desired, deployed| Some(desired) == deployed.runtime();
    "MemorySize": memory_size: i32, set_memory_size, Values::get, |desired, deployed| Some(*desired) == deployed.memory_size();
    "Timeout": timeout: i32, set_timeout, Values::get, |desired, deployed| Some(*desired) == deployed.timeout();
    "Layers": layers: Vec<String>, set_layers, Values::get, |desired, deployed| diff::layers(desired, deployed);
    "VpcConfig": vpc_config: VpcConfig, set_vpc_config, read::vpc_config, diff::vpc_config;
    "DeadLetterConfig": dead_letter_config: DeadLetterConfig, set_dead_letter_config, read::dead_letter_config, diff::dead_letter_config;
    "LoggingConfig": logging_config: LoggingConfig, set_logging_config, read::logging_config, diff::logging_config;
    "EphemeralStorage": ephemeral_storage: EphemeralStorage, set_ephemeral_storage, read::ephemeral_storage, |desired, deployed| Some(desired) == deployed.ephemeral_storage();
    "DurableConfig": durable_config: DurableConfig, set_durable_config, read::durable_config, diff::durable_config;
    "CapacityProviderConfig": capacity_provider_config: CapacityProviderConfig, set_capacity_provider_config, read::capacity_provider_config, diff::capacity_provider_config;
    "TracingConfig": tracing_config: TracingConfig, set_tracing_config, read::tracing_config, |desired, deployed| matches(desired.mode(), deployed.tracing_config().and_then(|config| config.mode()));
    "SnapStart": snap_start: SnapStart, set_snap_start, read::snap_start, |desired, deployed| matches(desired.apply_on(), deployed.snap_start().and_then(|config| config.apply_on()));
    "FileSystemConfigs": file_system_configs: Vec<FileSystemConfig>, set_file_system_configs, read::file_system_configs, |desired, deployed| desired == deployed.file_system_configs();
}

impl Configuration {
    /// All variables together, since AWS replaces them together; none leaves them unchanged.
    fn environment(&self) -> Option<Environment> {
        let variables = self.variables.clone().into_iter().collect();
        (!self.variables.is_empty()).then(|| Environment::builder().set_variables(Some(variables)).build())
    }
}
