//! Compares desired parameters with those of the deployed function.
//!
//! AWS returns more than was sent (states, versions, defaults), and empty values where nothing is set, so each
//! parameter is compared in the form in which it is sent.

use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;
use aws_sdk_lambda::types::{
    CapacityProviderConfig, DeadLetterConfig, DurableConfig, EnvironmentResponse, LoggingConfig, VpcConfig,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Whether a value is not set, or deployed.
pub(super) fn matches<T: PartialEq>(desired: Option<T>, deployed: Option<T>) -> bool {
    desired.is_none() || desired == deployed
}

/// AWS leaves out empty strings.
pub(super) fn same_text(desired: &str, deployed: Option<&str>) -> bool {
    desired == deployed.unwrap_or_default()
}

/// Returns the names of variables that are missing or have another value; none if AWS does not show them.
pub(super) fn changed_variables<'a>(
    desired: &'a BTreeMap<String, String>,
    deployed: &'a GetFunctionConfigurationOutput,
) -> impl Iterator<Item = &'a str> {
    let environment = deployed.environment();
    let deployed: Option<&HashMap<_, _>> = environment.and_then(|environment| environment.variables());
    let is_unknown = is_unknown(environment);
    let value_of = move |name: &str| deployed.and_then(|variables| variables.get(name));
    let is_changed = move |(name, value): &(&String, &String)| !is_unknown && value_of(name) != Some(value);
    desired.iter().filter(is_changed).map(|(name, _)| name.as_str())
}

/// Whether AWS reports an error in place of the variables.
fn is_unknown(environment: Option<&EnvironmentResponse>) -> bool {
    environment.is_some_and(|environment| environment.error().is_some())
}

/// The order of layers matters: later ones overlay earlier ones.
pub(super) fn layers(desired: &[String], deployed: &GetFunctionConfigurationOutput) -> bool {
    desired.iter().map(String::as_str).eq(deployed.layers().iter().filter_map(|layer| layer.arn()))
}

pub(super) fn vpc_config(desired: &VpcConfig, deployed: &GetFunctionConfigurationOutput) -> bool {
    let set = |ids: &[String]| ids.iter().cloned().collect::<BTreeSet<_>>();
    let (subnets, groups, dual_stack) = match deployed.vpc_config() {
        Some(deployed) => (
            set(deployed.subnet_ids()),
            set(deployed.security_group_ids()),
            deployed.ipv6_allowed_for_dual_stack().unwrap_or(false),
        ),
        None => Default::default(),
    };
    set(desired.subnet_ids()) == subnets
        && set(desired.security_group_ids()) == groups
        && matches(desired.ipv6_allowed_for_dual_stack(), Some(dual_stack))
}

pub(super) fn dead_letter_config(desired: &DeadLetterConfig, deployed: &GetFunctionConfigurationOutput) -> bool {
    let target = |config: &DeadLetterConfig| config.target_arn.clone().filter(|arn| !arn.is_empty());
    target(desired) == deployed.dead_letter_config().and_then(target)
}

pub(super) fn durable_config(desired: &DurableConfig, deployed: &GetFunctionConfigurationOutput) -> bool {
    let deployed = deployed.durable_config();
    matches(desired.kms_key_arn(), deployed.and_then(DurableConfig::kms_key_arn))
        && matches(desired.retention_period_in_days(), deployed.and_then(DurableConfig::retention_period_in_days))
        && matches(desired.execution_timeout(), deployed.and_then(DurableConfig::execution_timeout))
}

pub(super) fn capacity_provider_config(
    desired: &CapacityProviderConfig,
    deployed: &GetFunctionConfigurationOutput,
) -> bool {
    let deployed = deployed
        .capacity_provider_config()
        .and_then(CapacityProviderConfig::lambda_managed_instances_capacity_provider_config);
    let desired = desired.lambda_managed_instances_capacity_provider_config();
    let (Some(desired), Some(deployed)) = (desired, deployed) else { return desired.is_none() };
    desired.capacity_provider_arn == deployed.capacity_provider_arn
        && matches(
            desired.per_execution_environment_max_concurrency,
            deployed.per_execution_environment_max_concurrency,
        )
        && matches(
            desired.execution_environment_memory_gib_per_v_cpu,
            deployed.execution_environment_memory_gib_per_v_cpu,
        )
}

/// AWS fills in values that were not sent, such as the name of the log group.
pub(super) fn logging_config(desired: &LoggingConfig, deployed: &GetFunctionConfigurationOutput) -> bool {
    let deployed = deployed.logging_config();
    matches(desired.log_format(), deployed.and_then(LoggingConfig::log_format))
        && matches(desired.application_log_level(), deployed.and_then(LoggingConfig::application_log_level))
        && matches(desired.system_log_level(), deployed.and_then(LoggingConfig::system_log_level))
        && matches(desired.log_group(), deployed.and_then(LoggingConfig::log_group))
}
