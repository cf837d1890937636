//! Defines the errors of this module: a message and a hint for people, an [`ErrorCode`] for programs.

use std::fmt;
use std::io::ErrorKind;
use std::path::Path;

/// The kind of a failure, which is `error.code` in JavaScript. `docs/troubleshooting.md` has a section for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorCode {
    /// A field of the context is missing, or has another type than the Litexa CLI gives it.
    InvalidContext,
    /// An option of the deployment target, or an environment variable, is invalid; the message names it.
    InvalidOption,
    /// The S3 bucket's name is missing, or breaks the rules of S3.
    InvalidBucketName,
    /// AWS would reject the name of a project, target, function, role or table.
    InvalidName,
    /// `aws-config.json` cannot be read, is not valid JSON, or lacks this deployment target.
    InvalidAwsConfig,
    /// The AWS configuration files do not define the profile.
    UnknownProfile,
    /// None of the sources holds usable credentials.
    MissingCredentials,
    /// Asset files cannot be S3 keys, or map to the same key.
    InvalidAssets,
    /// The handler cannot be packaged: dependencies are not installed, symlinks form a cycle, it is too large.
    InvalidPackage,
    /// A local file cannot be read or written.
    FileError,
    /// The bucket belongs to another account, or cannot be used.
    BucketUnavailable,
    /// The credentials are valid, and do not allow the request.
    AccessDenied,
    /// AWS rejects the content of the request.
    AwsRequestRejected,
    /// AWS could not be reached, or kept failing after retries.
    AwsUnavailable,
    /// A resource did not become ready, or AWS reports it as failed.
    ResourceNotReady,
    /// A removal has not begun: the target is not the one that was meant, or has more than was shown.
    NotRemoved,
    /// Another deployment of the target on this machine did not end in time.
    DeploymentLocked,
    /// The user interrupted a log pull.
    Interrupted,
    /// A bug in this module.
    Internal,
}

impl ErrorCode {
    /// Returns the code as JavaScript sees it.
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
            ErrorCode::NotRemoved => "NOT_REMOVED",
            ErrorCode::DeploymentLocked => "DEPLOYMENT_LOCKED",
            ErrorCode::Interrupted => "INTERRUPTED",
            ErrorCode::Internal => "INTERNAL",
        }
    }
}

/// A failure: what failed, why, and how to fix it, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Error {
    pub(crate) code: ErrorCode,
    /// The failed operation and its cause, without a newline or a period at the end.
    pub(crate) message: String,
    /// How to fix it, without a period at the end; empty if unknown.
    pub(crate) hint: String,
}

pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Error { code, message: one_line(&message.into()), hint: String::new() }
    }

    /// Sets how to fix it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = one_line(&hint.into());
        self
    }

    /// Returns the error of a failed operation on a local file. `operation` is a participle, such as "reading".
    pub(crate) fn io(operation: &str, path: &Path, cause: &std::io::Error) -> Self {
        Error::new(ErrorCode::FileError, format!("{operation} {} failed: {cause}", shown(path)))
            .hint(io_hint(operation, cause.kind()))
    }
}

/// Returns how to repair a failed operation on a local file, which is empty if that depends on the operation.
fn io_hint(operation: &str, cause: ErrorKind) -> &'static str {
    match cause {
        ErrorKind::StorageFull => "Free space on this disk",
        ErrorKind::QuotaExceeded => "Free space, or raise the quota of your user on this disk",
        ErrorKind::ReadOnlyFilesystem => "Use a folder on a file system that can be written",
        ErrorKind::PermissionDenied if operation.starts_with("reading") => "Allow your user to read it",
        // A run by root, or in a container, leaves files that are root's. Windows keeps open files.
        ErrorKind::PermissionDenied => {
            "Allow your user to write there: it may belong to another user, such as root, or be open in a program"
        }
        _ => "",
    }
}

/// Returns a path as people write it: without the prefix that Windows gives to paths without links
/// (<https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file#win32-file-namespaces>).
pub(crate) fn shown(path: &Path) -> String {
    let path = path.display().to_string();
    let share = path.strip_prefix(r"\\?\UNC\").map(|share| format!(r"\\{share}"));
    share.or_else(|| path.strip_prefix(r"\\?\").map(str::to_owned)).unwrap_or(path)
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.hint.is_empty() {
            return f.write_str(&self.message);
        }
        // Messages of AWS are sentences, ours are not.
        let message = self.message.trim_end_matches('.');
        let end = if self.hint.ends_with(['.', '?']) { "" } else { "." };
        write!(f, "{message}. {}{end}", self.hint)
    }
}

impl std::error::Error for Error {}

/// Joins the lines of a text: AWS's messages and file names may contain line breaks.
fn one_line(text: &str) -> String {
    truncate(text.split(['\n', '\r']).map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" "))
}

/// The sign in the place of text that a long message leaves out. `output::secrets` looks for parts of secrets there.
pub(crate) const CUT: &str = "…";

/// The numbers of characters that are shown of the start and of the end of a message.
const MAX_SHOWN: (usize, usize) = (1500, 300);

/// Leaves out the middle of a long text, such as a list of thousands of files: people read messages.
fn truncate(text: String) -> String {
    let omitted = text.chars().count().saturating_sub(MAX_SHOWN.0 + MAX_SHOWN.1);
    if omitted == 0 {
        return text;
    }
    let start: String = text.chars().take(MAX_SHOWN.0).collect();
    let end: String = text.chars().skip(MAX_SHOWN.0 + omitted).collect();
    format!("{start} {CUT} ({omitted} characters omitted) {CUT} {end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resolved_path_of_windows_is_shown_as_people_write_it() {
        for (path, expected) in [
            (r"\\?\C:\cats\litexa", r"C:\cats\litexa"),
            (r"\\?\UNC\server\share\cats", r"\\server\share\cats"),
            (r"C:\cats", r"C:\cats"),
            (r"\\server\share", r"\\server\share"),
            ("/cats/litexa", "/cats/litexa"),
        ] {
            assert_eq!(shown(Path::new(path)), expected);
        }
    }

    #[test]
    fn an_error_of_a_local_file_has_a_hint_if_its_kind_does() {
        let error = |operation: &str, kind: ErrorKind| Error::io(operation, Path::new("a"), &kind.into()).to_string();
        assert!(error("writing", ErrorKind::StorageFull).ends_with(". Free space on this disk."));
        assert!(error("writing", ErrorKind::QuotaExceeded).contains("raise the quota"));
        assert!(error("writing", ErrorKind::ReadOnlyFilesystem).contains("can be written"));
        assert!(error("removing", ErrorKind::PermissionDenied).contains("another user, such as root"));
        assert!(error("reading the asset", ErrorKind::PermissionDenied).ends_with(". Allow your user to read it."));
        assert_eq!(error("reading", ErrorKind::NotFound), "reading a failed: entity not found");
    }

    #[test]
    fn a_long_message_is_truncated() {
        let error = Error::new(ErrorCode::InvalidOption, format!("start {} end", "ä".repeat(1_000_000)));
        assert!(error.message.starts_with("start ä") && error.message.ends_with("ä end"));
        assert!(error.message.chars().count() < 2000);
        assert_eq!(truncate("ä".repeat(1800)), "ä".repeat(1800));
    }

    #[test]
    fn an_error_is_one_line_with_its_hint() {
        let error = Error::new(ErrorCode::InvalidOption, "awsRegion is\n 7").hint("Write a region's name");
        assert_eq!(error.to_string(), "awsRegion is 7. Write a region's name.");
        let sentences = Error::new(ErrorCode::AwsUnavailable, "Rate exceeded.").hint("Deploy again.");
        assert_eq!(sentences.to_string(), "Rate exceeded. Deploy again.");
    }
}
