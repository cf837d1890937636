//! Checks that any object as a deployment target leads to options, or to an error that names one of its keys.

use super::assert_clear;
use crate::config::options::Options;
use crate::error::ErrorCode;
use serde_json::Value;

pub fn check(bytes: &[u8]) {
    let Ok(Value::Object(target)) = serde_json::from_slice(bytes) else { return };
    match Options::parse(&target) {
        Ok(options) => assert!(options.unknown_keys.iter().all(|key| target.contains_key(key))),
        Err(error) => {
            assert_clear(&error, ErrorCode::InvalidOption);
            let named = error.message.split(['.', ' ']).next().unwrap_or_default();
            assert!(target.contains_key(named), "{error}");
        }
    }
}
