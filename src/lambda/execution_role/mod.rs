//! Creates and updates the IAM role with which the function runs.

mod change;
mod desired;
mod observe;
mod policy_documents;
mod update;

pub(crate) use change::{RoleChange, changes};
pub(crate) use desired::{DesiredRole, SHARED_ROLE_NAME};
pub(crate) use observe::{INLINE_POLICY_NAME, ObservedRole, list_attached_policies, observe};

use crate::aws::arn::Partition;
use crate::aws::retry::RecentChange;
use crate::aws::session::Session;
use crate::error::Result;
use desired::is_shared_policy;
use update::RoleUpdater;

/// A role for the function.
pub(crate) struct Role {
    pub(crate) arn: String,
    /// A change of the role that Lambda may not know yet.
    pub(crate) recent_change: Option<RecentChange>,
}

/// Returns the ARN of the role; `None` if it is known after the role was created.
pub(crate) fn known_arn<'a>(desired: &'a DesiredRole, observed: Option<&'a ObservedRole>) -> Option<&'a str> {
    match desired {
        DesiredRole::External(arn) => Some(arn),
        DesiredRole::Managed { .. } => observed.map(|observed| observed.arn.as_str()),
    }
}

/// Makes the changes.
///
/// # Errors
/// The error of a call.
pub(crate) async fn apply(
    session: Session<'_>,
    desired: &DesiredRole,
    observed: Option<&ObservedRole>,
    changes: &[RoleChange],
) -> Result<Role> {
    let name = match desired {
        DesiredRole::External(arn) => {
            return Ok(Role { arn: arn.clone(), recent_change: Some(RecentChange::RoleOfOthers) });
        }
        DesiredRole::Managed { name, .. } => name,
    };
    let arn = observed.map(|observed| observed.arn.clone());
    let arn = RoleUpdater::new(session, name).apply(arn, changes).await?;
    let was_changed = changes.iter().any(RoleChange::affects_lambda);
    let partition = Partition::of_region(session.region());
    let recent_change = match observed {
        Some(observed) => recent_change(observed, was_changed, partition),
        None => Some(RecentChange::RoleCreated),
    };
    Ok(Role { arn, recent_change })
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
    use crate::lambda::tags;

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
