//! Decides which statements of the documented policy a target needs, and which of their actions.

use crate::config::options::{Options, PublicAccess, RemovedAssets, RoleOptions};
use crate::deploy::request::DeployRequest;
use serde::Deserialize;
use serde_json::Value;

/// The purpose of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Purpose {
    Deploy,
    Logs,
    /// Commands that show or change what a deployed skill has.
    Operate,
    All,
}

/// Decides whether a target needs a statement.
type Needs = fn(&DeployRequest) -> bool;

const ALWAYS: Needs = |_| true;
const BUCKET: Needs = |target| target.options.s3.bucket_name.is_some();
const TABLE: Needs = |target| target.persistent_store;
const DEDICATED_ROLE: Needs = |target| is_dedicated(target) && external_role(target).is_none();

/// The statements of the deployer's policy by their IDs, and which targets need them.
pub(super) const STATEMENTS: [(&str, Needs); 29] = [
    ("Role", |target| !DEDICATED_ROLE(target)),
    ("RolePolicies", |target| !is_dedicated(target) && external_role(target).is_none()),
    ("PassRole", |target| !DEDICATED_ROLE(target)),
    ("Lambda", ALWAYS),
    ("InvokePermission", ALWAYS),
    ("DynamoDB", TABLE),
    ("DescribeLogGroups", ALWAYS),
    ("Logs", ALWAYS),
    ("Bucket", BUCKET),
    ("BucketAge", BUCKET),
    ("Assets", BUCKET),
    ("ForNewBuckets", BUCKET),
    ("ForInterruptedUploads", BUCKET),
    ("ForUploadParams", BUCKET),
    ("ForBucketPolicyAccess", |target| BUCKET(target) && target.options.s3.public_access == PublicAccess::BucketPolicy),
    ("ForDeleteRemovedAssets", |target| BUCKET(target) && target.options.s3.removed_assets != RemovedAssets::Keep),
    ("ForLargePackages", BUCKET),
    ("ForTimeToLive", |target| TABLE(target) && target.options.table.time_to_live.is_some()),
    ("ForKeepVersions", |target| has_parameter(&target.options, "keepVersions")),
    ("ForDedicatedRoles", DEDICATED_ROLE),
    ("ForDedicatedRolesWithBoundary", DEDICATED_ROLE),
    ("ForDedicatedRolesToLambda", DEDICATED_ROLE),
    ("ForDedicatedRolesWithTags", |target| DEDICATED_ROLE(target) && !target.options.tags.is_empty()),
    ("ForFollowingLogs", ALWAYS),
    ("ForLogsInsights", ALWAYS),
    ("ForLogsInsightsResults", ALWAYS),
    ("ForDeletionProtection", |target| TABLE(target) && target.options.table.deletion_protection.is_some()),
    ("ForPointInTimeRecovery", |target| TABLE(target) && target.options.table.point_in_time_recovery.is_some()),
    ("ForTags", |target| !target.options.tags.is_empty()),
];

/// The statements of the operators' policy.
pub(super) const OPERATOR_STATEMENTS: [(&str, Needs); 12] = [
    ("Invoke", ALWAYS),
    ("InvokeItem", TABLE),
    ("RemoveFunction", ALWAYS),
    // Each removal looks for a role and a table of earlier options.
    ("RemoveRole", ALWAYS),
    ("FindLogGroup", ALWAYS),
    ("RemoveLogGroup", ALWAYS),
    ("FindObjects", BUCKET),
    ("RemoveObjects", BUCKET),
    ("RemovePublicAccess", BUCKET),
    ("FindTable", ALWAYS),
    ("RemoveTable", TABLE),
    ("TableBackup", TABLE),
];

/// Statements that only logs need.
const FOR_LOGS: [&str; 3] = ["ForFollowingLogs", "ForLogsInsights", "ForLogsInsightsResults"];

/// Statements and actions that both deployments and logs use, as far as logs do.
const LOGS_ACTIONS: [&str; 4] =
    ["logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents"];

/// Of these, the one that deployments use as well.
const SHARED_ACTION: &str = "logs:DescribeLogGroups";

/// Returns a statement with the actions that a target needs for a purpose; `None` if it needs none of them.
pub(super) fn select(mut statement: Value, target: &DeployRequest, purpose: Purpose) -> Option<Value> {
    let sid = statement["Sid"].as_str()?.to_owned();
    let is_own = |(name, _): &&(&str, Needs)| *name == sid;
    let of_operators = OPERATOR_STATEMENTS.iter().find(is_own);
    let (_, needs) = of_operators.or_else(|| STATEMENTS.iter().find(is_own))?;
    if !needs(target) {
        return None;
    }
    let is_external = external_role(target).is_some();
    let is_needed = |action: &Value| {
        let action = action.as_str().unwrap_or_default();
        let only_role = !is_external || sid != "Role" || action == "iam:GetRole";
        let serves = if of_operators.is_some() { serves_operators(purpose) } else { serves(purpose, &sid, action) };
        only_role && serves
    };
    let actions = match &statement["Action"] {
        Value::Array(actions) => actions.clone(),
        action => vec![action.clone()],
    };
    let mut actions: Vec<_> = actions.into_iter().filter(is_needed).collect();
    statement["Action"] = match actions.len() {
        0 => return None,
        1 => actions.remove(0),
        _ => Value::Array(actions),
    };
    Some(statement)
}

/// Returns whether the statements of the operators' policy serve a purpose.
fn serves_operators(purpose: Purpose) -> bool {
    matches!(purpose, Purpose::Operate | Purpose::All)
}

/// Returns whether an action of a statement of the deployer's policy serves a purpose.
fn serves(purpose: Purpose, sid: &str, action: &str) -> bool {
    let is_for_logs = FOR_LOGS.contains(&sid) || LOGS_ACTIONS.contains(&action);
    match purpose {
        Purpose::All => true,
        Purpose::Logs => is_for_logs,
        Purpose::Deploy => !is_for_logs || action == SHARED_ACTION,
        // They read what a deployment has made, and `rollback` points the alias to a version.
        Purpose::Operate => action == "lambda:UpdateAlias" || is_reading(action) && !FOR_LOGS.contains(&sid),
    }
}

fn is_reading(action: &str) -> bool {
    let name = action.split_once(':').map_or(action, |(_, name)| name);
    ["Get", "List", "Describe"].iter().any(|start| name.starts_with(start))
}

/// Returns notes about rights that depend on options, which the policy does not have.
pub(super) fn notes(target: &DeployRequest, purpose: Purpose) -> Vec<String> {
    let mut notes = Vec::new();
    if purpose != Purpose::Logs && !BUCKET(target) {
        notes.push("the target has no bucket, so the policy has no rights for S3: set s3Configuration.bucketName if it has assets".to_owned());
    }
    if !matches!(purpose, Purpose::Deploy | Purpose::All) {
        return notes;
    }
    let without_boundary = matches!(&target.options.role, RoleOptions::Dedicated { permissions_boundary: None, .. });
    if DEDICATED_ROLE(target) && without_boundary {
        notes.push("the policy allows creating and changing the dedicated role only with the boundary litexa-boundary: set iamConfiguration.permissionsBoundary".to_owned());
    }
    for parameter in ["Layers", "VpcConfig", "KMSKeyArn"] {
        if has_parameter(&target.options, parameter) {
            notes.push(format!(
                "lambdaConfiguration.{parameter} needs more: see \"Parameters that need more\" in docs/permissions.md"
            ));
        }
    }
    if BUCKET(target) && target.options.s3.upload_params.is_some() {
        notes.push("s3Configuration.uploadParams with tags, locks or keys of KMS needs more: see \"Parameters that need more\" in docs/permissions.md".to_owned());
    }
    notes
}

/// Returns the ARN of a role that the deployment does not manage.
pub(super) fn external_role(target: &DeployRequest) -> Option<&str> {
    target.options.lambda_configuration.get("Role")?.as_str()
}

fn is_dedicated(target: &DeployRequest) -> bool {
    matches!(target.options.role, RoleOptions::Dedicated { .. })
}

fn has_parameter(options: &Options, name: &str) -> bool {
    options.lambda_configuration.get(name).is_some_and(|value| !value.is_null())
}
