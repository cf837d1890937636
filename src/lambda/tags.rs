//! Tags the function, the table and the log group; the role's tags are read and written with the role.
//!
//! A resource is created with its tags, since a policy of the account may demand them. Tags are read by ARNs. Those
//! follow from the account, so that an unchanged deployment reads everything in one round trip: credentials or the last
//! deployment name it. If neither does, reading the tags is a second round trip, as asking STS for the account would be.

use crate::aws::account;
use crate::aws::arn::{Arn, Partition};
use crate::aws::retry::RecentChange;
use crate::aws::session::Session;
use crate::aws::{self, CallError, CallResult};
use crate::deploy::change::{Action, Change};
use crate::error::{Error, ErrorCode, Result};
use crate::output::reporter::Reporter;
use std::collections::BTreeMap;

pub(crate) type Tags = BTreeMap<String, String>;

/// A resource whose tags are read and written by its ARN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Resource {
    Function(String),
    Table(String),
    LogGroup(String),
}

impl Resource {
    /// Returns its type and its name.
    fn identity(&self) -> (&'static str, &str) {
        match self {
            Resource::Function(name) => ("AWS::Lambda::Function", name),
            Resource::Table(name) => ("AWS::DynamoDB::Table", name),
            Resource::LogGroup(name) => ("AWS::Logs::LogGroup", name),
        }
    }

    /// Returns the IAM action that allows to tag it.
    fn tagging_action(&self) -> &'static str {
        match self {
            Resource::Function(_) => "lambda:TagResource",
            Resource::Table(_) => "dynamodb:TagResource",
            Resource::LogGroup(_) => "logs:TagResource",
        }
    }
}

impl std::fmt::Display for Resource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Resource::Function(name) => write!(f, "the function {name}"),
            Resource::Table(name) => write!(f, "the table {name}"),
            Resource::LogGroup(name) => write!(f, "the log group {name}"),
        }
    }
}

/// Tags that an existing resource misses: a change of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MissingTags {
    resource: Resource,
    arn: String,
    tags: Tags,
}

impl MissingTags {
    /// Describes the change.
    pub(crate) fn describe(&self) -> Change {
        let MissingTags { resource, tags, .. } = self;
        let names: Vec<_> = tags.keys().cloned().collect();
        let description = format!("tagging {resource}: {}", names.join(", "));
        Change::new(Action::Update, resource.identity(), resource.tagging_action(), description)
    }
}

/// The tags that were read by the ARN that the resource most likely has.
pub(crate) struct ReadAhead {
    resource: Resource,
    arn: Option<String>,
    tags: Option<Result<Tags, CallError>>,
}

/// Returns the tags that are not there, or have another value.
pub(crate) fn missing(desired: &Tags, observed: &Tags) -> Tags {
    let differs = |(name, value): &(&String, &String)| observed.get(*name) != Some(*value);
    desired.iter().filter(differs).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Returns whether a creation failed because the deployer may not set tags, with a warning. `action` is the one that
/// allows it.
pub(crate) fn were_denied<T>(created: &Result<T, CallError>, action: &str, reporter: &dyn Reporter) -> bool {
    let Err(error) = created else { return false };
    let is_denied = error.is_denied() && error.message_contains(action);
    if is_denied {
        let hint = format!("It is created without tags. Allow {action} to your IAM user or role");
        reporter.warning(error.clone().hint(hint).to_string());
    }
    is_denied
}

/// Returns the account that most likely has the resources. `deployed_arn` is that of the last deployment.
pub(crate) async fn likely_account(session: Session<'_>, deployed_arn: Option<&str>) -> Option<String> {
    let last = || Some(Arn::parse(deployed_arn?)?.account.to_owned());
    account::known_account_id(session.config).await.or_else(last)
}

/// Reads the tags of a resource whose ARN is not known yet, if its account is.
pub(crate) async fn read_ahead(session: Session<'_>, resource: Resource, account: Option<&str>) -> ReadAhead {
    let arn = account.map(|account| likely_arn(&resource, account, session.region()));
    let tags = match &arn {
        Some(arn) => Some(list(session, &resource, arn).await),
        None => None,
    };
    ReadAhead { resource, arn, tags }
}

impl ReadAhead {
    /// Returns the desired tags that the resource misses, once its ARN is known; `None` if it does not miss any.
    ///
    /// # Errors
    /// The error of a call, except for tags that may not be read.
    pub(crate) async fn missing(
        self,
        session: Session<'_>,
        arn: String,
        desired: &Tags,
    ) -> Result<Option<MissingTags>> {
        let ReadAhead { resource, arn: likely, tags } = self;
        let observed = match tags {
            Some(tags) if likely.as_deref() == Some(arn.as_str()) => tags,
            _ => list(session, &resource, &arn).await,
        };
        let Some(observed) = observed.or_warn_denied(session.reporter)? else { return Ok(None) };
        let tags = missing(desired, &observed);
        Ok((!tags.is_empty()).then_some(MissingTags { resource, arn, tags }))
    }
}

fn likely_arn(resource: &Resource, account: &str, region: &str) -> String {
    let partition = Partition::of_region(region).id;
    match resource {
        Resource::Function(name) => format!("arn:{partition}:lambda:{region}:{account}:function:{name}"),
        Resource::Table(name) => format!("arn:{partition}:dynamodb:{region}:{account}:table/{name}"),
        Resource::LogGroup(name) => format!("arn:{partition}:logs:{region}:{account}:log-group:{name}"),
    }
}

async fn list(session: Session<'_>, resource: &Resource, arn: &str) -> Result<Tags, CallError> {
    let operation = format!("reading the tags of {resource}");
    match resource {
        Resource::Function(_) => {
            let request = aws_sdk_lambda::Client::new(session.config).list_tags().resource(arn);
            let answer = aws::call(operation, "lambda:ListTags").send(|| request.clone().send()).await?;
            Ok(answer.tags.unwrap_or_default().into_iter().collect())
        }
        Resource::Table(_) => list_of_table(session, operation, arn).await,
        Resource::LogGroup(_) => {
            let request =
                aws_sdk_cloudwatchlogs::Client::new(session.config).list_tags_for_resource().resource_arn(arn);
            let answer = aws::call(operation, "logs:ListTagsForResource").send(|| request.clone().send()).await?;
            Ok(answer.tags.unwrap_or_default().into_iter().collect())
        }
    }
}

/// DynamoDB returns tags in pages, for which the SDK has no paginator.
async fn list_of_table(session: Session<'_>, operation: String, arn: &str) -> Result<Tags, CallError> {
    let request = aws_sdk_dynamodb::Client::new(session.config).list_tags_of_resource().resource_arn(arn);
    let (mut tags, mut token) = (Tags::new(), None);
    loop {
        let request = request.clone().set_next_token(token);
        let call = aws::call(operation.as_str(), "dynamodb:ListTagsOfResource");
        let page = call.send(|| request.clone().send()).await?;
        tags.extend(page.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)));
        token = page.next_token;
        if token.is_none() {
            return Ok(tags);
        }
    }
}

/// Adds tags to resources concurrently.
///
/// # Errors
/// The error of a call, except for a right that is missing.
pub(crate) async fn add(session: Session<'_>, missing: &[MissingTags]) -> Result<()> {
    futures_util::future::join_all(missing.iter().map(|missing| add_to(session, missing))).await.into_iter().collect()
}

async fn add_to(session: Session<'_>, missing: &MissingTags) -> Result<()> {
    let MissingTags { resource, arn, tags } = missing;
    session.reporter.log(missing.describe().description);
    let call = aws::call(format!("tagging {resource}"), resource.tagging_action()).reporting(session.reporter);
    let map = || tags.clone().into_iter().collect();
    let outcome = match resource {
        Resource::Function(_) => {
            let request =
                aws_sdk_lambda::Client::new(session.config).tag_resource().resource(arn).set_tags(Some(map()));
            call.send(|| request.clone().send()).await.map(drop)
        }
        Resource::Table(_) => {
            let request = aws_sdk_dynamodb::Client::new(session.config).tag_resource().resource_arn(arn);
            let request = request.set_tags(Some(of_table(tags)?));
            call.after(RecentChange::TableCreated).send(|| request.clone().send()).await.map(drop)
        }
        Resource::LogGroup(_) => {
            let request = aws_sdk_cloudwatchlogs::Client::new(session.config).tag_resource().resource_arn(arn);
            let request = request.set_tags(Some(map()));
            call.send(|| request.clone().send()).await.map(drop)
        }
    };
    outcome.or_warn_denied(session.reporter).map(drop)
}

/// Returns tags in the form of DynamoDB.
pub(crate) fn of_table(tags: &Tags) -> Result<Vec<aws_sdk_dynamodb::types::Tag>> {
    let build = |(name, value): (&String, &String)| {
        aws_sdk_dynamodb::types::Tag::builder().key(name).value(value).build().map_err(build_error)
    };
    tags.iter().map(build).collect()
}

/// Returns tags in the form of IAM.
pub(crate) fn of_role(tags: &Tags) -> Result<Vec<aws_sdk_iam::types::Tag>> {
    let build = |(name, value): (&String, &String)| {
        aws_sdk_iam::types::Tag::builder().key(name).value(value).build().map_err(build_error)
    };
    tags.iter().map(build).collect()
}

/// Converts the error of a builder that misses a required field.
fn build_error(error: impl std::fmt::Display) -> Error {
    Error::new(ErrorCode::Internal, format!("building a tag failed: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn only_tags_that_differ_are_missing() {
        let desired = tags(&[("team", "voice"), ("stage", "beta"), ("empty", "")]);
        let observed = tags(&[("team", "voice"), ("stage", "prod"), ("other", "stays")]);
        assert_eq!(missing(&desired, &observed), tags(&[("stage", "beta"), ("empty", "")]));
        assert_eq!(missing(&Tags::new(), &observed), Tags::new());
    }

    #[test]
    fn an_arn_is_that_of_the_account_and_of_the_partition_of_the_region() {
        let likely = |resource: Resource, region| likely_arn(&resource, "123456789012", region);
        assert_eq!(
            likely(Resource::Function("cats".into()), "cn-north-1"),
            "arn:aws-cn:lambda:cn-north-1:123456789012:function:cats"
        );
        assert_eq!(
            likely(Resource::Table("t".into()), "us-gov-west-1"),
            "arn:aws-us-gov:dynamodb:us-gov-west-1:123456789012:table/t"
        );
        let group = likely(Resource::LogGroup("/g".into()), "eu-west-1");
        assert_eq!(group, "arn:aws:logs:eu-west-1:123456789012:log-group:/g");
    }
}
