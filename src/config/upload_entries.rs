//! Recognizes the default entries of `uploadParams`.

/// The key of the option in full.
pub(crate) const UPLOAD_PARAMS_KEY: &str = "s3Configuration.uploadParams";

/// As the only or one of several patterns of a filter it makes the entry the default.
const EVERYTHING: &str = "*";

/// Returns whether an entry with this filter applies to all assets that no other entry matches.
pub(crate) fn is_default(filter: Option<&[String]>) -> bool {
    filter.is_none_or(|patterns| patterns.iter().any(|pattern| pattern == EVERYTHING))
}
