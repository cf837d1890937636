//! Writes the policy documents of the execution role: its trust policy, and the inline policy of a dedicated role.

use crate::aws::arn::{Arn, Partition};
use crate::aws::policy_document::{allows, contains, document, includes_action, parse, statements};
use serde_json::{Value, json};

/// The name of Lambda in trust policies, the same in all partitions.
/// See <https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_iam.ServicePrincipal.html>.
const LAMBDA_PRINCIPAL: &str = "lambda.amazonaws.com";
const ASSUME_ROLE_ACTION: &str = "sts:AssumeRole";

/// The namespace of the metrics that Litexa's handler writes.
const METRICS_NAMESPACE: &str = "Litexa";

/// The resources that the inline policy of a dedicated role is limited to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PolicyScope {
    /// The table's name, if the skill has a table.
    pub(crate) table: Option<String>,
    pub(crate) log_group: String,
}

impl PolicyScope {
    /// Returns the policy document. Account and partition are those of the role.
    pub(crate) fn policy(&self, role_arn: &str, region: &str) -> String {
        let (partition, account) =
            Arn::parse(role_arn).map_or((Partition::of_region(region).id, "*"), |role| (role.partition, role.account));
        let mut statements = vec![
            json!({
                "Sid": "Logs",
                "Effect": "Allow",
                "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": format!("arn:{partition}:logs:{region}:{account}:log-group:{}:*", self.log_group),
            }),
            json!({
                "Sid": "Metrics",
                "Effect": "Allow",
                "Action": "cloudwatch:PutMetricData",
                "Resource": "*",
                "Condition": {"StringEquals": {"cloudwatch:namespace": METRICS_NAMESPACE}},
            }),
        ];
        if let Some(table) = &self.table {
            statements.push(json!({
                "Sid": "Store",
                "Effect": "Allow",
                "Action": [
                    "dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem",
                    "dynamodb:DeleteItem", "dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:PutItem",
                    "dynamodb:Query", "dynamodb:Scan", "dynamodb:UpdateItem",
                ],
                "Resource": format!("arn:{partition}:dynamodb:{region}:{account}:table/{table}"),
            }));
        }
        document(statements).to_string()
    }
}

/// Returns the trust policy of a new role: Lambda may assume it.
pub(crate) fn trust() -> String {
    document(vec![trust_statement()]).to_string()
}

/// Returns the statement of a trust policy that lets Lambda assume the role.
pub(crate) fn trust_statement() -> Value {
    json!({"Effect": "Allow", "Principal": {"Service": LAMBDA_PRINCIPAL}, "Action": ASSUME_ROLE_ACTION})
}

/// Returns the trust policy with a statement for Lambda added, or `None` if Lambda may assume the role already.
pub(crate) fn with_lambda_principal(trust_policy: &str) -> Option<String> {
    let mut policy = parse(trust_policy).unwrap_or_else(|| document(Vec::new()));
    let mut statements = statements(&policy).unwrap_or_default();
    if statements.iter().any(lets_lambda_assume) {
        return None;
    }
    statements.push(trust_statement());
    policy["Statement"] = Value::from(statements);
    Some(policy.to_string())
}

fn lets_lambda_assume(statement: &Value) -> bool {
    allows(statement)
        && includes_action(statement, ASSUME_ROLE_ACTION)
        && contains(statement.get("Principal").and_then(|principal| principal.get("Service")), LAMBDA_PRINCIPAL)
}

/// Returns whether a trust policy lets Lambda assume the role.
pub(crate) fn trusts_lambda(trust_policy: &str) -> bool {
    let statements = parse(trust_policy).and_then(|policy| statements(&policy)).unwrap_or_default();
    statements.iter().any(lets_lambda_assume)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lambda_is_added_to_a_trust_policy_only_if_it_is_missing() {
        let encoded = percent_encoding::utf8_percent_encode(&trust(), percent_encoding::NON_ALPHANUMERIC).to_string();
        assert_eq!(with_lambda_principal(&encoded), None);
        let edge = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":["edge","lambda.amazonaws.com"]},"Action":["sts:AssumeRole"]}}"#;
        assert_eq!(with_lambda_principal(edge), None);
        for action in ["sts:*", "STS:AssumeRole", "*"] {
            let wide = edge.replace("sts:AssumeRole", action);
            assert_eq!(with_lambda_principal(&wide), None, "{action}");
        }
        let other = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
        let repaired: Value = serde_json::from_str(&with_lambda_principal(other).unwrap()).unwrap();
        assert_eq!(repaired["Statement"][0]["Principal"]["Service"], "ec2.amazonaws.com");
        assert_eq!(repaired["Statement"][1]["Principal"]["Service"], LAMBDA_PRINCIPAL);
        assert!(with_lambda_principal("garbage").is_some());
    }

    #[test]
    fn in_every_region_the_resources_are_those_of_its_partition() {
        let scope = PolicyScope { table: Some("t".into()), log_group: "g".into() };
        for region in crate::testing::regions::all() {
            let role = format!("arn:{}:iam::123456789012:role/cats", region.partition);
            for (role, account) in [(role.as_str(), "123456789012"), ("not an ARN", "*")] {
                let policy: Value = serde_json::from_str(&scope.policy(role, &region.name)).unwrap();
                let arn = |service| format!("arn:{}:{service}:{}:{account}", region.partition, region.name);
                assert_eq!(policy["Statement"][0]["Resource"], format!("{}:log-group:g:*", arn("logs")));
                assert_eq!(policy["Statement"][2]["Resource"], format!("{}:table/t", arn("dynamodb")));
            }
        }
    }

    #[test]
    fn the_policy_of_a_dedicated_role_is_limited_to_its_own_resources() {
        let scope = PolicyScope { table: Some("cats_state".into()), log_group: "/aws/lambda/cats".into() };
        let policy = scope.policy("arn:aws-cn:iam::123456789012:role/cats", "cn-north-1");
        let policy: Value = serde_json::from_str(&policy).unwrap();
        assert_eq!(
            policy["Statement"][0]["Resource"],
            "arn:aws-cn:logs:cn-north-1:123456789012:log-group:/aws/lambda/cats:*"
        );
        assert_eq!(policy["Statement"][2]["Resource"], "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/cats_state");
        let without_table = PolicyScope { table: None, log_group: "g".into() };
        assert!(!without_table.policy("arn:aws:iam::1:role/x", "us-east-1").contains("dynamodb"));
    }
}
