//! What can go wrong: one line for a person, a [`Code`] for a program.

use std::fmt;

/// The kinds of failure, as `error.code` shows them to JavaScript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
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
    LocalFile,
    /// The bucket belongs to another account, or may not be used.
    BucketUnavailable,
    /// AWS understood who asks, and does not allow it.
    AccessDenied,
    /// AWS refuses the request for what it contains.
    AwsRefused,
    /// AWS could not be reached, or went on failing after retries.
    AwsUnavailable,
    /// A resource did not become ready, or AWS calls it failed.
    NotReady,
    /// A defect of this module.
    Internal,
}

impl Code {
    /// The spelling that JavaScript sees.
    pub const fn as_str(self) -> &'static str {
        match self {
            Code::InvalidContext => "INVALID_CONTEXT",
            Code::InvalidOption => "INVALID_OPTION",
            Code::InvalidBucketName => "INVALID_BUCKET_NAME",
            Code::InvalidName => "INVALID_NAME",
            Code::InvalidAwsConfig => "INVALID_AWS_CONFIG",
            Code::UnknownProfile => "UNKNOWN_PROFILE",
            Code::MissingCredentials => "MISSING_CREDENTIALS",
            Code::InvalidAssets => "INVALID_ASSETS",
            Code::InvalidPackage => "INVALID_PACKAGE",
            Code::LocalFile => "LOCAL_FILE",
            Code::BucketUnavailable => "BUCKET_UNAVAILABLE",
            Code::AccessDenied => "ACCESS_DENIED",
            Code::AwsRefused => "AWS_REFUSED",
            Code::AwsUnavailable => "AWS_UNAVAILABLE",
            Code::NotReady => "NOT_READY",
            Code::Internal => "INTERNAL",
        }
    }
}

/// A failure: what was being done, to what, and how to mend it, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub code: Code,
    /// What happened; no newline, no full stop at the end.
    pub problem: String,
    /// What the reader can do about it; no full stop at the end. Empty where there is nothing to say.
    pub remedy: String,
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub fn new(code: Code, problem: impl Into<String>) -> Self {
        Error { code, problem: one_line(&problem.into()), remedy: String::new() }
    }

    /// Adds what the reader can do about it.
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = one_line(&remedy.into());
        self
    }

    /// A local file operation that failed: `doing` is a participle, as in "reading".
    pub fn local_file(doing: &str, path: &std::path::Path, cause: &std::io::Error) -> Self {
        Error::new(Code::LocalFile, format!("{doing} {} failed: {cause}", path.display()))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)?;
        if !self.remedy.is_empty() {
            write!(f, ". {}.", self.remedy)?;
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
        let error = Error::new(Code::InvalidOption, format!("start {} end", "ä".repeat(1_000_000)));
        assert!(error.problem.starts_with("start ä") && error.problem.ends_with("ä end"));
        assert!(error.problem.chars().count() < 2000);
        assert_eq!(shortened("ä".repeat(1800)), "ä".repeat(1800));
    }

    #[test]
    fn reads_as_one_line_with_its_remedy() {
        let error = Error::new(Code::InvalidOption, "awsRegion is\n 7").remedy("Write a region's name");
        assert_eq!(error.to_string(), "awsRegion is 7. Write a region's name.");
    }
}
