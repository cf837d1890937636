//! Edits one target's statement in the text of a bucket policy.

use crate::aws::arn::Partition;
use crate::aws::policy_document;
use crate::aws::s3::Bucket;
use crate::error::{Error, ErrorCode, Result};
use serde_json::{Value, json};

/// Returns the policy with this target's statement and all other statements, or `None` if it has the statement already.
///
/// # Errors
/// `AwsRequestRejected` for a text that is not a policy.
pub(crate) fn with_statement(policy: &str, bucket: &Bucket, prefix: &str) -> Result<Option<String>> {
    let unrecognized = || unrecognized_policy(&bucket.name);
    let mut document = match policy.trim() {
        "" => policy_document::document(Vec::new()),
        text => serde_json::from_str(text).map_err(|_| unrecognized())?,
    };
    let mut statements = policy_document::statements(&document).ok_or_else(unrecognized)?;
    let desired = statement(bucket, prefix);
    if statements.contains(&desired) {
        return Ok(None);
    }
    statements.retain(|statement| statement.get("Sid") != desired.get("Sid"));
    statements.push(desired);
    document["Statement"] = Value::Array(statements);
    Ok(Some(document.to_string()))
}

/// Returns the policy without this target's statement, or `None` if it does not have the statement. The text is empty
/// if no other statement remains.
pub(crate) fn without_statement(policy: &str, bucket: &Bucket, prefix: &str) -> Option<String> {
    let mut document: Value = serde_json::from_str(policy).ok()?;
    let own = statement(bucket, prefix);
    let statements = document.get_mut("Statement")?.as_array_mut()?;
    let before = statements.len();
    statements.retain(|statement| statement.get("Sid") != own.get("Sid"));
    match statements.len() {
        after if after == before => None,
        0 => Some(String::new()),
        _ => Some(document.to_string()),
    }
}

fn unrecognized_policy(bucket: &str) -> Error {
    let message = format!("the policy of the bucket {bucket} has an unknown format and is not edited");
    Error::new(ErrorCode::AwsRequestRejected, message).hint(
        "Set s3Configuration.publicAccess to \"none\", and allow anyone to read the assets by a policy of your own",
    )
}

/// Returns the ID of a target's statement.
pub(crate) fn statement_id(prefix: &str) -> String {
    format!("LitexaAssets{}", encode_sid(prefix))
}

/// Returns a statement that allows reading the target's objects, but not listing them.
fn statement(bucket: &Bucket, prefix: &str) -> Value {
    let partition = Partition::of_region(&bucket.region).id;
    json!({
        "Sid": statement_id(prefix),
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": format!("arn:{partition}:s3:::{}/{prefix}*", bucket.name),
    })
}

/// Encodes a prefix for a statement ID, which has letters and digits only
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html>). Other characters become
/// `Z` and their hexadecimal form, so that the IDs of two prefixes always differ.
fn encode_sid(prefix: &str) -> String {
    prefix.bytes().fold(String::new(), |id, byte| match byte {
        b'a'..=b'z' | b'A'..=b'Y' | b'0'..=b'9' => id + &char::from(byte).to_string(),
        _ => id + &format!("Z{byte:02x}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::s3::{BucketStatus, RequestParams};

    fn bucket() -> Bucket {
        bucket_in("us-east-1")
    }

    fn bucket_in(region: &str) -> Bucket {
        Bucket {
            name: "b".into(),
            region: region.into(),
            status: BucketStatus::Accessible,
            params: RequestParams::default(),
        }
    }

    #[test]
    fn in_every_region_the_resource_is_one_of_its_partition() {
        for region in crate::testing::regions::all() {
            let resource = statement(&bucket_in(&region.name), "cats/beta/")["Resource"].clone();
            assert_eq!(resource, format!("arn:{}:s3:::b/cats/beta/*", region.partition));
        }
    }

    #[test]
    fn other_statements_are_left_unchanged() {
        let other = json!({"Sid": "other", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"});
        let policy = json!({"Version": "2012-10-17", "Id": "x", "Statement": [other]}).to_string();
        let first = with_statement(&policy, &bucket(), "cats/beta/").unwrap().unwrap();
        let both = with_statement(&first, &bucket(), "cats/beta2/").unwrap().unwrap();
        let document: Value = serde_json::from_str(&both).unwrap();
        assert_eq!((&document["Statement"][0], &document["Id"]), (&other, &json!("x")));
        assert_eq!(document["Statement"][1]["Resource"], "arn:aws:s3:::b/cats/beta/*");
        assert_eq!(document["Statement"][2]["Resource"], "arn:aws:s3:::b/cats/beta2/*");
        assert_eq!(with_statement(&both, &bucket(), "cats/beta/").unwrap(), None);
    }

    #[test]
    fn only_the_statement_of_this_target_is_removed() {
        let one = with_statement("", &bucket(), "cats/beta/").unwrap().unwrap();
        let two = with_statement(&one, &bucket(), "dogs/beta/").unwrap().unwrap();
        assert_eq!(without_statement(&two, &bucket(), "dogs/beta/"), Some(one.clone()));
        assert_eq!(without_statement(&one, &bucket(), "cats/beta/"), Some(String::new()));
        assert_eq!(without_statement(&one, &bucket(), "dogs/beta/"), None);
        assert_eq!(without_statement("garbage", &bucket(), "dogs/beta/"), None);
    }

    #[test]
    fn statement_ids_have_letters_and_digits_only_and_differ_by_prefix() {
        let ids = ["a-b/c/", "a/b-c/", "aZ2d/"].map(encode_sid);
        assert!(ids.iter().all(|id| id.chars().all(|c| c.is_ascii_alphanumeric())));
        assert!(ids[0] != ids[1] && ids[1] != ids[2]);
    }

    #[test]
    fn a_text_that_is_not_a_policy_is_not_edited() {
        for policy in ["garbage", "{}", "[]", r#"{"Statement": 7}"#] {
            assert!(with_statement(policy, &bucket(), "p/").is_err());
        }
    }
}
