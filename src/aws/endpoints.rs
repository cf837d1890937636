//! Checks the addresses to which requests are sent instead of AWS, such as those of emulators.

use crate::aws::profile_names;
use crate::config::env;
use crate::error::{Error, ErrorCode, Result};
use aws_config::SdkConfig;
use aws_config::profile::Profile;
use aws_types::service_config::ServiceConfigKey;

/// The variables of all services that this module calls, and of those that sign in
/// (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>).
const VARIABLES: [&str; 10] = [
    env::AWS_ENDPOINT_URL,
    "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS",
    "AWS_ENDPOINT_URL_DYNAMODB",
    "AWS_ENDPOINT_URL_IAM",
    "AWS_ENDPOINT_URL_LAMBDA",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_SIGNIN",
    "AWS_ENDPOINT_URL_SSO",
    "AWS_ENDPOINT_URL_SSO_OIDC",
    "AWS_ENDPOINT_URL_STS",
];

/// The services that this module calls, by the IDs that the SDK has for them.
const SERVICES: [&str; 6] = ["S3", "Lambda", "IAM", "DynamoDB", "CloudWatch Logs", "STS"];

const EXPECTED: &str = "a URL that begins with http:// or https://";

/// Checks the addresses in the environment and in a profile, unless the SDK ignores them.
///
/// # Errors
/// `InvalidOption`, naming the variable or the profile.
pub(crate) fn check(profile: Option<&Profile>) -> Result<()> {
    if are_ignored(profile) {
        return Ok(());
    }
    for (name, url) in set_variables() {
        check_url(name, &url)?;
    }
    let of_profile = profile.and_then(|profile| Some((profile, profile.get("endpoint_url")?)));
    if let Some((profile, url)) = of_profile.filter(|(_, url)| !is_url(url)) {
        let name = profile_names::decode(profile.name());
        return Err(invalid(&format!("endpoint_url of the AWS profile '{name}'"), url));
    }
    let of_all = env::aws(env::AWS_ENDPOINT_URL).or_else(|| of_profile.map(|(_, url)| url.to_owned()));
    of_all.map_or(Ok(()), |url| check_variants(&url, profile))
}

/// The variables that choose endpoints of AWS, and the settings of a profile that do. The SDK combines none of them with
/// another address (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-endpoints.html>).
const VARIANTS: [(&str, &str); 2] =
    [("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"), ("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint")];

/// Checks that endpoints of AWS are not chosen where the requests of all services go to another address.
fn check_variants(url: &str, profile: Option<&Profile>) -> Result<()> {
    let is_true = |(variable, setting): &(&str, &str)| {
        let of_profile = || profile?.get(setting).map(str::to_owned);
        env::aws(variable).or_else(of_profile).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    };
    let Some((variable, setting)) = VARIANTS.into_iter().find(is_true) else { return Ok(()) };
    let message = format!(
        "{variable}, or {setting} in the AWS profile, chooses endpoints of AWS, but requests go to {}",
        without_secrets(url)
    );
    let hint = "Unset it where requests do not go to AWS, or unset the address (AWS_ENDPOINT_URL, endpoint_url)";
    Err(Error::new(ErrorCode::InvalidOption, message).hint(hint))
}

/// Checks an address in a variable.
///
/// # Errors
/// `InvalidOption`, naming the variable.
pub(crate) fn check_url(variable: &str, url: &str) -> Result<()> {
    if is_url(url) { Ok(()) } else { Err(env::invalid(variable, without_secrets(url), EXPECTED)) }
}

/// Returns the variables that are set and not ignored, and their addresses, without user, password and parameters.
pub(crate) fn variables(profile: Option<&Profile>) -> impl Iterator<Item = (&'static str, String)> {
    let set = set_variables().filter(|(_, url)| !url.is_empty());
    let used = (!are_ignored(profile)).then_some(set);
    used.into_iter().flatten().map(|(name, url)| (name, without_secrets(&url).to_owned()))
}

/// An empty variable is one that is set for the SDK, which then has no address to send requests to.
fn set_variables() -> impl Iterator<Item = (&'static str, String)> {
    VARIABLES.iter().filter_map(|name| Some((*name, std::env::var(name).ok()?)))
}

/// Returns whether the SDK ignores all of these addresses, by the environment or else by the profile
/// (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>).
fn are_ignored(profile: Option<&Profile>) -> bool {
    let of_profile = || profile?.get("ignore_configured_endpoint_urls").map(str::to_owned);
    ignores(env::aws("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), of_profile)
}

fn ignores(of_env: Option<String>, of_profile: impl FnOnce() -> Option<String>) -> bool {
    of_env.or_else(of_profile).is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// Checks the addresses that the services of a profile have, after signing in. Those of the environment and of the profile
/// itself were checked before.
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
    let of_all = config.endpoint_url().filter(|_| !is_set(env::AWS_ENDPOINT_URL));
    let of_all = of_all.map(|url| ("endpoint_url of the AWS profile".to_owned(), url.to_owned()));
    let found = of_all.into_iter().chain(of_services(config));
    found.map(|(name, url)| (name, without_secrets(&url).to_owned())).collect()
}

/// Returns the addresses that only the services of the profile have: the variables go before them.
fn of_services(config: &SdkConfig) -> Vec<(String, String)> {
    let is_of_env = |service: &str| {
        let own = format!("{}_{}", env::AWS_ENDPOINT_URL, service.to_ascii_uppercase().replace(' ', "_"));
        is_set(env::AWS_ENDPOINT_URL) || is_set(&own)
    };
    let found = SERVICES.iter().filter(|service| !is_of_env(service)).filter_map(|service| {
        let url = of_service(config, service).filter(|url| config.endpoint_url() != Some(url))?;
        Some((format!("endpoint_url of {service} in the AWS profile"), url))
    });
    found.collect()
}

fn is_set(variable: &str) -> bool {
    std::env::var_os(variable).is_some()
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
    fn the_environment_decides_before_the_profile_what_the_sdk_ignores() {
        let ignores = |of_env: Option<&str>, of_profile: Option<&str>| {
            ignores(of_env.map(str::to_owned), || of_profile.map(str::to_owned))
        };
        assert!(ignores(Some("true"), None) && ignores(Some("True"), Some("false")) && ignores(None, Some("true")));
        assert!(!ignores(None, None) && !ignores(Some("false"), Some("true")) && !ignores(Some("1"), Some("true")));
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
