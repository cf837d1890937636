//! Reads `aws-config.json`: credentials local to a project, one object for each deployment target.

use crate::error::{Error, ErrorCode, Result};
use crate::fs;
use serde_json::Value;
use std::fmt;
use std::path::Path;

pub(crate) const FILE_NAME: &str = "aws-config.json";

const KEYS: [&str; 4] = ["accessKeyId", "secretAccessKey", "sessionToken", "region"];

/// The credentials of one target. Neither its `Debug` nor an error contains their values.
#[derive(Clone, PartialEq)]
pub(crate) struct ProjectCredentials {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    pub(crate) session_token: Option<String>,
    pub(crate) region: Option<String>,
    /// Keys that 0.9.0 passed to version 2 of the AWS SDK, and this module does not read.
    pub(crate) unread_keys: Vec<String>,
}

impl fmt::Debug for ProjectCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProjectCredentials").field("region", &self.region).finish_non_exhaustive()
    }
}

/// Returns the target's credentials; `None` if the project does not have the file.
///
/// # Errors
/// `InvalidAwsConfig`, which names the file and the place in it.
pub(crate) fn read(project_root: &Path, target: &str) -> Result<Option<ProjectCredentials>> {
    let path = project_root.join(FILE_NAME);
    match fs::read(&path) {
        Ok(bytes) => parse(&bytes, target).map(Some),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            Err(Error::new(ErrorCode::InvalidAwsConfig, format!("{} cannot be read: {error}", path.display())))
        }
    }
}

fn parse(bytes: &[u8], target: &str) -> Result<ProjectCredentials> {
    let hint = format!(
        "Write {{\"{target}\": {{\"accessKeyId\": …, \"secretAccessKey\": …, \"region\": …}}}} there, or remove the file to use an AWS profile"
    );
    let invalid = |message: String| Error::new(ErrorCode::InvalidAwsConfig, message).hint(hint.clone());
    // Editors on Windows may begin a file with a byte order mark.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let file: Value = serde_json::from_slice(bytes).map_err(|error| {
        invalid(format!("{FILE_NAME} is not valid JSON (line {}, column {})", error.line(), error.column()))
    })?;
    let keys = match file.get(target) {
        Some(Value::Object(keys)) => keys,
        Some(_) => return Err(invalid(format!("{FILE_NAME}: '{target}' is not an object"))),
        None => return Err(invalid(format!("{FILE_NAME} has no credentials for the deployment target '{target}'"))),
    };
    let text = |key: &str| match keys.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(Some(text.trim().to_owned())),
        Some(_) => Err(invalid(format!("{FILE_NAME}: {target}.{key} must be a non-empty string"))),
    };
    let is_set = |key: &str| keys.get(key).is_some_and(|value| !value.is_null());
    if is_set("endpoint") {
        // A deployment to AWS is not what its user wants.
        let message = format!("{FILE_NAME}: {target}.endpoint is not read");
        return Err(Error::new(ErrorCode::InvalidAwsConfig, message)
            .hint("Set the environment variable AWS_ENDPOINT_URL instead, and remove it there"));
    }
    let unread_keys = keys.keys().filter(|key| is_set(key) && !KEYS.contains(&key.as_str())).cloned().collect();
    let required = |key: &str| text(key)?.ok_or_else(|| invalid(format!("{FILE_NAME}: {target}.{key} is missing")));
    Ok(ProjectCredentials {
        access_key_id: required("accessKeyId")?,
        secret_access_key: required("secretAccessKey")?,
        session_token: text("sessionToken")?,
        region: text("region")?,
        unread_keys,
    })
}

impl ProjectCredentials {
    /// Returns a warning about keys that are not read.
    pub(crate) fn warning(&self) -> Option<String> {
        let keys = self.unread_keys.join(", ");
        (!keys.is_empty()).then(|| format!("{FILE_NAME} has keys that have no effect: {keys}. Remove them"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_credentials_of_the_target_are_read() {
        let file = br#"{"beta": {"accessKeyId": "AKIA", "secretAccessKey": "s", "region": "eu-west-1"}}"#;
        let keys = parse(file, "beta").unwrap();
        assert_eq!((keys.access_key_id.as_str(), keys.region.as_deref()), ("AKIA", Some("eu-west-1")));
        assert!(!format!("{keys:?}").contains("AKIA"));
    }

    #[test]
    fn keys_of_the_older_sdk_are_reported_and_its_endpoint_is_an_error() {
        let with = |more: &str| {
            let file = format!(r#"{{"beta": {{"accessKeyId": "AKIA", "secretAccessKey": "s"{more}}}}}"#);
            parse(file.as_bytes(), "beta")
        };
        assert_eq!(with(r#", "maxRetries": null"#).unwrap().warning(), None);
        let warning = with(r#", "httpOptions": {"timeout": 1}, "maxRetries": 1"#).unwrap().warning().unwrap();
        assert!(warning.ends_with("have no effect: httpOptions, maxRetries. Remove them"), "{warning}");
        let error = with(r#", "endpoint": "http://me:s3cret@localhost:4566""#).unwrap_err();
        assert!(error.message.contains("beta.endpoint") && error.hint.contains("AWS_ENDPOINT_URL"), "{error}");
        assert!(!error.to_string().contains("s3cret"));
    }

    #[test]
    fn an_invalid_file_is_named_and_its_secrets_are_not() {
        let cases: [&[u8]; 8] = [
            b"",
            b"{",
            b"[]",
            b"\xff\xfe",
            br#"{"gamma": {}}"#,
            br#"{"beta": "s3cret"}"#,
            br#"{"beta": {"accessKeyId": "s3cret"}}"#,
            br#"{"beta": {"accessKeyId": 7, "secretAccessKey": "s3cret"}}"#,
        ];
        for case in cases {
            let error = parse(case, "beta").unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidAwsConfig);
            assert!(error.message.contains(FILE_NAME) && !error.to_string().contains("s3cret"), "{error}");
        }
    }
}
