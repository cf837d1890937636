//! Checks the addresses to which requests are sent instead of AWS, such as those of emulators.

use crate::config::env;
use crate::error::{Error, ErrorCode, Result};
use aws_config::SdkConfig;
use aws_config::profile::Profile;
use aws_types::service_config::ServiceConfigKey;

/// The variables of all services that this module calls, and of those that sign in
/// (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>).
const VARIABLES: [&str; 10] = [
    env::AWS_ENDPOINT_URL,
    env::AWS_ENDPOINT_URL_S3,
    "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS",
    "AWS_ENDPOINT_URL_DYNAMODB",
    "AWS_ENDPOINT_URL_IAM",
    "AWS_ENDPOINT_URL_LAMBDA",
    "AWS_ENDPOINT_URL_SIGNIN",
    "AWS_ENDPOINT_URL_SSO",
    "AWS_ENDPOINT_URL_SSO_OIDC",
    "AWS_ENDPOINT_URL_STS",
];

/// The services that this module calls, by the IDs that the SDK has for them.
const SERVICES: [&str; 6] = ["S3", "Lambda", "IAM", "DynamoDB", "CloudWatch Logs", "STS"];

const EXPECTED: &str = "a URL that begins with http:// or https://";

/// Checks the addresses in the environment.
///
/// # Errors
/// `InvalidOption`, naming the variable.
pub(crate) fn check_env() -> Result<()> {
    let invalid = set_variables(&env::aws).into_iter().find(|(_, url)| !is_url(url));
    invalid.map_or(Ok(()), |(name, url)| Err(env::invalid(name, without_secrets(&url), EXPECTED)))
}

/// Returns the variables that are set and their addresses, without user, password and parameters.
pub(crate) fn variables() -> impl Iterator<Item = (&'static str, String)> {
    set_variables(&env::aws).into_iter().map(|(name, url)| (name, without_secrets(&url).to_owned()))
}

fn set_variables(variable: &dyn Fn(&str) -> Option<String>) -> Vec<(&'static str, String)> {
    if are_ignored(variable) {
        return Vec::new();
    }
    VARIABLES.iter().filter_map(|name| Some((*name, variable(name)?))).collect()
}

/// Returns whether the SDK ignores all of these addresses
/// (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>).
fn are_ignored(variable: &dyn Fn(&str) -> Option<String>) -> bool {
    variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").is_some_and(|value| is_true(&value))
}

fn is_true(value: &str) -> bool {
    value.eq_ignore_ascii_case("true")
}

/// Checks the address in a profile, before it is used for signing in.
///
/// # Errors
/// `InvalidOption`, naming the profile.
pub(crate) fn check_profile(profile: &Profile) -> Result<()> {
    let is_ignored = are_ignored(&env::aws) || profile.get("ignore_configured_endpoint_urls").is_some_and(is_true);
    let Some(url) = profile.get("endpoint_url").filter(|url| !is_url(url) && !is_ignored) else {
        return Ok(());
    };
    Err(invalid(&format!("endpoint_url of the AWS profile '{}'", profile.name()), url))
}

/// Checks the addresses that the services of a profile have. Those of the environment and of the profile itself were
/// checked before.
///
/// # Errors
/// `InvalidOption`, naming the service.
pub(crate) fn check_services(config: &SdkConfig) -> Result<()> {
    let invalid_one = of_services(config).into_iter().find(|(_, url)| !is_url(url));
    invalid_one.map_or(Ok(()), |(name, url)| Err(invalid(&name, &url)))
}

fn invalid(name: &str, url: &str) -> Error {
    let message = format!("{name} must be {EXPECTED}, but is '{}'", without_secrets(url));
    Error::new(ErrorCode::InvalidOption, message).hint("Correct it in the AWS configuration files")
}

/// Returns the addresses of the profile that are used: names and URLs, without user, password and parameters.
pub(crate) fn of_profile(config: &SdkConfig) -> Vec<(String, String)> {
    let is_of_profile = |_: &&str| !variables().any(|(name, _)| name == env::AWS_ENDPOINT_URL);
    let of_all = config.endpoint_url().filter(is_of_profile);
    let of_all = of_all.map(|url| ("endpoint_url of the AWS profile".to_owned(), url.to_owned()));
    let found = of_all.into_iter().chain(of_services(config));
    found.map(|(name, url)| (name, without_secrets(&url).to_owned())).collect()
}

/// Returns the addresses that only the services of the profile have.
fn of_services(config: &SdkConfig) -> Vec<(String, String)> {
    let others: Vec<_> = set_variables(&env::aws).into_iter().map(|(_, url)| url).collect();
    let is_other = |url: &String| !others.contains(url) && config.endpoint_url() != Some(url);
    let found = SERVICES.iter().filter_map(|service| {
        let url = of_service(config, service).filter(is_other)?;
        Some((format!("endpoint_url of {service} in the AWS profile"), url))
    });
    found.collect()
}

/// Returns the endpoint that the environment or the profile sets for a service, or for all services.
/// See <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>.
pub(crate) fn of_service(config: &SdkConfig, service: &str) -> Option<String> {
    let key = ServiceConfigKey::builder().service_id(service).env("AWS_ENDPOINT_URL").profile("endpoint_url").build();
    let of_service = config.service_config()?.load_config(key.ok()?);
    of_service.or_else(|| config.endpoint_url().map(str::to_owned))
}

fn is_url(text: &str) -> bool {
    let url: Option<http::Uri> = text.parse().ok();
    url.is_some_and(|url| matches!(url.scheme_str(), Some("http" | "https")))
}

/// Returns an address without user, password and parameters.
pub(crate) fn without_secrets(url: &str) -> &str {
    let rest = url.rsplit_once('@').map_or(url, |(_, rest)| rest);
    rest.split(['?', '#']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_url_with_a_scheme() {
        for url in ["http://localhost:4566", "https://s3.example.com/path", "HTTP://a:b@127.0.0.1"] {
            assert!(is_url(url), "{url}");
        }
        for text in ["localhost:4566", "127.0.0.1:4566", "//localhost", "ftp://localhost", "http://", "http://a b", "x"]
        {
            assert!(!is_url(text), "{text}");
        }
    }

    #[test]
    fn addresses_that_the_sdk_ignores_are_not_checked() {
        let set = |ignored: &'static str| {
            set_variables(&move |name: &str| match name {
                "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS" => Some(ignored.to_owned()),
                "AWS_ENDPOINT_URL_IAM" => Some("localhost".to_owned()),
                _ => None,
            })
        };
        assert_eq!(set("false"), [("AWS_ENDPOINT_URL_IAM", "localhost".to_owned())]);
        assert!(set("true").is_empty() && set("True").is_empty());
    }

    #[test]
    fn a_password_is_not_shown() {
        for (url, shown) in [
            ("localhost:4566", "localhost:4566"),
            ("ann:s3/cr@t@localhost:4566", "localhost:4566"),
            ("ftp://ann:s3cret@host/path?key=s3cret", "host/path"),
        ] {
            assert_eq!(without_secrets(url), shown);
        }
    }
}
