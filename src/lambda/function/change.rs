//! Decides how the function is changed.

use crate::deploy::change::{Action, Change};
use crate::lambda::function::desired::{DesiredFunction, code_differs};
use crate::lambda::function_state::unknown_variables;
use crate::lambda::tags::Tags;
use crate::output::format;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;

const FUNCTION_TYPE: &str = "AWS::Lambda::Function";
const VERSION_TYPE: &str = "AWS::Lambda::Version";

/// A change of the function.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FunctionChange {
    /// Creates the function with tags.
    Create(Tags),
    UpdateConfiguration {
        /// The parameters, as [`Configuration::differences`](crate::lambda::configuration::Configuration::differences)
        /// names them.
        differences: Vec<String>,
        /// Their old and new values, without those of variables.
        values: String,
        /// Variables that no option sets.
        removed_variables: Vec<String>,
        /// The code follows: until then, the function runs its earlier code.
        is_before_code: bool,
    },
    /// Sends a package of this size, in bytes.
    UpdateCode(u64),
    /// Publishes a version by a request of its own. If the deployer may not, Lambda publishes one with the code.
    PublishVersion,
}

/// Returns the changes in the order in which they are made.
pub(crate) fn changes(
    desired: &DesiredFunction<'_>,
    observed: Option<&GetFunctionConfigurationOutput>,
) -> Vec<FunctionChange> {
    let Some(observed) = observed else {
        return vec![FunctionChange::Create(desired.tags.clone()), FunctionChange::PublishVersion];
    };
    let has_code = code_differs(desired.options, desired.package, Some(observed));
    let mut changes = Vec::new();
    let differences = desired.differences(observed);
    if !differences.is_empty() {
        let removed = desired.configuration.retain_changed(&differences).removed_variables(observed);
        changes.push(FunctionChange::UpdateConfiguration {
            values: desired.configuration.describe(&differences, observed),
            removed_variables: removed.into_iter().collect(),
            is_before_code: has_code,
            differences,
        });
    }
    if has_code {
        changes.push(FunctionChange::UpdateCode(desired.package.size));
    }
    if has_code || desired.version_is_pending || desired.needs_version {
        changes.push(FunctionChange::PublishVersion);
    }
    changes
}

/// Returns warnings of variables that are not compared, or removed.
pub(crate) fn warnings(
    name: &str,
    observed: Option<&GetFunctionConfigurationOutput>,
    changes: &[FunctionChange],
) -> Vec<String> {
    let unknown = observed.and_then(|observed| unknown_variables(name, observed));
    let removed = changes.iter().filter_map(|change| match change {
        FunctionChange::UpdateConfiguration { removed_variables, .. } if !removed_variables.is_empty() => {
            Some(format!(
                "removing environment variables of {name} that lambdaConfiguration.Environment.Variables does not set: {}",
                removed_variables.join(", ")
            ))
        }
        _ => None,
    });
    unknown.into_iter().chain(removed).collect()
}

impl FunctionChange {
    /// Returns the parameters that it updates.
    pub(crate) fn differences(&self) -> &[String] {
        match self {
            FunctionChange::UpdateConfiguration { differences, .. } => differences,
            _ => &[],
        }
    }

    /// Describes the change of a function.
    pub(crate) fn describe(&self, function: &str) -> Change {
        let resource = (FUNCTION_TYPE, function);
        match self {
            FunctionChange::Create(_) => {
                let description = format!("creating the function {function}");
                Change::new(Action::Create, resource, "lambda:CreateFunction", description)
            }
            FunctionChange::UpdateConfiguration { values, removed_variables, is_before_code, .. } => {
                let description = format!("updating the configuration of {function}: {values}");
                let change = Change::new(Action::Update, resource, "lambda:UpdateFunctionConfiguration", description);
                let change = if removed_variables.is_empty() {
                    change
                } else {
                    change.effect(format!("environment variables are removed: {}", removed_variables.join(", ")))
                };
                if *is_before_code {
                    change.effect(format!(
                        "until its code is updated, {function} runs its earlier code with the new configuration"
                    ))
                } else {
                    change
                }
            }
            FunctionChange::UpdateCode(bytes) => {
                // A comparison without a handler does not know the package.
                let size = if *bytes == 0 { String::new() } else { format!(": {}", format::bytes(*bytes)) };
                let description = format!("updating the code of {function}{size}");
                Change::new(Action::Update, resource, "lambda:UpdateFunctionCode", description)
            }
            FunctionChange::PublishVersion => {
                let description = format!("publishing a version of {function}");
                Change::new(Action::Create, (VERSION_TYPE, function), "lambda:PublishVersion", description)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::change::KNOWN_AFTER_APPLY;
    use crate::lambda::configuration::{Configuration, EndpointVersion, FunctionOptions};
    use crate::lambda::package::Package;
    use aws_sdk_lambda::operation::get_function_configuration::builders::GetFunctionConfigurationOutputBuilder;
    use aws_sdk_lambda::types::{Architecture, EnvironmentResponse, LastUpdateStatus, Runtime};

    const ROLE: &str = "arn:aws:iam::1:role/r";

    fn options() -> FunctionOptions {
        let variables = [("TOKEN".to_owned(), "secret".to_owned())].into();
        FunctionOptions {
            configuration: Configuration { memory_size: Some(512), variables, ..Configuration::default() },
            architectures: None,
            endpoint: EndpointVersion::Latest,
            keep_versions: None,
            warnings: Vec::new(),
        }
    }

    fn package() -> Package {
        Package { sha256_base64: "new".into(), size: 2048, ..Package::default() }
    }

    fn observed(memory: i32, sha256: &str) -> GetFunctionConfigurationOutputBuilder {
        let variables = [("TOKEN".to_owned(), "secret".to_owned())].into();
        GetFunctionConfigurationOutput::builder()
            .memory_size(memory)
            .role(ROLE)
            .code_sha256(sha256)
            .environment(EnvironmentResponse::builder().set_variables(Some(variables)).build())
    }

    fn decide(change: impl Fn(DesiredFunction<'_>) -> Vec<FunctionChange>) -> Vec<Change> {
        let (options, package, tags) = (options(), package(), Tags::new());
        let desired = DesiredFunction {
            name: "f",
            options: &options,
            configuration: options.configuration.with_deployment_values(ROLE, None),
            package: &package,
            tags: &tags,
            role_is_new: false,
            version_is_pending: false,
            needs_version: false,
        };
        change(desired).iter().map(|change| change.describe("f")).collect()
    }

    fn lines(change: impl Fn(DesiredFunction<'_>) -> Vec<FunctionChange>) -> Vec<String> {
        decide(change).into_iter().map(|change| change.description).collect()
    }

    #[test]
    fn a_function_is_created_and_its_version_published() {
        assert_eq!(lines(|desired| changes(&desired, None)), ["creating the function f", "publishing a version of f"]);
    }

    #[test]
    fn only_what_differs_is_updated() {
        for (memory, sha256, expected) in [
            (512, "new", &[][..]),
            (256, "new", &["updating the configuration of f: MemorySize 256 -> 512"]),
            (512, "old", &["updating the code of f: 2.0 KB", "publishing a version of f"]),
        ] {
            let found = lines(|desired| changes(&desired, Some(&observed(memory, sha256).build())));
            assert_eq!(found, expected, "{memory} {sha256}");
        }
    }

    #[test]
    fn configuration_and_code_show_what_runs_in_between() {
        let effects = |memory, sha256: &str| {
            let decided = decide(|desired| changes(&desired, Some(&observed(memory, sha256).build())));
            decided.into_iter().flat_map(|change| change.effects).collect::<Vec<_>>()
        };
        assert_eq!(effects(256, "new"), [""; 0]);
        assert_eq!(
            effects(256, "old"),
            ["until its code is updated, f runs its earlier code with the new configuration"]
        );
    }

    #[test]
    fn a_new_role_and_a_failed_change_update_the_role() {
        let failed = observed(512, "new").last_update_status(LastUpdateStatus::Failed).build();
        assert_eq!(lines(|desired| changes(&desired, Some(&failed))), ["updating the configuration of f: Role"]);
        let new_role = |desired: DesiredFunction<'_>| {
            let configuration = desired.options.configuration.with_deployment_values(KNOWN_AFTER_APPLY, None);
            let desired = DesiredFunction { role_is_new: true, configuration, ..desired };
            changes(&desired, Some(&observed(512, "new").build()))
        };
        let expected = format!("updating the configuration of f: Role {ROLE} -> {KNOWN_AFTER_APPLY}");
        assert_eq!(lines(new_role), [expected]);
    }

    #[test]
    fn a_version_that_was_not_published_is_published() {
        let pending = |desired: DesiredFunction<'_>| {
            changes(&DesiredFunction { version_is_pending: true, ..desired }, Some(&observed(512, "new").build()))
        };
        assert_eq!(lines(pending), ["publishing a version of f"]);
    }

    #[test]
    fn another_architecture_is_sent_with_the_code() {
        let other = observed(512, "new").architectures(Architecture::X8664).build();
        let with_architecture = |desired: DesiredFunction<'_>| {
            let options = FunctionOptions { architectures: Some(vec![Architecture::Arm64]), ..desired.options.clone() };
            changes(&DesiredFunction { options: &options, ..desired }, Some(&other))
        };
        assert_eq!(lines(with_architecture)[0], "updating the code of f: 2.0 KB");
        let without_handler = FunctionChange::UpdateCode(0).describe("f").description;
        assert_eq!(without_handler, "updating the code of f");
    }

    #[test]
    fn variables_that_are_removed_are_named_without_values() {
        let variables = [("OLD".to_owned(), "other-secret".to_owned())].into();
        let environment = EnvironmentResponse::builder().set_variables(Some(variables)).build();
        let observed = observed(512, "new").runtime(Runtime::Nodejs24x).environment(environment).build();
        let shown = |desired: DesiredFunction<'_>| {
            let changes = changes(&desired, Some(&observed));
            assert!(warnings("f", Some(&observed), &changes)[0].ends_with("does not set: OLD"));
            assert_eq!(changes[0].describe("f").effects, ["environment variables are removed: OLD"]);
            changes
        };
        assert_eq!(lines(shown), ["updating the configuration of f: Environment.Variables.TOKEN"]);
    }
}
