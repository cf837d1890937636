//! Checks that any `aws-config.json` leads to usable keys, or to an error without a secret.

use super::assert_clear;
use crate::aws::project_credentials::{self, FILE_NAME};
use crate::error::ErrorCode;

/// Part of every value in the corpus that must not be shown.
const SECRET: &str = "s3cret";

pub fn check(bytes: &[u8]) {
    let project = tempfile::tempdir().unwrap();
    std::fs::write(project.path().join(FILE_NAME), bytes).unwrap();
    match project_credentials::read(project.path(), "beta") {
        Ok(keys) => {
            let keys = keys.unwrap();
            assert!(!format!("{keys:?}").contains(SECRET));
            for text in [Some(keys.access_key_id), Some(keys.secret_access_key), keys.session_token, keys.region] {
                assert!(text.is_none_or(|text| !text.is_empty() && text.trim() == text));
            }
        }
        Err(error) => {
            assert_clear(&error, ErrorCode::InvalidAwsConfig);
            assert!(error.message.contains(FILE_NAME) && !format!("{error} {error:?}").contains(SECRET), "{error}");
        }
    }
}
