//! Describes the desired function.

use crate::lambda::configuration::{Configuration, FunctionOptions};
use crate::lambda::function_state::is_ready;
use crate::lambda::package::Package;
use crate::lambda::tags::Tags;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;

/// The desired state of the function.
#[derive(Clone)]
pub(crate) struct DesiredFunction<'a> {
    pub(crate) name: &'a str,
    pub(crate) options: &'a FunctionOptions,
    /// The options' configuration, with role and assets root. The ARN of a role that does not exist yet is
    /// [`KNOWN_AFTER_APPLY`](crate::deploy::change::KNOWN_AFTER_APPLY) until it does.
    pub(crate) configuration: Configuration,
    pub(crate) package: &'a Package,
    /// Of a new function.
    pub(crate) tags: &'a Tags,
    /// The role is created by this deployment. Lambda's own grants are bound to the role's ID, so the function has to be
    /// updated with a new role even if its ARN is the same.
    pub(crate) role_is_new: bool,
    /// An earlier deployment has sent the code, and did not come to publish it.
    pub(crate) version_is_pending: bool,
    /// The endpoint is pointed to a published version with the desired code and configuration.
    pub(crate) needs_version: bool,
}

impl DesiredFunction<'_> {
    /// Returns the parameters to update. There is at least one if the last change of the function failed.
    pub(crate) fn differences(&self, observed: &GetFunctionConfigurationOutput) -> Vec<String> {
        let mut differences = self.configuration.differences(observed);
        let force_role_update = self.role_is_new || is_ready(self.name, observed).is_err();
        if force_role_update && !differences.iter().any(|parameter| parameter == "Role") {
            differences.push("Role".to_owned());
        }
        differences
    }
}

/// Returns whether the package has to be uploaded. Lambda changes the architecture of a function with its code.
pub(crate) fn code_differs(
    options: &FunctionOptions,
    package: &Package,
    observed: Option<&GetFunctionConfigurationOutput>,
) -> bool {
    observed.is_none_or(|observed| architecture_differs(options, observed) || !has_code(package, observed))
}

/// Returns whether a function or version has the code of the package.
pub(crate) fn has_code(package: &Package, observed: &GetFunctionConfigurationOutput) -> bool {
    observed.code_sha256() == Some(package.sha256_base64.as_str())
}

/// Returns whether a function or version has another architecture than the one that is configured, if any is.
pub(crate) fn architecture_differs(options: &FunctionOptions, observed: &GetFunctionConfigurationOutput) -> bool {
    options.architectures.as_deref().is_some_and(|desired| desired != observed.architectures())
}
