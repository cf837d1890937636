//! Shows the values of parameters as texts in one line.

use aws_sdk_lambda::types::{
    CapacityProviderConfig, DeadLetterConfig, DurableConfig, EphemeralStorage, FileSystemConfig, LoggingConfig,
    Runtime, SnapStart, TracingConfig, VpcConfig,
};

/// A value of a parameter as a text in one line.
pub(super) trait ValueText {
    fn text(&self) -> String;
}

impl ValueText for String {
    fn text(&self) -> String {
        self.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

impl ValueText for i32 {
    fn text(&self) -> String {
        self.to_string()
    }
}

impl ValueText for Runtime {
    fn text(&self) -> String {
        self.as_str().to_owned()
    }
}

impl ValueText for Vec<String> {
    fn text(&self) -> String {
        format!("[{}]", self.join(", "))
    }
}

impl ValueText for EphemeralStorage {
    fn text(&self) -> String {
        self.size().to_string()
    }
}

impl ValueText for TracingConfig {
    fn text(&self) -> String {
        self.mode().map_or_else(String::new, |mode| mode.as_str().to_owned())
    }
}

impl ValueText for SnapStart {
    fn text(&self) -> String {
        self.apply_on().map_or_else(String::new, |apply_on| apply_on.as_str().to_owned())
    }
}

impl ValueText for DeadLetterConfig {
    fn text(&self) -> String {
        self.target_arn().unwrap_or_default().to_owned()
    }
}

impl ValueText for VpcConfig {
    fn text(&self) -> String {
        let sorted = |ids: &[String]| {
            let mut ids = ids.to_vec();
            ids.sort_unstable();
            (!ids.is_empty()).then(|| ids.text())
        };
        fields(&[
            ("SubnetIds", sorted(self.subnet_ids())),
            ("SecurityGroupIds", sorted(self.security_group_ids())),
            (
                "Ipv6AllowedForDualStack",
                self.ipv6_allowed_for_dual_stack().filter(|allowed| *allowed).map(|allowed| allowed.to_string()),
            ),
        ])
    }
}

impl ValueText for LoggingConfig {
    fn text(&self) -> String {
        fields(&[
            ("LogFormat", self.log_format().map(|format| format.as_str().to_owned())),
            ("ApplicationLogLevel", self.application_log_level().map(|level| level.as_str().to_owned())),
            ("SystemLogLevel", self.system_log_level().map(|level| level.as_str().to_owned())),
            ("LogGroup", self.log_group().map(ToOwned::to_owned)),
        ])
    }
}

impl ValueText for DurableConfig {
    fn text(&self) -> String {
        fields(&[
            ("KMSKeyArn", self.kms_key_arn().map(ToOwned::to_owned)),
            ("RetentionPeriodInDays", self.retention_period_in_days().map(|days| days.to_string())),
            ("ExecutionTimeout", self.execution_timeout().map(|seconds| seconds.to_string())),
        ])
    }
}

impl ValueText for CapacityProviderConfig {
    fn text(&self) -> String {
        let Some(instances) = self.lambda_managed_instances_capacity_provider_config() else { return String::new() };
        fields(&[
            ("CapacityProviderArn", Some(instances.capacity_provider_arn().to_owned())),
            (
                "PerExecutionEnvironmentMaxConcurrency",
                instances.per_execution_environment_max_concurrency().map(|number| number.to_string()),
            ),
            (
                "ExecutionEnvironmentMemoryGiBPerVCpu",
                instances.execution_environment_memory_gib_per_v_cpu().map(|number| number.to_string()),
            ),
        ])
    }
}

impl ValueText for Vec<FileSystemConfig> {
    fn text(&self) -> String {
        let mounts = self.iter().map(|mount| format!("{} at {}", mount.arn(), mount.local_mount_path()));
        mounts.collect::<Vec<_>>().text()
    }
}

/// Joins the fields that are set.
fn fields(fields: &[(&str, Option<String>)]) -> String {
    let set = fields.iter().filter_map(|(name, value)| Some(format!("{name}: {}", value.as_deref()?)));
    set.collect::<Vec<_>>().join(", ")
}
