//! Checks the names of buckets.

use crate::error::{Error, ErrorCode, Result};

/// Endings of names that are not those of general purpose buckets, and the resources that have them.
/// See <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html> and, for `.mrap`,
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiRegionAccessPointRequests.html>.
const RESERVED_ENDINGS: [(&str, &str); 5] = [
    ("-s3alias", "an access point alias"),
    ("--ol-s3", "an Object Lambda access point alias"),
    ("--x-s3", "a directory bucket (S3 Express One Zone)"),
    ("--table-s3", "a table bucket (S3 Tables)"),
    (".mrap", "a Multi-Region Access Point alias"),
];

/// Checks a name by the rules for general purpose buckets
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>).
///
/// # Errors
/// [`ErrorCode::InvalidBucketName`], with the rule that is broken.
pub(crate) fn validate(name: &str) -> Result<()> {
    if let Some((_, resource)) = RESERVED_ENDINGS.iter().find(|(ending, _)| name.ends_with(ending)) {
        let message = format!("'{name}' is not the name of a general purpose S3 bucket, but of {resource}");
        return Err(Error::new(ErrorCode::InvalidBucketName, message).hint(
            "Set s3Configuration.bucketName in the Litexa config to a general purpose bucket, from which Alexa can read",
        ));
    }
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

    #[test]
    fn the_error_for_the_name_of_another_resource_names_the_kind_of_resource() {
        for (name, kind) in [
            ("cats--use1-az4--x-s3", "directory bucket"),
            ("cats--table-s3", "table bucket"),
            ("mfzwi23gnjvgw.mrap", "Multi-Region Access Point"),
            ("cats-1a4n8yjrb3kda96f67zwrwiiuse1a-s3alias", "access point alias"),
            ("cats--ol-s3", "Object Lambda"),
        ] {
            let error = validate(name).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidBucketName, "{name}");
            assert!(error.message.contains(name) && error.message.contains(kind), "{error}");
        }
        for fine in ["cats--x-s3-assets", "mrap", "x-s3", "cats-mrap"] {
            assert!(validate(fine).is_ok(), "{fine}");
        }
    }
}
