//! Asks IAM which of the rights in the policy of a target its user has.
//!
//! The answers are likely, not certain: IAM simulates the policies of the user, and not those of resources
//! (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html>).

use super::finding::Finding;
use crate::aws::arn::Arn;
use crate::aws::policy_document::texts;
use crate::aws::session::Session;
use crate::aws::{self, CallError};
use crate::error::Error;
use aws_sdk_iam::Client;
use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum, EvaluationResult, PolicyEvaluationDecisionType};
use serde_json::Value;
use std::collections::BTreeMap;

const CHECK: &str = "rights";
const ACTION: &str = "iam:SimulatePrincipalPolicy";

/// Stands for the part of a name that a wildcard leaves open.
const ANY: &str = "any";

/// Returns what the user lacks of these statements, or that nothing is lacking.
pub(super) async fn examine(session: Session<'_>, caller: &str, statements: &[Value]) -> Vec<Finding> {
    let client = Client::new(session.config);
    let Some(principal) = principal(&client, caller).await else {
        let fix = "Sign in as an IAM user or role";
        return vec![Finding::warning(CHECK, format!("not checked: IAM does not simulate {caller}"), fix)];
    };
    let mut findings = Vec::new();
    let mut checked = 0;
    for statement in statements {
        match simulate(&client, &principal, statement).await {
            Ok(results) => {
                let decisions = decisions(&results);
                checked += decisions.len();
                findings.extend(lacking(statement, &decisions));
            }
            Err(error) => {
                let fix = format!("Allow {ACTION} on {principal}");
                findings.push(Finding::warning(CHECK, format!("not checked: {}", Error::from(error).message), fix));
                break;
            }
        }
    }
    if findings.is_empty() {
        findings.push(Finding::ok(CHECK, format!("all {checked} are likely allowed, by {ACTION}")));
    }
    findings
}

/// Returns the ARN of the user or role to simulate; `None` for the root user and for federated users.
async fn principal(client: &Client, caller: &str) -> Option<String> {
    let arn = Arn::parse(caller)?;
    if arn.resource.starts_with("user/") {
        return Some(caller.to_owned());
    }
    let name = arn.resource.strip_prefix("assumed-role/")?.split('/').next()?;
    // The ARN of a session does not have the path of its role.
    let request = client.get_role().role_name(name);
    let role = aws::call(format!("reading the role {name}"), "iam:GetRole").send(|| request.clone().send()).await;
    let found = role.ok().and_then(|output| output.role).map(|role| role.arn);
    Some(found.unwrap_or_else(|| format!("arn:{}:iam::{}:role/{name}", arn.partition, arn.account)))
}

async fn simulate(client: &Client, principal: &str, statement: &Value) -> Result<Vec<EvaluationResult>, CallError> {
    let resources = texts(&statement["Resource"]).filter(|resource| *resource != "*").map(concrete).collect::<Vec<_>>();
    let request = client
        .simulate_principal_policy()
        .policy_source_arn(principal)
        .set_action_names(Some(texts(&statement["Action"]).map(str::to_owned).collect()))
        .set_resource_arns(some_if_any(resources))
        .set_context_entries(some_if_any(context(statement)));
    let operation = format!("simulating the policies of {principal}");
    aws::call(operation, ACTION).send(|| request.clone().into_paginator().items().send().try_collect()).await
}

/// Returns a list that is sent; an empty one would be sent as a parameter without a value.
fn some_if_any<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

/// Returns a resource that a pattern stands for.
fn concrete(pattern: &str) -> String {
    pattern.replace('*', ANY)
}

/// Returns the values of the keys that the conditions of a statement compare.
fn context(statement: &Value) -> Vec<ContextEntry> {
    let operators = statement["Condition"].as_object().into_iter().flat_map(|conditions| conditions.values());
    let keys = operators.filter_map(Value::as_object).flatten();
    let entry = |(key, value): (&String, &Value)| {
        ContextEntry::builder()
            .context_key_name(key)
            .context_key_type(ContextKeyTypeEnum::String)
            .set_context_key_values(texts(value).next().map(|value| vec![value.to_owned()]))
            .build()
    };
    keys.map(entry).collect()
}

/// Returns the best decision about each action: not every one applies to all resources of its statement.
fn decisions(results: &[EvaluationResult]) -> BTreeMap<&str, Decision> {
    let mut best = BTreeMap::new();
    for result in results {
        let decision = Decision::of(result);
        let known = best.entry(result.eval_action_name()).or_insert(decision);
        *known = decision.min(*known);
    }
    best
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Decision {
    Allowed,
    /// By the policies of the user.
    Denied,
    DeniedByBoundary,
    DeniedByOrganization,
}

impl Decision {
    fn of(result: &EvaluationResult) -> Self {
        let organization = result.organizations_decision_detail();
        let boundary = result.permissions_boundary_decision_detail();
        if *result.eval_decision() == PolicyEvaluationDecisionType::Allowed {
            Decision::Allowed
        } else if organization.is_some_and(|detail| !detail.allowed_by_organizations()) {
            Decision::DeniedByOrganization
        } else if boundary.is_some_and(|detail| !detail.allowed_by_permissions_boundary()) {
            Decision::DeniedByBoundary
        } else {
            Decision::Denied
        }
    }
}

/// Returns a warning for each cause by which actions of a statement are denied.
fn lacking(statement: &Value, decisions: &BTreeMap<&str, Decision>) -> Vec<Finding> {
    let sid = statement["Sid"].as_str().unwrap_or_default();
    let causes = [
        (
            Decision::Denied,
            "",
            "Attach the policies that `litexa-deploy-aws policy` and `litexa-deploy-aws policy --for logs` print",
        ),
        (Decision::DeniedByBoundary, " by the permissions boundary", "Ask an administrator to extend the boundary"),
        (
            Decision::DeniedByOrganization,
            " by a policy of the organization",
            "Ask the administrators of the organization",
        ),
    ];
    let finding = |(cause, by, fix): (Decision, &str, &str)| {
        let denied = decisions.iter().filter(|(_, decision)| **decision == cause).map(|(action, _)| *action);
        let denied = denied.collect::<Vec<_>>().join(", ");
        (!denied.is_empty())
            .then(|| Finding::warning(CHECK, format!("likely denied{by}: {denied} (statement {sid})"), fix))
    };
    causes.into_iter().filter_map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_iam::types::OrganizationsDecisionDetail;
    use serde_json::json;

    fn result(action: &str, decision: PolicyEvaluationDecisionType, by_organization: bool) -> EvaluationResult {
        let detail = OrganizationsDecisionDetail::builder().allowed_by_organizations(!by_organization).build();
        EvaluationResult::builder()
            .eval_action_name(action)
            .eval_decision(decision)
            .organizations_decision_detail(detail)
            .build()
            .unwrap()
    }

    #[test]
    fn an_action_that_is_allowed_on_one_resource_of_its_statement_is_allowed() {
        use PolicyEvaluationDecisionType::{Allowed, ExplicitDeny, ImplicitDeny};
        let results = [
            result("a:B", ImplicitDeny, false),
            result("a:B", Allowed, false),
            result("a:C", ExplicitDeny, false),
            result("a:D", ImplicitDeny, true),
        ];
        let findings = lacking(&json!({"Sid": "S"}), &decisions(&results));
        let details: Vec<_> = findings.iter().map(|finding| finding.detail.as_str()).collect();
        assert_eq!(
            details,
            ["likely denied: a:C (statement S)", "likely denied by a policy of the organization: a:D (statement S)"]
        );
    }

    #[test]
    fn conditions_are_met_by_their_own_values() {
        let statement = json!({"Condition": {
            "StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"},
            "ArnEquals": {"iam:PolicyARN": ["arn:a", "arn:b"]},
        }});
        let entries = context(&statement);
        let values: Vec<_> = entries
            .iter()
            .map(|entry| (entry.context_key_name().unwrap(), entry.context_key_values().to_vec()))
            .collect();
        assert_eq!(
            values,
            [
                ("iam:PolicyARN", vec!["arn:a".to_owned()]),
                ("iam:PassedToService", vec!["lambda.amazonaws.com".to_owned()]),
            ]
        );
        assert_eq!(context(&json!({})), []);
    }
}
