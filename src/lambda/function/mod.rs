//! Creates and updates the Lambda function, and waits until it is ready.
//!
//! Lambda continues to work on a change after its response, and rejects another change until then
//! (<https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html>), so each change waits until the function is
//! ready. Only GetFunctionConfiguration is used for that: the permissions that users have granted do not include
//! `lambda:GetFunction`, which the newer waiters of the SDK call.

mod change;
mod desired;
mod send;

pub(crate) use change::{FunctionChange, changes, warnings};
pub(crate) use desired::{DesiredFunction, code_differs};
pub(crate) use send::FunctionUpdate;

use crate::aws::CallResult;
use crate::aws::session::Session;
use crate::error::{Error, ErrorCode, Result};
use crate::lambda::code_upload::{self, CodeSource};
use crate::lambda::function_state::{get_configuration, is_ready, wait_until_ready, wait_until_version_ready};
use crate::lambda::publish_version::{self, Publication};
use crate::lambda::restore_runtime::Updated;
use crate::lambda::tags::{self, Tags};
use aws_sdk_lambda::Client;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;
use send::{Creation, Function};

/// How often a version is published anew when the function has changed in the meantime.
const MAX_PUBLICATIONS: u32 = 5;

/// The function after a deployment.
pub(crate) struct Deployed {
    /// Without version or alias.
    pub(crate) arn: String,
    /// The version that Lambda has published.
    pub(crate) published: Option<u64>,
}

/// Reads the configuration of the function; `None` if it does not exist.
pub(crate) async fn observe(session: Session<'_>, name: &str) -> Result<Option<GetFunctionConfigurationOutput>> {
    get_configuration(&Client::new(session.config), name).await
}

/// Makes the changes.
///
/// # Errors
/// The error of a call; `ResourceNotReady` if Lambda reports a failure, or is not ready in time.
pub(crate) async fn apply(
    session: Session<'_>,
    update: &FunctionUpdate<'_>,
    observed: Option<GetFunctionConfigurationOutput>,
    changes: &[FunctionChange],
) -> Result<Deployed> {
    let name = update.desired.name;
    let function = Function { lambda: Client::new(session.config), name, update, session };
    if observed.is_none()
        && let Some(created) = function.create(changes).await?
    {
        return Ok(created);
    }
    let (published, observed) = if let Some(observed) = observed {
        (function.update(&observed, changes).await?, observed)
    } else {
        // It was created after it was looked up: what differs is decided again.
        let observed = wait_until_ready(&function.lambda, name).await?;
        let version_is_pending = update.version_marker.exists(name);
        let desired = DesiredFunction { version_is_pending, ..update.desired.clone() };
        (function.update(&observed, &change::changes(&desired, Some(&observed))).await?, observed)
    };
    let arn = observed.function_arn.ok_or_else(|| {
        let message = format!("the GetFunctionConfiguration response for {name} has no FunctionArn");
        Error::new(ErrorCode::Internal, message)
    })?;
    Ok(Deployed { arn, published })
}

/// Returns a function's ARN without the version that an answer about a published function may name.
fn unqualified(arn: &str) -> String {
    const PARTS: usize = 7;
    arn.split(':').take(PARTS).collect::<Vec<_>>().join(":")
}

/// The code in the place from which Lambda reads it.
struct Provided {
    source: CodeSource,
    /// The version is published by a request of its own, which names the digest of the code.
    publishes_separately: bool,
}

impl Function<'_> {
    /// Returns `None` if a function of this name exists.
    async fn create(&self, changes: &[FunctionChange]) -> Result<Option<Deployed>> {
        let no_tags = Tags::new();
        let tags = changes.iter().find_map(|change| match change {
            FunctionChange::Create(tags) => Some(tags),
            _ => None,
        });
        self.log(&FunctionChange::Create(Tags::new()));
        let Provided { source, publishes_separately } = self.provide().await?;
        self.mark_version(publishes_separately)?;
        let creation = Creation { source: &source, publish: !publishes_separately, tags: tags.unwrap_or(&no_tags) };
        let created = self.send_creation(creation).await;
        let created = if tags::were_denied(&created, "lambda:TagResource", self.session.reporter) {
            self.send_creation(Creation { tags: &no_tags, ..creation }).await
        } else {
            created
        };
        let created = created.map_err(|error| self.with_hint(error)).unless_exists();
        source.clean_up(self.session.reporter).await;
        let Some(created) = created? else { return Ok(None) };
        self.verify(created.code_sha256())?;
        let published = self.complete(publishes_separately, created.version()).await?;
        let missing = || Error::new(ErrorCode::Internal, "the CreateFunction response has no FunctionArn");
        let arn = unqualified(created.function_arn().ok_or_else(missing)?);
        Ok(Some(Deployed { arn, published }))
    }

    /// Returns the version that was published, if one was.
    async fn update(
        &self,
        observed: &GetFunctionConfigurationOutput,
        changes: &[FunctionChange],
    ) -> Result<Option<u64>> {
        let configuration = changes.iter().find(|change| matches!(change, FunctionChange::UpdateConfiguration { .. }));
        if let Some(code) = changes.iter().find(|change| matches!(change, FunctionChange::UpdateCode(_))) {
            return self.update_with_code(observed, configuration, code).await;
        }
        if let Some(configuration) = configuration {
            self.update_configuration(configuration).await?;
        }
        self.session.reporter.log(format!("the code of {} is up to date", self.name));
        if configuration.is_none() && !is_ready(self.name, observed)? {
            wait_until_ready(&self.lambda, self.name).await?;
        }
        if changes.contains(&FunctionChange::PublishVersion) { self.publish().await } else { Ok(None) }
    }

    /// Tries what can fail, then changes configuration and code in direct succession: between the two changes, the
    /// function runs one of them without the other.
    async fn update_with_code(
        &self,
        observed: &GetFunctionConfigurationOutput,
        configuration: Option<&FunctionChange>,
        code: &FunctionChange,
    ) -> Result<Option<u64>> {
        let Provided { source, publishes_separately } = self.provide().await?;
        let differences = configuration.map(FunctionChange::differences).unwrap_or_default();
        let updating = async {
            let is_staged = matches!(source, CodeSource::S3Object(_));
            if is_staged || self.changes_platform(observed, differences) {
                self.try_code(&source, observed, differences).await?;
            }
            let Some(configuration) = configuration else {
                return self.update_code(code, &source, publishes_separately).await;
            };
            self.update_configuration(configuration).await?;
            match self.update_code(code, &source, publishes_separately).await {
                Err(refusal) => {
                    let updated = Updated { name: self.name, before: observed, differences };
                    Err(updated.after_refused_code(self.session, &self.lambda, refusal).await)
                }
                updated => updated,
            }
        };
        let updated = updating.await;
        source.clean_up(self.session.reporter).await;
        self.complete(publishes_separately, updated?.as_deref()).await
    }

    /// Returns whether the code arrives together with another runtime or processor architecture.
    fn changes_platform(&self, observed: &GetFunctionConfigurationOutput, differences: &[String]) -> bool {
        let architectures = self.update.desired.options.architectures.as_deref();
        differences.iter().any(|parameter| parameter == "Runtime")
            || architectures.is_some_and(|desired| desired != observed.architectures())
    }

    /// Uploads or reads the package, and determines how its version is published.
    async fn provide(&self) -> Result<Provided> {
        let source = code_upload::upload(self.session, self.name, self.update.desired.package, self.update.bucket);
        let (source, allowed) =
            tokio::join!(source, publish_version::is_allowed(self.session, &self.lambda, self.release()));
        let source = source?;
        match allowed {
            Ok(false) if self.update.desired.needs_version => {
                source.clean_up(self.session.reporter).await;
                Err(self.not_published())
            }
            Ok(publishes_separately) => Ok(Provided { source, publishes_separately }),
            Err(error) => {
                source.clean_up(self.session.reporter).await;
                Err(error)
            }
        }
    }

    fn mark_version(&self, publishes_separately: bool) -> Result<()> {
        if publishes_separately { self.update.version_marker.create(self.name) } else { Ok(()) }
    }

    /// Waits for a change of the code, and publishes its version. `version` is the one that Lambda has published with the
    /// code, if it has.
    async fn complete(&self, publishes_separately: bool, version: Option<&str>) -> Result<Option<u64>> {
        if publishes_separately {
            return self.publish().await;
        }
        self.verify(wait_until_ready(&self.lambda, self.name).await?.code_sha256())?;
        Ok(version.and_then(|version| version.parse().ok()))
    }

    /// Publishes the version of the code that this deployment has sent. Lambda refuses that if anything has changed
    /// since it was compared, even if only a change was completed. Returns the version's number, if it is known.
    async fn publish(&self) -> Result<Option<u64>> {
        self.log(&FunctionChange::PublishVersion);
        for _ in 0..MAX_PUBLICATIONS {
            let ready = wait_until_ready(&self.lambda, self.name).await?;
            self.verify(ready.code_sha256())?;
            let revision = ready.revision_id();
            let published = publish_version::publish(self.session, &self.lambda, self.release(), revision).await?;
            if let Publication::Done(version) = published {
                if self.update.desired.needs_version {
                    let version = version.ok_or_else(|| self.not_published())?;
                    // A snapshot of SnapStart takes minutes, and until then the version cannot be invoked.
                    wait_until_version_ready(&self.lambda, self.name, &version.to_string()).await?;
                }
                self.update.version_marker.remove()?;
                return Ok(version);
            }
        }
        let message =
            format!("publishing a version of {} failed: the function is being changed by someone else", self.name);
        Err(Error::new(ErrorCode::ResourceNotReady, message).hint("Deploy again"))
    }

    /// Returns the error for an endpoint that needs a version which may not be published.
    fn not_published(&self) -> Error {
        let message = format!("publishing a version of {} is not allowed", self.name);
        Error::new(ErrorCode::AccessDenied, message).hint(
            "Allow lambda:PublishVersion to the IAM user or role that deploys, or remove lambdaConfiguration.endpointVersion",
        )
    }

    async fn update_configuration(&self, change: &FunctionChange) -> Result<()> {
        self.log(change);
        self.send_configuration(change.differences()).await?;
        wait_until_ready(&self.lambda, self.name).await.map(drop)
    }

    /// Returns the version that the answer names.
    async fn update_code(
        &self,
        change: &FunctionChange,
        source: &CodeSource,
        publishes_separately: bool,
    ) -> Result<Option<String>> {
        self.log(change);
        self.mark_version(publishes_separately)?;
        let operation = format!("updating the code of {}", self.name);
        let updated = self.send_code(operation, source, |request| request.publish(!publishes_separately)).await?;
        self.verify(updated.code_sha256())?;
        Ok(updated.version)
    }

    fn log(&self, change: &FunctionChange) {
        self.session.reporter.log(change.describe(self.name).description);
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
