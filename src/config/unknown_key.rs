//! Finds the option that an unknown key of the target probably stands for. Keys of other tools are allowed there, so an
//! unknown key is not an error.

use super::object_reader::nearest;
use super::schema::declaration::Kind;
use super::schema::target::{CLI_OPTIONS, DEPLOYMENT_TARGET};

/// Names that other tools have for our options.
const OTHER_NAMES: [(&str, &str); 8] = [
    ("region", "awsRegion"),
    ("aws_region", "awsRegion"),
    ("profile", "awsProfile"),
    ("aws_profile", "awsProfile"),
    ("bucket", "s3Configuration.bucketName"),
    ("s3Bucket", "s3Configuration.bucketName"),
    ("assetsRoot", "overrideAssetsRoot"),
    ("environmentVariables", "lambdaConfiguration.Environment.Variables"),
];

/// Endings of names that stand for "Configuration".
const OTHER_ENDINGS: [&str; 5] = ["configuration", "config", "conf", "options", "settings"];
const CONFIGURATION: &str = "Configuration";

/// The characters of `s3`, the shortest start.
const MIN_START_CHARS: usize = 2;

/// Returns how an unknown key is reported.
pub(crate) fn line(key: &str) -> String {
    format!("the deployment target has an option that this module does not know: '{key}'")
}

/// Returns the option that a key was probably meant to be; `None` if the key may well belong to another tool.
pub(crate) fn meant_by(key: &str) -> Option<String> {
    let other_name = OTHER_NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
    other_name
        .map(|(_, option)| (*option).to_owned())
        .or_else(|| misplaced(key))
        .or_else(|| near_option(key))
        .or_else(|| other_ending(key))
}

/// Returns the place of an option that belongs into an object of the target. Single words such as `role` and `status`
/// may be of another tool.
fn misplaced(key: &str) -> Option<String> {
    if !key.contains(|letter: char| letter.is_ascii_uppercase()) {
        return None;
    }
    DEPLOYMENT_TARGET.options.iter().find_map(|option| match option.kind {
        Kind::Object(inner) => {
            let found = inner.keys().find(|inner| inner.eq_ignore_ascii_case(key));
            found.map(|found| format!("{}.{found}", option.key))
        }
        _ => None,
    })
}

/// Returns the nearest option of the target, unless one of the CLI is as near.
fn near_option(key: &str) -> Option<String> {
    let (distance, option) = nearest(key, &DEPLOYMENT_TARGET)?;
    let is_of_cli = nearest(key, &CLI_OPTIONS).is_some_and(|(of_cli, _)| of_cli <= distance);
    (!is_of_cli).then(|| option.to_owned())
}

/// Returns the object that a name such as `s3Config` or `lambdaOptions` stands for.
fn other_ending(key: &str) -> Option<String> {
    let key = key.to_lowercase();
    let start = OTHER_ENDINGS.iter().find_map(|ending| key.strip_suffix(ending))?.trim_end_matches(['-', '_']);
    let is_meant = |option: &&str| option.ends_with(CONFIGURATION) && option.to_lowercase().starts_with(start);
    let meant = DEPLOYMENT_TARGET.keys().find(is_meant)?;
    (start.len() >= MIN_START_CHARS).then(|| meant.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typos_and_names_of_other_tools_are_recognized() {
        for (key, meant) in [
            ("region", "awsRegion"),
            ("AwsRegion", "awsRegion"),
            ("profile", "awsProfile"),
            ("awsProfle", "awsProfile"),
            ("bucketName", "s3Configuration.bucketName"),
            ("s3BucketNme", "S3BucketName"),
            ("uploadParams", "s3Configuration.uploadParams"),
            ("s3Config", "s3Configuration"),
            ("lambda_options", "lambdaConfiguration"),
            ("lamdaConfiguration", "lambdaConfiguration"),
            ("dynamoConfig", "dynamoDbConfiguration"),
            ("MemorySize", "lambdaConfiguration.MemorySize"),
            ("billingMode", "dynamoDbConfiguration.billingMode"),
            ("memorySize", "lambdaConfiguration.MemorySize"),
            ("BillingMode", "dynamoDbConfiguration.billingMode"),
            ("assetsRoot", "overrideAssetsRoot"),
            ("environmentVariables", "lambdaConfiguration.Environment.Variables"),
        ] {
            assert_eq!(meant_by(key).as_deref(), Some(meant), "{key}");
        }
    }

    #[test]
    fn keys_of_other_tools_are_left_alone() {
        for key in [
            "newerThing",
            "stage",
            "askProfle",
            "DEPLOYS",
            "config",
            "sonos",
            "timeout",
            "x",
            "role",
            "status",
            "policies",
            "iOptions",
        ] {
            assert_eq!(meant_by(key), None, "{key}");
        }
    }
}
