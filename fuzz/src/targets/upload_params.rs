//! Checks that any value of `uploadParams` leads to parameters for every asset, or to an error that names the key.

use super::assert_clear;
use crate::assets::upload_params::UploadParams;
use crate::error::ErrorCode;

pub fn check(bytes: &[u8]) {
    let Ok(value) = serde_json::from_slice(bytes) else { return };
    match UploadParams::parse(Some(&value)) {
        Ok(rules) => {
            for path in ["icon.png", "sounds/rain.mp3", "sounds/.hidden/a b"] {
                let parameters = rules.params_for(path);
                assert_eq!(parameters.fingerprint("audio/mpeg").len(), 16);
            }
            for warning in rules.warnings() {
                assert!(warning.starts_with("s3Configuration.uploadParams["), "{warning}");
            }
        }
        Err(error) => {
            assert_clear(&error, ErrorCode::InvalidOption);
            assert!(error.message.starts_with("s3Configuration.uploadParams"), "{error}");
        }
    }
}
