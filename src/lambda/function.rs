//! The Lambda function itself: created, updated, and waited for.
//!
//! Lambda works on a change after it has answered, and refuses the next one meanwhile, so each change here waits
//! until the function is ready. Only GetFunctionConfiguration is used for that: the permissions that users have
//! given do not include GetFunction, which newer waiters call.

use super::configuration::{Configuration, Wanted};
use super::package::Package;
use crate::aws;
use crate::aws::s3::BucketLookup;
use crate::aws::{patiently, retry::READY_TIMEOUT as PATIENCE};
use crate::error::{Error, ErrorCode, Result};
use crate::lambda::code_upload::{self, Sent};
use crate::output::reporter::Reporter;
use aws_config::SdkConfig;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;
use aws_sdk_lambda::types::{LastUpdateStatus, State};
use std::time::Duration;

/// The function as it is; `None` if there is none.
pub(crate) async fn read(config: &SdkConfig, name: &str) -> Result<Option<GetFunctionConfigurationOutput>> {
    describe(&Client::new(config), name).await
}

/// What the function is to be.
pub(crate) struct DesiredFunction<'a> {
    pub(crate) name: &'a str,
    pub(crate) options: &'a Wanted,
    /// With role and assets root.
    pub(crate) configuration: &'a Configuration,
    pub(crate) package: &'a Package,
    /// Where a package goes that is too large for a request.
    pub(crate) bucket: Option<&'a BucketLookup<'a>>,
    /// The role has been made just now. Lambda's own grants are bound to the role's identity, not to its name, so a
    /// function has to be told of a new role even where its ARN is the old one.
    pub(crate) role_is_new: bool,
}

impl DesiredFunction<'_> {
    /// The parameters to send. One is sent again where Lambda has failed, or must look at the role anew.
    fn differences(&self, observed: &GetFunctionConfigurationOutput) -> Vec<String> {
        let mut differences = self.configuration.differences(observed);
        let again = self.role_is_new || is_ready(self.name, observed).is_err();
        if again && !differences.iter().any(|parameter| parameter == "Role") {
            differences.push("Role".to_owned());
        }
        differences
    }
}

/// Whether the package has to be sent.
pub(crate) fn code_differs(
    wanted: &Wanted,
    package: &Package,
    observed: Option<&GetFunctionConfigurationOutput>,
) -> bool {
    observed.is_none_or(|observed| {
        wanted.architectures.as_deref().is_some_and(|wanted| wanted != observed.architectures())
            || observed.code_sha256() != Some(package.sha256_base64.as_str())
    })
}

/// Creates the function, or changes what differs. Returns its ARN, without version or alias.
pub(crate) async fn converge(
    config: &SdkConfig,
    desired: &DesiredFunction<'_>,
    observed: Option<GetFunctionConfigurationOutput>,
    reporter: &dyn Reporter,
) -> Result<String> {
    let name = desired.name;
    let function = Function { lambda: Client::new(config), config, name, desired, reporter };
    let observed = match observed {
        Some(observed) => observed,
        None => match function.create().await? {
            Some(arn) => {
                function.wait().await?;
                return Ok(arn);
            }
            // It has appeared since it was looked for.
            None => function.wait().await?,
        },
    };
    let differences = desired.differences(&observed);
    let code_differs = code_differs(desired.options, desired.package, Some(&observed));
    if !differences.is_empty() {
        function.update_configuration(&observed, &differences).await?;
    }
    if code_differs {
        function.update_code().await?;
    } else {
        reporter.log(format!("the code of {name} is up to date"));
    }
    if differences.is_empty() && !code_differs && !is_ready(name, &observed)? {
        function.wait().await?;
    }
    observed
        .function_arn
        .ok_or_else(|| Error::new(ErrorCode::Internal, format!("AWS shows the function {name} without its ARN")))
}

async fn describe(lambda: &Client, name: &str) -> Result<Option<GetFunctionConfigurationOutput>> {
    match lambda.get_function_configuration().function_name(name).send().await {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if aws::Refusal::of(&error).code == "ResourceNotFoundException" => Ok(None),
        Err(error) => {
            Err(aws::refused(&format!("looking for the function {name}"), "lambda:GetFunctionConfiguration", &error))
        }
    }
}

struct Function<'a> {
    lambda: Client,
    config: &'a SdkConfig,
    name: &'a str,
    desired: &'a DesiredFunction<'a>,
    reporter: &'a dyn Reporter,
}

impl Function<'_> {
    /// `None` if a function of this name is there already.
    async fn create(&self) -> Result<Option<String>> {
        let Function { lambda, name, reporter, .. } = self;
        let DesiredFunction { options, configuration, .. } = self.desired;
        reporter.log(format!("creating the function {name}"));
        let sent = self.send_package().await?;
        let outcome = patiently(*reporter, || {
            let request = lambda.create_function().function_name(*name).publish(true).code(sent.for_creation());
            let request = request.set_architectures(options.architectures.clone());
            let request = configuration.apply_to_creation(request);
            request.customize().config_override(code_upload::time_limits(self.config, self.desired.package.size)).send()
        })
        .await;
        sent.clean_up(*reporter).await;
        match outcome {
            Ok(answer) => Ok(answer.function_arn),
            Err(error) if aws::Refusal::of(&error).is_already_exists() => Ok(None),
            Err(error) => Err(aws::refused(&format!("creating the function {name}"), "lambda:CreateFunction", &error)),
        }
    }

    async fn update_configuration(
        &self,
        observed: &GetFunctionConfigurationOutput,
        differences: &[String],
    ) -> Result<()> {
        let Function { lambda, name, reporter, .. } = self;
        reporter.log(format!("changing the configuration of {name}: {}", differences.join(", ")));
        let changed = self.desired.configuration.only(differences);
        let dropped = changed.dropped_variables(observed);
        if !dropped.is_empty() {
            let names: Vec<_> = dropped.iter().map(String::as_str).collect();
            reporter.warning(format!(
                "variables that lambdaConfiguration.Environment.Variables does not hold are removed from {name}: {}",
                names.join(", ")
            ));
        }
        let outcome = patiently(*reporter, || {
            changed.apply_to_update(lambda.update_function_configuration().function_name(*name)).send()
        })
        .await;
        outcome.map_err(|error| {
            let doing = format!("changing the configuration of {name}");
            aws::refused(&doing, "lambda:UpdateFunctionConfiguration", &error)
        })?;
        self.wait().await.map(drop)
    }

    async fn update_code(&self) -> Result<()> {
        let Function { lambda, name, reporter, .. } = self;
        let DesiredFunction { options, package, .. } = self.desired;
        reporter.log(format!("sending the code of {name}: {} KB", package.size.div_ceil(1024)));
        let sent = self.send_package().await?;
        let outcome = patiently(*reporter, || {
            let request = lambda.update_function_code().function_name(*name).publish(true);
            let request = match &sent {
                Sent::Inline(zip) => request.zip_file(zip.clone()),
                Sent::Staged { bucket, key, .. } => request.s3_bucket(bucket).s3_key(key),
            };
            let request = request.set_architectures(options.architectures.clone());
            request.customize().config_override(code_upload::time_limits(self.config, self.desired.package.size)).send()
        })
        .await;
        sent.clean_up(*reporter).await;
        outcome.map_err(|error| {
            aws::refused(&format!("sending the code of {name}"), "lambda:UpdateFunctionCode", &error)
        })?;
        self.wait().await.map(drop)
    }

    async fn send_package(&self) -> Result<Sent> {
        Sent::new(self.config, self.name, self.desired.package, self.desired.bucket, self.reporter).await
    }

    /// Waits until Lambda has finished a change.
    async fn wait(&self) -> Result<GetFunctionConfigurationOutput> {
        let ready = async {
            let mut pause = Duration::from_millis(200);
            loop {
                if let Some(function) = describe(&self.lambda, self.name).await?
                    && is_ready(self.name, &function)?
                {
                    return Ok(function);
                }
                tokio::time::sleep(pause).await;
                pause = (pause * 3 / 2).min(Duration::from_secs(3));
            }
        };
        tokio::time::timeout(PATIENCE, ready).await.unwrap_or_else(|_| {
            let problem = format!("the function {} was not ready after {} s", self.name, PATIENCE.as_secs());
            Err(Error::new(ErrorCode::ResourceNotReady, problem)
                .hint("Look at it in the Lambda console, and deploy again"))
        })
    }
}

/// Whether Lambda has nothing more to do. `Inactive` is a function that nobody has called for long; it wakes up.
fn is_ready(name: &str, function: &GetFunctionConfigurationOutput) -> Result<bool> {
    let failed = |what: &str, reason: Option<&str>| {
        let reason = reason.unwrap_or("AWS gives no reason");
        Err(Error::new(ErrorCode::ResourceNotReady, format!("{what} the function {name} failed: {reason}")))
    };
    match (function.state(), function.last_update_status()) {
        (Some(State::Failed), _) => failed("creating", function.state_reason()),
        (_, Some(LastUpdateStatus::Failed)) => failed("updating", function.last_update_status_reason()),
        (Some(State::Pending), _) | (_, Some(LastUpdateStatus::InProgress)) => Ok(false),
        _ => Ok(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(state: &str, update: &str) -> GetFunctionConfigurationOutput {
        GetFunctionConfigurationOutput::builder()
            .state(State::from(state))
            .state_reason("the subnet is gone")
            .last_update_status(LastUpdateStatus::from(update))
            .last_update_status_reason("the layer is gone")
            .build()
    }

    #[test]
    fn states_are_read_as_lambda_means_them() {
        assert!(is_ready("f", &function("Active", "Successful")).unwrap());
        assert!(is_ready("f", &function("Inactive", "Successful")).unwrap());
        assert!(!is_ready("f", &function("Pending", "Successful")).unwrap());
        assert!(!is_ready("f", &function("Active", "InProgress")).unwrap());
        assert!(is_ready("f", &function("Failed", "Successful")).unwrap_err().message.contains("subnet"));
        assert!(is_ready("f", &function("Active", "Failed")).unwrap_err().message.contains("layer"));
    }
}
