//! Writes the IAM policy of a target: the documented one, without what the target does not need, and with its names.

mod fill_in;
mod selection;

pub(crate) use fill_in::Place;
pub(crate) use selection::Purpose;

use crate::aws::arn::Arn;
use crate::aws::{self, SignIn, account, policy_document};
use crate::deploy;
use crate::deploy::request::DeployRequest;
use crate::error::Result;
use crate::output::Output;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The policies that `docs/permissions.md` explains: of those who deploy, for options, and of those who operate.
const DOCUMENTED: [&str; 3] = [
    include_str!("../../../docs/iam-policy.json"),
    include_str!("../../../docs/iam-options-policy.json"),
    include_str!("../../../docs/iam-operator-policy.json"),
];

/// The size of a managed policy without white space
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>).
const MAX_MANAGED_POLICY: usize = 6144;

/// Returns the policy, and notes about what it cannot know. This needs neither credentials nor a network.
///
/// # Errors
/// `InvalidOption` for an impossible region; the first error of the options that a deployment would report before it signs
/// in, if the policy is for deployments: logs and the commands for a live skill read few of them.
pub(crate) async fn write(target: &DeployRequest, purpose: Purpose, output: &Output<'_>) -> Result<Value> {
    let DeployRequest { project, options, .. } = target;
    options.report_unknown_keys(&*output.reporter);
    let deployed_arn = output.artifacts.deployed_arn();
    let sign_in = SignIn { project, options, deployed_arn };
    let region = aws::resolve_region(&sign_in).await?;
    if matches!(purpose, Purpose::Deploy | Purpose::All)
        && let Some(error) = deploy::option_failures(target, Some(&region.name)).into_iter().next()
    {
        return Err(error);
    }
    let deployed = deployed_arn.and_then(Arn::parse).filter(|arn| arn.region == region.name);
    let account = match deployed {
        Some(arn) => Some(arn.account.to_owned()),
        None => account_of_credentials(&sign_in, output).await,
    };
    let mut notes = vec![format!("region: {region}")];
    notes.push(match &account {
        Some(account) => format!("account: {account}"),
        None => "the account is not known: sign in, or replace myAccountId".to_owned(),
    });
    let place = Place { region: &region.name, account: account.as_deref() };
    let document = document(statements(target, purpose, place));
    notes.extend(selection::notes(target, purpose));
    let size = size(&document);
    if size > MAX_MANAGED_POLICY {
        let advice = match purpose {
            Purpose::All => "create one for each of --for deploy, logs and operate",
            _ => "divide its statements among several policies",
        };
        notes.push(format!(
            "the policy has {size} characters, and a managed policy at most {MAX_MANAGED_POLICY}: {advice}"
        ));
    }
    Ok(json!({"policy": document, "notes": notes}))
}

/// Returns the policy of statements. If it is too long, statements that differ in their actions only become one.
fn document(statements: Vec<Value>) -> Value {
    let document = policy_document::document(statements.clone());
    if size(&document) > MAX_MANAGED_POLICY { policy_document::document(merged(statements)) } else { document }
}

fn merged(statements: Vec<Value>) -> Vec<Value> {
    let mut merged: Vec<Value> = Vec::new();
    for statement in statements {
        let is_alike = |one: &&mut Value| ["Resource", "Condition"].iter().all(|key| one[*key] == statement[*key]);
        match merged.iter_mut().find(is_alike) {
            Some(one) => one["Action"] = Value::from(union_of_actions(one, &statement)),
            None => merged.push(statement),
        }
    }
    merged
}

fn union_of_actions(one: &Value, other: &Value) -> Vec<String> {
    let all = [one, other].into_iter().flat_map(|statement| policy_document::texts(&statement["Action"]));
    all.map(str::to_owned).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Returns the number of characters that AWS counts.
fn size(document: &Value) -> usize {
    document.to_string().split_whitespace().map(str::len).sum()
}

/// Returns the statements that a target needs for a purpose, with its names.
pub(crate) fn statements(target: &DeployRequest, purpose: Purpose, place: Place<'_>) -> Vec<Value> {
    let needed = documented().filter_map(|statement| selection::select(statement, target, purpose));
    needed.map(|statement| fill_in::fill_in(&statement, target, place)).collect()
}

/// Returns the statements of both documented policies.
fn documented() -> impl Iterator<Item = Value> {
    let documents = DOCUMENTED.into_iter().filter_map(policy_document::parse);
    documents.filter_map(|document| policy_document::statements(&document)).flatten()
}

async fn account_of_credentials(sign_in: &SignIn<'_>, output: &Output<'_>) -> Option<String> {
    let signed_in = aws::load_sdk_config(sign_in, &output.host()).await.ok()?;
    match signed_in.account_id {
        Some(account) => Some(account),
        None => account::account_id(&signed_in.config).await.ok(),
    }
}

#[cfg(test)]
mod tests;
