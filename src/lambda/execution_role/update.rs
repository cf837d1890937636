//! Makes the changes of a role and its policies.

use crate::aws::retry::RecentChange;
use crate::aws::session::Session;
use crate::aws::{self, CallError, CallResult};
use crate::error::{Error, ErrorCode, Result};
use crate::lambda::execution_role::change::{RoleChange, policy_name};
use crate::lambda::execution_role::observe::{INLINE_POLICY_NAME, RoleDescription, get_role};
use crate::lambda::execution_role::policy_documents::{self, PolicyScope};
use crate::lambda::tags::{self, Tags};
use aws_sdk_iam::Client;
use aws_sdk_iam::operation::create_role::CreateRoleOutput;
use aws_sdk_iam::operation::create_role::builders::CreateRoleFluentBuilder;
use std::time::SystemTime;

/// Changes a role that this module manages.
pub(crate) struct RoleUpdater<'a> {
    iam: Client,
    name: &'a str,
    session: Session<'a>,
}

impl<'a> RoleUpdater<'a> {
    pub(crate) fn new(session: Session<'a>, name: &'a str) -> Self {
        RoleUpdater { iam: Client::new(session.config), name, session }
    }

    /// Makes the changes. Returns the ARN of the role, which `arn` is if the role exists.
    pub(crate) async fn apply(&self, arn: Option<String>, changes: &[RoleChange]) -> Result<String> {
        let mut arn = arn;
        for change in changes {
            match change {
                RoleChange::Create { permissions_boundary, tags } => {
                    arn = Some(self.create(permissions_boundary.as_deref(), tags).await?);
                }
                RoleChange::UpdateTrustPolicy(document) => self.update_trust_policy(change, document).await?,
                RoleChange::SetBoundary { to, .. } => self.set_boundary(change, to).await?,
                RoleChange::AttachPolicy { .. } | RoleChange::PutInlinePolicy(_) | RoleChange::Tag(_) => {}
            }
        }
        let arn = arn.ok_or_else(|| self.unreadable())?;
        self.attach_policies(changes).await?;
        for change in changes {
            match change {
                RoleChange::PutInlinePolicy(scope) => self.put_inline_policy(change, scope, &arn).await?,
                RoleChange::Tag(tags) => self.add_tags(change, tags).await?,
                _ => {}
            }
        }
        Ok(arn)
    }

    /// Creates the role, and returns its ARN. If it exists in the meantime, only its boundary is set.
    async fn create(&self, boundary: Option<&str>, tags: &Tags) -> Result<String> {
        let RoleUpdater { iam, name, .. } = self;
        let operation = format!("creating the role {name}");
        let trust_policy = policy_documents::trust();
        let request = iam.create_role().role_name(*name).assume_role_policy_document(&trust_policy);
        let request =
            request.description("The permissions of Litexa skills at run time, created by @litexa/deploy-aws");
        let request = request.set_permissions_boundary(boundary.map(str::to_owned));
        self.session.reporter.log(operation.as_str());
        let tags = (!tags.is_empty()).then(|| tags::of_role(tags)).transpose()?;
        let created = self.send_creation(&operation, request.clone().set_tags(tags)).await;
        let created = created.map_err(|error| match boundary {
            Some(_) => unknown_policy(error, "permissionsBoundary"),
            None => error,
        });
        let created = if tags::were_denied(&created, "iam:TagRole", self.session.reporter) {
            self.send_creation(&operation, request).await
        } else {
            created
        };
        if let Some(response) = created.unless_exists()? {
            let role = response.role.map(|role| RoleDescription::new(role, SystemTime::now()));
            return role.map(|role| role.arn).ok_or_else(|| self.unreadable());
        }
        let existing = get_role(iam, name, Some(RecentChange::RoleCreated)).await?;
        let existing = existing.ok_or_else(|| self.unreadable())?;
        if let Some(to) = boundary.filter(|to| Some(*to) != existing.permissions_boundary.as_deref()) {
            let change = RoleChange::SetBoundary { from: existing.permissions_boundary, to: to.to_owned() };
            self.set_boundary(&change, to).await?;
        }
        Ok(existing.arn)
    }

    async fn send_creation(
        &self,
        operation: &str,
        request: CreateRoleFluentBuilder,
    ) -> Result<CreateRoleOutput, CallError> {
        let call = aws::call(operation, "iam:CreateRole").reporting(self.session.reporter);
        call.send(|| request.clone().send()).await
    }

    fn unreadable(&self) -> Error {
        let message = format!("creating the role {} failed: the role exists, but cannot be read", self.name);
        Error::new(ErrorCode::ResourceNotReady, message).hint("Deploy again")
    }

    async fn set_boundary(&self, change: &RoleChange, boundary: &str) -> Result<()> {
        let request = self.iam.put_role_permissions_boundary().role_name(self.name).permissions_boundary(boundary);
        let call = self.logged(change).after(RecentChange::RoleCreated);
        let set = call.send(|| request.clone().send()).await;
        Ok(set.map(drop).map_err(|error| unknown_policy(error, "permissionsBoundary"))?)
    }

    /// Adds tags, if the deployer may.
    async fn add_tags(&self, change: &RoleChange, missing: &Tags) -> Result<()> {
        let request = self.iam.tag_role().role_name(self.name).set_tags(Some(tags::of_role(missing)?));
        let call = self.logged(change).after(RecentChange::RoleCreated);
        call.send(|| request.clone().send()).await.or_warn_denied(self.session.reporter).map(drop)
    }

    async fn update_trust_policy(&self, change: &RoleChange, document: &str) -> Result<()> {
        let request = self.iam.update_assume_role_policy().role_name(self.name).policy_document(document);
        let call = self.logged(change).after(RecentChange::RoleCreated);
        match call.send(|| request.clone().send()).await {
            Err(error) if error.is_denied() => Err(error.hint(self.trust_policy_hint(document)).into()),
            outcome => Ok(outcome.map(drop)?),
        }
    }

    /// The right to change trust policies allows taking over a role, so most deployers do not have it.
    fn trust_policy_hint(&self, document: &str) -> String {
        // From a file, since each shell quotes JSON in its own way.
        format!(
            "Ask an administrator to save {document} as trust.json, and to run `aws iam update-assume-role-policy --role-name {} --policy-document file://trust.json`, or allow iam:UpdateAssumeRolePolicy to your IAM user or role",
            self.name
        )
    }

    /// Attaches policies concurrently, as Terraform does. IAM may reject concurrent changes of a role, which are sent
    /// again then.
    async fn attach_policies(&self, changes: &[RoleChange]) -> Result<()> {
        let attaching = changes.iter().filter_map(|change| match change {
            RoleChange::AttachPolicy { arn, replacement } => Some(self.attach(change, arn, replacement.as_deref())),
            _ => None,
        });
        futures_util::future::join_all(attaching).await.into_iter().collect()
    }

    /// Attaches a policy, or its replacement if AWS has retired it.
    async fn attach(&self, change: &RoleChange, arn: &str, replacement: Option<&str>) -> Result<()> {
        match (self.send_attach(change, arn).await, replacement) {
            (Err(error), Some(replacement)) if is_retired(&error) => {
                let (retired, name) = (policy_name(arn), policy_name(replacement));
                self.session.reporter.log(format!("replacing the policy {retired}, which AWS has retired, by {name}"));
                let successor = RoleChange::AttachPolicy { arn: replacement.to_owned(), replacement: None };
                self.send_attach(&successor, replacement).await?;
            }
            (outcome, _) => outcome.map_err(|error| unknown_policy(error, "policies"))?,
        }
        Ok(())
    }

    async fn send_attach(&self, change: &RoleChange, arn: &str) -> Result<(), CallError> {
        let request = self.iam.attach_role_policy().role_name(self.name).policy_arn(arn);
        let call = self.logged(change).after(RecentChange::RoleCreated);
        call.send(|| request.clone().send()).await.map(drop)
    }

    async fn put_inline_policy(&self, change: &RoleChange, scope: &PolicyScope, role_arn: &str) -> Result<()> {
        let request = self.iam.put_role_policy().role_name(self.name).policy_name(INLINE_POLICY_NAME);
        let request = request.policy_document(scope.policy(role_arn, self.session.region()));
        let call = self.logged(change).after(RecentChange::RoleCreated);
        call.send(|| request.clone().send()).await?;
        Ok(())
    }

    /// Logs a change, and returns its call.
    fn logged(&self, change: &RoleChange) -> aws::call::Call<'_> {
        let line = change.describe(self.name);
        self.session.reporter.log(line.description.as_str());
        aws::call(line.description, line.iam_action).reporting(self.session.reporter)
    }
}

/// Adds to an error about a policy that does not exist which option may name it.
fn unknown_policy(error: CallError, option: &str) -> CallError {
    let is_about_policy = error.is("NoSuchEntity") || error.is("InvalidInput") && error.message_contains("ARN");
    if is_about_policy {
        error.hint(format!("If iamConfiguration.{option} names the policy, correct it"))
    } else {
        error
    }
}

/// Returns whether AWS has retired a policy. The code is the same as for a role that does not exist.
fn is_retired(error: &CallError) -> bool {
    error.is("NoSuchEntity") && error.message_contains("not attachable")
}
