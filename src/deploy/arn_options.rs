//! Checks the ARNs in the options: credentials of one partition cannot use the resources of another.
//!
//! AWS rejects such an ARN too late, when other resources exist, or as one that is malformed.

use crate::aws::arn::{Arn, Partition};
use crate::config::options::{Options, RoleOptions};
use crate::deploy::request::DeployRequest;
use crate::error::{Error, ErrorCode, Result};
use serde_json::Value;

/// Parameters of the function whose texts belong to the skill.
const FREE_TEXTS: [&str; 2] = ["Description", "Environment"];

/// The parameter of an asset that is an ARN.
const KMS_KEY: &str = "SSEKMSKeyId";

/// An ARN and the option that sets it.
#[derive(Clone, Debug, PartialEq)]
struct ArnOption {
    key: String,
    arn: String,
}

/// Checks that the ARNs in the options of what is deployed belong to the partition of a region.
///
/// # Errors
/// `InvalidOption`, naming the key.
pub(crate) fn check_partition(request: &DeployRequest, region: &str) -> Result<()> {
    let has_handler = request.handler.is_some() || request.is_without_code();
    let mut arns = if has_handler { of_handler(&request.options) } else { Vec::new() };
    if request.assets.is_some() {
        arns.extend(of_assets(&request.options));
    }
    check(&arns, region)
}

/// Checks the options of both parts.
///
/// # Errors
/// `InvalidOption`, naming the key.
pub(crate) fn check_all(options: &Options, region: &str) -> Result<()> {
    check(&of_handler(options), region).and(check(&of_assets(options), region))
}

fn of_handler(options: &Options) -> Vec<ArnOption> {
    let mut found = Vec::new();
    for (name, value) in options.lambda_configuration.iter().filter(|(name, _)| !FREE_TEXTS.contains(&name.as_str())) {
        collect_from(value, format!("lambdaConfiguration.{name}"), &mut found);
    }
    if let RoleOptions::Dedicated { policies, permissions_boundary } = &options.role {
        collect_from(&Value::from(policies.as_slice()), "iamConfiguration.policies".to_owned(), &mut found);
        let boundary = permissions_boundary.as_deref().unwrap_or_default();
        collect_from(&Value::from(boundary), "iamConfiguration.permissionsBoundary".to_owned(), &mut found);
    }
    found
}

fn of_assets(options: &Options) -> Vec<ArnOption> {
    let mut found = Vec::new();
    let rules = options.s3.upload_params.as_ref().and_then(Value::as_array);
    for (index, rule) in rules.into_iter().flatten().enumerate() {
        let key = format!("s3Configuration.uploadParams[{index}].params.{KMS_KEY}");
        collect_from(rule.pointer(&format!("/params/{KMS_KEY}")).unwrap_or(&Value::Null), key, &mut found);
    }
    found
}

fn collect_from(value: &Value, key: String, found: &mut Vec<ArnOption>) {
    match value {
        Value::String(text) if Arn::parse(text).is_some() => found.push(ArnOption { key, arn: text.clone() }),
        Value::Array(list) => {
            for (index, item) in list.iter().enumerate() {
                collect_from(item, format!("{key}[{index}]"), found);
            }
        }
        Value::Object(object) => {
            for (name, member) in object {
                collect_from(member, format!("{key}.{name}"), found);
            }
        }
        _ => {}
    }
}

fn check(arns: &[ArnOption], region: &str) -> Result<()> {
    let partition = Partition::of_region(region).id;
    let is_other = |option: &&ArnOption| Arn::parse(&option.arn).is_some_and(|arn| arn.partition != partition);
    let Some(ArnOption { key, arn }) = arns.iter().find(is_other) else { return Ok(()) };
    let message = format!(
        "{key} must be an ARN of the partition {partition}, to which the region {region} belongs, but is \"{arn}\""
    );
    Err(Error::new(ErrorCode::InvalidOption, message)
        .hint(format!("Write an ARN that begins with arn:{partition}:, or correct the region")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refusal(target: &Value, region: &str) -> Option<String> {
        let options = Options::parse(target.as_object().unwrap()).unwrap();
        check_all(&options, region).err().map(|error| {
            assert_eq!(error.code, ErrorCode::InvalidOption);
            error.to_string()
        })
    }

    #[test]
    fn an_arn_of_another_partition_is_refused_by_its_key() {
        for (target, key) in [
            (json!({"lambdaConfiguration": {"Role": "arn:aws:iam::1:role/r"}}), "lambdaConfiguration.Role"),
            (
                json!({"lambdaConfiguration": {"Layers": ["arn:aws:lambda:r:1:layer:l:1"]}}),
                "lambdaConfiguration.Layers[0]",
            ),
            (
                json!({"lambdaConfiguration": {"DeadLetterConfig": {"TargetArn": "arn:aws:sqs:r:1:q"}}}),
                "lambdaConfiguration.DeadLetterConfig.TargetArn",
            ),
            (
                json!({"iamConfiguration": {"role": "dedicated", "policies": ["arn:aws:iam::aws:policy/P"]}}),
                "iamConfiguration.policies[0]",
            ),
            (
                json!({"iamConfiguration": {
                    "role": "dedicated", "permissionsBoundary": "arn:aws:iam::123456789012:policy/b",
                }}),
                "iamConfiguration.permissionsBoundary",
            ),
            (
                json!({"s3Configuration": {"uploadParams": [
                    {"params": {}}, {"params": {"SSEKMSKeyId": "arn:aws:kms:us-east-1:1:key/k"}},
                ]}}),
                "s3Configuration.uploadParams[1].params.SSEKMSKeyId",
            ),
        ] {
            assert_eq!(refusal(&target, "eu-west-1"), None, "{key}");
            for (region, partition) in
                [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("eusc-de-east-1", "aws-eusc")]
            {
                let message = refusal(&target, region).unwrap();
                assert!(
                    message.starts_with(&format!("{key} must be an ARN of the partition {partition},")),
                    "{message}"
                );
            }
        }
    }

    #[test]
    fn texts_that_belong_to_the_skill_are_not_checked() {
        let arn = "arn:aws:sns:us-east-1:1:t";
        let target = json!({"lambdaConfiguration": {"Description": arn, "Environment": {"Variables": {"TOPIC": arn}}}});
        assert_eq!(refusal(&target, "cn-north-1"), None);
    }
}
