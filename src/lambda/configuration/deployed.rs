//! Reads the configuration of a deployed function in the form in which it is sent.

use super::parameters::Configuration;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;
use aws_sdk_lambda::types::{SnapStart, TracingConfig, VpcConfig, VpcConfigResponse};

impl Configuration {
    /// Returns the parameters of a function, as far as AWS shows them.
    pub(crate) fn of_function(deployed: &GetFunctionConfigurationOutput) -> Configuration {
        let text = |value: Option<&str>| value.filter(|value| !value.is_empty()).map(str::to_owned);
        let variables = deployed.environment().and_then(|environment| environment.variables());
        let layers: Vec<_> = deployed.layers().iter().filter_map(|layer| layer.arn()).map(ToOwned::to_owned).collect();
        let file_systems = deployed.file_system_configs();
        Configuration {
            variables: variables.cloned().unwrap_or_default().into_iter().collect(),
            description: text(deployed.description()),
            handler: text(deployed.handler()),
            kms_key_arn: text(deployed.kms_key_arn()),
            role: text(deployed.role()),
            runtime: deployed.runtime().cloned(),
            memory_size: deployed.memory_size(),
            timeout: deployed.timeout(),
            layers: (!layers.is_empty()).then_some(layers),
            vpc_config: deployed.vpc_config().map(vpc_config),
            dead_letter_config: deployed.dead_letter_config().cloned(),
            logging_config: deployed.logging_config().cloned(),
            ephemeral_storage: deployed.ephemeral_storage().cloned(),
            durable_config: deployed.durable_config().cloned(),
            capacity_provider_config: deployed.capacity_provider_config().cloned(),
            tracing_config: deployed
                .tracing_config()
                .map(|tracing| TracingConfig::builder().set_mode(tracing.mode().cloned()).build()),
            snap_start: deployed
                .snap_start()
                .map(|snap_start| SnapStart::builder().set_apply_on(snap_start.apply_on().cloned()).build()),
            file_system_configs: (!file_systems.is_empty()).then(|| file_systems.to_vec()),
        }
    }
}

fn vpc_config(deployed: &VpcConfigResponse) -> VpcConfig {
    VpcConfig::builder()
        .set_subnet_ids(Some(deployed.subnet_ids().to_vec()))
        .set_security_group_ids(Some(deployed.security_group_ids().to_vec()))
        .set_ipv6_allowed_for_dual_stack(deployed.ipv6_allowed_for_dual_stack())
        .build()
}
