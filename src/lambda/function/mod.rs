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
pub(crate) use desired::{DesiredFunction, architecture_differs, code_differs, has_code};
pub(crate) use send::FunctionUpdate;

use crate::aws::session::Session;
use crate::aws::{CallError, CallResult};
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

/// The function after its code and its configuration were sent.
pub(crate) struct Sent {
    /// Without version or alias.
    pub(crate) arn: String,
    pub(crate) is_new: bool,
    version: NextVersion,
}

/// The way in which the version is published.
enum NextVersion {
    /// Nothing has changed.
    Unchanged,
    /// By a request of its own.
    Separately,
    /// Lambda has published it with the code.
    WithCode(Option<u64>),
}

/// Reads the configuration of the function; `None` if it does not exist.
pub(crate) async fn observe(session: Session<'_>, name: &str) -> Result<Option<GetFunctionConfigurationOutput>> {
    get_configuration(&Client::new(session.config), name).await
}

/// Makes the changes, except that a version is not published yet.
///
/// # Errors
/// The error of a call; `ResourceNotReady` if Lambda reports a failure, or is not ready in time.
pub(crate) async fn send(
    session: Session<'_>,
    update: &FunctionUpdate<'_>,
    observed: Option<GetFunctionConfigurationOutput>,
    changes: &[FunctionChange],
) -> Result<Sent> {
    let name = update.desired.name;
    let function = Function { lambda: Client::new(session.config), name, update, session };
    if observed.is_none()
        && let Some(created) = function.create(changes).await?
    {
        return Ok(created);
    }
    let (version, observed) = if let Some(observed) = observed {
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
    Ok(Sent { arn, is_new: false, version })
}

/// Waits until the function is ready, and publishes its version. Returns the version that Lambda has published.
///
/// # Errors
/// The error of a call; `ResourceNotReady` if Lambda reports a failure, or is not ready in time.
pub(crate) async fn publish(session: Session<'_>, update: &FunctionUpdate<'_>, sent: &Sent) -> Result<Option<u64>> {
    let name = update.desired.name;
    let function = Function { lambda: Client::new(session.config), name, update, session };
    match sent.version {
        NextVersion::Unchanged => Ok(None),
        NextVersion::Separately => function.publish().await,
        NextVersion::WithCode(version) => {
            function.verify(wait_until_ready(&function.lambda, name).await?.code_sha256())?;
            Ok(version)
        }
    }
}

/// Returns a function's ARN without the version that an answer about a published function may name.
fn unqualified(arn: &str) -> String {
    const PARTS: usize = 7;
    arn.split(':').take(PARTS).collect::<Vec<_>>().join(":")
}

impl Function<'_> {
    /// Returns `None` if a function of this name exists.
    async fn create(&self, changes: &[FunctionChange]) -> Result<Option<Sent>> {
        let no_tags = Tags::new();
        let tags = changes.iter().find_map(|change| match change {
            FunctionChange::Create(tags) => Some(tags),
            _ => None,
        });
        self.log(&FunctionChange::Create(Tags::new()));
        let source = self.upload().await?;
        self.begin_version()?;
        let publish = !self.update.publishes_separately;
        let creation = Creation { source: &source, publish, tags: tags.unwrap_or(&no_tags) };
        let created = self.send_creation(creation).await;
        let created = if tags::were_denied(&created, "lambda:TagResource", self.session.reporter) {
            self.send_creation(Creation { tags: &no_tags, ..creation }).await
        } else {
            created
        };
        let created = self.or_end_version(created).map_err(|error| self.with_hint(error)).unless_exists();
        source.clean_up(self.session.reporter).await;
        let Some(created) = created? else { return Ok(None) };
        self.verify(created.code_sha256())?;
        let missing = || Error::new(ErrorCode::Internal, "the CreateFunction response has no FunctionArn");
        let arn = unqualified(created.function_arn().ok_or_else(missing)?);
        Ok(Some(Sent { arn, is_new: true, version: self.next_version(created.version()) }))
    }

    async fn update(
        &self,
        observed: &GetFunctionConfigurationOutput,
        changes: &[FunctionChange],
    ) -> Result<NextVersion> {
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
        let publishes = changes.contains(&FunctionChange::PublishVersion);
        Ok(if publishes { NextVersion::Separately } else { NextVersion::Unchanged })
    }

    /// Tries what can fail, then changes configuration and code in direct succession: between the two changes, the
    /// function runs one of them without the other.
    async fn update_with_code(
        &self,
        observed: &GetFunctionConfigurationOutput,
        configuration: Option<&FunctionChange>,
        code: &FunctionChange,
    ) -> Result<NextVersion> {
        let source = self.upload().await?;
        let differences = configuration.map(FunctionChange::differences).unwrap_or_default();
        let updating = async {
            let is_staged = matches!(source, CodeSource::S3Object(_));
            if is_staged || self.changes_platform(observed, differences) {
                self.try_code(&source, observed, differences).await?;
            }
            let Some(configuration) = configuration else {
                return self.update_code(code, &source).await;
            };
            self.update_configuration(configuration).await?;
            match self.update_code(code, &source).await {
                Err(refusal) => {
                    let updated = Updated { name: self.name, before: observed, differences };
                    Err(updated.after_refused_code(self.session, &self.lambda, refusal).await)
                }
                updated => updated,
            }
        };
        let updated = updating.await;
        source.clean_up(self.session.reporter).await;
        Ok(self.next_version(updated?.as_deref()))
    }

    /// Returns whether the code arrives together with another runtime or processor architecture.
    fn changes_platform(&self, observed: &GetFunctionConfigurationOutput, differences: &[String]) -> bool {
        let architectures = self.update.desired.options.architectures.as_deref();
        differences.iter().any(|parameter| parameter == "Runtime")
            || architectures.is_some_and(|desired| desired != observed.architectures())
    }

    /// Uploads or reads the package.
    async fn upload(&self) -> Result<CodeSource> {
        code_upload::upload(self.session, self.name, self.update.desired.package, self.update.bucket).await
    }

    /// Records that code is sent, and that its version is published after that.
    fn begin_version(&self) -> Result<()> {
        if self.update.publishes_separately {
            return self.update.version_marker.create(self.name);
        }
        self.log(&FunctionChange::PublishVersion);
        Ok(())
    }

    /// Removes the record if Lambda has refused the code: the version that an earlier deployment has not published stays.
    fn or_end_version<T>(&self, sent: Result<T, CallError>) -> Result<T, CallError> {
        if let Err(error) = &sent
            && !(error.is_unavailable() || error.may_be_done() || error.is_already_exists())
            && !self.update.desired.version_is_pending
        {
            drop(self.update.version_marker.remove());
        }
        sent
    }

    /// `version` is the one that the answer to the code names.
    fn next_version(&self, version: Option<&str>) -> NextVersion {
        if self.update.publishes_separately {
            return NextVersion::Separately;
        }
        NextVersion::WithCode(version.and_then(|version| version.parse().ok()))
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
            let version = match published {
                Publication::Outdated => continue,
                Publication::Done(version) => version,
                Publication::Denied(error) => {
                    if !self.update.desired.needs_version {
                        self.session.reporter.warning(error.to_string());
                    }
                    None
                }
            };
            if self.update.desired.needs_version {
                let version = version.ok_or_else(|| publish_version::not_published(self.name))?;
                // A snapshot of SnapStart takes minutes, and until then the version cannot be invoked.
                wait_until_version_ready(&self.lambda, self.name, &version.to_string()).await?;
            }
            self.update.version_marker.remove()?;
            return Ok(version);
        }
        let message =
            format!("publishing a version of {} failed: the function is being changed by someone else", self.name);
        Err(Error::new(ErrorCode::ResourceNotReady, message).hint("Deploy again"))
    }

    async fn update_configuration(&self, change: &FunctionChange) -> Result<()> {
        self.log(change);
        self.send_configuration(change.differences()).await?;
        wait_until_ready(&self.lambda, self.name).await.map(drop)
    }

    /// Returns the version that the answer names.
    async fn update_code(&self, change: &FunctionChange, source: &CodeSource) -> Result<Option<String>> {
        self.log(change);
        self.begin_version()?;
        let operation = format!("updating the code of {}", self.name);
        let publish = !self.update.publishes_separately;
        let updated =
            self.or_end_version(self.send_code(operation, source, |request| request.publish(publish)).await)?;
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
