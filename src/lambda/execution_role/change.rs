//! Decides how the role and its policies are changed.

use crate::aws::arn::Partition;
use crate::aws::policy_document::is_equivalent;
use crate::deploy::change::{Action, Change};
use crate::lambda::execution_role::desired::{DesiredPolicy, DesiredRole, OwnPermissions};
use crate::lambda::execution_role::observe::ObservedRole;
use crate::lambda::execution_role::policy_documents::{PolicyScope, with_lambda_principal};
use crate::lambda::tags::{self, Tags};
use std::collections::BTreeSet;

const ROLE_TYPE: &str = "AWS::IAM::Role";

/// A change of a role that this module manages.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum RoleChange {
    Create {
        permissions_boundary: Option<String>,
        tags: Tags,
    },
    /// Sets the document, which lets Lambda assume the role.
    UpdateTrustPolicy(String),
    SetBoundary {
        from: Option<String>,
        to: String,
    },
    /// Attaches a policy, or its replacement if AWS has retired it: the answer shows that.
    AttachPolicy {
        arn: String,
        replacement: Option<String>,
    },
    /// Writes the inline policy. Its document names the account of the role, whose ARN a new role gets from IAM.
    PutInlinePolicy(PolicyScope),
    Tag(Tags),
}

/// Returns the changes in the order in which they are made. Other policies that are attached stay.
pub(crate) fn changes(desired: &DesiredRole, observed: Option<&ObservedRole>, region: &str) -> Vec<RoleChange> {
    let DesiredRole::Managed { policies, own, .. } = desired else { return Vec::new() };
    let own = own.as_ref();
    let mut changes = match observed {
        None => vec![creation(own)],
        Some(observed) => {
            let trust_policy = with_lambda_principal(&observed.trust_policy).map(RoleChange::UpdateTrustPolicy);
            // The right to change a role's policies may depend on its boundary.
            trust_policy.into_iter().chain(own.and_then(|own| boundary(own, observed))).collect()
        }
    };
    let attached = observed.map(|observed| &observed.attached);
    changes.extend(missing_policies(policies, attached, Partition::of_region(region)));
    let Some(own) = own else { return changes };
    let is_written = observed.is_some_and(|observed| {
        let document = own.inline_policy.policy(&observed.arn, region);
        observed.inline_policy.as_deref().is_some_and(|current| is_equivalent(current, &document))
    });
    if !is_written {
        changes.push(RoleChange::PutInlinePolicy(own.inline_policy.clone()));
    }
    // A new role is created with its tags.
    let tags = observed.map(|observed| tags::missing(&own.tags, &observed.tags));
    changes.extend(tags.filter(|tags| !tags.is_empty()).map(RoleChange::Tag));
    changes
}

fn creation(own: Option<&OwnPermissions>) -> RoleChange {
    RoleChange::Create {
        permissions_boundary: own.and_then(|own| own.permissions_boundary.clone()),
        tags: own.map(|own| own.tags.clone()).unwrap_or_default(),
    }
}

/// Returns the change of the boundary, unless it is as desired. A boundary is not removed.
fn boundary(own: &OwnPermissions, observed: &ObservedRole) -> Option<RoleChange> {
    let (to, from) = (own.permissions_boundary.as_ref()?, observed.permissions_boundary.as_ref());
    (from != Some(to)).then(|| RoleChange::SetBoundary { from: from.cloned(), to: to.clone() })
}

fn missing_policies<'a>(
    policies: &'a [DesiredPolicy],
    attached: Option<&'a BTreeSet<String>>,
    partition: Partition,
) -> impl Iterator<Item = RoleChange> + 'a {
    let is_attached = move |arn: &String| attached.is_some_and(|attached| attached.contains(arn));
    policies
        .iter()
        .map(move |policy| policy.arns(partition))
        .filter(move |(arn, replacement)| !is_attached(arn) && !replacement.as_ref().is_some_and(is_attached))
        .map(|(arn, replacement)| RoleChange::AttachPolicy { arn, replacement })
}

impl RoleChange {
    /// Describes the change of a role.
    pub(crate) fn describe(&self, role: &str) -> Change {
        let change =
            |action, iam_action, description: String| Change::new(action, (ROLE_TYPE, role), iam_action, description);
        match self {
            RoleChange::Create { .. } => change(Action::Create, "iam:CreateRole", format!("creating the role {role}")),
            RoleChange::UpdateTrustPolicy(_) => {
                let description = format!("adding Lambda to the trust policy of the role {role}");
                change(Action::Update, "iam:UpdateAssumeRolePolicy", description)
            }
            RoleChange::SetBoundary { from, to } => {
                let instead = from.as_ref().map_or_else(String::new, |from| format!(" instead of {from}"));
                let description = format!("setting the permissions boundary of the role {role} to {to}{instead}");
                change(Action::Update, "iam:PutRolePermissionsBoundary", description)
            }
            RoleChange::AttachPolicy { arn, .. } => {
                let description = format!("attaching {} to the role {role}", policy_name(arn));
                change(Action::Update, "iam:AttachRolePolicy", description)
            }
            RoleChange::PutInlinePolicy(_) => {
                change(Action::Update, "iam:PutRolePolicy", format!("updating the inline policy of the role {role}"))
            }
            RoleChange::Tag(tags) => {
                let names: Vec<_> = tags.keys().cloned().collect();
                change(Action::Update, "iam:TagRole", format!("tagging the role {role}: {}", names.join(", ")))
            }
        }
    }

    /// Returns whether Lambda may not know the role as it is after the change.
    pub(crate) fn affects_lambda(&self) -> bool {
        !matches!(self, RoleChange::Tag(_))
    }
}

/// Returns a policy's name without its path.
pub(crate) fn policy_name(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lambda::execution_role::policy_documents::trust;

    const REGION: &str = "us-east-1";

    fn own() -> OwnPermissions {
        OwnPermissions {
            inline_policy: PolicyScope { table: None, log_group: "/g".into() },
            permissions_boundary: Some("arn:aws:iam::1:policy/new".into()),
            tags: Tags::from([("team".to_owned(), "voice".to_owned())]),
        }
    }

    fn dedicated(own: OwnPermissions) -> DesiredRole {
        let policies = vec![DesiredPolicy::Arn("arn:aws:iam::1:policy/Queue".into())];
        DesiredRole::Managed { name: "cats".into(), policies, own: Some(own) }
    }

    /// The role after a deployment.
    fn deployed() -> ObservedRole {
        let (own, arn) = (own(), "arn:aws:iam::1:role/cats");
        ObservedRole {
            arn: arn.into(),
            is_recent: false,
            trust_policy: trust(),
            attached: BTreeSet::from(["arn:aws:iam::1:policy/Queue".to_owned()]),
            inline_policy: Some(own.inline_policy.policy(arn, REGION)),
            permissions_boundary: own.permissions_boundary,
            tags: own.tags,
        }
    }

    fn lines(desired: &DesiredRole, observed: Option<&ObservedRole>) -> Vec<String> {
        let changes = changes(desired, observed, REGION);
        changes.iter().map(|change| change.describe("cats").description).collect()
    }

    #[test]
    fn a_role_is_created_with_boundary_and_tags_before_its_policies() {
        let changes = changes(&dedicated(own()), None, REGION);
        let OwnPermissions { permissions_boundary, tags, inline_policy } = own();
        assert_eq!(
            changes,
            [
                RoleChange::Create { permissions_boundary, tags },
                RoleChange::AttachPolicy { arn: "arn:aws:iam::1:policy/Queue".into(), replacement: None },
                RoleChange::PutInlinePolicy(inline_policy),
            ]
        );
        assert!(changes.iter().all(RoleChange::affects_lambda));
    }

    #[test]
    fn a_role_that_is_as_desired_or_of_others_is_not_changed() {
        assert_eq!(changes(&dedicated(own()), Some(&deployed()), REGION), []);
        assert_eq!(changes(&DesiredRole::External("arn:aws:iam::1:role/cats".into()), None, REGION), []);
    }

    #[test]
    fn what_differs_is_changed_in_order() {
        let observed = ObservedRole {
            trust_policy: "{}".into(),
            attached: BTreeSet::from(["arn:aws:iam::1:policy/Other".to_owned()]),
            inline_policy: Some("{}".into()),
            permissions_boundary: Some("arn:aws:iam::1:policy/old".into()),
            tags: Tags::from([("team".to_owned(), "chat".to_owned()), ("other".to_owned(), "stays".to_owned())]),
            ..deployed()
        };
        let expected = [
            "adding Lambda to the trust policy of the role cats",
            "setting the permissions boundary of the role cats to arn:aws:iam::1:policy/new instead of arn:aws:iam::1:policy/old",
            "attaching Queue to the role cats",
            "updating the inline policy of the role cats",
            "tagging the role cats: team",
        ];
        assert_eq!(lines(&dedicated(own()), Some(&observed)), expected);
    }

    #[test]
    fn what_no_option_sets_stays() {
        let desired = OwnPermissions { permissions_boundary: None, tags: Tags::new(), ..own() };
        assert_eq!(lines(&dedicated(desired), Some(&deployed())), [""; 0]);
    }

    #[test]
    fn a_policy_whose_replacement_is_attached_is_not_missing() {
        let policies = vec![DesiredPolicy::Aws { name: "Old", replacement: Some("New") }];
        let desired = DesiredRole::Managed { name: "cats".into(), policies, own: None };
        let with = |name: &str| {
            let attached = BTreeSet::from([format!("arn:aws:iam::aws:policy/{name}")]);
            lines(&desired, Some(&ObservedRole { attached, ..deployed() }))
        };
        assert_eq!((with("Old"), with("New")), (vec![], vec![]));
        assert_eq!(with("Newer"), ["attaching Old to the role cats"]);
    }
}
