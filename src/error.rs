//! What can go wrong: one line for a person, a [`ErrorCode`] for a program.

use std::fmt;

/// The kinds of failure, as `error.code` shows them to JavaScript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorCode {
    /// A field of the context is missing, or is not what the Litexa CLI puts there.
    InvalidContext,
    /// An option of the deployment target has a wrong value; the message names its key.
    InvalidOption,
    /// The S3 bucket is not named, or its name breaks S3's rules.
    InvalidBucketName,
    /// A project, target, function, role or table name that AWS would refuse.
    InvalidName,
    /// `aws-config.json` cannot be read, is no JSON, or lacks this deployment target.
    InvalidAwsConfig,
    /// An AWS profile that no configuration file of this machine defines.
    UnknownProfile,
    /// No place that was looked in holds usable credentials.
    MissingCredentials,
    /// Asset files whose names cannot be S3 keys, or that claim the same key.
    InvalidAssets,
    /// The handler's package cannot be made: dependencies are not installed, links loop, it is too large.
    InvalidPackage,
    /// A local file cannot be read or written.
    FileError,
    /// The bucket belongs to another account, or may not be used.
    BucketUnavailable,
    /// AWS understood who asks, and does not allow it.
    AccessDenied,
    /// AWS refuses the request for what it contains.
    AwsRequestRejected,
    /// AWS could not be reached, or went on failing after retries.
    AwsUnavailable,
    /// A resource did not become ready, or AWS reports it as failed.
    ResourceNotReady,
    /// Another deployment of the target on this machine did not end in time.
    DeploymentLocked,
    /// A defect of this module.
    Internal,
}

impl ErrorCode {
    /// The spelling that JavaScript sees.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            ErrorCode::InvalidContext => "INVALID_CONTEXT",
            ErrorCode::InvalidOption => "INVALID_OPTION",
            ErrorCode::InvalidBucketName => "INVALID_BUCKET_NAME",
            ErrorCode::InvalidName => "INVALID_NAME",
            ErrorCode::InvalidAwsConfig => "INVALID_AWS_CONFIG",
            ErrorCode::UnknownProfile => "UNKNOWN_PROFILE",
            ErrorCode::MissingCredentials => "MISSING_CREDENTIALS",
            ErrorCode::InvalidAssets => "INVALID_ASSETS",
            ErrorCode::InvalidPackage => "INVALID_PACKAGE",
            ErrorCode::FileError => "FILE_ERROR",
            ErrorCode::BucketUnavailable => "BUCKET_UNAVAILABLE",
            ErrorCode::AccessDenied => "ACCESS_DENIED",
            ErrorCode::AwsRequestRejected => "AWS_REQUEST_REJECTED",
            ErrorCode::AwsUnavailable => "AWS_UNAVAILABLE",
            ErrorCode::ResourceNotReady => "RESOURCE_NOT_READY",
            ErrorCode::DeploymentLocked => "DEPLOYMENT_LOCKED",
            ErrorCode::Internal => "INTERNAL",
        }
    }
}

/// A failure: what was being done, to what, and how to mend it, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Error {
    pub(crate) code: ErrorCode,
    /// What happened; no newline, no full stop at the end.
    pub(crate) message: String,
    /// What the reader can do about it; no full stop at the end. Empty where there is nothing to say.
    pub(crate) hint: String,
}

pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Error { code, message: one_line(&message.into()), hint: String::new() }
    }

    /// Adds what the reader can do about it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = one_line(&hint.into());
        self
    }

    /// A local file operation that failed: `doing` is a participle, as in "reading".
    pub(crate) fn io(doing: &str, path: &std::path::Path, cause: &std::io::Error) -> Self {
        Error::new(ErrorCode::FileError, format!("{doing} {} failed: {cause}", path.display()))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if !self.hint.is_empty() {
            write!(f, ". {}.", self.hint)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// AWS' texts and file names may hold line breaks; a message is one line.
fn one_line(text: &str) -> String {
    shortened(text.split(['\n', '\r']).map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" "))
}

/// How much of a text is shown from its start and from its end, in characters.
const SHOWN: (usize, usize) = (1500, 300);

/// Texts of others, and lists of thousands of files, are shown in part: a message is read by a person.
fn shortened(text: String) -> String {
    let left_out = text.chars().count().saturating_sub(SHOWN.0 + SHOWN.1);
    if left_out == 0 {
        return text;
    }
    let start: String = text.chars().take(SHOWN.0).collect();
    let end: String = text.chars().skip(SHOWN.0 + left_out).collect();
    format!("{start} … ({left_out} characters left out) … {end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endless_texts_are_shown_in_part() {
        let error = Error::new(ErrorCode::InvalidOption, format!("start {} end", "ä".repeat(1_000_000)));
        assert!(error.message.starts_with("start ä") && error.message.ends_with("ä end"));
        assert!(error.message.chars().count() < 2000);
        assert_eq!(shortened("ä".repeat(1800)), "ä".repeat(1800));
    }

    #[test]
    fn reads_as_one_line_with_its_hint() {
        let error = Error::new(ErrorCode::InvalidOption, "awsRegion is\n 7").hint("Write a region's name");
        assert_eq!(error.to_string(), "awsRegion is 7. Write a region's name.");
    }
}
