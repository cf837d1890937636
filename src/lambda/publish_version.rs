//! Publishes versions of the function under the condition that their code is the package, which Lambda itself checks.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html>.

use crate::aws::retry::RecentChange;
use crate::aws::session::Session;
use crate::aws::{self, CallError};
use crate::error::{Error, ErrorCode, Result};
use crate::lambda::code_upload;
use crate::output::artifacts::Artifacts;
use aws_sdk_lambda::Client;
use serde_json::Value;

/// The artifact in which the CLI describes the current run.
pub(crate) const CLI_ARTIFACT: &str = "lastDeployment";

const ACTION: &str = "lambda:PublishVersion";

/// 32 zero bytes in Base64, as no code is known to have.
const SHA256_OF_NO_CODE: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// The characters of a commit's digest that a description shows, as git does.
const SHORT_COMMIT_CHARS: usize = 12;

/// A version to publish.
#[derive(Clone, Copy)]
pub(crate) struct Release<'a> {
    pub(crate) function: &'a str,
    /// The digest of the package.
    pub(crate) sha256_base64: &'a str,
    pub(crate) description: &'a str,
}

/// Describes a version: when and by what it was deployed, and the commit that the CLI has found in the project.
pub(crate) fn description(artifacts: &Artifacts<'_>, now: jiff::Timestamp) -> String {
    let seconds = jiff::Timestamp::from_second(now.as_second()).unwrap_or(now);
    let deployed = format!("{seconds}, @litexa/deploy-aws {}", env!("CARGO_PKG_VERSION"));
    match commit(artifacts.get(CLI_ARTIFACT)) {
        Some(commit) => format!("{deployed}, commit {commit}"),
        None => deployed,
    }
}

/// Returns the commit of the project, with a note if files have been changed since.
fn commit(run: Option<&Value>) -> Option<String> {
    let git = run?.get("git")?;
    let hash = git.get("currentCommitHash")?.as_str()?;
    let is_hash = !hash.is_empty() && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    let changed = git.get("uncommittedChanges").and_then(Value::as_array).is_some_and(|files| !files.is_empty());
    let short: String = hash.chars().take(SHORT_COMMIT_CHARS).collect();
    is_hash.then(|| if changed { format!("{short} with uncommitted changes") } else { short })
}

/// Whether the deployer may publish versions.
pub(crate) enum Right {
    Granted,
    Denied(CallError),
}

impl Right {
    /// Returns whether versions are published by a request of their own; a missing right is a warning.
    pub(crate) fn or_warn(self, session: Session<'_>) -> bool {
        match self {
            Right::Granted => true,
            Right::Denied(error) => {
                session.reporter.warning(format!("{error} Until then, Lambda does not compare the code of a version with the package, and versions have no description."));
                false
            }
        }
    }

    /// Requires the right, for an endpoint that points to published versions.
    ///
    /// # Errors
    /// `AccessDenied` if it is missing.
    pub(crate) fn require(self, function: &str) -> Result<()> {
        match self {
            Right::Granted => Ok(()),
            Right::Denied(_) => Err(not_published(function)),
        }
    }
}

/// Returns the error for an endpoint that needs a version which may not be published.
pub(crate) fn not_published(function: &str) -> Error {
    Error::new(ErrorCode::AccessDenied, format!("publishing a version of {function} is not allowed"))
        .hint("Allow lambda:PublishVersion to your IAM user or role, or remove lambdaConfiguration.endpointVersion")
}

/// Checks whether the deployer may publish versions, before anything depends on it.
///
/// The request names a digest that no code has, so that Lambda does not carry it out.
///
/// # Errors
/// The error of a call that AWS did not answer.
pub(crate) async fn check_right(session: Session<'_>, function: &str) -> Result<Right> {
    let request = Client::new(session.config).publish_version().function_name(function).code_sha256(SHA256_OF_NO_CODE);
    let call = aws::call(format!("publishing a version of {function}"), ACTION).reporting(session.reporter);
    match call.send(|| request.clone().send()).await {
        Err(error) if error.is_denied() => Ok(Right::Denied(error)),
        Err(error) if error.is_unavailable() => Err(error.into()),
        _ => Ok(Right::Granted),
    }
}

/// The answer to a request to publish a version.
pub(crate) enum Publication {
    /// The number of the version, if the answer has one.
    Done(Option<u64>),
    /// The right was withdrawn since it was checked.
    Denied(CallError),
    /// The function is in another state.
    Outdated,
}

/// Publishes the version, if the function still is in the state that `revision` names. Lambda returns an earlier version
/// if that is equal.
///
/// # Errors
/// The error of the call.
pub(crate) async fn publish(
    session: Session<'_>,
    lambda: &Client,
    release: Release<'_>,
    revision: Option<&str>,
) -> Result<Publication> {
    let request = request(lambda, release).set_revision_id(revision.map(str::to_owned));
    let published = aws::call(format!("publishing a version of {}", release.function), ACTION)
        .reporting(session.reporter)
        .after(RecentChange::FunctionCreated)
        .send(|| request.clone().send())
        .await;
    match published {
        Ok(published) => {
            let version = published.version().unwrap_or("?");
            session.reporter.log(format!("published version {version} of {}", release.function));
            Ok(Publication::Done(version.parse().ok()))
        }
        Err(error) if is_other_state(&error) => Ok(Publication::Outdated),
        Err(error) if error.is_denied() => Ok(Publication::Denied(error)),
        Err(error) => Err(code_upload::with_storage_hint(error).into()),
    }
}

fn is_other_state(error: &CallError) -> bool {
    error.is("PreconditionFailedException") || error.message_contains("CodeSHA256")
}

fn request(
    lambda: &Client,
    Release { function, sha256_base64, description }: Release<'_>,
) -> aws_sdk_lambda::operation::publish_version::builders::PublishVersionFluentBuilder {
    lambda.publish_version().function_name(function).code_sha256(sha256_base64).description(description)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_commit_is_named_if_the_cli_has_found_one() {
        let hash = "0123456789abcdef0123456789abcdef01234567";
        for (run, expected) in [
            (json!({"git": {"currentCommitHash": hash, "uncommittedChanges": []}}), Some("0123456789ab")),
            (
                json!({"git": {"currentCommitHash": hash, "uncommittedChanges": ["[modified] main.litexa"]}}),
                Some("0123456789ab with uncommitted changes"),
            ),
            (json!({"git": {"currentCommit": "could not retrieve git info", "gitError": "fatal"}}), None),
            (json!({"git": {"currentCommitHash": "not a commit"}}), None),
            (json!({"git": {"currentCommitHash": ""}}), None),
            (json!({"git": "0123"}), None),
            (json!({}), None),
        ] {
            assert_eq!(commit(Some(&run)).as_deref(), expected, "{run}");
        }
        assert_eq!(commit(None), None);
    }
}
