//! The role that the function runs with.

mod policy_documents;

use crate::aws;
use crate::aws::patiently;
use crate::config::options::RoleOptions;
use crate::deploy::request::DeployRequest;
use crate::error::{Error, ErrorCode, Result};
use crate::output::reporter::Reporter;
use aws_config::SdkConfig;
use aws_sdk_iam::Client;
use std::collections::BTreeSet;

/// The role that all Litexa skills of an account share.
pub(crate) const SHARED_ROLE_NAME: &str = "litexa_handler_lambda";

/// Managed policies of the shared role, each with the successor that AWS offers where the first has been retired.
const SHARED_POLICIES: [(&str, Option<&str>); 3] = [
    ("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole", None),
    ("arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess", Some("arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess_v2")),
    ("arn:aws:iam::aws:policy/CloudWatchFullAccess", Some("arn:aws:iam::aws:policy/CloudWatchFullAccessV2")),
];

/// The name of a dedicated role's own policy.
const OWN_POLICY: &str = "litexa_handler";

/// What the role is to be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum DesiredRole {
    /// `lambdaConfiguration.Role` names one: it is the user's business alone.
    Foreign(String),
    /// One that we make and mend.
    Kept {
        name: String,
        /// Managed policies, each with its successor.
        policies: Vec<(String, Option<String>)>,
        /// For a dedicated role: what it is allowed besides.
        own: Option<policy_documents::Resources>,
    },
}

/// What is there.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ObservedRole {
    Foreign(String),
    Missing,
    Present { arn: String, trust: String, attached: BTreeSet<String>, own_policy: Option<String> },
}

impl DesiredRole {
    pub(crate) fn new(deployment: &DeployRequest, foreign: Option<&str>, log_group: &str) -> Self {
        if let Some(arn) = foreign {
            return DesiredRole::Foreign(arn.to_owned());
        }
        match &deployment.options.role {
            RoleOptions::Shared => DesiredRole::Kept {
                name: SHARED_ROLE_NAME.to_owned(),
                policies: SHARED_POLICIES
                    .iter()
                    .map(|(arn, successor)| (arn.to_string(), successor.map(str::to_owned)))
                    .collect(),
                own: None,
            },
            RoleOptions::Dedicated { policies } => DesiredRole::Kept {
                name: deployment.project.function_name(),
                policies: policies.iter().map(|arn| (arn.clone(), None)).collect(),
                own: Some(policy_documents::Resources {
                    table: deployment.persistent_store.then(|| deployment.project.table_name()),
                    log_group: log_group.to_owned(),
                }),
            },
        }
    }

    /// The role's name, where it is ours.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            DesiredRole::Foreign(_) => None,
            DesiredRole::Kept { name, .. } => Some(name),
        }
    }
}

/// Reads the role and its policies at the same time.
pub(crate) async fn read(config: &SdkConfig, desired: &DesiredRole) -> Result<ObservedRole> {
    let (name, own) = match desired {
        DesiredRole::Foreign(arn) => return Ok(ObservedRole::Foreign(arn.clone())),
        DesiredRole::Kept { name, own, .. } => (name, own.is_some()),
    };
    let iam = Client::new(config);
    let (role, attached, own_policy) =
        tokio::try_join!(get(&iam, name), attached(&iam, name), own_policy(&iam, name, own))?;
    Ok(match role {
        None => ObservedRole::Missing,
        Some((arn, trust)) => ObservedRole::Present { arn, trust, attached, own_policy },
    })
}

/// A role that can be used.
pub(crate) struct Role {
    pub(crate) arn: String,
    /// Made just now.
    pub(crate) is_new: bool,
}

/// Makes or mends the role. Policies that others attached stay.
pub(crate) async fn converge(
    config: &SdkConfig,
    desired: &DesiredRole,
    observed: ObservedRole,
    reporter: &dyn Reporter,
) -> Result<Role> {
    let DesiredRole::Kept { name, policies, own } = desired else {
        let ObservedRole::Foreign(arn) = observed else {
            return Err(Error::new(ErrorCode::Internal, "a role without a name"));
        };
        return Ok(Role { arn, is_new: false });
    };
    let is_new = observed == ObservedRole::Missing;
    let iam = Client::new(config);
    let (arn, attached, old_policy) = if let ObservedRole::Present { arn, trust, attached, own_policy } = observed {
        if let Some(trust) = policy_documents::mended_trust(&trust) {
            reporter.log(format!("letting Lambda assume the role {name}"));
            mend_trust(&iam, name, trust).await?;
        }
        (arn, attached, own_policy)
    } else {
        reporter.log(format!("creating the IAM role {name}"));
        (create(&iam, name).await?, BTreeSet::new(), None)
    };
    let is_attached = |(policy, successor): &(String, Option<String>)| {
        attached.contains(policy) || successor.as_ref().is_some_and(|successor| attached.contains(successor))
    };
    // At once, as Terraform does it: IAM may refuse changes of one role that come at the same time, and is asked again.
    let missing: Vec<_> = policies.iter().filter(|policy| !is_attached(policy)).collect();
    let attaching =
        missing.iter().map(|(policy, successor)| attach(&iam, name, policy, successor.as_deref(), reporter));
    futures_util::future::join_all(attaching).await.into_iter().collect::<Result<()>>()?;
    if let Some(resources) = own {
        let document = resources.policy(&arn, aws::region::config_region(config));
        if !old_policy.as_deref().is_some_and(|old| policy_documents::same(old, &document)) {
            reporter.log(format!("allowing the role {name} its table, its logs and its metrics"));
            put_own_policy(&iam, name, document, reporter).await?;
        }
    }
    Ok(Role { arn, is_new })
}

async fn get(iam: &Client, name: &str) -> Result<Option<(String, String)>> {
    match iam.get_role().role_name(name).send().await {
        Ok(answer) => Ok(answer.role.map(|role| (role.arn, role.assume_role_policy_document.unwrap_or_default()))),
        Err(error) if aws::Refusal::of(&error).code == "NoSuchEntity" => Ok(None),
        Err(error) => Err(aws::refused(&format!("looking for the IAM role {name}"), "iam:GetRole", &error)),
    }
}

async fn attached(iam: &Client, name: &str) -> Result<BTreeSet<String>> {
    let mut pages = iam.list_attached_role_policies().role_name(name).into_paginator().send();
    let mut policies = BTreeSet::new();
    while let Some(page) = pages.next().await {
        match page {
            Ok(page) => policies.extend(page.attached_policies.into_iter().flatten().filter_map(|p| p.policy_arn)),
            Err(error) if aws::Refusal::of(&error).code == "NoSuchEntity" => break,
            Err(error) => {
                let doing = format!("listing the policies of the IAM role {name}");
                return Err(aws::refused(&doing, "iam:ListAttachedRolePolicies", &error));
            }
        }
    }
    Ok(policies)
}

async fn own_policy(iam: &Client, name: &str, wanted: bool) -> Result<Option<String>> {
    if !wanted {
        return Ok(None);
    }
    match iam.get_role_policy().role_name(name).policy_name(OWN_POLICY).send().await {
        Ok(answer) => Ok(Some(answer.policy_document)),
        Err(error) if aws::Refusal::of(&error).code == "NoSuchEntity" => Ok(None),
        Err(error) => {
            Err(aws::refused(&format!("reading the policy of the IAM role {name}"), "iam:GetRolePolicy", &error))
        }
    }
}

async fn create(iam: &Client, name: &str) -> Result<String> {
    let request = iam
        .create_role()
        .role_name(name)
        .assume_role_policy_document(policy_documents::trust())
        .description("What Litexa skills may do when they run, made by @litexa/deploy-aws");
    match request.send().await {
        Ok(answer) => answer.role.map(|role| role.arn).ok_or_else(|| {
            Error::new(ErrorCode::Internal, format!("AWS created the IAM role {name} without naming it"))
        }),
        // Another deployment was faster, or our own first attempt got through without its answer.
        Err(error) if aws::Refusal::of(&error).code == "EntityAlreadyExists" => match get(iam, name).await? {
            Some((arn, _)) => Ok(arn),
            None => Err(aws::refused(&format!("creating the IAM role {name}"), "iam:CreateRole", &error)),
        },
        Err(error) => Err(aws::refused(&format!("creating the IAM role {name}"), "iam:CreateRole", &error)),
    }
}

async fn mend_trust(iam: &Client, name: &str, document: String) -> Result<()> {
    let request = iam.update_assume_role_policy().role_name(name).policy_document(document);
    request.send().await.map(drop).map_err(|error| {
        aws::refused(&format!("letting Lambda assume the role {name}"), "iam:UpdateAssumeRolePolicy", &error)
    })
}

async fn put_own_policy(iam: &Client, name: &str, document: String, reporter: &dyn Reporter) -> Result<()> {
    let request = iam.put_role_policy().role_name(name).policy_name(OWN_POLICY).policy_document(document);
    patiently(reporter, || request.clone().send()).await.map(drop).map_err(|error| {
        aws::refused(&format!("writing the policy of the IAM role {name}"), "iam:PutRolePolicy", &error)
    })
}

/// AWS answers `NoSuchEntity` for a policy that it has retired; its successor is then attached.
async fn attach(
    iam: &Client,
    name: &str,
    policy: &str,
    successor: Option<&str>,
    reporter: &dyn Reporter,
) -> Result<()> {
    reporter.log(format!("attaching {} to the role {name}", short(policy)));
    let send = async |arn: &str| {
        let request = iam.attach_role_policy().role_name(name).policy_arn(arn);
        patiently(reporter, || request.clone().send()).await
    };
    let outcome = match (send(policy).await, successor) {
        (Err(error), Some(successor)) if is_retired(&aws::Refusal::of(&error)) => {
            reporter.log(format!("AWS has retired {}: attaching {}", short(policy), short(successor)));
            send(successor).await
        }
        (outcome, _) => outcome,
    };
    outcome.map(drop).map_err(|error| {
        aws::refused(&format!("attaching {} to the IAM role {name}", short(policy)), "iam:AttachRolePolicy", &error)
    })
}

/// The same code says that the role is not known yet; the words are about the policy.
fn is_retired(refusal: &aws::Refusal) -> bool {
    refusal.code == "NoSuchEntity" && refusal.message.contains("not attachable")
}

/// A policy's name without its path.
fn short(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}
