//! Determines the log group of a pull, and explains why AWS does not let it be read.

use crate::aws::CallError;
use crate::aws::arn::Arn;
use crate::error::{Error, ErrorCode, Result};

/// Returns the name of a log group that is given by its name or ARN. The ARN must be of the region that is read and, if
/// the account of the credentials is known, of that account.
///
/// # Errors
/// [`ErrorCode::InvalidOption`].
pub(crate) fn name_of<'a>(group: &'a str, region: &str, account: Option<&str>) -> Result<&'a str> {
    let Some(arn) = Arn::parse(group) else { return Ok(group) };
    let invalid = |problem: String, hint: String| {
        Err(Error::new(ErrorCode::InvalidOption, format!("the log group {group} {problem}")).hint(hint))
    };
    if arn.region != region {
        return invalid(
            format!("is in {}, but the logs are read in {region}", arn.region),
            format!("Set awsRegion to {}, or remove the region by writing the name only", arn.region),
        );
    }
    if let Some(account) = account.filter(|account| *account != arn.account) {
        return invalid(
            format!("belongs to the account {}, but the credentials to {account}", arn.account),
            format!("Sign in to {}, as with awsProfile", arn.account),
        );
    }
    let name = arn.resource.strip_prefix("log-group:").and_then(|name| name.split(':').next());
    match name.filter(|name| !name.is_empty()) {
        Some(name) => Ok(name),
        None => invalid("is not the ARN of a log group".into(), "Write the name of the log group".into()),
    }
}

/// Returns whether AWS refuses the call for every log group of this class.
///
/// See <https://github.com/aws/karpenter-provider-aws/pull/9567> and
/// <https://github.com/turbot/steampipe-plugin-aws/issues/2758> for the two messages.
pub(crate) fn is_about_class(error: &CallError) -> bool {
    ["log-group-class", "only supported on the Standard log class"].iter().any(|part| error.message_contains(part))
}

/// Returns the error of a call that reads the log group, with a hint where the cause is one of log groups.
pub(crate) fn explained(error: CallError, region: &str) -> Error {
    if is_about_class(&error) {
        return error
            .hint("Log groups of the Infrequent Access class are read by Logs Insights only: set LITEXA_LOGS_SOURCE=insights")
            .into();
    }
    // See <https://github.com/ministryofjustice/modernisation-platform/issues/7870>.
    if error.message_contains("KMS key does not exist or is not allowed to be used") {
        return error
            .hint(format!("Let the policy of the KMS key allow kms:Decrypt to logs.{region}.amazonaws.com, and enable the key if it is disabled"))
            .into();
    }
    error.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/cats";

    #[test]
    fn the_name_is_taken_out_of_an_arn() {
        for group in [ARN.to_owned(), format!("{ARN}:*"), format!("{ARN}:log-stream:x")] {
            assert_eq!(name_of(&group, "eu-west-1", Some("123456789012")), Ok("/aws/lambda/cats"), "{group}");
            assert_eq!(name_of(&group, "eu-west-1", None), Ok("/aws/lambda/cats"), "{group}");
        }
        assert_eq!(name_of("/aws/lambda/cats", "eu-west-1", None), Ok("/aws/lambda/cats"));
    }

    #[test]
    fn an_arn_of_another_place_is_an_error_with_the_way_out() {
        let error = |group: &str, region: &str, account| name_of(group, region, account).unwrap_err().to_string();
        assert!(error(ARN, "us-east-1", None).contains("Set awsRegion to eu-west-1"));
        assert!(error(ARN, "eu-west-1", Some("999999999999")).contains("Sign in to 123456789012"));
        assert!(error("arn:aws-cn:logs:cn-north-1:123456789012:log-group:x", "us-east-1", None).contains("cn-north-1"));
        let function = "arn:aws:lambda:eu-west-1:123456789012:function:cats";
        assert!(error(function, "eu-west-1", None).contains("is not the ARN of a log group"));
    }
}
