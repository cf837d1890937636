//! Determines the role from the options.

use crate::aws::arn::Partition;
use crate::config::options::RoleOptions;
use crate::deploy::request::DeployRequest;
use crate::lambda::execution_role::policy_documents::PolicyScope;
use crate::lambda::tags::Tags;

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
    pub(crate) inline_policy: PolicyScope,
    /// The ARN of the policy that limits the role; `None` leaves it as it is.
    pub(crate) permissions_boundary: Option<String>,
    pub(crate) tags: Tags,
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

/// Returns whether a policy is one of the shared role, or a replacement of it. They allow a function what it needs
/// itself, and no network of its own, queue or file system.
pub(crate) fn is_shared_policy(arn: &str, partition: Partition) -> bool {
    SHARED_POLICIES
        .iter()
        .map(|policy| policy.arns(partition))
        .any(|(policy, replacement)| policy == arn || replacement.is_some_and(|replacement| replacement == arn))
}

impl DesiredPolicy {
    /// Returns the ARNs of the policy and of its replacement.
    pub(crate) fn arns(&self, partition: Partition) -> (String, Option<String>) {
        match self {
            DesiredPolicy::Aws { name, replacement } => {
                (partition.managed_policy(name), replacement.map(|name| partition.managed_policy(name)))
            }
            DesiredPolicy::Arn(arn) => (arn.clone(), None),
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
