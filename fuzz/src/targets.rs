//! One target for each parser. `check` panics where the parser breaks its promise.

pub mod aws_config;
pub mod digest_cache;
pub mod glob;
pub mod log_line;
pub mod options;
pub mod package_cache;
pub mod upload_rules;

use crate::error::{ErrorCode, Error};

/// A target's name, which is also its corpus' and its program's, and its check.
pub type Target = (&'static str, fn(&[u8]));

pub const ALL: [Target; 7] = [
    ("aws_config", aws_config::check),
    ("digest_cache", digest_cache::check),
    ("glob", glob::check),
    ("log_line", log_line::check),
    ("options", options::check),
    ("package_cache", package_cache::check),
    ("upload_rules", upload_rules::check),
];

/// What every error is: of the expected kind, and one line that says something.
fn assert_clear(error: &Error, code: ErrorCode) {
    let text = error.to_string();
    assert_eq!(error.code, code, "{text}");
    assert!(!error.message.is_empty() && !text.contains(['\n', '\r']), "{text:?}");
}
