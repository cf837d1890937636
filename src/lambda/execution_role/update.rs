//! Creates and changes a role and its policies.

use crate::aws::arn::Partition;
use crate::aws::policy_document::is_equivalent;
use crate::aws::region::config_region;
use crate::aws::retry::RecentChange;
use crate::aws::session::Session;
use crate::aws::{self, CallError, CallResult};
use crate::error::{Error, ErrorCode, Result};
use crate::lambda::execution_role::desired::{DesiredPolicy, OwnPermissions};
use crate::lambda::execution_role::observe::{INLINE_POLICY_NAME, ObservedRole, RoleDescription, get_role};
use crate::lambda::execution_role::policy_documents;
use crate::lambda::tags::{self, Tags};
use aws_sdk_iam::Client;
use aws_sdk_iam::operation::create_role::CreateRoleOutput;
use aws_sdk_iam::operation::create_role::builders::CreateRoleFluentBuilder;
use std::collections::BTreeSet;
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

    /// Creates the role, unless it exists in the meantime.
    pub(crate) async fn create(&self, own: Option<&OwnPermissions>) -> Result<ObservedRole> {
        let RoleUpdater { iam, name, .. } = self;
        let operation = format!("creating the role {name}");
        let trust_policy = policy_documents::trust();
        let request = iam.create_role().role_name(*name).assume_role_policy_document(&trust_policy);
        let request =
            request.description("The permissions of Litexa skills at run time, created by @litexa/deploy-aws");
        let request = request.set_permissions_boundary(own.and_then(|own| own.permissions_boundary.clone()));
        self.session.reporter.log(operation.as_str());
        let tags = own.filter(|own| !own.tags.is_empty()).map(|own| tags::of_role(&own.tags)).transpose()?;
        let created = self.send_creation(&operation, request.clone().set_tags(tags)).await;
        let created = if tags::were_denied(&created, "iam:TagRole", self.session.reporter) {
            self.send_creation(&operation, request).await
        } else {
            created
        };
        let role = match created.unless_exists()? {
            Some(response) => response.role.map(|role| RoleDescription {
                permissions_boundary: own.and_then(|own| own.permissions_boundary.clone()),
                ..RoleDescription::new(role, SystemTime::now())
            }),
            None => get_role(iam, name, Some(RecentChange::RoleCreated)).await?,
        };
        let role = role.ok_or_else(|| {
            Error::new(ErrorCode::ResourceNotReady, format!("{operation} failed: the role exists, but cannot be read"))
                .hint("Deploy again")
        })?;
        Ok(ObservedRole::new(RoleDescription { trust_policy, ..role }, BTreeSet::new(), None))
    }

    async fn send_creation(
        &self,
        operation: &str,
        request: CreateRoleFluentBuilder,
    ) -> Result<CreateRoleOutput, CallError> {
        let call = aws::call(operation, "iam:CreateRole").reporting(self.session.reporter);
        call.send(|| request.clone().send()).await
    }

    /// Limits the role, unless it is limited in the same way. A boundary is not removed. Returns whether it was changed.
    pub(crate) async fn set_boundary(&self, desired: Option<&str>, observed: Option<&str>) -> Result<bool> {
        let Some(boundary) = desired.filter(|desired| Some(*desired) != observed) else { return Ok(false) };
        let request = self.iam.put_role_permissions_boundary().role_name(self.name).permissions_boundary(boundary);
        let operation = format!("setting the permissions boundary of the role {} to {boundary}", self.name);
        let call = self.logged(operation, "iam:PutRolePermissionsBoundary").after(RecentChange::RoleCreated);
        call.send(|| request.clone().send()).await?;
        Ok(true)
    }

    /// Adds tags, if the deployer may.
    pub(crate) async fn add_tags(&self, missing: &Tags) -> Result<()> {
        if missing.is_empty() {
            return Ok(());
        }
        let request = self.iam.tag_role().role_name(self.name).set_tags(Some(tags::of_role(missing)?));
        let call =
            self.logged(format!("tagging the role {}", self.name), "iam:TagRole").after(RecentChange::RoleCreated);
        call.send(|| request.clone().send()).await.or_warn_denied(self.session.reporter).map(drop)
    }

    /// Adds Lambda to the principals that may assume the role, if it is missing. Returns whether it was.
    pub(crate) async fn repair_trust_policy(&self, trust_policy: &str) -> Result<bool> {
        let Some(document) = policy_documents::with_lambda_principal(trust_policy) else { return Ok(false) };
        let request = self.iam.update_assume_role_policy().role_name(self.name).policy_document(&document);
        let operation = format!("adding Lambda to the trust policy of the role {}", self.name);
        let call = self.logged(operation, "iam:UpdateAssumeRolePolicy").after(RecentChange::RoleCreated);
        match call.send(|| request.clone().send()).await {
            Err(error) if error.is_denied() => Err(error.hint(self.trust_policy_hint(&document)).into()),
            outcome => Ok(outcome.map(|_| true)?),
        }
    }

    /// The right to change trust policies allows taking over a role, so most deployers do not have it.
    fn trust_policy_hint(&self, document: &str) -> String {
        // In single quotes, a shell leaves everything but a single quote as it is.
        let quoted = document.replace('\'', r"'\''");
        format!(
            "Ask an administrator to run `aws iam update-assume-role-policy --role-name {} --policy-document '{quoted}'`, or allow iam:UpdateAssumeRolePolicy to the IAM user or role that deploys",
            self.name
        )
    }

    /// Attaches policies concurrently, as Terraform does. IAM may reject concurrent changes of a role, which are sent
    /// again then. Returns whether a policy was missing.
    pub(crate) async fn attach_missing(&self, policies: &[DesiredPolicy], attached: &BTreeSet<String>) -> Result<bool> {
        let partition = Partition::of_region(config_region(self.session.config));
        let missing = policies.iter().map(|policy| policy.arns(partition)).filter(|(arn, replacement)| {
            !attached.contains(arn) && !replacement.as_ref().is_some_and(|replacement| attached.contains(replacement))
        });
        let attaching = missing.map(|(arn, replacement)| self.attach(arn, replacement));
        let attached = futures_util::future::join_all(attaching).await.into_iter().collect::<Result<Vec<()>>>()?;
        Ok(!attached.is_empty())
    }

    /// Attaches a policy, or its replacement if AWS has retired it.
    async fn attach(&self, arn: String, replacement: Option<String>) -> Result<()> {
        match (self.send_attach(&arn).await, replacement) {
            (Err(error), Some(replacement)) if is_retired(&error) => {
                let (retired, name) = (policy_name(&arn), policy_name(&replacement));
                self.session.reporter.log(format!("replacing the policy {retired}, which AWS has retired, by {name}"));
                self.send_attach(&replacement).await?;
            }
            (outcome, _) => outcome?,
        }
        Ok(())
    }

    async fn send_attach(&self, arn: &str) -> Result<(), CallError> {
        let request = self.iam.attach_role_policy().role_name(self.name).policy_arn(arn);
        let operation = format!("attaching {} to the role {}", policy_name(arn), self.name);
        let call = self.logged(operation, "iam:AttachRolePolicy").after(RecentChange::RoleCreated);
        call.send(|| request.clone().send()).await.map(drop)
    }

    /// Writes the inline policy, unless it is equivalent. Returns whether it was not.
    pub(crate) async fn update_inline_policy(&self, observed: Option<&str>, document: String) -> Result<bool> {
        if observed.is_some_and(|observed| is_equivalent(observed, &document)) {
            return Ok(false);
        }
        let request = self.iam.put_role_policy().role_name(self.name).policy_name(INLINE_POLICY_NAME);
        let request = request.policy_document(document);
        let operation = format!("updating the inline policy of the role {}", self.name);
        let call = self.logged(operation, "iam:PutRolePolicy").after(RecentChange::RoleCreated);
        call.send(|| request.clone().send()).await?;
        Ok(true)
    }

    /// Logs an operation, and returns its call.
    fn logged(&self, operation: String, action: &'static str) -> aws::call::Call<'_> {
        self.session.reporter.log(operation.as_str());
        aws::call(operation, action).reporting(self.session.reporter)
    }
}

/// Returns whether AWS has retired a policy. The code is the same as for a role that does not exist.
fn is_retired(error: &CallError) -> bool {
    error.is("NoSuchEntity") && error.message_contains("not attachable")
}

/// Returns a policy's name without its path.
fn policy_name(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}
