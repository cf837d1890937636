//! Creates and updates the IAM role with which the function runs.

mod desired;
mod observe;
mod policy_documents;
mod update;

pub(crate) use desired::{DesiredRole, SHARED_ROLE_NAME};
pub(crate) use observe::{ObservedRole, observe};

use crate::aws::region::config_region;
use crate::aws::retry::Change;
use crate::aws::session::Session;
use crate::error::Result;
use crate::lambda::tags;
use update::RoleUpdater;

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
    let updater = RoleUpdater::new(session, name);
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
