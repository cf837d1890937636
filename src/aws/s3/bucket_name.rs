//! Checks the names of buckets.

use crate::error::{Error, ErrorCode, Result};

/// Checks a name by the rules for general purpose buckets
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>).
///
/// # Errors
/// [`ErrorCode::InvalidBucketName`], with the rule that is broken.
pub(crate) fn validate(name: &str) -> Result<()> {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let rule = if !(3..=63).contains(&name.len()) {
        "have 3 to 63 characters"
    } else if !name.chars().all(|c| alphanumeric(c) || c == '-' || c == '.') {
        "consist of lowercase letters, digits, hyphens and dots"
    } else if !name.starts_with(alphanumeric) || !name.ends_with(alphanumeric) {
        "begin and end with a letter or digit"
    } else if name.contains("..") || name.contains(".-") || name.contains("-.") {
        "not have a dot next to a dot or hyphen"
    } else if name.parse::<std::net::Ipv4Addr>().is_ok() {
        "not be an IP address"
    } else if name.starts_with("xn--") || name.starts_with("sthree-") {
        "not begin with xn-- or sthree-"
    } else if name.ends_with("-s3alias") || name.ends_with("--ol-s3") {
        "not end with -s3alias or --ol-s3"
    } else {
        return Ok(());
    };
    let message = format!("'{name}' is not a valid S3 bucket name: a name must {rule}");
    Err(Error::new(ErrorCode::InvalidBucketName, message)
        .hint("Rename the bucket in the Litexa config (s3Configuration.bucketName)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_breaks_a_rule_of_s3_is_an_error() {
        for good in ["abc", "my-skill.assets-1", "a1b"] {
            assert!(validate(good).is_ok(), "{good}");
        }
        for bad in ["", "ab", "Upper", "under_score", "-abc", "abc-", "a..b", "a.-b", "192.168.0.1", "xn--abc", "a b c"]
        {
            assert_eq!(validate(bad).unwrap_err().code, ErrorCode::InvalidBucketName, "{bad}");
        }
        assert!(validate(&"a".repeat(64)).is_err());
    }
}
