//! Creates and updates the Lambda function, and waits until it is ready.
//!
//! Lambda continues to work on a change after its response, and rejects another change until then
//! (<https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html>), so each change waits until the function is
//! ready. Only GetFunctionConfiguration is used for that: the permissions that users have granted do not include
//! `lambda:GetFunction`, which the newer waiters of the SDK call.

use crate::aws::retry::Change;
use crate::aws::session::Session;
use crate::aws::{self, CallResult, retry, timeouts};
use crate::error::{Error, ErrorCode, Result};
use crate::lambda::code_upload::{self, CodeSource, StagingBucket};
use crate::lambda::configuration::{Configuration, FunctionOptions};
use crate::lambda::package::Package;
use crate::output::format;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;
use aws_sdk_lambda::types::{LastUpdateStatus, State};
use std::time::Duration;

const MAX_POLL_PAUSE: Duration = Duration::from_secs(3);

/// Reads the configuration of the function; `None` if it does not exist.
pub(crate) async fn observe(session: Session<'_>, name: &str) -> Result<Option<GetFunctionConfigurationOutput>> {
    get_configuration(&Client::new(session.config), name).await
}

/// The desired state of the function.
pub(crate) struct DesiredFunction<'a> {
    pub(crate) name: &'a str,
    pub(crate) options: &'a FunctionOptions,
    /// The options' configuration, with role and assets root.
    pub(crate) configuration: &'a Configuration,
    pub(crate) package: &'a Package,
    /// The bucket for a package that exceeds the limit of a request.
    pub(crate) bucket: StagingBucket<'a>,
    /// The role was just created. Lambda's own grants are bound to the role's ID, so the function has to be updated with
    /// a new role even if its ARN is the same.
    pub(crate) role_is_new: bool,
    /// A change of the role that Lambda may not know yet.
    pub(crate) role_change: Option<Change>,
}

impl DesiredFunction<'_> {
    /// Returns the parameters to update. There is at least one if the last change of the function failed.
    fn differences(&self, observed: &GetFunctionConfigurationOutput) -> Vec<String> {
        let mut differences = self.configuration.differences(observed);
        let force_role_update = self.role_is_new || is_ready(self.name, observed).is_err();
        if force_role_update && !differences.iter().any(|parameter| parameter == "Role") {
            differences.push("Role".to_owned());
        }
        differences
    }
}

/// Returns whether the package has to be uploaded.
pub(crate) fn code_differs(
    options: &FunctionOptions,
    package: &Package,
    observed: Option<&GetFunctionConfigurationOutput>,
) -> bool {
    observed.is_none_or(|observed| {
        options.architectures.as_deref().is_some_and(|desired| desired != observed.architectures())
            || observed.code_sha256() != Some(package.sha256_base64.as_str())
    })
}

/// Creates the function, or updates what differs. Returns its ARN, without version or alias.
///
/// # Errors
/// The error of a call; `ResourceNotReady` if Lambda reports a failure, or is not ready in time.
pub(crate) async fn apply(
    session: Session<'_>,
    desired: &DesiredFunction<'_>,
    observed: Option<GetFunctionConfigurationOutput>,
) -> Result<String> {
    let function = Function { lambda: Client::new(session.config), name: desired.name, desired, session };
    let observed = match observed {
        Some(observed) => observed,
        None => match function.create().await? {
            Some(arn) => {
                function.wait_until_ready().await?;
                return Ok(arn);
            }
            // It was created after it was looked up.
            None => function.wait_until_ready().await?,
        },
    };
    function.update(&observed).await?;
    observed.function_arn.ok_or_else(|| {
        let message = format!("the GetFunctionConfiguration response for {} has no FunctionArn", desired.name);
        Error::new(ErrorCode::Internal, message)
    })
}

async fn get_configuration(lambda: &Client, name: &str) -> Result<Option<GetFunctionConfigurationOutput>> {
    let request = lambda.get_function_configuration().function_name(name);
    let call = aws::call(format!("looking up the function {name}"), "lambda:GetFunctionConfiguration");
    Ok(call.send(|| request.clone().send()).await.optional()?)
}

struct Function<'a> {
    lambda: Client,
    name: &'a str,
    desired: &'a DesiredFunction<'a>,
    session: Session<'a>,
}

impl Function<'_> {
    /// Returns the ARN, or `None` if a function of this name exists.
    async fn create(&self) -> Result<Option<String>> {
        let Function { lambda, name, session, .. } = self;
        let DesiredFunction { options, configuration, .. } = self.desired;
        session.reporter.log(format!("creating the function {name}"));
        let source = self.upload().await?;
        let created = aws::call(format!("creating the function {name}"), "lambda:CreateFunction")
            .reporting(session.reporter)
            .after(self.desired.role_change)
            .send(|| {
                let request =
                    lambda.create_function().function_name(*name).publish(true).code(source.to_function_code());
                let request = request.set_architectures(options.architectures.clone());
                let request = configuration.apply_to_creation(request);
                request.customize().config_override(self.timeout_for_code()).send()
            })
            .await
            .unless_exists();
        source.clean_up(session.reporter).await;
        Ok(created?.and_then(|response| response.function_arn))
    }

    async fn update(&self, observed: &GetFunctionConfigurationOutput) -> Result<()> {
        let differences = self.desired.differences(observed);
        let code_differs = code_differs(self.desired.options, self.desired.package, Some(observed));
        if !differences.is_empty() {
            self.update_configuration(observed, &differences).await?;
        }
        if code_differs {
            self.update_code().await?;
        } else {
            self.session.reporter.log(format!("the code of {} is up to date", self.name));
        }
        if differences.is_empty() && !code_differs && !is_ready(self.name, observed)? {
            self.wait_until_ready().await?;
        }
        Ok(())
    }

    async fn update_configuration(
        &self,
        observed: &GetFunctionConfigurationOutput,
        differences: &[String],
    ) -> Result<()> {
        let Function { lambda, name, session, .. } = self;
        let operation = format!("updating the configuration of {name}");
        session.reporter.log(format!("{operation}: {}", differences.join(", ")));
        let changed = self.desired.configuration.retain_changed(differences);
        let removed: Vec<_> = changed.removed_variables(observed).into_iter().collect();
        if !removed.is_empty() {
            session.reporter.warning(format!(
                "removing environment variables of {name} that lambdaConfiguration.Environment.Variables does not set: {}",
                removed.join(", ")
            ));
        }
        aws::call(operation, "lambda:UpdateFunctionConfiguration")
            .reporting(session.reporter)
            .after(Change::FunctionCreated)
            .after(self.desired.role_change)
            .send(|| changed.apply_to_update(lambda.update_function_configuration().function_name(*name)).send())
            .await?;
        self.wait_until_ready().await.map(drop)
    }

    async fn update_code(&self) -> Result<()> {
        let Function { lambda, name, session, .. } = self;
        let operation = format!("updating the code of {name}");
        session.reporter.log(format!("{operation}: {}", format::bytes(self.desired.package.size)));
        let source = self.upload().await?;
        let updated = aws::call(operation, "lambda:UpdateFunctionCode")
            .reporting(session.reporter)
            .after(Change::FunctionCreated)
            .send(|| {
                let request = lambda.update_function_code().function_name(*name).publish(true);
                let request = match &source {
                    CodeSource::ZipFile(zip) => request.zip_file(zip.clone()),
                    CodeSource::S3Object(object) => request.s3_bucket(&object.bucket).s3_key(&object.key),
                };
                let request = request.set_architectures(self.desired.options.architectures.clone());
                request.customize().config_override(self.timeout_for_code()).send()
            })
            .await;
        source.clean_up(session.reporter).await;
        updated?;
        self.wait_until_ready().await.map(drop)
    }

    async fn upload(&self) -> Result<CodeSource> {
        code_upload::upload(self.session, self.name, self.desired.package, self.desired.bucket).await
    }

    /// Returns the overrides for a request with the package, or with its S3 object, which Lambda reads before it
    /// responds.
    fn timeout_for_code(&self) -> aws_sdk_lambda::config::Builder {
        let default = self.session.config.timeout_config();
        aws_sdk_lambda::Config::builder().timeout_config(timeouts::for_body(default, self.desired.package.size))
    }

    /// Waits until Lambda has completed a change.
    async fn wait_until_ready(&self) -> Result<GetFunctionConfigurationOutput> {
        let ready = retry::poll(retry::READY_TIMEOUT, MAX_POLL_PAUSE, || async {
            match get_configuration(&self.lambda, self.name).await? {
                Some(function) if is_ready(self.name, &function)? => Ok(Some(function)),
                _ => Ok(None),
            }
        });
        ready.await?.ok_or_else(|| {
            let timeout = format::duration(retry::READY_TIMEOUT);
            let message = format!("waiting for the function {} timed out after {timeout}", self.name);
            Error::new(ErrorCode::ResourceNotReady, message)
                .hint("Check its state in the Lambda console, and deploy again")
        })
    }
}

/// Returns whether Lambda has completed all changes. An `Inactive` function was not invoked for weeks, and is ready:
/// an invocation activates it.
///
/// # Errors
/// `ResourceNotReady` if the last change failed.
fn is_ready(name: &str, function: &GetFunctionConfigurationOutput) -> Result<bool> {
    let failed = |operation: &str, reason: Option<&str>| {
        let reason = reason.unwrap_or("Lambda reports no reason");
        Err(Error::new(ErrorCode::ResourceNotReady, format!("{operation} the function {name} failed: {reason}")))
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
    fn a_function_is_ready_when_no_change_is_pending_and_a_failed_change_is_an_error() {
        assert!(is_ready("f", &function("Active", "Successful")).unwrap());
        assert!(is_ready("f", &function("Inactive", "Successful")).unwrap());
        assert!(!is_ready("f", &function("Pending", "Successful")).unwrap());
        assert!(!is_ready("f", &function("Active", "InProgress")).unwrap());
        assert!(is_ready("f", &function("Failed", "Successful")).unwrap_err().message.contains("subnet"));
        assert!(is_ready("f", &function("Active", "Failed")).unwrap_err().message.contains("layer"));
    }
}
