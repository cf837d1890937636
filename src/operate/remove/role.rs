//! Removes the function's own role. A role that others use is left alone.

use crate::aws::arn::Arn;
use crate::aws::policy_document::{parse, statements};
use crate::aws::session::Session;
use crate::aws::{self, CallResult};
use crate::deploy::change::{Action, Change};
use crate::error::{Error, Result};
use crate::lambda::INLINE_POLICY_NAME;
use crate::operate::missing_rights::MissingRights;
use crate::operate::remove::begin::begin;
use aws_sdk_iam::Client;
use std::collections::BTreeSet;

/// The current state of a dedicated role that exists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ObservedRole {
    /// The ARNs of the attached policies.
    pub(crate) attached: BTreeSet<String>,
    /// The names of the inline policies.
    pub(crate) inline: BTreeSet<String>,
    /// The regions whose resources this module's own inline policy names. Roles belong to all regions of an account, and
    /// the target may be deployed to several.
    pub(crate) regions: BTreeSet<String>,
}

impl ObservedRole {
    /// Returns another region in which the role is used, if it is not used in this one.
    pub(crate) fn other_region(&self, region: &str) -> Option<&str> {
        if self.regions.contains(region) { None } else { self.regions.first().map(String::as_str) }
    }
}

/// Reads a role and its policies concurrently; `None` if it does not exist, or if AWS does not allow it to be read.
pub(crate) async fn observe(session: Session<'_>, name: &str, rights: &MissingRights) -> Result<Option<ObservedRole>> {
    let iam = Client::new(session.config);
    let exists = async {
        let request = iam.get_role().role_name(name);
        let call = aws::call(format!("looking up the role {name}"), "iam:GetRole");
        Ok::<bool, Error>(call.send(|| request.clone().send()).await.optional()?.is_some())
    };
    let attached = async {
        let request = iam.list_attached_role_policies().role_name(name);
        let call = aws::call(format!("listing the policies of the role {name}"), "iam:ListAttachedRolePolicies");
        let policies = call.send(|| request.clone().into_paginator().items().send().try_collect()).await.optional()?;
        let arns = policies.into_iter().flatten().filter_map(|policy| policy.policy_arn);
        Ok::<BTreeSet<String>, Error>(arns.collect())
    };
    let inline = async {
        let request = iam.list_role_policies().role_name(name);
        let call = aws::call(format!("listing the inline policies of the role {name}"), "iam:ListRolePolicies");
        let policies = call.send(|| request.clone().into_paginator().items().send().try_collect()).await.optional()?;
        Ok::<BTreeSet<String>, Error>(policies.into_iter().flatten().collect())
    };
    let regions = async {
        let request = iam.get_role_policy().role_name(name).policy_name(INLINE_POLICY_NAME);
        let call = aws::call(format!("reading the inline policy of the role {name}"), "iam:GetRolePolicy");
        let policy = call.send(|| request.clone().send()).await.optional()?;
        Ok::<BTreeSet<String>, Error>(policy.map_or_else(BTreeSet::new, |policy| regions(&policy.policy_document)))
    };
    let (exists, attached, inline, regions) =
        tokio::try_join!(rights.read(exists), rights.read(attached), rights.read(inline), rights.read(regions))?;
    Ok(exists.then_some(ObservedRole { attached, inline, regions }))
}

/// Returns the regions of the resources in a policy document.
fn regions(document: &str) -> BTreeSet<String> {
    let statements = parse(document).and_then(|document| statements(&document)).unwrap_or_default();
    let resources = statements.iter().filter_map(|statement| statement.get("Resource")?.as_str());
    let regions = resources.filter_map(|resource| Some(Arn::parse(resource)?.region.to_owned()));
    regions.filter(|region| !region.is_empty()).collect()
}

/// A call that deletes a role, or a part of it.
enum Step<'a> {
    Detach(&'a str),
    DeleteInlinePolicy(&'a str),
    Delete,
}

/// Returns the steps in their order: the policies have to go first.
fn steps(observed: &ObservedRole) -> impl Iterator<Item = Step<'_>> {
    let attached = observed.attached.iter().map(|arn| Step::Detach(arn));
    let inline = observed.inline.iter().map(|policy| Step::DeleteInlinePolicy(policy));
    attached.chain(inline).chain([Step::Delete])
}

impl Step<'_> {
    fn describe(&self, role: &str) -> Change {
        let (action, iam_action, description) = match self {
            Step::Detach(arn) => {
                (Action::Update, "iam:DetachRolePolicy", format!("detaching the policy {arn} from the role {role}"))
            }
            Step::DeleteInlinePolicy(policy) => (
                Action::Update,
                "iam:DeleteRolePolicy",
                format!("deleting the inline policy {policy} of the role {role}"),
            ),
            Step::Delete => (Action::Delete, "iam:DeleteRole", format!("deleting the role {role}")),
        };
        Change::new(action, ("AWS::IAM::Role", role), iam_action, description)
    }
}

/// Returns the changes that delete a role.
pub(crate) fn changes(name: &str, observed: &ObservedRole) -> Vec<Change> {
    steps(observed).map(|step| step.describe(name)).collect()
}

/// Deletes a role with its policies, and reports each step as it begins.
///
/// # Errors
/// The error of a call.
pub(crate) async fn delete(session: Session<'_>, name: &str, observed: &ObservedRole) -> Result<()> {
    let iam = Client::new(session.config);
    for step in steps(observed) {
        let call = begin(session, &step.describe(name));
        match step {
            Step::Detach(arn) => {
                let request = iam.detach_role_policy().role_name(name).policy_arn(arn);
                call.send(|| request.clone().send()).await.optional()?;
            }
            Step::DeleteInlinePolicy(policy) => {
                let request = iam.delete_role_policy().role_name(name).policy_name(policy);
                call.send(|| request.clone().send()).await.optional()?;
            }
            Step::Delete => {
                let request = iam.delete_role().role_name(name);
                call.send(|| request.clone().send()).await.optional()?;
            }
        }
    }
    Ok(())
}

/// Returns the name of a role by its ARN, whose path comes before it.
pub(crate) fn name_of(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(regions: &[&str]) -> ObservedRole {
        let regions = regions.iter().map(|region| (*region).to_owned()).collect();
        ObservedRole { regions, ..ObservedRole::default() }
    }

    #[test]
    fn a_role_of_another_region_is_recognized_by_its_policy() {
        let document = r#"{"Statement": [
            {"Resource": "arn:aws:logs:eu-west-1:1:log-group:/aws/lambda/cats:*"},
            {"Resource": "*"},
            {"Resource": "arn:aws:dynamodb:eu-west-1:1:table/cats"}
        ]}"#;
        assert_eq!(regions(document), BTreeSet::from(["eu-west-1".to_owned()]));
        assert_eq!(role(&["eu-west-1"]).other_region("us-east-1"), Some("eu-west-1"));
        assert_eq!(role(&["eu-west-1"]).other_region("eu-west-1"), None);
        assert_eq!(role(&[]).other_region("us-east-1"), None, "its policy is not there yet, or anymore");
    }

    #[test]
    fn policies_go_before_their_role() {
        let observed = ObservedRole {
            attached: BTreeSet::from(["arn:aws:iam::aws:policy/AmazonSNSFullAccess".into()]),
            inline: BTreeSet::from(["litexa_handler".into()]),
            ..ObservedRole::default()
        };
        let actions: Vec<_> = changes("cats", &observed).iter().map(|change| change.iam_action).collect();
        assert_eq!(actions, ["iam:DetachRolePolicy", "iam:DeleteRolePolicy", "iam:DeleteRole"]);
    }

    #[test]
    fn the_name_of_a_role_is_the_end_of_its_arn() {
        assert_eq!(name_of("arn:aws:iam::1:role/service-role/cats"), "cats");
        assert_eq!(name_of("arn:aws:iam::1:role/litexa_handler_lambda"), "litexa_handler_lambda");
    }
}
