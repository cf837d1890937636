//! Turns failed calls to AWS into errors that a person can act on.

use crate::aws::network_problem::{NetworkProblem, causes};
use crate::aws::{denial, foreign_answer, quoted_request, timeouts};
use crate::error::{Error, ErrorCode};
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

/// The parts of a failed response that decide how to go on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ServiceErrorInfo {
    /// AWS's error code; empty without an answer that could be read, and in answers to HEAD requests, where the SDK of S3
    /// writes "NotFound" for a status of 404.
    pub(crate) code: String,
    pub(crate) message: String,
    /// The HTTP status, if there was an answer that could be read. The status of another one may be that of something
    /// between here and AWS, and does not show that a resource is absent.
    pub(crate) status: Option<u16>,
    /// Whether there was an answer that could not be read.
    pub(crate) is_unread: bool,
}

impl ServiceErrorInfo {
    /// Returns whether the resource that the call is about does not exist.
    pub(crate) fn is_not_found(&self) -> bool {
        NOT_FOUND_CODES.contains(&self.code.as_str()) || self.status == Some(404)
    }

    /// Returns whether the resource to be created exists: another deployment was faster, or an earlier attempt was
    /// carried out although its answer got lost.
    ///
    /// Lambda has one code for this and for a function that is busy, so its message decides.
    pub(crate) fn is_already_exists(&self) -> bool {
        ALREADY_EXISTS_CODES.contains(&self.code.as_str())
            || self.code == "ResourceConflictException"
                && ["already exist", "provided already"].iter().any(|part| self.message.contains(part))
    }
}

impl ServiceErrorInfo {
    /// Returns whether AWS rejects the time of the request.
    /// See <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html>.
    fn is_about_the_clock(&self) -> bool {
        CLOCK_CODES.contains(&self.code.as_str())
            || AUTH_CODES.contains(&self.code.as_str())
                && ["Signature expired", "Signature not yet current"].iter().any(|part| self.message.starts_with(part))
    }
}

const CLOCK_CODES: [&str; 3] = ["RequestExpired", "RequestInTheFuture", "RequestTimeTooSkewed"];

const NOT_FOUND_CODES: [&str; 7] = [
    "NoSuchBucketPolicy",
    "NoSuchEntity",
    "NoSuchKey",
    "NoSuchUpload",
    "NotFound",
    "ResourceNotFoundException",
    "TableNotFoundException",
];

/// `ResourceInUseException` is DynamoDB's code for a table that exists
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html>).
const ALREADY_EXISTS_CODES: [&str; 4] =
    ["BucketAlreadyOwnedByYou", "EntityAlreadyExists", "ResourceAlreadyExistsException", "ResourceInUseException"];

const ACCESS_DENIED_CODES: [&str; 5] =
    ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "AllAccessDisabled"];

/// Codes for a caller whom AWS does not know, or whose signature is wrong.
const AUTH_CODES: [&str; 12] = [
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

/// Codes for a caller whom AWS does not know; also of a region that is not enabled in the account
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_enable-regions.html>).
const UNKNOWN_CALLER_CODES: [&str; 4] =
    ["InvalidAccessKeyId", "InvalidClientTokenId", "InvalidToken", "UnrecognizedClientException"];

const THROTTLE_CODES: [&str; 9] = [
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

/// A failed call without the type of its operation, so that what handles it is compiled once.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) info: ServiceErrorInfo,
    kind: FailureKind,
    /// The messages of the error and of its causes.
    chain: String,
    network: Option<NetworkProblem>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FailureKind {
    /// The service answered with an error, or the request could not be built.
    Rejected,
    /// There was an answer that could not be read.
    UnreadableResponse,
    /// The same, and it does not have the ID that AWS gives to each answer.
    UnidentifiedResponse,
    NoResponse,
}

impl Failure {
    pub(crate) fn of<E>(error: &SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let status = error.raw_response().map(|response| response.status().as_u16());
        let (code, message) = match error {
            SdkError::ServiceError(context) => (context.err().code(), context.err().message()),
            _ => (None, None),
        };
        let owned = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let kind = match error {
            // An error in an answer with a status of success means that the answer could not be read.
            SdkError::ServiceError(_) if status.is_some_and(|status| status < 300) => FailureKind::UnreadableResponse,
            SdkError::ServiceError(context) if !is_read(context.raw(), code, message) => {
                FailureKind::UnreadableResponse
            }
            SdkError::ServiceError(_) | SdkError::ConstructionFailure(_) => FailureKind::Rejected,
            SdkError::ResponseError(_) => FailureKind::UnreadableResponse,
            _ => FailureKind::NoResponse,
        };
        let chain = match status {
            // The SDK writes "unhandled error".
            Some(status) if status >= 300 && code.is_none() && message.is_none() => {
                format!("status {status}, without an error code")
            }
            _ => error_chain(error),
        };
        let has_id = error.raw_response().is_none_or(foreign_answer::has_id);
        let kind = match kind {
            FailureKind::UnreadableResponse if !has_id => FailureKind::UnidentifiedResponse,
            kind => kind,
        };
        let is_absence = |code: &&str| NOT_FOUND_CODES.contains(code);
        // The SDK of S3 makes up a code for a status of 404.
        let code = code.filter(|code| kind == FailureKind::Rejected || !is_absence(code));
        let status = status.filter(|_| kind == FailureKind::Rejected);
        let is_unread = matches!(kind, FailureKind::UnreadableResponse | FailureKind::UnidentifiedResponse);
        let info = ServiceErrorInfo { code: owned(code), message: owned(message), status, is_unread };
        let network = causes(error).find_map(|cause| cause.downcast_ref::<NetworkProblem>()).cloned();
        Failure { info, kind, chain, network }
    }
}

/// Returns whether an error could be read. All of AWS's errors have a code and, unless they answer a HEAD request, a body;
/// stores like S3 may write a message only.
///
/// An answer of 404 without a code may come from something that does not know the service: with a message, or without a
/// body and AWS's ID, it does not show that a resource is absent. After a HEAD request, the caller asks again with GET.
fn is_read(response: &HttpResponse, code: Option<&str>, message: Option<&str>) -> bool {
    let has_body = response.body().bytes().is_some_and(|body| !body.is_empty());
    match response.status().as_u16() {
        404 if has_body => code.is_some(),
        404 => foreign_answer::has_id(response),
        // The status of a server's error is enough to try again.
        400..500 if has_body => code.is_some() || message.is_some(),
        _ => true,
    }
}

/// Returns the error of a failed call.
///
/// `operation` is what was being done, to which resource, as a participle: "creating the table X". `action` is the IAM
/// action that the call needs. `secrets` are values of the request that AWS may quote.
pub(crate) fn to_error(operation: &str, action: &str, failure: &Failure, secrets: &[String]) -> Error {
    let Failure { info, kind, chain, network } = failure;
    if let Some(problem) = network {
        return problem.error(operation);
    }
    if *kind != FailureKind::Rejected {
        return transport_error(operation, *kind, chain);
    }
    let message = if info.code.starts_with("IncompleteSignature") { "" } else { &info.message };
    let message = quoted_request::remove(message, secrets);
    let cause = match (info.code.as_str(), message.as_str()) {
        ("", "") => quoted_request::remove(chain, secrets),
        ("", message) => message.to_owned(),
        (code, "") => code.to_owned(),
        (code, message) => format!("{code}: {message}"),
    };
    let code =
        if info.is_about_the_clock() { ErrorCode::AwsRequestRejected } else { classify(&info.code, info.status) };
    let error = Error::new(code, format!("{operation} failed: {}", cause.trim_end_matches('.')));
    if info.is_about_the_clock() {
        return error.hint("Set the clock of this machine: AWS rejects requests with a wrong time");
    }
    match code {
        ErrorCode::AccessDenied => error.hint(denial::hint(action, &message)),
        ErrorCode::MissingCredentials if UNKNOWN_CALLER_CODES.contains(&info.code.as_str()) => {
            error.hint("AWS does not accept these credentials: sign in again, or correct them. A region that is not enabled in the account does not accept any: enable it with `aws account enable-region --region-name <region>`, or set another awsRegion")
        }
        ErrorCode::MissingCredentials => {
            error.hint("AWS does not accept these credentials: sign in again, or correct them")
        }
        ErrorCode::AwsUnavailable => error.hint("Try again in a while"),
        _ => error,
    }
}

fn classify(code: &str, status: Option<u16>) -> ErrorCode {
    if AUTH_CODES.contains(&code) {
        ErrorCode::MissingCredentials
    } else if ACCESS_DENIED_CODES.contains(&code) || (code.is_empty() && status == Some(403)) {
        ErrorCode::AccessDenied
    } else if THROTTLE_CODES.contains(&code) || status.is_some_and(|status| status >= 500 || status == 429) {
        ErrorCode::AwsUnavailable
    } else {
        ErrorCode::AwsRequestRejected
    }
}

fn transport_error(operation: &str, kind: FailureKind, chain: &str) -> Error {
    let cause = match kind {
        FailureKind::UnreadableResponse => "the response could not be read",
        FailureKind::UnidentifiedResponse => "the response could not be read, and may not come from AWS",
        _ => "the connection was lost",
    };
    // The SDK's own names for kinds of failures.
    let chain = ["dispatch failure: ", "timeout: ", "io error: ", "other: "]
        .iter()
        .fold(chain, |chain, prefix| chain.strip_prefix(prefix).unwrap_or(chain));
    let error = Error::new(ErrorCode::AwsUnavailable, format!("{operation} failed: {cause} ({chain})"));
    if kind == FailureKind::UnidentifiedResponse && chain.starts_with("status") {
        return error
            .hint("Check AWS_ENDPOINT_URL, HTTPS_PROXY and the network: a proxy or another program may have answered");
    }
    error.hint(format!("Check the network and, if it is set, AWS_ENDPOINT_URL, then try again; for a slow line, set LITEXA_AWS_TIMEOUT_SECONDS to more than {}", timeouts::seconds()))
}

/// Returns the messages of an error and of its causes. The SDK's own `Display` shows only the outermost one.
pub(crate) fn error_chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut messages: Vec<String> = causes(error).map(ToString::to_string).collect();
    messages.dedup();
    messages.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_iam::operation::get_role::GetRoleError;
    use aws_sdk_s3::error::ErrorMetadata;
    use aws_sdk_s3::operation::get_bucket_policy::GetBucketPolicyError;
    use aws_sdk_s3::primitives::SdkBody;

    fn info(code: &str, message: &str, status: u16) -> ServiceErrorInfo {
        ServiceErrorInfo { code: code.into(), message: message.into(), status: Some(status), is_unread: false }
    }

    #[test]
    fn a_message_that_quotes_the_request_is_cut_whatever_its_code() {
        let quoting = r#"exceeded the 4KB limit. String measured: {"DB_PASSWORD":"hunter2"}"#;
        for code in ["InvalidParameterValueException", "", "SomethingNew", "AccessDeniedException"] {
            let error = to_error("creating", "lambda:CreateFunction", &rejected(info(code, quoting, 400)), &[]);
            assert!(!error.to_string().contains("hunter2") && error.to_string().contains("4KB limit"), "{error}");
        }
        let header = rejected(info("IncompleteSignature", "'secret' not a valid key=value pair", 403));
        assert!(!to_error("creating", "lambda:CreateFunction", &header, &[]).to_string().contains("secret"));
        let one = rejected(info("ValidationException", "Value 'hunter2' is wrong", 400));
        assert!(!to_error("creating", "x", &one, &["hunter2".into()]).to_string().contains("hunter2"));
    }

    #[test]
    fn a_wrong_clock_is_not_taken_for_wrong_credentials() {
        let expired =
            "Signature expired: 20261126T100000Z is now earlier than 20261126T101500Z (20261126T102000Z - 5 min.)";
        let future = "Signature not yet current: 20261126T104000Z is still later than 20261126T102500Z (20261126T102000Z + 5 min.)";
        for (code, message) in [
            ("RequestTimeTooSkewed", "The difference between the request time and the current time is too large."),
            ("RequestExpired", "Request has expired."),
            ("InvalidSignatureException", expired),
            ("SignatureDoesNotMatch", expired),
            ("InvalidSignatureException", future),
        ] {
            let failure = rejected(info(code, message, 403));
            let error = to_error("listing", "s3:ListBucket", &failure, &[]);
            assert_eq!(error.code, ErrorCode::AwsRequestRejected, "{code}");
            assert!(error.to_string().contains("clock") && !error.to_string().contains("sign in"), "{error}");
        }
        let wrong = rejected(info("SignatureDoesNotMatch", "The request signature we calculated does not match.", 403));
        assert_eq!(to_error("listing", "s3:ListBucket", &wrong, &[]).code, ErrorCode::MissingCredentials);
        let session = rejected(info("ExpiredToken", "The provided token has expired.", 400));
        assert_eq!(to_error("listing", "s3:ListBucket", &session, &[]).code, ErrorCode::MissingCredentials);
    }

    #[test]
    fn a_region_that_is_not_enabled_is_named_as_a_possible_cause() {
        let hint_of = |code: &str| {
            let failure = rejected(info(code, "The security token included in the request is invalid.", 403));
            to_error("reading the function", "lambda:GetFunction", &failure, &[]).to_string()
        };
        for code in ["UnrecognizedClientException", "InvalidClientTokenId", "InvalidToken"] {
            assert!(hint_of(code).contains("enable-region"), "{code}");
        }
        for code in ["ExpiredToken", "SignatureDoesNotMatch", "AccessDenied"] {
            assert!(!hint_of(code).contains("enable-region"), "{code}");
        }
    }

    fn rejected(info: ServiceErrorInfo) -> Failure {
        Failure { info, kind: FailureKind::Rejected, chain: String::new(), network: None }
    }

    #[test]
    fn codes_of_aws_map_to_codes_that_a_person_can_act_on() {
        assert_eq!(classify("AccessDeniedException", Some(400)), ErrorCode::AccessDenied);
        assert_eq!(classify("", Some(403)), ErrorCode::AccessDenied);
        assert_eq!(classify("ExpiredToken", Some(403)), ErrorCode::MissingCredentials);
        assert_eq!(classify("SlowDown", Some(503)), ErrorCode::AwsUnavailable);
        assert_eq!(classify("", Some(500)), ErrorCode::AwsUnavailable);
        assert_eq!(classify("InvalidParameterValueException", Some(400)), ErrorCode::AwsRequestRejected);
    }

    #[test]
    fn a_resource_that_exists_is_distinguished_from_one_that_is_busy() {
        let exists = |message| info("ResourceConflictException", message, 409).is_already_exists();
        assert!(exists("Function already exist: cats"));
        assert!(exists("Alias already exists: arn"));
        assert!(exists("The statement id (lc-1) provided already exists. Please provide a new statement id."));
        assert!(!exists("The operation cannot be performed at this time. An update is in progress."));
        assert!(info("EntityAlreadyExists", "", 409).is_already_exists());
        assert!(!info("BucketAlreadyExists", "another account", 409).is_already_exists());
    }

    #[test]
    fn an_answer_that_breaks_off_does_not_show_that_a_resource_is_absent() {
        let with_body = |body: &str| HttpResponse::new(404.try_into().unwrap(), SdkBody::from(body));
        let answer = || with_body("");
        let cut = SdkError::<GetRoleError>::response_error("the body was cut", answer());
        let cut = Failure::of(&cut);
        assert!(!cut.info.is_not_found());
        assert_eq!(to_error("looking up", "iam:GetRole", &cut, &[]).code, ErrorCode::AwsUnavailable);
        let damaged = SdkError::service_error(GetRoleError::unhandled("invalid XML"), with_body("<ErrorResponse><Err"));
        assert!(!Failure::of(&damaged).info.is_not_found());
        let foreign = SdkError::service_error(GetRoleError::unhandled("no body, and no ID"), answer());
        assert!(!Failure::of(&foreign).info.is_not_found());
        let made_up = ErrorMetadata::builder().code("NotFound").build();
        let store = SdkError::service_error(GetBucketPolicyError::generic(made_up), answer());
        assert!(!Failure::of(&store).info.is_not_found());
        let mut head = answer();
        head.headers_mut().insert("x-amz-request-id", "EXAMPLE");
        let head = SdkError::service_error(GetRoleError::unhandled("no body, as that of HEAD"), head);
        assert!(Failure::of(&head).info.is_not_found());
    }

    #[test]
    fn an_answer_without_a_code_is_not_taken_for_a_denial_of_aws() {
        let failure = |status: u16, body: &'static str| {
            let response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
            Failure::of(&SdkError::service_error(GetRoleError::unhandled("no code"), response))
        };
        for body in [r#"{"error":"blocked"}"#, "<blocked/>"] {
            let error = to_error("looking up", "iam:GetRole", &failure(403, body), &[]);
            assert_eq!(error.code, ErrorCode::AwsUnavailable);
            let text = error.to_string();
            assert!(text.contains("may not come from AWS (status 403, without an error code)"), "{text}");
            assert!(text.contains("HTTPS_PROXY") && !text.contains("Allow iam:GetRole"), "{text}");
        }
        let response = HttpResponse::new(403.try_into().unwrap(), SdkBody::from("<Message>no</Message>"));
        let with_message = GetBucketPolicyError::generic(ErrorMetadata::builder().message("no").build());
        let store = Failure::of(&SdkError::service_error(with_message, response));
        assert_eq!(to_error("reading", "s3:GetBucketPolicy", &store, &[]).code, ErrorCode::AccessDenied);
        let head = to_error("looking up", "iam:GetRole", &failure(403, ""), &[]);
        assert_eq!(head.code, ErrorCode::AccessDenied);
        assert!(head.to_string().contains("failed: status 403, without an error code"), "{head}");
        let server = to_error("looking up", "iam:GetRole", &failure(502, "<blocked/>"), &[]);
        assert!(server.to_string().contains("failed: status 502, without an error code"), "{server}");
    }

    #[test]
    fn an_absent_resource_is_known_by_its_code_or_by_its_status() {
        assert!(info("NoSuchEntity", "", 404).is_not_found());
        assert!(info("ResourceNotFoundException", "", 400).is_not_found());
        assert!(info("", "", 404).is_not_found());
        assert!(!info("AccessDenied", "", 403).is_not_found());
    }
}
