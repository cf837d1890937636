//! Reads the role and its policies.

use crate::aws::retry::{self, RecentChange};
use crate::aws::server_time::ServerTime;
use crate::aws::session::Session;
use crate::aws::{self, CallResult};
use crate::error::{Error, ErrorCode, Result};
use crate::lambda::execution_role::desired::DesiredRole;
use crate::lambda::execution_role::policy_documents::{trust_statement, trusts_lambda};
use crate::lambda::tags::Tags;
use aws_sdk_iam::Client;
use aws_sdk_iam::operation::list_attached_role_policies::ListAttachedRolePoliciesOutput;
use std::collections::BTreeSet;
use std::time::SystemTime;

/// The name of a dedicated role's inline policy.
pub(crate) const INLINE_POLICY_NAME: &str = "litexa_handler";

/// The current state of a managed role that exists.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ObservedRole {
    pub(crate) arn: String,
    /// It was created so recently that it may not be known everywhere.
    pub(crate) is_recent: bool,
    pub(crate) trust_policy: String,
    /// The ARNs of the attached policies.
    pub(crate) attached: BTreeSet<String>,
    pub(crate) inline_policy: Option<String>,
    pub(crate) permissions_boundary: Option<String>,
    pub(crate) tags: Tags,
}

/// A role as GetRole returns it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RoleDescription {
    pub(crate) arn: String,
    pub(crate) is_recent: bool,
    pub(crate) trust_policy: String,
    pub(crate) permissions_boundary: Option<String>,
    pub(crate) tags: Tags,
}

impl RoleDescription {
    /// Describes a role that IAM has shown at the time `now`.
    pub(crate) fn new(role: aws_sdk_iam::types::Role, now: SystemTime) -> Self {
        let tags = role.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value));
        RoleDescription {
            is_recent: is_recent(SystemTime::try_from(role.create_date).ok(), now),
            arn: role.arn,
            trust_policy: role.assume_role_policy_document.unwrap_or_default(),
            permissions_boundary: role.permissions_boundary.and_then(|boundary| boundary.permissions_boundary_arn),
            tags: tags.collect(),
        }
    }
}

impl ObservedRole {
    pub(crate) fn new(role: RoleDescription, attached: BTreeSet<String>, inline_policy: Option<String>) -> Self {
        let RoleDescription { arn, is_recent, trust_policy, permissions_boundary, tags } = role;
        ObservedRole { arn, is_recent, trust_policy, attached, inline_policy, permissions_boundary, tags }
    }
}

/// Returns whether a role is so new that Lambda may not be able to assume it yet. A role from the future is: one of the
/// times is wrong.
fn is_recent(created: Option<SystemTime>, now: SystemTime) -> bool {
    let age = created.and_then(|created| now.duration_since(created).ok());
    age.is_none_or(|age| age < retry::READY_TIMEOUT)
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
    Ok(role.map(|role| ObservedRole::new(role, attached.unwrap_or_default(), inline_policy)))
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
    if !trusts_lambda(role.assume_role_policy_document().unwrap_or_default()) {
        return invalid(
            "whose trust policy does not let Lambda assume it",
            &format!("Add the statement {} to its trust policy", trust_statement()),
        );
    }
    Ok(())
}

/// Reads the role. After a `change` of the role, an answer that it does not exist passes.
pub(crate) async fn get_role(
    iam: &Client,
    name: &str,
    change: Option<RecentChange>,
) -> Result<Option<RoleDescription>> {
    let (request, server_time) = (iam.get_role().role_name(name), ServerTime::default());
    let call = aws::call(format!("looking up the role {name}"), "iam:GetRole").after(change);
    let sent = call.send(|| request.clone().customize().interceptor(server_time.clone()).send());
    let role = sent.await.optional()?.and_then(|response| response.role);
    Ok(role.map(|role| RoleDescription::new(role, server_time.get())))
}

/// Lists the ARNs of the managed policies of a role; `None` if it does not exist.
pub(crate) async fn list_attached_policies(iam: &Client, name: &str) -> Result<Option<BTreeSet<String>>> {
    let request = iam.list_attached_role_policies().role_name(name);
    let pages = aws::call(format!("listing the policies of the role {name}"), "iam:ListAttachedRolePolicies")
        .send(|| request.clone().into_paginator().send().try_collect())
        .await
        .optional()?;
    let policies = |page: ListAttachedRolePoliciesOutput| page.attached_policies.unwrap_or_default();
    let arns = |pages: Vec<_>| pages.into_iter().flat_map(policies).filter_map(|policy| policy.policy_arn).collect();
    Ok(pages.map(arns))
}

async fn get_inline_policy(iam: &Client, name: &str) -> Result<Option<String>> {
    let request = iam.get_role_policy().role_name(name).policy_name(INLINE_POLICY_NAME);
    let call = aws::call(format!("reading the inline policy of the role {name}"), "iam:GetRolePolicy");
    let response = call.send(|| request.clone().send()).await.optional()?;
    Ok(response.map(|response| response.policy_document))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_role_is_recent_for_as_long_as_a_new_one_may_be_unknown() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_hours(500_000);
        let seconds = |seconds| Some(now - Duration::from_secs(seconds));
        assert!(is_recent(seconds(0), now) && is_recent(seconds(299), now));
        assert!(!is_recent(seconds(300), now) && !is_recent(seconds(86_400), now));
        assert!(is_recent(Some(now + Duration::from_mins(1)), now) && is_recent(None, now));
    }
}
