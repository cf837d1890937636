//! Converts `lambdaConfiguration`, which has been checked by its table, to the types of the SDK.

use crate::config::object_reader::Values;
use crate::error::{Error, ErrorCode, Result};
use aws_sdk_lambda::types::{
    ApplicationLogLevel, Architecture, CapacityProviderConfig, DeadLetterConfig, DurableConfig, EphemeralStorage,
    FileSystemConfig, LambdaManagedInstancesCapacityProviderConfig, LogFormat, LoggingConfig, Runtime, SnapStart,
    SnapStartApplyOn, SystemLogLevel, TracingConfig, TracingMode, VpcConfig,
};
use std::collections::BTreeMap;

/// See <https://docs.aws.amazon.com/lambda/latest/api/API_EphemeralStorage.html>.
const DEFAULT_STORAGE_MB: i32 = 512;

pub(super) fn variables(values: &Values) -> Result<BTreeMap<String, String>> {
    let environment: Values = values.get("Environment")?.unwrap_or_default();
    Ok(environment.get("Variables")?.unwrap_or_default())
}

pub(super) fn architectures(values: &Values) -> Result<Option<Vec<Architecture>>> {
    let names: Option<Vec<String>> = values.get("Architectures")?;
    Ok(names.map(|names| names.iter().map(|name| Architecture::from(name.as_str())).collect()))
}

pub(super) fn runtime(values: &Values, name: &str) -> Result<Option<Runtime>> {
    one_of(values, name)
}

pub(super) fn vpc_config(values: &Values, name: &str) -> Result<Option<VpcConfig>> {
    nested(values, name, |values| {
        Ok(VpcConfig::builder()
            .set_subnet_ids(values.get("SubnetIds")?)
            .set_security_group_ids(values.get("SecurityGroupIds")?)
            .set_ipv6_allowed_for_dual_stack(values.get("Ipv6AllowedForDualStack")?)
            .build())
    })
}

pub(super) fn dead_letter_config(values: &Values, name: &str) -> Result<Option<DeadLetterConfig>> {
    nested(values, name, |values| Ok(DeadLetterConfig::builder().set_target_arn(values.get("TargetArn")?).build()))
}

pub(super) fn tracing_config(values: &Values, name: &str) -> Result<Option<TracingConfig>> {
    nested(values, name, |values| Ok(TracingConfig::builder().set_mode(one_of::<TracingMode>(values, "Mode")?).build()))
}

pub(super) fn ephemeral_storage(values: &Values, name: &str) -> Result<Option<EphemeralStorage>> {
    nested(values, name, |values| {
        let size = values.get("Size")?.unwrap_or(DEFAULT_STORAGE_MB);
        EphemeralStorage::builder().size(size).build().map_err(incomplete)
    })
}

pub(super) fn snap_start(values: &Values, name: &str) -> Result<Option<SnapStart>> {
    nested(values, name, |values| {
        Ok(SnapStart::builder().set_apply_on(one_of::<SnapStartApplyOn>(values, "ApplyOn")?).build())
    })
}

pub(super) fn logging_config(values: &Values, name: &str) -> Result<Option<LoggingConfig>> {
    nested(values, name, |values| {
        Ok(LoggingConfig::builder()
            .set_log_format(one_of::<LogFormat>(values, "LogFormat")?)
            .set_application_log_level(one_of::<ApplicationLogLevel>(values, "ApplicationLogLevel")?)
            .set_system_log_level(one_of::<SystemLogLevel>(values, "SystemLogLevel")?)
            .set_log_group(values.get("LogGroup")?)
            .build())
    })
}

pub(super) fn durable_config(values: &Values, name: &str) -> Result<Option<DurableConfig>> {
    nested(values, name, |values| {
        Ok(DurableConfig::builder()
            .set_kms_key_arn(values.get("KMSKeyArn")?)
            .set_retention_period_in_days(values.get("RetentionPeriodInDays")?)
            .set_execution_timeout(values.get("ExecutionTimeout")?)
            .build())
    })
}

pub(super) fn capacity_provider_config(values: &Values, name: &str) -> Result<Option<CapacityProviderConfig>> {
    nested(values, name, |values| {
        let instances = nested(values, "LambdaManagedInstancesCapacityProviderConfig", |values| {
            LambdaManagedInstancesCapacityProviderConfig::builder()
                .capacity_provider_arn(values.require::<String>("CapacityProviderArn")?)
                .set_per_execution_environment_max_concurrency(values.get("PerExecutionEnvironmentMaxConcurrency")?)
                .set_execution_environment_memory_gib_per_v_cpu(values.get("ExecutionEnvironmentMemoryGiBPerVCpu")?)
                .build()
                .map_err(incomplete)
        })?;
        Ok(CapacityProviderConfig::builder().set_lambda_managed_instances_capacity_provider_config(instances).build())
    })
}

pub(super) fn file_system_configs(values: &Values, name: &str) -> Result<Option<Vec<FileSystemConfig>>> {
    let file_system = |values: &Values| {
        let (arn, path): (String, String) = (values.require("Arn")?, values.require("LocalMountPath")?);
        FileSystemConfig::builder().arn(arn).local_mount_path(path).build().map_err(incomplete)
    };
    let list: Option<Vec<Values>> = values.get(name)?;
    list.map(|list| list.iter().map(file_system).collect()).transpose()
}

fn nested<T>(values: &Values, name: &str, convert: impl Fn(&Values) -> Result<T>) -> Result<Option<T>> {
    values.get::<Values>(name)?.as_ref().map(convert).transpose()
}

fn one_of<T: for<'a> From<&'a str>>(values: &Values, name: &str) -> Result<Option<T>> {
    Ok(values.get::<String>(name)?.as_deref().map(T::from))
}

/// The builders of the SDK check that nothing is missing, which has been checked before.
fn incomplete(error: impl std::fmt::Display) -> Error {
    Error::new(ErrorCode::Internal, format!("an incomplete lambdaConfiguration: {error}"))
}
