//! Creates and updates the Lambda function, and waits until it is ready.
//!
//! Lambda continues to work on a change after its response, and rejects another change until then
//! (<https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html>), so each change waits until the function is
//! ready. Only GetFunctionConfiguration is used for that: the permissions that users have granted do not include
//! `lambda:GetFunction`, which the newer waiters of the SDK call.

use crate::aws::arn::Partition;
use crate::aws::region::config_region;
use crate::aws::retry::RecentChange;
use crate::aws::session::Session;
use crate::aws::{self, CallError, CallResult, timeouts};
use crate::error::{Error, ErrorCode, Result};
use crate::fs::InProgressMarker;
use crate::lambda::code_upload::{self, CodeSource, StagingBucket};
use crate::lambda::configuration::{Configuration, FunctionOptions};
use crate::lambda::function_state::{get_configuration, is_ready, unknown_variables, wait_until_ready};
use crate::lambda::package::Package;
use crate::lambda::publish_version::{self, Release};
use crate::lambda::restore_runtime::Updated;
use crate::lambda::tags::{self, Tags};
use crate::lambda::zip_in_request::ZipInRequest;
use crate::output::format;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::operation::create_function::CreateFunctionOutput;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;
use aws_sdk_lambda::operation::update_function_code::UpdateFunctionCodeOutput;
use aws_sdk_lambda::operation::update_function_code::builders::UpdateFunctionCodeFluentBuilder;
use aws_sdk_lambda::types::Runtime;

/// How often a version is published anew when the function has changed in the meantime.
const MAX_PUBLICATIONS: u32 = 5;

/// A part of Lambda's refusal of changes of a function whose runtime is retired.
/// See <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html#runtime-deprecation-levels>.
const RETIRED_RUNTIME: &str = "no longer supported for creating or updating";

const VPC_POLICY: &str = "service-role/AWSLambdaVPCAccessExecutionRole";

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
    /// Of a new function.
    pub(crate) tags: &'a Tags,
    /// The bucket for a package that exceeds the limit of a request.
    pub(crate) bucket: StagingBucket<'a>,
    /// The role was just created. Lambda's own grants are bound to the role's ID, so the function has to be updated with
    /// a new role even if its ARN is the same.
    pub(crate) role_is_new: bool,
    /// A change of the role that Lambda may not know yet.
    pub(crate) role_change: Option<RecentChange>,
    /// The description of the version.
    pub(crate) release: &'a str,
    /// Records that the code was sent, and its version is not published yet.
    pub(crate) version_marker: &'a InProgressMarker,
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
            Some(arn) => return Ok(unqualified(&arn)),
            // It was created after it was looked up.
            None => wait_until_ready(&function.lambda, desired.name).await?,
        },
    };
    function.update(&observed).await?;
    observed.function_arn.ok_or_else(|| {
        let message = format!("the GetFunctionConfiguration response for {} has no FunctionArn", desired.name);
        Error::new(ErrorCode::Internal, message)
    })
}

/// Returns a function's ARN without the version that an answer about a published function may name.
fn unqualified(arn: &str) -> String {
    const PARTS: usize = 7;
    arn.split(':').take(PARTS).collect::<Vec<_>>().join(":")
}

/// The code in the place from which Lambda reads it.
struct Prepared {
    source: CodeSource,
    /// The version is published by a request of its own, which names the digest of the code.
    publishes_separately: bool,
}

struct Function<'a> {
    lambda: Client,
    name: &'a str,
    desired: &'a DesiredFunction<'a>,
    session: Session<'a>,
}

/// The parts of CreateFunction that depend on the deployer's rights.
#[derive(Clone, Copy)]
struct Creation<'a> {
    source: &'a CodeSource,
    publish: bool,
    tags: &'a Tags,
}

impl Function<'_> {
    /// Returns the ARN, or `None` if a function of this name exists.
    async fn create(&self) -> Result<Option<String>> {
        let Function { name, session, .. } = self;
        session.reporter.log(format!("creating the function {name}"));
        let Prepared { source, publishes_separately } = self.prepare().await?;
        self.mark_version(publishes_separately)?;
        let creation = Creation { source: &source, publish: !publishes_separately, tags: self.desired.tags };
        let created = self.send_creation(creation).await;
        let created = if tags::were_denied(&created, "lambda:TagResource", session.reporter) {
            self.send_creation(Creation { tags: &Tags::new(), ..creation }).await
        } else {
            created
        };
        let created = created.map_err(|error| self.with_hint(error)).unless_exists();
        source.clean_up(session.reporter).await;
        let Some(created) = created? else { return Ok(None) };
        self.verify(created.code_sha256())?;
        self.complete(publishes_separately).await?;
        Ok(created.function_arn)
    }

    async fn send_creation(&self, creation: Creation<'_>) -> Result<CreateFunctionOutput, CallError> {
        let Function { lambda, name, session, .. } = self;
        let DesiredFunction { options, configuration, .. } = self.desired;
        let Creation { source, publish, tags } = creation;
        let tags = (!tags.is_empty()).then(|| tags.clone().into_iter().collect());
        aws::call(format!("creating the function {name}"), "lambda:CreateFunction")
            .reporting(session.reporter)
            .hiding(configuration.secrets())
            .after(self.desired.role_change)
            .send(|| {
                let request = lambda.create_function().function_name(*name).publish(publish).set_tags(tags.clone());
                let request = request.code(source.to_function_code()).set_architectures(options.architectures.clone());
                let request = configuration.apply_to_creation(request);
                let request = request.customize().interceptor(source.interceptor(self.desired.package));
                request.config_override(self.timeout_for_code()).send()
            })
            .await
    }

    async fn update(&self, observed: &GetFunctionConfigurationOutput) -> Result<()> {
        let differences = self.desired.differences(observed);
        if let Some(warning) = unknown_variables(self.name, observed) {
            self.session.reporter.warning(warning);
        }
        if code_differs(self.desired.options, self.desired.package, Some(observed)) {
            return self.update_with_code(observed, &differences).await;
        }
        if !differences.is_empty() {
            self.update_configuration(observed, &differences).await?;
        }
        self.session.reporter.log(format!("the code of {} is up to date", self.name));
        if differences.is_empty() && !is_ready(self.name, observed)? {
            wait_until_ready(&self.lambda, self.name).await?;
        }
        // An earlier deployment has sent the code, and did not come to publish it.
        if self.desired.version_marker.exists(self.name) { self.publish().await } else { Ok(()) }
    }

    /// Tries what can fail, then changes configuration and code in direct succession: between the two changes, the
    /// function runs one of them without the other.
    async fn update_with_code(&self, observed: &GetFunctionConfigurationOutput, differences: &[String]) -> Result<()> {
        let Prepared { source, publishes_separately } = self.prepare().await?;
        let updating = async {
            let is_staged = matches!(source, CodeSource::S3Object(_));
            if is_staged || self.changes_platform(observed, differences) {
                self.try_code(&source, observed, differences).await?;
            }
            if differences.is_empty() {
                return self.update_code(&source, publishes_separately).await;
            }
            self.update_configuration(observed, differences).await?;
            match self.update_code(&source, publishes_separately).await {
                Err(refusal) => {
                    let updated = Updated { name: self.name, before: observed, differences };
                    Err(updated.after_refused_code(self.session, &self.lambda, refusal).await)
                }
                Ok(()) => Ok(()),
            }
        };
        let updated = updating.await;
        source.clean_up(self.session.reporter).await;
        updated?;
        self.complete(publishes_separately).await
    }

    /// Returns whether the code arrives together with another runtime or processor architecture.
    fn changes_platform(&self, observed: &GetFunctionConfigurationOutput, differences: &[String]) -> bool {
        let architectures = self.desired.options.architectures.as_deref();
        differences.iter().any(|parameter| parameter == "Runtime")
            || architectures.is_some_and(|desired| desired != observed.architectures())
    }

    /// Uploads or reads the package, and determines how its version is published.
    async fn prepare(&self) -> Result<Prepared> {
        let source = code_upload::upload(self.session, self.name, self.desired.package, self.desired.bucket);
        let (source, allowed) =
            tokio::join!(source, publish_version::is_allowed(self.session, &self.lambda, self.release()));
        let source = source?;
        match allowed {
            Ok(publishes_separately) => Ok(Prepared { source, publishes_separately }),
            Err(error) => {
                source.clean_up(self.session.reporter).await;
                Err(error)
            }
        }
    }

    fn mark_version(&self, publishes_separately: bool) -> Result<()> {
        if publishes_separately { self.desired.version_marker.create(self.name) } else { Ok(()) }
    }

    fn release(&self) -> Release<'_> {
        let DesiredFunction { package, release, .. } = self.desired;
        Release { function: self.name, sha256_base64: &package.sha256_base64, description: release }
    }

    /// Waits for a change of the code, and publishes its version.
    async fn complete(&self, publishes_separately: bool) -> Result<()> {
        if publishes_separately {
            return self.publish().await;
        }
        self.verify(wait_until_ready(&self.lambda, self.name).await?.code_sha256())
    }

    /// Publishes the version of the code that this deployment has sent. Lambda refuses that if anything has changed
    /// since it was compared, even if only a change was completed.
    async fn publish(&self) -> Result<()> {
        for _ in 0..MAX_PUBLICATIONS {
            let ready = wait_until_ready(&self.lambda, self.name).await?;
            self.verify(ready.code_sha256())?;
            let revision = ready.revision_id();
            if publish_version::publish(self.session, &self.lambda, self.release(), revision).await?.is_some() {
                return self.desired.version_marker.remove();
            }
        }
        let message =
            format!("publishing a version of {} failed: the function is being changed by someone else", self.name);
        Err(Error::new(ErrorCode::ResourceNotReady, message).hint("Deploy again"))
    }

    /// Checks that Lambda has the package of this deployment.
    ///
    /// # Errors
    /// `ResourceNotReady`, with the code that runs instead.
    fn verify(&self, found: Option<&str>) -> Result<()> {
        let expected = self.desired.package.sha256_base64.as_str();
        if found.is_none_or(|found| found == expected) {
            return Ok(());
        }
        let message = format!(
            "{} runs other code than this deployment has sent: its CodeSha256 must be {expected}, but is {}",
            self.name,
            found.unwrap_or_default()
        );
        Err(Error::new(ErrorCode::ResourceNotReady, message).hint(
            "Check who else deploys this function, or can write to the bucket of s3Configuration.bucketName, and deploy again",
        ))
    }

    async fn update_configuration(
        &self,
        observed: &GetFunctionConfigurationOutput,
        differences: &[String],
    ) -> Result<()> {
        let Function { lambda, name, session, .. } = self;
        let operation = format!("updating the configuration of {name}");
        session.reporter.log(format!("{operation}: {}", self.desired.configuration.describe(differences, observed)));
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
            .hiding(self.desired.configuration.secrets())
            .after(RecentChange::FunctionCreated)
            .after(self.desired.role_change)
            .send(|| changed.apply_to_update(lambda.update_function_configuration().function_name(*name)).send())
            .await
            .map_err(|error| self.with_hint(error))?;
        wait_until_ready(&self.lambda, self.name).await.map(drop)
    }

    async fn update_code(&self, source: &CodeSource, publishes_separately: bool) -> Result<()> {
        let operation = format!("updating the code of {}", self.name);
        self.session.reporter.log(format!("{operation}: {}", format::bytes(self.desired.package.size)));
        self.mark_version(publishes_separately)?;
        let updated = self.send_code(operation, source, |request| request.publish(!publishes_separately)).await?;
        self.verify(updated.code_sha256())
    }

    /// Lets Lambda check the code without a change. Lambda does not accept any code for a runtime that it has retired, so
    /// such a runtime has to be replaced first (<https://github.com/motdotla/node-lambda/pull/526>).
    ///
    /// # Errors
    /// The error of the call; `ResourceNotReady` if the answer is about other code than that of the package, and than
    /// what the function has.
    async fn try_code(
        &self,
        source: &CodeSource,
        observed: &GetFunctionConfigurationOutput,
        differences: &[String],
    ) -> Result<()> {
        let operation = format!("checking the new code of {}", self.name);
        let checked = match self.send_code(operation, source, |request| request.dry_run(true)).await {
            Err(error)
                if error.message_contains(RETIRED_RUNTIME) && differences.iter().any(|name| name == "Runtime") =>
            {
                let runtime = observed.runtime().map_or("its runtime", Runtime::as_str);
                self.session.reporter.log(format!(
                    "the new code of {} is not checked in advance, because AWS has retired {runtime}",
                    self.name
                ));
                return Ok(());
            }
            checked => checked?,
        };
        self.verify(checked.code_sha256().filter(|found| Some(*found) != observed.code_sha256()))
    }

    async fn send_code(
        &self,
        operation: String,
        source: &CodeSource,
        complete: impl Fn(UpdateFunctionCodeFluentBuilder) -> UpdateFunctionCodeFluentBuilder,
    ) -> Result<UpdateFunctionCodeOutput, CallError> {
        aws::call(operation, "lambda:UpdateFunctionCode")
            .reporting(self.session.reporter)
            .after(RecentChange::FunctionCreated)
            .send(|| {
                let request = complete(self.code_request(source)).customize();
                let request = request.interceptor(source.interceptor(self.desired.package));
                request.config_override(self.timeout_for_code()).send()
            })
            .await
            .map_err(|error| self.with_hint(error))
    }

    fn code_request(&self, source: &CodeSource) -> UpdateFunctionCodeFluentBuilder {
        let request = self.lambda.update_function_code().function_name(self.name);
        let request = match source {
            CodeSource::ZipFile(_) => request.zip_file(ZipInRequest::placeholder()),
            CodeSource::S3Object(object) => request.s3_bucket(&object.bucket).s3_key(&object.key),
        };
        request.set_architectures(self.desired.options.architectures.clone())
    }

    /// Adds what to do about a refusal that only this function can explain.
    fn with_hint(&self, error: CallError) -> CallError {
        let role = self.desired.configuration.role.as_deref().unwrap_or_default();
        let error = code_upload::with_storage_hint(error);
        if error.message_contains("cannot be assumed by Lambda") {
            error.hint(format!(
                "Check that the role {role} exists, and that its trust policy allows lambda.amazonaws.com to assume it"
            ))
        } else if error.message_contains("role does not have permissions to call") && error.message_contains("on EC2") {
            let policy = Partition::of_region(config_region(self.session.config)).managed_policy(VPC_POLICY);
            let name = role.rsplit('/').next().unwrap_or(role);
            error.hint(format!(
                "A function in a VPC needs AWSLambdaVPCAccessExecutionRole: run `aws iam attach-role-policy --role-name {name} --policy-arn {policy}`, or set iamConfiguration to {{\"role\": \"dedicated\", \"policies\": [\"{policy}\"]}}"
            ))
        } else {
            error
        }
    }

    /// Returns the overrides for a request with the package, or with its S3 object, which Lambda reads before it
    /// responds.
    fn timeout_for_code(&self) -> aws_sdk_lambda::config::Builder {
        let default = self.session.config.timeout_config();
        aws_sdk_lambda::Config::builder().timeout_config(timeouts::for_body(default, self.desired.package.size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arn_of_a_function_has_no_version() {
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:cats";
        for qualified in [arn.to_owned(), format!("{arn}:1"), format!("{arn}:$LATEST")] {
            assert_eq!(unqualified(&qualified), arn);
        }
    }
}
