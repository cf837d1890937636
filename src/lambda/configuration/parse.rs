//! `lambdaConfiguration`, in AWS' spelling, into the types of the SDK.

use super::{Configuration, Wanted};
use crate::config::object_reader::Fields;
use crate::error::{Error, ErrorCode, Result};
use aws_sdk_lambda::types::{
    ApplicationLogLevel, Architecture, CapacityProviderConfig, DeadLetterConfig, DurableConfig, EphemeralStorage,
    FileSystemConfig, LambdaManagedInstancesCapacityProviderConfig, LogFormat, LoggingConfig, SnapStart,
    SnapStartApplyOn, SystemLogLevel, TracingConfig, TracingMode, VpcConfig,
};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Numbers in AWS' parameters are 32 bits wide; AWS itself knows their present limits.
const ANY: std::ops::RangeInclusive<i64> = 0..=i32::MAX as i64;

/// Parameters of CreateFunction or UpdateFunctionConfiguration that have no place in a skill's configuration.
const REFUSED: [(&str, &str); 8] = [
    ("Code", "the code is the skill's handler, which this module packs"),
    ("CodeSigningConfigArn", "the package is not signed, so Lambda would refuse it"),
    ("FunctionName", "the name comes from the project and the deployment target"),
    ("ImageConfig", "it is for container images, and a skill's function is made from a zip"),
    ("PackageType", "a skill's function is made from a zip"),
    ("Publish", "each deployment that changes the code publishes a version"),
    ("RevisionId", "it names one state of the function, so that the next deployment would be refused"),
    ("Tags", "Lambda takes tags only when a function is created: set them with `aws lambda tag-resource`"),
];

pub(crate) fn wanted(lambda_configuration: &Map<String, Value>) -> Result<Wanted> {
    let mut fields = Fields::new("lambdaConfiguration", lambda_configuration);
    let configuration = Configuration {
        description: fields.text("Description")?,
        handler: fields.text("Handler")?,
        memory_size: number(&mut fields, "MemorySize")?,
        role: fields.text("Role")?,
        runtime: fields.text("Runtime")?,
        timeout: number(&mut fields, "Timeout")?,
        variables: variables(fields.value("Environment"), &fields)?,
        capacity_provider_config: part(&mut fields, "CapacityProviderConfig", capacity_provider)?,
        dead_letter_config: part(&mut fields, "DeadLetterConfig", dead_letter)?,
        durable_config: part(&mut fields, "DurableConfig", durable)?,
        ephemeral_storage: part(&mut fields, "EphemeralStorage", ephemeral_storage)?,
        file_system_configs: file_systems(fields.value("FileSystemConfigs"), &fields)?,
        kms_key_arn: fields.text("KMSKeyArn")?,
        layers: fields.texts("Layers")?,
        logging_config: part(&mut fields, "LoggingConfig", logging)?,
        snap_start: part(&mut fields, "SnapStart", snap_start)?,
        tracing_config: part(&mut fields, "TracingConfig", tracing)?,
        vpc_config: part(&mut fields, "VpcConfig", vpc)?,
    };
    let architectures = fields.value("Architectures").map(|value| architectures(value, &fields)).transpose()?;
    let keep_versions = fields.number("keepVersions", 0..=10_000)?;
    fields.refuse(&REFUSED)?;
    fields.finish()?;
    Ok(Wanted {
        configuration,
        architectures: architectures.map(|names| names.iter().map(|name| Architecture::from(name.as_str())).collect()),
        keep_versions: keep_versions.and_then(|number| usize::try_from(number).ok()),
    })
}

/// The SDK's builders check that nothing is missing, which has been checked here before.
fn incomplete(error: impl std::fmt::Display) -> Error {
    Error::new(ErrorCode::Internal, format!("an incomplete lambdaConfiguration: {error}"))
}

fn number(fields: &mut Fields, key: &'static str) -> Result<Option<i32>> {
    Ok(fields.number(key, ANY)?.and_then(|number| i32::try_from(number).ok()))
}

/// Reads one nested object, all of whose keys have to be known.
fn part<T>(fields: &mut Fields, key: &'static str, read: fn(&mut Fields) -> Result<T>) -> Result<Option<T>> {
    let Some(mut inner) = fields.fields(key)? else { return Ok(None) };
    let value = read(&mut inner)?;
    inner.finish()?;
    Ok(Some(value))
}

/// Values have become strings at the door already, where JavaScript's spelling of them is known.
fn variables(environment: Option<&Value>, fields: &Fields) -> Result<BTreeMap<String, String>> {
    let Some(environment) = environment else { return Ok(BTreeMap::new()) };
    let Some(environment) = environment.as_object() else {
        return Err(no_object(&fields.path_of("Environment")));
    };
    let mut inner = Fields::new(fields.path_of("Environment"), environment);
    let variables = inner.value("Variables");
    let variables = match variables {
        None => BTreeMap::new(),
        Some(Value::Object(variables)) => variables
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
            .collect(),
        Some(_) => return Err(no_object(&inner.path_of("Variables"))),
    };
    inner.finish()?;
    Ok(variables)
}

/// A function has one.
fn architectures(value: &Value, fields: &Fields) -> Result<Vec<Architecture>> {
    match value.as_array().map(Vec::as_slice) {
        Some([Value::String(name)]) if name == "x86_64" || name == "arm64" => {
            Ok(vec![Architecture::from(name.as_str())])
        }
        _ => Err(fields.wrong("Architectures", "[\"x86_64\"] or [\"arm64\"]", value)),
    }
}

/// Says nothing of the value: variables hold secrets.
fn no_object(path: &str) -> Error {
    Error::new(ErrorCode::InvalidOption, format!("{path} should be an object")).hint("Correct it in the Litexa config")
}

fn vpc(fields: &mut Fields) -> Result<VpcConfig> {
    Ok(VpcConfig::builder()
        .set_subnet_ids(fields.texts("SubnetIds")?)
        .set_security_group_ids(fields.texts("SecurityGroupIds")?)
        .set_ipv6_allowed_for_dual_stack(fields.flag("Ipv6AllowedForDualStack")?)
        .build())
}

fn dead_letter(fields: &mut Fields) -> Result<DeadLetterConfig> {
    Ok(DeadLetterConfig::builder().set_target_arn(fields.text("TargetArn")?).build())
}

fn tracing(fields: &mut Fields) -> Result<TracingConfig> {
    let mode = fields.choice("Mode", &[("Active", "Active"), ("PassThrough", "PassThrough")])?.map(TracingMode::from);
    Ok(TracingConfig::builder().set_mode(mode).build())
}

fn ephemeral_storage(fields: &mut Fields) -> Result<EphemeralStorage> {
    // Lambda's own default, where the object is empty.
    EphemeralStorage::builder().size(number(fields, "Size")?.unwrap_or(512)).build().map_err(incomplete)
}

fn snap_start(fields: &mut Fields) -> Result<SnapStart> {
    let words = [("PublishedVersions", "PublishedVersions"), ("None", "None")];
    let apply_on = fields.choice("ApplyOn", &words)?.map(SnapStartApplyOn::from);
    Ok(SnapStart::builder().set_apply_on(apply_on).build())
}

fn logging(fields: &mut Fields) -> Result<LoggingConfig> {
    const FORMATS: [(&str, &str); 2] = [("Text", "Text"), ("JSON", "JSON")];
    const LEVELS: [(&str, &str); 6] = [
        ("TRACE", "TRACE"),
        ("DEBUG", "DEBUG"),
        ("INFO", "INFO"),
        ("WARN", "WARN"),
        ("ERROR", "ERROR"),
        ("FATAL", "FATAL"),
    ];
    const SYSTEM_LEVELS: [(&str, &str); 3] = [("DEBUG", "DEBUG"), ("INFO", "INFO"), ("WARN", "WARN")];
    Ok(LoggingConfig::builder()
        .set_log_format(fields.choice("LogFormat", &FORMATS)?.map(LogFormat::from))
        .set_application_log_level(fields.choice("ApplicationLogLevel", &LEVELS)?.map(ApplicationLogLevel::from))
        .set_system_log_level(fields.choice("SystemLogLevel", &SYSTEM_LEVELS)?.map(SystemLogLevel::from))
        .set_log_group(fields.text("LogGroup")?)
        .build())
}

fn durable(fields: &mut Fields) -> Result<DurableConfig> {
    Ok(DurableConfig::builder()
        .set_kms_key_arn(fields.text("KMSKeyArn")?)
        .set_retention_period_in_days(number(fields, "RetentionPeriodInDays")?)
        .set_execution_timeout(number(fields, "ExecutionTimeout")?)
        .build())
}

fn capacity_provider(fields: &mut Fields) -> Result<CapacityProviderConfig> {
    let instances = part(fields, "LambdaManagedInstancesCapacityProviderConfig", |fields| {
        let arn = fields.value("CapacityProviderArn").cloned().unwrap_or_default();
        let Some(arn) = arn.as_str() else { return Err(fields.wrong("CapacityProviderArn", "a string", &arn)) };
        let memory = fields.decimal("ExecutionEnvironmentMemoryGiBPerVCpu")?;
        LambdaManagedInstancesCapacityProviderConfig::builder()
            .capacity_provider_arn(arn)
            .set_per_execution_environment_max_concurrency(number(fields, "PerExecutionEnvironmentMaxConcurrency")?)
            .set_execution_environment_memory_gib_per_v_cpu(memory)
            .build()
            .map_err(incomplete)
    })?;
    Ok(CapacityProviderConfig::builder().set_lambda_managed_instances_capacity_provider_config(instances).build())
}

fn file_systems(value: Option<&Value>, fields: &Fields) -> Result<Option<Vec<FileSystemConfig>>> {
    let Some(value) = value else { return Ok(None) };
    let wrong = || fields.wrong("FileSystemConfigs", "a list of {Arn, LocalMountPath}", value);
    let mut systems = Vec::new();
    for (index, entry) in value.as_array().ok_or_else(wrong)?.iter().enumerate() {
        let path = format!("{}[{index}]", fields.path_of("FileSystemConfigs"));
        let mut inner = Fields::new(path, entry.as_object().ok_or_else(wrong)?);
        let (arn, mount) = (inner.text("Arn")?, inner.text("LocalMountPath")?);
        inner.finish()?;
        let (Some(arn), Some(mount)) = (arn, mount) else { return Err(wrong()) };
        systems.push(FileSystemConfig::builder().arn(arn).local_mount_path(mount).build().map_err(incomplete)?);
    }
    Ok(Some(systems))
}
