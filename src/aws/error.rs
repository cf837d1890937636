//! What AWS answers when it does not do what was asked, in one line that a person can act on.

use crate::aws::credentials::causes;
use crate::error::{Error, ErrorCode};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

/// The parts of a failed call that decide what happens next.
pub(crate) struct Refusal<'e> {
    /// AWS' error code; empty where AWS did not answer.
    pub(crate) code: &'e str,
    /// AWS' words.
    pub(crate) message: &'e str,
    /// The HTTP status, where there was an answer.
    pub(crate) status: Option<u16>,
}

impl<'e> Refusal<'e> {
    pub(crate) fn of<E: ProvideErrorMetadata>(error: &'e SdkError<E>) -> Self {
        let status = error.raw_response().map(|answer| answer.status().as_u16());
        let (code, message) = match error {
            SdkError::ServiceError(context) => (context.err().code(), context.err().message()),
            _ => (None, None),
        };
        Refusal { code: code.unwrap_or_default(), message: message.unwrap_or_default(), status }
    }
}

/// Turns a failed call into an [`Error`]. `doing` says what was being done, and to what, as a participle:
/// "creating the table cats_beta_litexa_handler_state". `action` is the IAM action of the call.
pub(crate) fn refused<E>(doing: &str, action: &str, error: &SdkError<E>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let Refusal { code, message, status } = Refusal::of(error);
    let is_whole = matches!(error, SdkError::ServiceError(_)) && status.is_none_or(|status| status >= 300);
    if !is_whole && !matches!(error, SdkError::ConstructionFailure(_)) {
        return unreachable(doing, error);
    }
    let words = match (code, without_secrets(code, message)) {
        ("", "") => causes(error),
        ("", message) => message.to_owned(),
        (code, "") => code.to_owned(),
        (code, message) => format!("{code}: {message}"),
    };
    let problem = format!("{doing} failed: {}", words.trim_end_matches('.'));
    match kind(code, status) {
        ErrorCode::AccessDenied => Error::new(ErrorCode::AccessDenied, problem)
            .hint(format!("Allow {action} to the IAM user or role that deploys")),
        ErrorCode::MissingCredentials => Error::new(ErrorCode::MissingCredentials, problem)
            .hint("AWS does not accept these credentials: sign in again, or correct them"),
        ErrorCode::AwsUnavailable => Error::new(ErrorCode::AwsUnavailable, problem).hint("Try again in a while"),
        kind => Error::new(kind, problem),
    }
}

/// AWS' words without the parts that quote the request: its Authorization header, or what was signed, which holds the
/// session token.
fn without_secrets<'e>(code: &str, message: &'e str) -> &'e str {
    match code {
        "IncompleteSignature" | "IncompleteSignatureException" => "",
        // The first sentence says what is wrong, as with a clock that is.
        "InvalidSignatureException" | "SignatureDoesNotMatch" => {
            let end = message.find(['\n', '\r']).unwrap_or(message.len());
            let line = message.get(..end).unwrap_or_default();
            line.split_once(". ").map_or(line, |(first, _)| first)
        }
        _ => message,
    }
}

fn kind(code: &str, status: Option<u16>) -> ErrorCode {
    const DENIED: [&str; 5] =
        ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "AllAccessDisabled"];
    const UNKNOWN_CALLER: [&str; 12] = [
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "InvalidToken",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    ];
    const BUSY: [&str; 9] = [
        "LimitExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequests",
        "TooManyRequestsException",
    ];
    if UNKNOWN_CALLER.contains(&code) {
        ErrorCode::MissingCredentials
    } else if DENIED.contains(&code) || (code.is_empty() && status == Some(403)) {
        ErrorCode::AccessDenied
    } else if BUSY.contains(&code) || status.is_some_and(|status| status >= 500 || status == 429) {
        ErrorCode::AwsUnavailable
    } else {
        ErrorCode::AwsRequestRejected
    }
}

fn unreachable<E: std::error::Error + 'static>(doing: &str, error: &SdkError<E>) -> Error {
    let what = match error {
        SdkError::ResponseError(_) | SdkError::ServiceError(_) => "AWS' answer cannot be read",
        _ => "AWS gave no answer",
    };
    Error::new(ErrorCode::AwsUnavailable, format!("{doing} failed: {what} ({})", causes(error)))
        .hint("Check the network and, if it is set, AWS_ENDPOINT_URL, then try again; for a slow line, set LITEXA_AWS_TIMEOUT_SECONDS to more than 30")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_aws_quotes_of_the_request_is_kept_back() {
        let quoting =
            "Signature expired: 1 is now earlier than 2. The Canonical String was\nx-amz-security-token:secret";
        for code in ["SignatureDoesNotMatch", "InvalidSignatureException"] {
            assert_eq!(without_secrets(code, quoting), "Signature expired: 1 is now earlier than 2");
            assert_eq!(without_secrets(code, "wrong\nAuthorization: secret"), "wrong");
        }
        assert_eq!(without_secrets("IncompleteSignature", "Authorization: secret"), "");
        assert_eq!(without_secrets("NoSuchBucket", "There is none. Make one."), "There is none. Make one.");
    }

    #[test]
    fn aws_codes_fall_into_kinds_that_a_person_can_act_on() {
        assert_eq!(kind("AccessDeniedException", Some(400)), ErrorCode::AccessDenied);
        assert_eq!(kind("", Some(403)), ErrorCode::AccessDenied);
        assert_eq!(kind("ExpiredToken", Some(403)), ErrorCode::MissingCredentials);
        assert_eq!(kind("SlowDown", Some(503)), ErrorCode::AwsUnavailable);
        assert_eq!(kind("", Some(500)), ErrorCode::AwsUnavailable);
        assert_eq!(kind("InvalidParameterValueException", Some(400)), ErrorCode::AwsRequestRejected);
    }
}
