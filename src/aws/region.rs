//! Resolves the region that a target is deployed to.

use crate::aws::arn::{Arn, Partition};
use crate::aws::config_files::ConfigFiles;
use crate::aws::credentials::CredentialSource;
use crate::aws::profile_names;
use crate::config::env;
use crate::error::{Error, ErrorCode, Result};
use aws_config::SdkConfig;
use aws_config::meta::region::ProvideRegion;
use aws_config::profile::ProfileFileRegionProvider;
use std::fmt;

/// Regions whose Lambda functions Alexa invokes
/// (<https://developer.amazon.com/en-US/docs/alexa/custom-skills/host-a-custom-skill-as-an-aws-lambda-function.html>).
const ALEXA_REGIONS: [&str; 4] = ["us-east-1", "us-west-2", "eu-west-1", "ap-northeast-1"];

pub(crate) const DEFAULT_REGION: &str = "us-east-1";

/// The reason for a region that the profile sets.
const OF_PROFILE: &str = "profile";

/// A region and the reason for its choice.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ResolvedRegion {
    pub(crate) name: String,
    pub(crate) reason: &'static str,
}

impl ResolvedRegion {
    /// Returns whether 0.9.0 would have used another region: it did not read that of the profile.
    pub(crate) fn is_new_since_legacy(&self) -> bool {
        let is_same_partition = Partition::of_region(&self.name) == Partition::of_region(DEFAULT_REGION);
        self.reason == OF_PROFILE && self.name != DEFAULT_REGION && is_same_partition
    }
}

impl fmt::Display for ResolvedRegion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.reason)
    }
}

/// Returns the region that a configuration names.
pub(crate) fn config_region(config: &SdkConfig) -> &str {
    config.region().map_or(DEFAULT_REGION, |region| region.as_ref())
}

/// Returns warnings about deploying a function to `region`: Alexa may not invoke it there, or the target was deployed
/// to another region before.
pub(crate) fn warnings(region: &str, deployed_arn: Option<&str>) -> Vec<String> {
    let moved = other_region(region, deployed_arn).map(|old| {
        format!(
            "deploying to {region}; this target was previously deployed to {old}. What it has in {old} is not moved or deleted"
        )
    });
    let unsupported = (!ALEXA_REGIONS.contains(&region)).then(|| {
        format!(
            "Alexa may not be able to invoke a function in {region}; it invokes functions in {}",
            ALEXA_REGIONS.join(", ")
        )
    });
    moved.into_iter().chain(unsupported).collect()
}

/// Returns the warning that a command looks in a region where the target is not deployed.
pub(crate) fn elsewhere_warning(region: &ResolvedRegion, deployed_arn: Option<&str>) -> Option<String> {
    let ResolvedRegion { name, reason } = region;
    let deployed = other_region(name, deployed_arn)?;
    Some(format!(
        "this target is deployed in {deployed}, by artifacts.json, and this command looks in {name}. To look in {deployed}, correct {reason}"
    ))
}

/// Returns the region where the target is deployed, if it is another one.
fn other_region<'a>(region: &str, deployed_arn: Option<&'a str>) -> Option<&'a str> {
    deployed_arn.and_then(region_of_arn).filter(|deployed| *deployed != region)
}

/// Returns the first of: `awsRegion`, the region of `aws-config.json`, the region where this target is deployed, the
/// environment's, the profile's, `us-east-1`.
///
/// # Errors
/// `InvalidOption` for a text that cannot be a region.
pub(crate) async fn resolve(
    option: Option<&str>,
    source: &CredentialSource,
    files: &ConfigFiles,
    deployed_arn: Option<&str>,
) -> Result<ResolvedRegion> {
    if let Some(name) = option {
        return Ok(ResolvedRegion { name: validate("awsRegion", name)?, reason: "awsRegion" });
    }
    if let CredentialSource::ProjectFile(keys) = source
        && let Some(name) = &keys.region
    {
        return Ok(ResolvedRegion {
            name: validate("the region in aws-config.json", name)?,
            reason: "aws-config.json",
        });
    }
    if let Some(name) = deployed_arn.and_then(region_of_arn) {
        return Ok(ResolvedRegion { name: name.to_owned(), reason: "where this target is deployed" });
    }
    if let Some((variable, region)) = env::AWS_REGIONS.into_iter().find_map(|name| Some((name, env::aws(name)?))) {
        let name = validate(&format!("the environment variable {variable}"), &region)?;
        return Ok(ResolvedRegion { name, reason: variable });
    }
    if let Some(profile) = source.profile() {
        let provider = ProfileFileRegionProvider::builder().profile_files(files.sdk.clone());
        if let Some(region) = provider.profile_name(profile_names::encode(profile)).build().region().await {
            let name = validate("the region of the profile", region.as_ref())?;
            return Ok(ResolvedRegion { name, reason: OF_PROFILE });
        }
    }
    Ok(ResolvedRegion { name: DEFAULT_REGION.to_owned(), reason: "default" })
}

/// Returns whether a text has the form of a region's name. AWS decides which regions exist.
fn is_region(name: &str) -> bool {
    let characters = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    characters && name.len() <= 63 && name.split('-').filter(|part| !part.is_empty()).count() >= 3
}

/// Checks a region's name, which becomes a part of host names.
fn validate(place: &str, name: &str) -> Result<String> {
    if is_region(name) {
        return Ok(name.to_owned());
    }
    Err(Error::new(ErrorCode::InvalidOption, format!("{place}: '{name}' is not a valid AWS region name"))
        .hint("Use a name such as us-east-1"))
}

fn region_of_arn(arn: &str) -> Option<&str> {
    Arn::parse(arn).map(|arn| arn.region).filter(|region| is_region(region))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::config_files;
    use crate::aws::project_credentials::ProjectCredentials;

    const IN_IRELAND: &str = "arn:aws:lambda:eu-west-1:123456789012:function:cats_beta_litexa_handler:release-0";

    fn keys(region: Option<&str>) -> CredentialSource {
        CredentialSource::ProjectFile(ProjectCredentials {
            access_key_id: "a".into(),
            secret_access_key: "s".into(),
            session_token: None,
            region: region.map(str::to_owned),
            unread_keys: Vec::new(),
        })
    }

    async fn resolve_without_files(
        option: Option<&str>,
        source: &CredentialSource,
        deployed_arn: Option<&str>,
    ) -> Result<ResolvedRegion> {
        resolve(option, source, &config_files::empty().await?, deployed_arn).await
    }

    #[tokio::test]
    async fn a_deployed_target_stays_in_its_region() {
        let region = resolve_without_files(None, &keys(None), Some(IN_IRELAND)).await.unwrap();
        assert_eq!(region.to_string(), "eu-west-1 (where this target is deployed)");
        assert_eq!(warnings(&region.name, Some(IN_IRELAND)), [""; 0]);
    }

    #[tokio::test]
    async fn an_explicit_region_wins_and_a_move_is_a_warning() {
        let region =
            resolve_without_files(Some("us-west-2"), &keys(Some("us-east-1")), Some(IN_IRELAND)).await.unwrap();
        assert_eq!(region.name, "us-west-2");
        assert!(warnings(&region.name, Some(IN_IRELAND))[0].contains("previously deployed to eu-west-1"));
        let region = resolve_without_files(None, &keys(Some("us-east-1")), Some(IN_IRELAND)).await.unwrap();
        assert_eq!(region.reason, "aws-config.json");
    }

    #[tokio::test]
    async fn a_text_that_cannot_be_a_region_is_an_error() {
        for name in ["", "virginia", "US-EAST-1", "us-east-1/../x", "--"] {
            assert_eq!(
                resolve_without_files(Some(name), &keys(None), None).await.unwrap_err().code,
                ErrorCode::InvalidOption,
                "{name}"
            );
        }
    }

    #[tokio::test]
    async fn every_region_is_accepted() {
        for region in crate::testing::regions::all() {
            let resolved = resolve_without_files(Some(&region.name), &keys(None), None).await;
            assert_eq!(resolved.map(|resolved| resolved.name), Ok(region.name));
        }
    }

    #[test]
    fn legacy_did_not_read_the_region_of_a_profile_and_could_not_use_another_partition() {
        let is_new = |name: &str, reason| ResolvedRegion { name: name.to_owned(), reason }.is_new_since_legacy();
        assert!(is_new("eu-west-1", OF_PROFILE));
        assert!(!is_new(DEFAULT_REGION, OF_PROFILE) && !is_new("eu-west-1", "awsRegion"));
        assert!(!is_new("cn-north-1", OF_PROFILE) && !is_new("us-gov-west-1", OF_PROFILE));
    }

    #[test]
    fn the_region_of_an_arn_is_found_if_it_has_one() {
        assert_eq!(region_of_arn(IN_IRELAND), Some("eu-west-1"));
        for arn in ["", "arn:aws:lambda", "arn:aws:lambda::1:function:f", "arn:aws:lambda:not a region/..:1:f"] {
            assert_eq!(region_of_arn(arn), None, "{arn}");
        }
    }

    #[test]
    fn a_region_whose_functions_alexa_does_not_invoke_is_a_warning() {
        let region = ResolvedRegion { name: "eu-south-2".into(), reason: "awsRegion" };
        assert!(warnings(&region.name, None)[0].contains("eu-south-2"));
    }
}
