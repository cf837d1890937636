//! Whether what is wanted is what is deployed, parameter by parameter.
//!
//! AWS answers with more than was sent (states, versions, defaults), and with empty values where nothing is set, so
//! each parameter is compared in the form in which it is sent.

use super::{Configuration, VARIABLES};
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;
use aws_sdk_lambda::types::{
    CapacityProviderConfig, DeadLetterConfig, DurableConfig, LambdaManagedInstancesCapacityProviderConfig,
    LoggingConfig, VpcConfig, VpcConfigResponse,
};
use std::collections::{BTreeSet, HashMap};

pub(crate) fn differences(wanted: &Configuration, deployed: &GetFunctionConfigurationOutput) -> Vec<String> {
    let mut differing = variables(wanted, deployed);
    let mut compare = |key: &str, same: bool| {
        if !same {
            differing.push(key.to_owned());
        }
    };
    compare("Description", text(&wanted.description, deployed.description()));
    compare("Handler", text(&wanted.handler, deployed.handler()));
    compare("KMSKeyArn", text(&wanted.kms_key_arn, deployed.kms_key_arn()));
    compare("Role", text(&wanted.role, deployed.role()));
    compare("Runtime", text(&wanted.runtime, deployed.runtime().map(|runtime| runtime.as_str())));
    compare("MemorySize", unset_or(&wanted.memory_size, deployed.memory_size().as_ref()));
    compare("Timeout", unset_or(&wanted.timeout, deployed.timeout().as_ref()));
    compare("Layers", layers(wanted.layers.as_deref(), deployed));
    compare("VpcConfig", vpc(wanted.vpc_config.as_ref(), deployed.vpc_config()));
    compare("DeadLetterConfig", dead_letter(wanted.dead_letter_config.as_ref(), deployed.dead_letter_config()));
    compare("LoggingConfig", logging(wanted.logging_config.as_ref(), deployed.logging_config()));
    compare("EphemeralStorage", unset_or(&wanted.ephemeral_storage, deployed.ephemeral_storage()));
    compare("DurableConfig", durable(wanted.durable_config.as_ref(), deployed.durable_config()));
    let instances = |config: &CapacityProviderConfig| config.lambda_managed_instances_capacity_provider_config.clone();
    let (wanted_instances, instances) = (
        wanted.capacity_provider_config.as_ref().and_then(instances),
        deployed.capacity_provider_config().and_then(instances),
    );
    compare("CapacityProviderConfig", capacity_provider(wanted_instances.as_ref(), instances.as_ref()));
    let tracing = deployed.tracing_config().and_then(|config| config.mode());
    compare("TracingConfig", wanted.tracing_config.as_ref().is_none_or(|wanted| unset_or(&wanted.mode, tracing)));
    let snap_start = deployed.snap_start().and_then(|config| config.apply_on());
    compare("SnapStart", wanted.snap_start.as_ref().is_none_or(|wanted| unset_or(&wanted.apply_on, snap_start)));
    let file_systems = wanted.file_system_configs.as_deref();
    compare("FileSystemConfigs", file_systems.is_none_or(|wanted| wanted == deployed.file_system_configs()));
    differing
}

fn unset_or<T: PartialEq>(wanted: &Option<T>, deployed: Option<&T>) -> bool {
    wanted.is_none() || wanted.as_ref() == deployed
}

/// AWS leaves out what is empty.
fn text(wanted: &Option<String>, deployed: Option<&str>) -> bool {
    wanted.as_deref().is_none_or(|wanted| wanted == deployed.unwrap_or_default())
}

fn variables(wanted: &Configuration, deployed: &GetFunctionConfigurationOutput) -> Vec<String> {
    let none = HashMap::new();
    let deployed = deployed.environment().and_then(|environment| environment.variables()).unwrap_or(&none);
    let differing = wanted.variables.iter().filter(|(name, value)| deployed.get(*name) != Some(*value));
    differing.map(|(name, _)| format!("{VARIABLES}{name}")).collect()
}

/// The order of layers matters: later ones overlay earlier ones.
fn layers(wanted: Option<&[String]>, deployed: &GetFunctionConfigurationOutput) -> bool {
    wanted.is_none_or(|wanted| {
        wanted.iter().map(String::as_str).eq(deployed.layers().iter().filter_map(|layer| layer.arn()))
    })
}

fn vpc(wanted: Option<&VpcConfig>, deployed: Option<&VpcConfigResponse>) -> bool {
    let Some(wanted) = wanted else { return true };
    let set = |ids: &[String]| ids.iter().cloned().collect::<BTreeSet<_>>();
    let (subnets, groups, dual_stack) = match deployed {
        Some(deployed) => (
            set(deployed.subnet_ids()),
            set(deployed.security_group_ids()),
            deployed.ipv6_allowed_for_dual_stack().unwrap_or(false),
        ),
        None => Default::default(),
    };
    set(wanted.subnet_ids()) == subnets
        && set(wanted.security_group_ids()) == groups
        && wanted.ipv6_allowed_for_dual_stack().is_none_or(|wanted| wanted == dual_stack)
}

fn dead_letter(wanted: Option<&DeadLetterConfig>, deployed: Option<&DeadLetterConfig>) -> bool {
    let target = |config: Option<&DeadLetterConfig>| {
        config.and_then(|config| config.target_arn()).filter(|arn| !arn.is_empty()).map(str::to_owned)
    };
    wanted.is_none() || target(wanted) == target(deployed)
}

fn durable(wanted: Option<&DurableConfig>, deployed: Option<&DurableConfig>) -> bool {
    let Some(wanted) = wanted else { return true };
    let deployed = deployed.cloned().unwrap_or_else(|| DurableConfig::builder().build());
    unset_or(&wanted.kms_key_arn, deployed.kms_key_arn.as_ref())
        && unset_or(&wanted.retention_period_in_days, deployed.retention_period_in_days.as_ref())
        && unset_or(&wanted.execution_timeout, deployed.execution_timeout.as_ref())
}

fn capacity_provider(
    wanted: Option<&LambdaManagedInstancesCapacityProviderConfig>,
    deployed: Option<&LambdaManagedInstancesCapacityProviderConfig>,
) -> bool {
    let (Some(wanted), Some(deployed)) = (wanted, deployed) else { return wanted.is_none() };
    let concurrency = deployed.per_execution_environment_max_concurrency.as_ref();
    let memory = deployed.execution_environment_memory_gib_per_v_cpu.as_ref();
    wanted.capacity_provider_arn == deployed.capacity_provider_arn
        && unset_or(&wanted.per_execution_environment_max_concurrency, concurrency)
        && unset_or(&wanted.execution_environment_memory_gib_per_v_cpu, memory)
}

/// AWS fills in what was not sent, such as the name of the log group.
fn logging(wanted: Option<&LoggingConfig>, deployed: Option<&LoggingConfig>) -> bool {
    let Some(wanted) = wanted else { return true };
    let deployed = deployed.cloned().unwrap_or_else(|| LoggingConfig::builder().build());
    unset_or(&wanted.log_format, deployed.log_format.as_ref())
        && unset_or(&wanted.application_log_level, deployed.application_log_level.as_ref())
        && unset_or(&wanted.system_log_level, deployed.system_log_level.as_ref())
        && unset_or(&wanted.log_group, deployed.log_group.as_ref())
}
