//! Sends the requests that change the function.

use crate::aws::arn::Partition;
use crate::aws::retry::RecentChange;
use crate::aws::session::Session;
use crate::aws::{self, CallError, timeouts};
use crate::error::{Error, ErrorCode, Result};
use crate::fs::InProgressMarker;
use crate::lambda::code_upload::{self, CodeSource, StagingBucket};
use crate::lambda::function::desired::DesiredFunction;
use crate::lambda::publish_version::Release;
use crate::lambda::tags::Tags;
use crate::lambda::zip_in_request::ZipInRequest;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::operation::create_function::CreateFunctionOutput;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;
use aws_sdk_lambda::operation::update_function_code::UpdateFunctionCodeOutput;
use aws_sdk_lambda::operation::update_function_code::builders::UpdateFunctionCodeFluentBuilder;
use aws_sdk_lambda::types::Runtime;

/// A part of Lambda's refusal of changes of a function whose runtime is retired.
/// See <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html#runtime-deprecation-levels>.
const RETIRED_RUNTIME: &str = "no longer supported for creating or updating";

const VPC_POLICY: &str = "service-role/AWSLambdaVPCAccessExecutionRole";

/// The parts of an update besides its changes.
pub(crate) struct FunctionUpdate<'a> {
    /// With the ARN of the role.
    pub(crate) desired: DesiredFunction<'a>,
    /// The bucket for a package that exceeds the limit of a request.
    pub(crate) bucket: StagingBucket<'a>,
    /// A change of the role that Lambda may not know yet.
    pub(crate) role_change: Option<RecentChange>,
    /// The description of the version.
    pub(crate) release: &'a str,
    /// Whether the version is published by a request of its own, which names the digest of the code.
    pub(crate) publishes_separately: bool,
    /// Records that the code was sent, and its version is not published yet.
    pub(crate) version_marker: &'a InProgressMarker,
}

/// The function in Lambda.
pub(crate) struct Function<'a> {
    pub(crate) lambda: Client,
    pub(crate) name: &'a str,
    pub(crate) update: &'a FunctionUpdate<'a>,
    pub(crate) session: Session<'a>,
}

/// The parts of CreateFunction that depend on the deployer's rights.
#[derive(Clone, Copy)]
pub(crate) struct Creation<'a> {
    pub(crate) source: &'a CodeSource,
    pub(crate) publish: bool,
    pub(crate) tags: &'a Tags,
}

impl Function<'_> {
    /// Sends CreateFunction.
    pub(crate) async fn send_creation(&self, creation: Creation<'_>) -> Result<CreateFunctionOutput, CallError> {
        let Function { lambda, name, session, .. } = self;
        let DesiredFunction { options, configuration, package, .. } = &self.update.desired;
        let Creation { source, publish, tags } = creation;
        let tags = (!tags.is_empty()).then(|| tags.clone().into_iter().collect());
        aws::call(format!("creating the function {name}"), "lambda:CreateFunction")
            .reporting(session.reporter)
            .hiding(configuration.secrets())
            .after(self.update.role_change)
            .send(|| {
                let request = lambda.create_function().function_name(*name).publish(publish).set_tags(tags.clone());
                let request = request.code(source.to_function_code()).set_architectures(options.architectures.clone());
                let request = configuration.apply_to_creation(request);
                let request = request.customize().interceptor(source.interceptor(package));
                request.config_override(self.timeout_for_code()).send()
            })
            .await
    }

    /// Sends UpdateFunctionConfiguration with the parameters that differ.
    pub(crate) async fn send_configuration(&self, differences: &[String]) -> Result<()> {
        let Function { lambda, name, session, .. } = self;
        let configuration = &self.update.desired.configuration;
        let changed = configuration.retain_changed(differences);
        aws::call(format!("updating the configuration of {name}"), "lambda:UpdateFunctionConfiguration")
            .reporting(session.reporter)
            .hiding(configuration.secrets())
            .after(RecentChange::FunctionCreated)
            .after(self.update.role_change)
            .send(|| changed.apply_to_update(lambda.update_function_configuration().function_name(*name)).send())
            .await
            .map_err(|error| self.with_hint(error))?;
        Ok(())
    }

    /// Lets Lambda check the code without a change. Lambda does not accept any code for a runtime that it has retired, so
    /// such a runtime has to be replaced first (<https://github.com/motdotla/node-lambda/pull/526>).
    ///
    /// # Errors
    /// The error of the call; `ResourceNotReady` if the answer is about other code than that of the package, and than
    /// what the function has.
    pub(crate) async fn try_code(
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

    /// Sends UpdateFunctionCode with the package.
    pub(crate) async fn send_code(
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
                let request = request.interceptor(source.interceptor(self.update.desired.package));
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
        request.set_architectures(self.update.desired.options.architectures.clone())
    }

    /// Checks that Lambda has the package of this deployment.
    ///
    /// # Errors
    /// `ResourceNotReady`, with the code that runs instead.
    pub(crate) fn verify(&self, found: Option<&str>) -> Result<()> {
        let expected = self.update.desired.package.sha256_base64.as_str();
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

    /// Describes the version to publish.
    pub(crate) fn release(&self) -> Release<'_> {
        let FunctionUpdate { desired, release, .. } = self.update;
        Release { function: self.name, sha256_base64: &desired.package.sha256_base64, description: release }
    }

    /// Adds what to do about a refusal that only this function can explain.
    pub(crate) fn with_hint(&self, error: CallError) -> CallError {
        let role = self.update.desired.configuration.role.as_deref().unwrap_or_default();
        let error = code_upload::with_storage_hint(error);
        if error.message_contains("cannot be assumed by Lambda") {
            error.hint(format!(
                "Check that the role {role} exists, and that its trust policy allows lambda.amazonaws.com to assume it"
            ))
        } else if error.message_contains("role does not have permissions to call") && error.message_contains("on EC2") {
            let policy = Partition::of_region(self.session.region()).managed_policy(VPC_POLICY);
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
        aws_sdk_lambda::Config::builder().timeout_config(timeouts::for_body(default, self.update.desired.package.size))
    }
}
