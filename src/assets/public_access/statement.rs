//! One target's statement in the bucket's policy.

use crate::error::{Error, ErrorCode, Result};
use serde_json::{Value, json};

/// The policy with this target's statement in it; `None` if it is there already. All other statements stay.
///
/// # Errors
/// A policy that is no policy is left alone.
pub(crate) fn added(policy: &str, bucket: &str, region: &str, prefix: &str) -> Result<Option<String>> {
    let mut document = match policy.trim() {
        "" => json!({"Version": "2012-10-17", "Statement": []}),
        text => serde_json::from_str(text).map_err(|_| not_understood(bucket))?,
    };
    let mut statements = match document.get("Statement") {
        Some(Value::Array(statements)) => statements.clone(),
        Some(single @ Value::Object(_)) => vec![single.clone()],
        _ => return Err(not_understood(bucket)),
    };
    let wanted = statement(bucket, region, prefix);
    if statements.contains(&wanted) {
        return Ok(None);
    }
    statements.retain(|statement| statement.get("Sid") != wanted.get("Sid"));
    statements.push(wanted);
    document["Statement"] = Value::Array(statements);
    Ok(Some(document.to_string()))
}

/// The policy without this target's statement; `None` if it is not there. Nothing may be left of the policy: then the
/// text is empty.
pub(crate) fn removed(policy: &str, bucket: &str, region: &str, prefix: &str) -> Option<String> {
    let mut document: Value = serde_json::from_str(policy).ok()?;
    let ours = statement(bucket, region, prefix);
    let statements = document.get_mut("Statement")?.as_array_mut()?;
    let before = statements.len();
    statements.retain(|statement| statement.get("Sid") != ours.get("Sid"));
    match statements.len() {
        left if left == before => None,
        0 => Some(String::new()),
        _ => Some(document.to_string()),
    }
}

fn not_understood(bucket: &str) -> Error {
    Error::new(
        ErrorCode::AwsRequestRejected,
        format!("the policy of the bucket {bucket} is not understood, and is left as it is"),
    )
    .hint("Set s3Configuration.publicAccess to \"none\", and let everybody read the assets by your own policy")
}

/// Reading only, and nothing outside of the target's prefix; listing stays forbidden.
fn statement(bucket: &str, region: &str, prefix: &str) -> Value {
    let partition = match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    };
    // A statement's ID has letters and digits only, so two targets might come out alike without the hexadecimal form.
    let id: String = prefix.bytes().fold(String::new(), |id, byte| match byte {
        b'a'..=b'z' | b'A'..=b'Y' | b'0'..=b'9' => id + &char::from(byte).to_string(),
        _ => id + &format!("Z{byte:02x}"),
    });
    json!({
        "Sid": format!("LitexaAssets{id}"),
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": format!("arn:{partition}:s3:::{bucket}/{prefix}*"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_statements_stay() {
        let mine = json!({"Sid": "mine", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"});
        let policy = json!({"Version": "2012-10-17", "Id": "x", "Statement": [mine]}).to_string();
        let first = added(&policy, "b", "us-east-1", "cats/beta/").unwrap().unwrap();
        let both = added(&first, "b", "us-east-1", "cats/beta2/").unwrap().unwrap();
        let document: Value = serde_json::from_str(&both).unwrap();
        assert_eq!((&document["Statement"][0], &document["Id"]), (&mine, &json!("x")));
        assert_eq!(document["Statement"][1]["Resource"], "arn:aws:s3:::b/cats/beta/*");
        assert_eq!(document["Statement"][2]["Resource"], "arn:aws:s3:::b/cats/beta2/*");
        assert_eq!(added(&both, "b", "us-east-1", "cats/beta/").unwrap(), None);
    }

    #[test]
    fn only_our_own_statement_is_taken_back() {
        let one = added("", "b", "us-east-1", "cats/beta/").unwrap().unwrap();
        let two = added(&one, "b", "us-east-1", "dogs/beta/").unwrap().unwrap();
        assert_eq!(removed(&two, "b", "us-east-1", "dogs/beta/"), Some(one.clone()));
        assert_eq!(removed(&one, "b", "us-east-1", "cats/beta/"), Some(String::new()));
        assert_eq!(removed(&one, "b", "us-east-1", "dogs/beta/"), None);
        assert_eq!(removed("garbage", "b", "us-east-1", "dogs/beta/"), None);
    }

    #[test]
    fn statement_ids_are_letters_and_digits_and_differ() {
        let ids: Vec<_> = ["a-b/c/", "a/b-c/", "aZ2d/"]
            .iter()
            .map(|prefix| statement("b", "us-east-1", prefix)["Sid"].clone())
            .collect();
        assert!(ids.iter().all(|id| id.as_str().unwrap().chars().all(|c| c.is_ascii_alphanumeric())));
        assert!(ids[0] != ids[1] && ids[1] != ids[2]);
    }

    #[test]
    fn what_is_no_policy_is_left_alone() {
        for policy in ["garbage", "{}", "[]", r#"{"Statement": 7}"#] {
            assert!(added(policy, "b", "us-east-1", "p/").is_err());
        }
    }
}
