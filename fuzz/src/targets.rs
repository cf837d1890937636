//! One target for each parser. Its `check` panics if the parser breaks its guarantee.

pub mod digest_cache;
pub mod glob;
pub mod log_events;
pub mod options;
pub mod package_cache;
pub mod project_credentials;
pub mod upload_params;

use crate::error::{Error, ErrorCode};

/// The name of a target, of its corpus and of its program; and its check.
pub type Target = (&'static str, fn(&[u8]));

pub const ALL: [Target; 7] = [
    ("project_credentials", project_credentials::check),
    ("digest_cache", digest_cache::check),
    ("glob", glob::check),
    ("log_events", log_events::check),
    ("options", options::check),
    ("package_cache", package_cache::check),
    ("upload_params", upload_params::check),
];

/// Checks that an error has the expected code, and a message of one line.
fn assert_clear(error: &Error, code: ErrorCode) {
    let text = error.to_string();
    assert_eq!(error.code, code, "{text}");
    assert!(!error.message.is_empty() && !text.contains(['\n', '\r']), "{text:?}");
}
