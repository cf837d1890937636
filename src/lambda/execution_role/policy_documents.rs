//! The role's documents: who may assume it, and what it may do.

use serde_json::{Value, json};

const LAMBDA: &str = "lambda.amazonaws.com";

/// The namespace that Litexa's handler writes its metrics to.
const METRICS: &str = "Litexa";

/// What a dedicated role's own policy is limited to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Resources {
    /// The table's name, if the skill has a table.
    pub(crate) table: Option<String>,
    pub(crate) log_group: String,
}

impl Resources {
    /// The policy document. Account and partition are those of the role itself.
    pub(crate) fn policy(&self, role_arn: &str, region: &str) -> String {
        let mut parts = role_arn.split(':');
        let partition = parts.nth(1).unwrap_or("aws");
        let account = parts.nth(2).unwrap_or("*");
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
                "Condition": {"StringEquals": {"cloudwatch:namespace": METRICS}},
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
        json!({"Version": "2012-10-17", "Statement": statements}).to_string()
    }
}

/// Who may assume the role: Lambda.
pub(crate) fn trust() -> String {
    json!({"Version": "2012-10-17", "Statement": [trust_statement()]}).to_string()
}

fn trust_statement() -> Value {
    json!({"Effect": "Allow", "Principal": {"Service": LAMBDA}, "Action": "sts:AssumeRole"})
}

/// The trust document with Lambda added; `None` if Lambda may assume the role already. IAM gives documents out
/// URL-encoded.
pub(crate) fn mended_trust(document: &str) -> Option<String> {
    let mut document = decoded(document).unwrap_or_else(|| json!({"Version": "2012-10-17", "Statement": []}));
    let statements = match document.get("Statement") {
        Some(Value::Array(statements)) => statements.clone(),
        Some(single @ Value::Object(_)) => vec![single.clone()],
        _ => Vec::new(),
    };
    if statements.iter().any(lets_lambda_assume) {
        return None;
    }
    let statements: Vec<_> = statements.into_iter().chain([trust_statement()]).collect();
    document["Statement"] = Value::from(statements);
    Some(document.to_string())
}

fn lets_lambda_assume(statement: &Value) -> bool {
    let has = |value: Option<&Value>, wanted: &str| match value {
        Some(Value::String(text)) => text == wanted,
        Some(Value::Array(list)) => list.iter().any(|entry| entry == wanted),
        _ => false,
    };
    statement.get("Effect").and_then(Value::as_str) == Some("Allow")
        && has(statement.get("Action"), "sts:AssumeRole")
        && has(statement.get("Principal").and_then(|principal| principal.get("Service")), LAMBDA)
}

/// Whether two documents say the same, however they are written.
pub(crate) fn same(document: &str, other: &str) -> bool {
    decoded(document).is_some_and(|document| Some(document) == decoded(other))
}

fn decoded(document: &str) -> Option<Value> {
    let text = percent_encoding::percent_decode_str(document).decode_utf8().ok()?;
    serde_json::from_str(&text).ok().filter(Value::is_object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lambda_is_added_to_the_trust_only_where_it_is_missing() {
        let encoded = percent_encoding::utf8_percent_encode(&trust(), percent_encoding::NON_ALPHANUMERIC).to_string();
        assert_eq!(mended_trust(&encoded), None);
        let edge = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":["edge","lambda.amazonaws.com"]},"Action":["sts:AssumeRole"]}}"#;
        assert_eq!(mended_trust(edge), None);
        let other = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
        let mended: Value = serde_json::from_str(&mended_trust(other).unwrap()).unwrap();
        assert_eq!(mended["Statement"][0]["Principal"]["Service"], "ec2.amazonaws.com");
        assert_eq!(mended["Statement"][1]["Principal"]["Service"], LAMBDA);
        assert!(mended_trust("garbage").is_some());
    }

    #[test]
    fn a_dedicated_role_reaches_its_own_resources_only() {
        let resources = Resources { table: Some("cats_state".into()), log_group: "/aws/lambda/cats".into() };
        let policy = resources.policy("arn:aws-cn:iam::123456789012:role/cats", "cn-north-1");
        let policy: Value = serde_json::from_str(&policy).unwrap();
        assert_eq!(
            policy["Statement"][0]["Resource"],
            "arn:aws-cn:logs:cn-north-1:123456789012:log-group:/aws/lambda/cats:*"
        );
        assert_eq!(policy["Statement"][2]["Resource"], "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/cats_state");
        let none = Resources { table: None, log_group: "g".into() };
        assert!(!none.policy("arn:aws:iam::1:role/x", "us-east-1").contains("dynamodb"));
    }
}
