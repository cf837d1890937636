//! Creates and updates the IAM role with which the function runs.

mod policy_documents;

use crate::aws::arn::Partition;
use crate::aws::policy_document::is_equivalent;
use crate::aws::region::config_region;
use crate::aws::retry::Change;
use crate::aws::session::Session;
use crate::aws::{self, CallError, CallResult};
use crate::config::options::RoleOptions;
use crate::deploy::request::DeployRequest;
use crate::error::{Error, ErrorCode, Result};
use crate::lambda::tags::{self, Tags};
use aws_sdk_iam::Client;
use aws_sdk_iam::operation::create_role::CreateRoleOutput;
use aws_sdk_iam::operation::create_role::builders::CreateRoleFluentBuilder;
use policy_documents::PolicyScope;
use std::collections::BTreeSet;

/// The role that all Litexa skills of an account share.
pub(crate) const SHARED_ROLE_NAME: &str = "litexa_handler_lambda";

/// The managed policies of the shared role. AWS has retired two of them, and offers replacements: accounts in which no
/// role has a retired policy cannot attach it.
/// See <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-deprecated.html>.
const SHARED_POLICIES: [DesiredPolicy; 3] = [
    DesiredPolicy::Aws { name: "service-role/AWSLambdaBasicExecutionRole", replacement: None },
    DesiredPolicy::Aws { name: "AmazonDynamoDBFullAccess", replacement: Some("AmazonDynamoDBFullAccess_v2") },
    DesiredPolicy::Aws { name: "CloudWatchFullAccess", replacement: Some("CloudWatchFullAccessV2") },
];

/// The name of a dedicated role's inline policy.
const INLINE_POLICY_NAME: &str = "litexa_handler";

/// The desired state of the role.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum DesiredRole {
    /// The ARN in `lambdaConfiguration.Role`. This module does not change that role.
    External(String),
    Managed {
        name: String,
        policies: Vec<DesiredPolicy>,
        /// For a dedicated role.
        own: Option<OwnPermissions>,
    },
}

/// The properties of a dedicated role, without its managed policies.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OwnPermissions {
    inline_policy: PolicyScope,
    /// The ARN of the policy that limits the role; `None` leaves it as it is.
    permissions_boundary: Option<String>,
    tags: Tags,
}

/// A managed policy to attach.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum DesiredPolicy {
    /// A policy of AWS by its path and name, and its replacement if AWS has retired it.
    Aws {
        name: &'static str,
        replacement: Option<&'static str>,
    },
    Arn(String),
}

impl DesiredPolicy {
    /// Returns the ARNs of the policy and of its replacement.
    fn arns(&self, partition: Partition) -> (String, Option<String>) {
        match self {
            DesiredPolicy::Aws { name, replacement } => {
                (partition.managed_policy(name), replacement.map(|name| partition.managed_policy(name)))
            }
            DesiredPolicy::Arn(arn) => (arn.clone(), None),
        }
    }
}

/// The current state of a managed role that exists.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ObservedRole {
    arn: String,
    trust_policy: String,
    /// The ARNs of the attached policies.
    attached: BTreeSet<String>,
    inline_policy: Option<String>,
    permissions_boundary: Option<String>,
    tags: Tags,
}

/// A role as GetRole returns it.
#[derive(Clone, Debug, PartialEq)]
struct RoleDescription {
    arn: String,
    trust_policy: String,
    permissions_boundary: Option<String>,
    tags: Tags,
}

impl From<aws_sdk_iam::types::Role> for RoleDescription {
    fn from(role: aws_sdk_iam::types::Role) -> Self {
        let tags = role.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value));
        RoleDescription {
            arn: role.arn,
            trust_policy: role.assume_role_policy_document.unwrap_or_default(),
            permissions_boundary: role.permissions_boundary.and_then(|boundary| boundary.permissions_boundary_arn),
            tags: tags.collect(),
        }
    }
}

impl DesiredRole {
    pub(crate) fn new(request: &DeployRequest, external: Option<&str>, log_group: &str) -> Self {
        if let Some(arn) = external {
            return DesiredRole::External(arn.to_owned());
        }
        match &request.options.role {
            RoleOptions::Shared => DesiredRole::Managed {
                name: SHARED_ROLE_NAME.to_owned(),
                policies: SHARED_POLICIES.to_vec(),
                own: None,
            },
            RoleOptions::Dedicated { policies, permissions_boundary } => DesiredRole::Managed {
                name: request.project.function_name(),
                policies: policies.iter().cloned().map(DesiredPolicy::Arn).collect(),
                own: Some(OwnPermissions {
                    inline_policy: PolicyScope {
                        table: request.persistent_store.then(|| request.project.table_name()),
                        log_group: log_group.to_owned(),
                    },
                    permissions_boundary: permissions_boundary.clone(),
                    tags: request.options.tags.clone(),
                }),
            },
        }
    }

    /// Returns the name of a managed role.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            DesiredRole::External(_) => None,
            DesiredRole::Managed { name, .. } => Some(name),
        }
    }
}

/// Reads a managed role and its policies concurrently; `None` if it does not exist, or is external.
///
/// # Errors
/// The error of a call; `InvalidOption` for an external role that does not exist, or that Lambda may not assume.
pub(crate) async fn observe(session: Session<'_>, desired: &DesiredRole) -> Result<Option<ObservedRole>> {
    let iam = Client::new(session.config);
    let (name, own) = match desired {
        DesiredRole::External(arn) => return check_external(session, &iam, arn).await.map(|()| None),
        DesiredRole::Managed { name, own, .. } => (name, own),
    };
    let inline_policy = async {
        match own {
            Some(_) => get_inline_policy(&iam, name).await,
            None => Ok(None),
        }
    };
    let (role, attached, inline_policy) =
        tokio::try_join!(get_role(&iam, name, None), list_attached_policies(&iam, name), inline_policy)?;
    Ok(role.map(|role| ObservedRole::new(role, attached, inline_policy)))
}

/// Looks at a role that this module does not change: Lambda's own answer is the same for a role that is new.
async fn check_external(session: Session<'_>, iam: &Client, arn: &str) -> Result<()> {
    let invalid = |problem: &str, hint: &str| {
        let message = format!("lambdaConfiguration.Role is {arn}, {problem}");
        Err(Error::new(ErrorCode::InvalidOption, message).hint(hint))
    };
    let name = arn.rsplit('/').next().unwrap_or(arn);
    let request = iam.get_role().role_name(name);
    let call = aws::call(format!("looking up the role {arn}"), "iam:GetRole");
    let found = match call.send(|| request.clone().send()).await {
        Err(error) if error.is_denied() => {
            session.reporter.warning(format!("{error} Until then, the role is not checked before the deployment."));
            return Ok(());
        }
        found => found.optional()?.and_then(|response| response.role),
    };
    let Some(role) = found else {
        return invalid(
            "which does not exist in the account of the credentials",
            "Correct it, or remove it to use the role of iamConfiguration",
        );
    };
    if role.arn() != arn {
        return invalid(&format!("but the role of this name is {}", role.arn()), "Correct it in the Litexa config");
    }
    if !policy_documents::trusts_lambda(role.assume_role_policy_document().unwrap_or_default()) {
        return invalid(
            "whose trust policy does not let Lambda assume it",
            &format!("Add the statement {} to its trust policy", policy_documents::trust_statement()),
        );
    }
    Ok(())
}

/// A role for the function.
pub(crate) struct Role {
    pub(crate) arn: String,
    /// It was created by this deployment.
    pub(crate) is_new: bool,
    /// A role that this module manages may have been changed a moment ago.
    pub(crate) recent_change: Option<Change>,
}

/// Creates or repairs the role. Other policies that are attached stay.
///
/// # Errors
/// The error of a call.
pub(crate) async fn apply(session: Session<'_>, desired: &DesiredRole, observed: Option<ObservedRole>) -> Result<Role> {
    let (name, policies, own) = match desired {
        DesiredRole::External(arn) => return Ok(Role { arn: arn.clone(), is_new: false, recent_change: None }),
        DesiredRole::Managed { name, policies, own } => (name, policies, own),
    };
    let updater = RoleUpdater { iam: Client::new(session.config), name, session };
    let is_new = observed.is_none();
    let observed = match observed {
        Some(observed) => {
            updater.repair_trust_policy(&observed.trust_policy).await?;
            observed
        }
        None => updater.create(own.as_ref()).await?,
    };
    if let Some(own) = own {
        // The right to change a role's policies may depend on its boundary.
        updater.set_boundary(own.permissions_boundary.as_deref(), observed.permissions_boundary.as_deref()).await?;
    }
    updater.attach_missing(policies, &observed.attached).await?;
    if let Some(own) = own {
        let document = own.inline_policy.policy(&observed.arn, config_region(session.config));
        updater.update_inline_policy(observed.inline_policy.as_deref(), document).await?;
        if !is_new {
            updater.add_tags(&tags::missing(&own.tags, &observed.tags)).await?;
        }
    }
    Ok(Role { arn: observed.arn, is_new, recent_change: Some(Change::RoleCreated) })
}

/// Reads the role. After a `change` of the role, an answer that it does not exist passes.
async fn get_role(iam: &Client, name: &str, change: Option<Change>) -> Result<Option<RoleDescription>> {
    let request = iam.get_role().role_name(name);
    let call = aws::call(format!("looking up the role {name}"), "iam:GetRole").after(change);
    let role = call.send(|| request.clone().send()).await.optional()?.and_then(|response| response.role);
    Ok(role.map(RoleDescription::from))
}

async fn list_attached_policies(iam: &Client, name: &str) -> Result<BTreeSet<String>> {
    let request = iam.list_attached_role_policies().role_name(name);
    let pages = aws::call(format!("listing the policies of the role {name}"), "iam:ListAttachedRolePolicies")
        .send(|| request.clone().into_paginator().send().try_collect())
        .await
        .optional()?;
    let policies = pages.into_iter().flatten().flat_map(|page| page.attached_policies.unwrap_or_default());
    Ok(policies.filter_map(|policy| policy.policy_arn).collect())
}

async fn get_inline_policy(iam: &Client, name: &str) -> Result<Option<String>> {
    let request = iam.get_role_policy().role_name(name).policy_name(INLINE_POLICY_NAME);
    let call = aws::call(format!("reading the inline policy of the role {name}"), "iam:GetRolePolicy");
    let response = call.send(|| request.clone().send()).await.optional()?;
    Ok(response.map(|response| response.policy_document))
}

impl ObservedRole {
    fn new(role: RoleDescription, attached: BTreeSet<String>, inline_policy: Option<String>) -> Self {
        let RoleDescription { arn, trust_policy, permissions_boundary, tags } = role;
        ObservedRole { arn, trust_policy, attached, inline_policy, permissions_boundary, tags }
    }
}

struct RoleUpdater<'a> {
    iam: Client,
    name: &'a str,
    session: Session<'a>,
}

impl RoleUpdater<'_> {
    async fn create(&self, own: Option<&OwnPermissions>) -> Result<ObservedRole> {
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
                ..RoleDescription::from(role)
            }),
            None => get_role(iam, name, Some(Change::RoleCreated)).await?,
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

    /// Limits the role, unless it is limited in the same way. A boundary is not removed.
    async fn set_boundary(&self, desired: Option<&str>, observed: Option<&str>) -> Result<()> {
        let Some(boundary) = desired.filter(|desired| Some(*desired) != observed) else { return Ok(()) };
        let request = self.iam.put_role_permissions_boundary().role_name(self.name).permissions_boundary(boundary);
        let operation = format!("setting the permissions boundary of the role {} to {boundary}", self.name);
        let call = self.logged(operation, "iam:PutRolePermissionsBoundary").after(Change::RoleCreated);
        call.send(|| request.clone().send()).await?;
        Ok(())
    }

    async fn add_tags(&self, missing: &Tags) -> Result<()> {
        if missing.is_empty() {
            return Ok(());
        }
        let request = self.iam.tag_role().role_name(self.name).set_tags(Some(tags::of_role(missing)?));
        let call = self.logged(format!("tagging the role {}", self.name), "iam:TagRole").after(Change::RoleCreated);
        call.send(|| request.clone().send()).await.or_warn_denied(self.session.reporter).map(drop)
    }

    /// Adds Lambda to the principals that may assume the role, if it is missing.
    async fn repair_trust_policy(&self, trust_policy: &str) -> Result<()> {
        let Some(document) = policy_documents::with_lambda_principal(trust_policy) else { return Ok(()) };
        let request = self.iam.update_assume_role_policy().role_name(self.name).policy_document(&document);
        let operation = format!("adding Lambda to the trust policy of the role {}", self.name);
        let call = self.logged(operation, "iam:UpdateAssumeRolePolicy").after(Change::RoleCreated);
        match call.send(|| request.clone().send()).await {
            Err(error) if error.is_denied() => Err(error.hint(self.trust_policy_hint(&document)).into()),
            outcome => Ok(outcome.map(drop)?),
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
    /// again then.
    async fn attach_missing(&self, policies: &[DesiredPolicy], attached: &BTreeSet<String>) -> Result<()> {
        let partition = Partition::of_region(config_region(self.session.config));
        let missing = policies.iter().map(|policy| policy.arns(partition)).filter(|(arn, replacement)| {
            !attached.contains(arn) && !replacement.as_ref().is_some_and(|replacement| attached.contains(replacement))
        });
        let attaching = missing.map(|(arn, replacement)| self.attach(arn, replacement));
        futures_util::future::join_all(attaching).await.into_iter().collect()
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
        let call = self.logged(operation, "iam:AttachRolePolicy").after(Change::RoleCreated);
        call.send(|| request.clone().send()).await.map(drop)
    }

    async fn update_inline_policy(&self, observed: Option<&str>, document: String) -> Result<()> {
        if observed.is_some_and(|observed| is_equivalent(observed, &document)) {
            return Ok(());
        }
        let request = self.iam.put_role_policy().role_name(self.name).policy_name(INLINE_POLICY_NAME);
        let request = request.policy_document(document);
        let operation = format!("updating the inline policy of the role {}", self.name);
        let call = self.logged(operation, "iam:PutRolePolicy").after(Change::RoleCreated);
        call.send(|| request.clone().send()).await?;
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policies_of_the_shared_role_are_those_of_the_regions_partition() {
        let arns = |region: &str| SHARED_POLICIES.map(|policy| policy.arns(Partition::of_region(region)));
        let [basic, table, _] = arns("us-gov-west-1");
        assert_eq!(basic.0, "arn:aws-us-gov:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole");
        assert_eq!(table.1.as_deref(), Some("arn:aws-us-gov:iam::aws:policy/AmazonDynamoDBFullAccess_v2"));
        for region in crate::testing::regions::all() {
            let prefix = format!("arn:{}:iam::aws:policy/", region.partition);
            assert!(arns(&region.name).iter().all(|(arn, _)| arn.starts_with(&prefix)), "{}", region.name);
        }
    }
}
