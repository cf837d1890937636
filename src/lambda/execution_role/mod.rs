//! Creates and updates the IAM role with which the function runs.

mod desired;
mod observe;
mod policy_documents;
mod update;

pub(crate) use desired::{DesiredRole, SHARED_ROLE_NAME};
pub(crate) use observe::{ObservedRole, observe};

use crate::aws::arn::Partition;
use crate::aws::region::config_region;
use crate::aws::retry::RecentChange;
use crate::aws::session::Session;
use crate::error::Result;
use crate::lambda::tags;
use desired::is_shared_policy;
use update::RoleUpdater;

/// A role for the function.
pub(crate) struct Role {
    pub(crate) arn: String,
    /// It was created by this deployment.
    pub(crate) is_new: bool,
    /// A change of the role that Lambda may not know yet.
    pub(crate) recent_change: Option<RecentChange>,
}

/// Creates or repairs the role. Other policies that are attached stay.
///
/// # Errors
/// The error of a call.
pub(crate) async fn apply(session: Session<'_>, desired: &DesiredRole, observed: Option<ObservedRole>) -> Result<Role> {
    let (name, policies, own) = match desired {
        DesiredRole::External(arn) => {
            return Ok(Role { arn: arn.clone(), is_new: false, recent_change: Some(RecentChange::RoleOfOthers) });
        }
        DesiredRole::Managed { name, policies, own } => (name, policies, own),
    };
    let updater = RoleUpdater::new(session, name);
    let is_new = observed.is_none();
    let mut changes = vec![is_new];
    let observed = match observed {
        Some(observed) => {
            changes.push(updater.repair_trust_policy(&observed.trust_policy).await?);
            observed
        }
        None => updater.create(own.as_ref()).await?,
    };
    if let Some(own) = own {
        // The right to change a role's policies may depend on its boundary.
        let boundaries = (own.permissions_boundary.as_deref(), observed.permissions_boundary.as_deref());
        changes.push(updater.set_boundary(boundaries.0, boundaries.1).await?);
    }
    changes.push(updater.attach_missing(policies, &observed.attached).await?);
    if let Some(own) = own {
        let document = own.inline_policy.policy(&observed.arn, config_region(session.config));
        changes.push(updater.update_inline_policy(observed.inline_policy.as_deref(), document).await?);
        if !is_new {
            updater.add_tags(&tags::missing(&own.tags, &observed.tags)).await?;
        }
    }
    let recent_change = recent_change(&observed, changes.contains(&true), Partition::of_region(session.region()));
    Ok(Role { arn: observed.arn, is_new, recent_change })
}

/// Returns the change of a role that Lambda may not know yet, if there may be one. The policies of the shared role are
/// known, and IAM has no time of their attachment.
fn recent_change(observed: &ObservedRole, was_changed: bool, partition: Partition) -> Option<RecentChange> {
    if was_changed || observed.is_recent {
        return Some(RecentChange::RoleCreated);
    }
    let has_others = observed.attached.iter().any(|arn| !is_shared_policy(arn, partition));
    has_others.then_some(RecentChange::RoleOfOthers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lambda_may_not_know_what_has_been_changed_a_moment_ago() {
        let partition = Partition::of_region("us-east-1");
        let change = |is_recent: bool, was_changed: bool, policies: &[&str]| {
            let attached = policies.iter().map(|name| partition.managed_policy(name)).collect();
            let (trust_policy, tags) = (String::new(), tags::Tags::new());
            let role = ObservedRole {
                arn: String::new(),
                is_recent,
                trust_policy,
                attached,
                inline_policy: None,
                permissions_boundary: None,
                tags,
            };
            recent_change(&role, was_changed, partition)
        };
        let shared =
            ["service-role/AWSLambdaBasicExecutionRole", "AmazonDynamoDBFullAccess_v2", "CloudWatchFullAccess"];
        let network = ["service-role/AWSLambdaVPCAccessExecutionRole"];
        for policies in [&shared[..], &network, &[]] {
            assert_eq!(change(true, false, policies), Some(RecentChange::RoleCreated));
            assert_eq!(change(false, true, policies), Some(RecentChange::RoleCreated));
        }
        assert_eq!(change(false, false, &shared), None);
        assert_eq!(change(false, false, &[]), None);
        assert_eq!(change(false, false, &network), Some(RecentChange::RoleOfOthers));
    }
}
