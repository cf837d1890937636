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
use aws_sdk_iam::Client;
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
        inline_policy: Option<PolicyScope>,
    },
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
                inline_policy: None,
            },
            RoleOptions::Dedicated { policies } => DesiredRole::Managed {
                name: request.project.function_name(),
                policies: policies.iter().cloned().map(DesiredPolicy::Arn).collect(),
                inline_policy: Some(PolicyScope {
                    table: request.persistent_store.then(|| request.project.table_name()),
                    log_group: log_group.to_owned(),
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
    let (name, inline_policy) = match desired {
        DesiredRole::External(arn) => return check_external(session, &iam, arn).await.map(|()| None),
        DesiredRole::Managed { name, inline_policy, .. } => (name, inline_policy),
    };
    let inline_policy = async {
        match inline_policy {
            Some(_) => get_inline_policy(&iam, name).await,
            None => Ok(None),
        }
    };
    let (role, attached, inline_policy) =
        tokio::try_join!(get_role(&iam, name, None), list_attached_policies(&iam, name), inline_policy)?;
    Ok(role.map(|(arn, trust_policy)| ObservedRole { arn, trust_policy, attached, inline_policy }))
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
    let (name, policies, inline_policy) = match desired {
        DesiredRole::External(arn) => return Ok(Role { arn: arn.clone(), is_new: false, recent_change: None }),
        DesiredRole::Managed { name, policies, inline_policy } => (name, policies, inline_policy),
    };
    let updater = RoleUpdater { iam: Client::new(session.config), name, session };
    let is_new = observed.is_none();
    let observed = match observed {
        Some(observed) => {
            updater.repair_trust_policy(&observed.trust_policy).await?;
            observed
        }
        None => updater.create().await?,
    };
    updater.attach_missing(policies, &observed.attached).await?;
    if let Some(scope) = inline_policy {
        let document = scope.policy(&observed.arn, config_region(session.config));
        updater.update_inline_policy(observed.inline_policy.as_deref(), document).await?;
    }
    Ok(Role { arn: observed.arn, is_new, recent_change: Some(Change::RoleCreated) })
}

/// Returns the role's ARN and its trust policy. After a `change` of the role, an answer that it does not exist passes.
async fn get_role(iam: &Client, name: &str, change: Option<Change>) -> Result<Option<(String, String)>> {
    let request = iam.get_role().role_name(name);
    let call = aws::call(format!("looking up the role {name}"), "iam:GetRole").after(change);
    let role = call.send(|| request.clone().send()).await.optional()?.and_then(|response| response.role);
    Ok(role.map(|role| (role.arn, role.assume_role_policy_document.unwrap_or_default())))
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

struct RoleUpdater<'a> {
    iam: Client,
    name: &'a str,
    session: Session<'a>,
}

impl RoleUpdater<'_> {
    async fn create(&self) -> Result<ObservedRole> {
        let RoleUpdater { iam, name, .. } = self;
        let operation = format!("creating the role {name}");
        let trust_policy = policy_documents::trust();
        let request = iam.create_role().role_name(*name).assume_role_policy_document(&trust_policy);
        let request =
            request.description("The permissions of Litexa skills at run time, created by @litexa/deploy-aws");
        let call = self.logged(operation.clone(), "iam:CreateRole");
        let arn = match call.send(|| request.clone().send()).await.unless_exists()? {
            Some(response) => response.role.map(|role| role.arn),
            None => get_role(iam, name, Some(Change::RoleCreated)).await?.map(|(arn, _)| arn),
        };
        let arn = arn.ok_or_else(|| {
            Error::new(ErrorCode::ResourceNotReady, format!("{operation} failed: the role exists, but cannot be read"))
                .hint("Deploy again")
        })?;
        Ok(ObservedRole { arn, trust_policy, attached: BTreeSet::new(), inline_policy: None })
    }

    /// Adds Lambda to the principals that may assume the role, if it is missing.
    async fn repair_trust_policy(&self, trust_policy: &str) -> Result<()> {
        let Some(document) = policy_documents::with_lambda_principal(trust_policy) else { return Ok(()) };
        let request = self.iam.update_assume_role_policy().role_name(self.name).policy_document(document);
        let operation = format!("adding Lambda to the trust policy of the role {}", self.name);
        let call = self.logged(operation, "iam:UpdateAssumeRolePolicy").after(Change::RoleCreated);
        call.send(|| request.clone().send()).await?;
        Ok(())
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
        let arns = |region| SHARED_POLICIES.map(|policy| policy.arns(Partition::of_region(region)));
        let [basic, table, _] = arns("us-gov-west-1");
        assert_eq!(basic.0, "arn:aws-us-gov:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole");
        assert_eq!(table.1.as_deref(), Some("arn:aws-us-gov:iam::aws:policy/AmazonDynamoDBFullAccess_v2"));
        assert!(arns("eu-west-1").iter().all(|(arn, _)| arn.starts_with("arn:aws:iam::aws:policy/")));
    }
}
