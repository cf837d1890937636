//! Reads from AWS's message which right is missing, and which kind of policy decides.
//!
//! See <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>.

/// The kinds of policies that AWS names, each with how to change it.
const POLICIES: [(&str, &str); 7] = [
    ("identity-based policy", "a policy of your IAM user or role"),
    ("resource-based policy", "the policy of the resource, which its owner changes"),
    ("permissions boundary", "the permissions boundary of your IAM user or role"),
    ("session policy", "the session policy with which the role was assumed"),
    ("service control policy", "a service control policy, which an administrator of the AWS organization changes"),
    ("resource control policy", "a resource control policy, which an administrator of the AWS organization changes"),
    ("VPC endpoint policy", "the policy of the VPC endpoint through which the request was sent"),
];

/// Returns the hint for a call that was denied. `action` is what the call itself needs; AWS may check others for it,
/// such as `iam:PassRole` for CreateFunction.
pub(crate) fn hint(action: &str, message: &str) -> String {
    let denied = denied_action(message);
    let action = denied.as_deref().unwrap_or(action);
    let on = denied_resource(message).map_or(String::new(), |resource| format!(" on {resource}"));
    let policy = |part: &str| POLICIES.iter().find(|(kind, _)| part.contains(kind)).map(|(_, place)| *place);
    if let Some((_, deny)) = message.split_once("explicit deny") {
        let place = policy(deny).unwrap_or("a policy");
        return format!("To allow {action} elsewhere does not help: change the statement that denies it, in {place}");
    }
    let missing = message.split_once("because no ").and_then(|(_, reason)| policy(reason));
    match missing {
        Some(place) if !message.contains("because no identity-based policy") => {
            format!("Allow {action}{on} in {place}")
        }
        _ if is_about_part_of_function(message) => format!(
            "Allow {action} to your IAM user or role, for the function's ARN with :* at its end: the ARN without it does not include aliases and versions"
        ),
        _ => format!("Allow {action}{on} to your IAM user or role"),
    }
}

/// Returns whether AWS names an alias or a version of a function. Since 2022, a right to a function does not include
/// them: <https://github.com/juanjoDiaz/serverless-plugin-warmup/issues/304>.
fn is_about_part_of_function(message: &str) -> bool {
    let resource = denied_resource(message);
    resource.and_then(|arn| arn.split_once(":function:")).is_some_and(|(_, name)| name.contains(':'))
}

/// Returns the ARN of the resource that AWS names: the action may be allowed on others only.
fn denied_resource(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("on resource: ")?;
    let resource = rest.split_whitespace().next()?.trim_matches('"').trim_end_matches(['.', ',']);
    resource.starts_with("arn:").then_some(resource)
}

/// Returns the action that AWS names.
fn denied_action(message: &str) -> Option<String> {
    let word_after = |marker: &str| {
        let (_, rest) = message.split_once(marker)?;
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '*');
        Some(rest.trim_start().split(|c| !is_part(c)).next().unwrap_or_default())
    };
    if let Some(action) = word_after("not authorized to perform: ").filter(|action| action.contains(':')) {
        return Some(action.to_owned());
    }
    // Lambda reads a package with the rights of its caller, and passes on what S3 answers.
    let is_from_s3 = message.contains("denied by S3");
    word_after("permission to ").filter(|action| is_from_s3 && !action.is_empty()).map(|action| format!("s3:{action}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: &str = "User: arn:aws:iam::123456789012:user/deployer is not authorized to perform:";

    #[test]
    fn the_action_is_the_one_that_aws_names() {
        const ROLE: &str = "arn:aws:iam::123456789012:role/cats";
        for (message, allowed) in [
            (
                format!(
                    "iam:PassRole on resource: {ROLE} because no identity-based policy allows the iam:PassRole action"
                ),
                format!("iam:PassRole on {ROLE}"),
            ),
            (
                "lambda:GetPolicy on resource: arn:aws:lambda:us-east-1:123456789012:function:cats.".into(),
                "lambda:GetPolicy on arn:aws:lambda:us-east-1:123456789012:function:cats".into(),
            ),
            (
                "s3:GetObject on resource: \"arn:aws:s3:::cats/x.zip\"".into(),
                "s3:GetObject on arn:aws:s3:::cats/x.zip".into(),
            ),
            ("kms:Decrypt on resource: the key".into(), "kms:Decrypt".to_owned()),
            ("lambda:GetLayerVersion".into(), "lambda:GetLayerVersion".into()),
        ] {
            let hint = hint("lambda:CreateFunction", &format!("{USER} {message}"));
            assert_eq!(hint, format!("Allow {allowed} to your IAM user or role"));
        }
        let s3 = "Your access has been denied by S3, please make sure your request credentials have permission to GetObject for cats/x.zip. S3 Error Code: AccessDenied. S3 Error Message: Access Denied";
        assert!(hint("lambda:CreateFunction", s3).starts_with("Allow s3:GetObject to"));
        for message in ["", "Access Denied", "You do not have permission to do this", "not authorized to perform: it"] {
            assert!(hint("lambda:CreateFunction", message).starts_with("Allow lambda:CreateFunction to"), "{message}");
        }
    }

    #[test]
    fn a_right_to_an_alias_or_a_version_needs_another_arn_than_that_of_the_function() {
        let of = |resource: &str| {
            let reason = "because no identity-based policy allows the lambda:GetPolicy action";
            hint("lambda:GetPolicy", &format!("{USER} lambda:GetPolicy on resource: {resource} {reason}"))
        };
        let function = "arn:aws:lambda:us-east-1:123456789012:function:cats_beta_litexa_handler";
        for part in ["release-0", "7", "*"] {
            assert!(of(&format!("{function}:{part}")).contains("ARN with :* at its end"), "{part}");
        }
        let table = "arn:aws:dynamodb:us-east-1:123456789012:table/function:x:y";
        for whole in [function, table] {
            let expected = format!("Allow lambda:GetPolicy on {whole} to your IAM user or role");
            assert_eq!(of(whole), expected);
        }
        assert_eq!(of(""), "Allow lambda:GetPolicy to your IAM user or role");
    }

    #[test]
    fn an_explicit_deny_is_not_cured_by_allowing() {
        for (policy, place) in [
            ("a service control policy", "administrator of the AWS organization"),
            (
                "a service control policy: arn:aws:organizations::1:policy/o-1/service_control_policy/p-1",
                "service control policy",
            ),
            ("a resource control policy", "resource control policy"),
            ("an identity-based policy", "a policy of your IAM user or role"),
            ("a permissions boundary", "permissions boundary"),
            ("a session policy", "session policy"),
            ("a VPC endpoint policy", "VPC endpoint"),
            ("a resource-based policy", "policy of the resource"),
            ("a policy of the future", "in a policy"),
        ] {
            let hint = hint(
                "s3:PutObject",
                &format!("{USER} iam:CreateRole on resource: x with an explicit deny in {policy}"),
            );
            assert!(hint.starts_with("To allow iam:CreateRole elsewhere does not help"), "{hint}");
            assert!(hint.contains(place), "{hint}");
        }
    }

    #[test]
    fn a_missing_allow_names_the_policy_that_lacks_it() {
        for (policy, place) in [
            ("permissions boundary", "in the permissions boundary"),
            ("session policy", "in the session policy"),
            ("service control policy", "in a service control policy"),
            ("resource-based policy", "in the policy of the resource"),
            ("identity-based policy", "to your IAM user or role"),
        ] {
            let hint = hint(
                "x",
                &format!("{USER} iam:GetRole on resource: x because no {policy} allows the iam:GetRole action"),
            );
            assert!(hint.starts_with(&format!("Allow iam:GetRole {place}")), "{hint}");
        }
    }
}
