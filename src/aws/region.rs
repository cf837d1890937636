//! Where a target is deployed, and why there.

use super::credentials::Source;
use crate::error::{Error, ErrorCode, Result};
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::ProvideRegion;
use aws_config::profile::ProfileFileRegionProvider;
use std::fmt;

/// Regions whose functions Alexa calls, as its documentation lists them.
const OF_ALEXA: [&str; 4] = ["us-east-1", "us-west-2", "eu-west-1", "ap-northeast-1"];

/// A region and the reason for it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Choice {
    pub(crate) name: String,
    pub(crate) reason: &'static str,
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.reason)
    }
}

/// What the reader should know about a function in `region`.
pub(crate) fn warnings(region: &str, standing_in: Option<&str>) -> Vec<String> {
    let old = standing_in.and_then(region_of_arn).filter(|old| *old != region);
    let moves = old.map(|old| {
        format!("this target moves from {old} to {region}: its function and its stored data stay behind in {old}")
    });
    let far = (!OF_ALEXA.contains(&region))
        .then(|| format!("Alexa may not be able to call a function in {region}; it can in {}", OF_ALEXA.join(", ")));
    moves.into_iter().chain(far).collect()
}

/// The first of: `awsRegion`, `aws-config.json`, where this target already stands, environment, profile, `us-east-1`.
pub(crate) async fn choose(option: Option<&str>, source: &Source, standing_in: Option<&str>) -> Result<Choice> {
    if let Some(name) = option {
        return Ok(Choice { name: valid("awsRegion", name)?, reason: "awsRegion" });
    }
    if let Source::ConfigFile(keys) = source
        && let Some(name) = &keys.region
    {
        return Ok(Choice { name: valid("aws-config.json's region", name)?, reason: "aws-config.json" });
    }
    if let Some(name) = standing_in.and_then(region_of_arn) {
        return Ok(Choice { name: name.to_owned(), reason: "where this target stands" });
    }
    if let Some(region) = EnvironmentVariableRegionProvider::new().region().await {
        return Ok(Choice { name: valid("the environment's region", region.as_ref())?, reason: "environment" });
    }
    if let Some(profile) = source.profile() {
        let provider = ProfileFileRegionProvider::builder().profile_name(profile).build();
        if let Some(region) = provider.region().await {
            return Ok(Choice { name: valid("the profile's region", region.as_ref())?, reason: "profile" });
        }
    }
    Ok(Choice { name: "us-east-1".into(), reason: "default" })
}

/// Whether it has a region's form. Which regions there are is AWS' business.
fn is_region(name: &str) -> bool {
    let characters = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    characters && name.len() <= 63 && name.split('-').filter(|part| !part.is_empty()).count() >= 3
}

/// A region becomes part of a host's name.
fn valid(place: &str, name: &str) -> Result<String> {
    if is_region(name) {
        return Ok(name.to_owned());
    }
    Err(Error::new(ErrorCode::InvalidOption, format!("{place} is '{name}', which is no AWS region"))
        .hint("Write a name such as us-east-1"))
}

/// The fourth part of an ARN, if it is a region.
pub(crate) fn region_of_arn(arn: &str) -> Option<&str> {
    arn.strip_prefix("arn:")?.split(':').nth(2).filter(|region| is_region(region))
}

#[cfg(test)]
mod tests {
    use super::*;

    const IN_IRELAND: &str = "arn:aws:lambda:eu-west-1:123456789012:function:cats_beta_litexa_handler:release-0";

    fn keys(region: Option<&str>) -> Source {
        Source::ConfigFile(super::super::project_credentials::Keys {
            access_key_id: "a".into(),
            secret_access_key: "s".into(),
            session_token: None,
            region: region.map(str::to_owned),
        })
    }

    #[tokio::test]
    async fn an_existing_skill_does_not_move_by_accident() {
        let choice = choose(None, &keys(None), Some(IN_IRELAND)).await.unwrap();
        assert_eq!(choice.to_string(), "eu-west-1 (where this target stands)");
        assert_eq!(warnings(&choice.name, Some(IN_IRELAND)), [""; 0]);
    }

    #[tokio::test]
    async fn an_explicit_region_wins_and_a_move_is_warned_of() {
        let choice = choose(Some("us-west-2"), &keys(Some("us-east-1")), Some(IN_IRELAND)).await.unwrap();
        assert_eq!(choice.name, "us-west-2");
        assert!(warnings(&choice.name, Some(IN_IRELAND))[0].contains("stay behind in eu-west-1"));
        let choice = choose(None, &keys(Some("us-east-1")), Some(IN_IRELAND)).await.unwrap();
        assert_eq!(choice.reason, "aws-config.json");
    }

    #[tokio::test]
    async fn what_is_no_region_is_refused() {
        for name in ["", "virginia", "US-EAST-1", "us-east-1/../x", "--"] {
            assert_eq!(
                choose(Some(name), &keys(None), None).await.unwrap_err().code,
                ErrorCode::InvalidOption,
                "{name}"
            );
        }
    }

    #[test]
    fn an_arn_without_a_region_says_nothing() {
        assert_eq!(region_of_arn(IN_IRELAND), Some("eu-west-1"));
        for arn in ["", "arn:aws:lambda", "arn:aws:lambda::1:function:f", "arn:aws:lambda:not a region/..:1:f"] {
            assert_eq!(region_of_arn(arn), None, "{arn}");
        }
    }

    #[test]
    fn a_region_that_alexa_does_not_call_is_warned_of() {
        let choice = Choice { name: "eu-south-2".into(), reason: "awsRegion" };
        assert!(warnings(&choice.name, None)[0].contains("eu-south-2"));
    }
}
