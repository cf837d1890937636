//! Chooses the source of the AWS credentials, and loads them once before anything else begins.

use crate::aws::account;
use crate::aws::config_files::{self, ConfigFiles, Profiles};
use crate::aws::error::error_chain;
use crate::aws::machine_sources::{self, MachineSource};
use crate::aws::profile_names;
use crate::aws::profile_problems::{self, ProfileProblem};
use crate::aws::project_credentials::{self, ProjectCredentials};
use crate::config::env;
use crate::error::{Error, ErrorCode, Result};
use crate::output::secrets::{self, Secrets};
use aws_config::BehaviorVersion;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::{
    self, ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future,
};
use aws_sdk_s3::config::SharedHttpClient;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The profile of every AWS tool, where another one is not named.
const DEFAULT_PROFILE: &str = "default";

/// The source of the credentials, in order of precedence.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum CredentialSource {
    /// `aws-config.json` in the project.
    ProjectFile(ProjectCredentials),
    /// The profile that the deployment target names.
    NamedProfile(String),
    /// The default chain of every AWS tool: environment variables, the profile `AWS_PROFILE` or `default`, web
    /// identity, container and instance credentials.
    DefaultChain { environment: bool, profile: String },
}

impl CredentialSource {
    pub(crate) fn profile(&self) -> Option<&str> {
        match self {
            CredentialSource::ProjectFile(_) => None,
            CredentialSource::NamedProfile(profile) | CredentialSource::DefaultChain { profile, .. } => Some(profile),
        }
    }
}

impl fmt::Display for CredentialSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CredentialSource::ProjectFile(_) => f.write_str(project_credentials::FILE_NAME),
            CredentialSource::NamedProfile(profile) => write!(f, "profile '{profile}'"),
            CredentialSource::DefaultChain { environment: true, .. } => f.write_str("environment variables"),
            CredentialSource::DefaultChain { profile, .. } => {
                write!(f, "profile '{profile}', or credentials that this machine provides")
            }
        }
    }
}

/// Returns the source to use, and the AWS configuration files. `aws-config.json` takes precedence over a profile, as in
/// 0.9.0.
///
/// # Errors
/// `InvalidAwsConfig`; `UnknownProfile` for a profile that the AWS configuration files do not define, and for files that
/// are needed and cannot be read; `MissingCredentials` for a key in the environment of which one half is missing.
pub(crate) async fn find_source(
    project_root: &Path,
    target: &str,
    named_profile: Option<&str>,
) -> Result<(CredentialSource, ConfigFiles)> {
    let files = config_files::load().await;
    if let Some(keys) = project_credentials::read(project_root, target)? {
        return Ok((CredentialSource::ProjectFile(keys), or_empty(files).await?));
    }
    let Some(profile) = named_profile else { return default_source(files).await };
    let files = files?;
    ensure_known(profile, &files.profiles, NamedBy::Option)?;
    Ok((CredentialSource::NamedProfile(profile.to_owned()), files))
}

/// Returns the source to use where the project does not choose one.
async fn default_source(files: Result<ConfigFiles>) -> Result<(CredentialSource, ConfigFiles)> {
    let environment = has_keys(&|name| env::aws(name))?;
    let named = env::aws(env::AWS_PROFILE);
    let files = if environment { or_empty(files).await? } else { files? };
    // Without files, `default` is not an error: the machine may provide credentials.
    if let Some(profile) = named.as_deref().filter(|profile| !environment && *profile != DEFAULT_PROFILE) {
        ensure_known(profile, &files.profiles, NamedBy::Variable)?;
    }
    Ok((CredentialSource::DefaultChain { environment, profile: default_profile() }, files))
}

/// Returns the profile that every AWS tool uses if none is named to it.
pub(crate) fn default_profile() -> String {
    env::aws(env::AWS_PROFILE).unwrap_or_else(|| DEFAULT_PROFILE.to_owned())
}

/// Returns a warning if other tools would use another profile, by a variable that the SDK for Rust does not read. The AWS
/// CLI does (<https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html>).
pub(crate) fn warning_of_cli_profile(source: &CredentialSource) -> Option<String> {
    let CredentialSource::DefaultChain { environment: false, profile } = source else { return None };
    let other = env::aws(env::AWS_DEFAULT_PROFILE).filter(|other| other != profile)?;
    (env::aws(env::AWS_PROFILE).is_none()).then(|| {
        format!(
            "AWS_DEFAULT_PROFILE, which is '{other}', is not read here: set AWS_PROFILE to use the profile '{other}'"
        )
    })
}

/// Returns a profile that need not exist as the source, and the AWS configuration files, for settings that do not need
/// credentials.
///
/// # Errors
/// None that is expected.
pub(crate) async fn without_keys(named_profile: Option<&str>) -> Result<(CredentialSource, ConfigFiles)> {
    let profile = named_profile.map_or_else(default_profile, str::to_owned);
    let files = or_empty(config_files::load().await).await?;
    Ok((CredentialSource::DefaultChain { environment: false, profile }, files))
}

/// Returns whether the environment has a key.
///
/// # Errors
/// `MissingCredentials` if it has one half of it: the SDK would take the next source, which may be another account.
fn has_keys(variable: &dyn Fn(&str) -> Option<String>) -> Result<bool> {
    let is_set = |name: &str| variable(name).is_some_and(|value| !value.trim().is_empty());
    let (id, secret) = (env::AWS_ACCESS_KEY_ID, env::AWS_SECRET_ACCESS_KEY);
    let (set, missing) = match (is_set(id), is_set(secret)) {
        (true, true) => return Ok(true),
        (false, false) => return Ok(false),
        // The SDK takes the secret from this one, too.
        (true, false) if is_set(env::SECRET_ACCESS_KEY) => return Ok(true),
        (true, false) => (id, secret),
        (false, true) => (secret, id),
    };
    Err(env::half_is_missing(set, missing))
}

/// Ignores files that cannot be read, for credentials that do not come from them.
async fn or_empty(files: Result<ConfigFiles>) -> Result<ConfigFiles> {
    match files {
        Ok(files) => Ok(files),
        Err(_) => config_files::empty().await,
    }
}

/// Returns `ca_bundle` of the profile that is used, if it has one.
pub(crate) fn profile_ca_bundle(source: &CredentialSource, files: &ConfigFiles) -> Option<String> {
    files.profiles.get(source.profile()?)?.get("ca_bundle").map(str::to_owned)
}

/// Where a profile is named.
#[derive(Clone, Copy)]
enum NamedBy {
    Option,
    Variable,
}

/// Checks that a profile exists. The SDK would skip an unknown one silently, and ask the metadata service of the
/// machine.
fn ensure_known(profile: &str, profiles: &Profiles, named_by: NamedBy) -> Result<()> {
    match profiles.get(profile) {
        Some(_) => Ok(()),
        None => Err(unknown_profile(profile, profiles, named_by)),
    }
}

fn unknown_profile(profile: &str, profiles: &Profiles, named_by: NamedBy) -> Error {
    let (place, correct) = match named_by {
        NamedBy::Option => ("awsProfile", format!("correct awsProfile in the Litexa config{}", use_variables())),
        NamedBy::Variable => ("the environment variable AWS_PROFILE", "correct AWS_PROFILE, or unset it".to_owned()),
    };
    let known = profiles.names();
    let known =
        if known.is_empty() { "do not define any profile".into() } else { format!("define only {}", known.join(", ")) };
    Error::new(
        ErrorCode::UnknownProfile,
        format!("unknown AWS profile '{profile}' ({place}): the AWS configuration files {known}"),
    )
    .hint(format!("Run `aws configure {}`, or {correct}", profile_names::cli_option(profile)))
}

/// The time that loading may take: a `credential_process` may ask the user to sign in.
const CREDENTIALS_TIMEOUT: Duration = Duration::from_mins(5);

/// The circumstances in which credentials are loaded.
pub(crate) struct Loading<'a> {
    pub(crate) files: &'a ConfigFiles,
    pub(crate) region: &'a str,
    /// Reaches STS, SSO and the other services that may have to be asked.
    pub(crate) http_client: SharedHttpClient,
    pub(crate) secrets: &'a Arc<Secrets>,
}

/// Loads the credentials, so that missing ones are reported before anything else begins, and returns their provider.
///
/// # Errors
/// `MissingCredentials`; `InvalidAwsConfig` if those of `aws-config.json` cannot be sent.
pub(crate) async fn load(source: &CredentialSource, loading: Loading<'_>) -> Result<LoadedCredentials> {
    let Loading { files, region, http_client, secrets } = loading;
    check_machine_source(source, &files.profiles)?;
    let region = aws_config::Region::new(region.to_owned());
    let provider = match source {
        CredentialSource::ProjectFile(keys) => SharedCredentialsProvider::new(Credentials::new(
            &keys.access_key_id,
            &keys.secret_access_key,
            keys.session_token.clone(),
            None,
            project_credentials::FILE_NAME,
        )),
        CredentialSource::NamedProfile(profile) => {
            let config = ProviderConfig::without_region().with_region(Some(region)).with_http_client(http_client);
            let provider =
                ProfileFileCredentialsProvider::builder().configure(&config).profile_files(files.sdk.clone());
            SharedCredentialsProvider::new(provider.profile_name(profile_names::encode(profile)).build())
        }
        CredentialSource::DefaultChain { profile, .. } => default_chain(profile, files, region, http_client).await?,
    };
    let first = tokio::time::timeout(CREDENTIALS_TIMEOUT, provider.provide_credentials()).await;
    let first = first.map_err(|_| timed_out(source))?.map_err(|error| load_error(source, &files.profiles, &error))?;
    let first = account::without_invalid_id(first);
    hide(&first, secrets);
    if !is_valid_credential(first.access_key_id()) {
        return Err(invalid_credential(source, "access key ID"));
    }
    if !is_valid_credential(first.secret_access_key()) {
        return Err(invalid_credential(source, "secret access key"));
    }
    if !first.session_token().is_none_or(is_valid_credential) {
        return Err(invalid_credential(source, "session token"));
    }
    let account_id = account::of_credentials(&first);
    let provider = PrefetchedCredentials { first: Mutex::new(Some(first)), provider, secrets: secrets.clone() };
    Ok(LoadedCredentials { provider: SharedCredentialsProvider::new(provider), account_id })
}

/// Checks the variables of the machine's source of credentials, if the credentials come from it.
fn check_machine_source(source: &CredentialSource, profiles: &Profiles) -> Result<()> {
    let variable = |name: &str| std::env::var(name).ok();
    match source {
        CredentialSource::ProjectFile(_) | CredentialSource::DefaultChain { environment: true, .. } => Ok(()),
        CredentialSource::DefaultChain { profile, .. } if !profile_problems::has_source(profiles, profile) => {
            machine_sources::check_chain(&variable)
        }
        CredentialSource::NamedProfile(profile) | CredentialSource::DefaultChain { profile, .. } => {
            let is_container = profile_problems::asks_container(profiles, profile);
            if is_container { machine_sources::check_container(&variable) } else { Ok(()) }
        }
    }
}

/// Returns the SDK's own chain of providers. Only a whole configuration takes files for it.
async fn default_chain(
    profile: &str,
    files: &ConfigFiles,
    region: aws_config::Region,
    http_client: SharedHttpClient,
) -> Result<SharedCredentialsProvider> {
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .profile_files(files.sdk.clone())
        // The SDK would take an empty AWS_PROFILE for a name.
        .profile_name(profile_names::encode(profile))
        // The SDK would read AWS_MAX_ATTEMPTS, AWS_RETRY_MODE and such settings of the profile, and panic at an invalid one.
        .retry_config(RetryConfig::standard());
    let config = loader.region(region).http_client(http_client).load().await;
    let missing = || Error::new(ErrorCode::Internal, "the AWS SDK has no chain of credential providers");
    config.credentials_provider().ok_or_else(missing)
}

/// Credentials that were loaded once.
pub(crate) struct LoadedCredentials {
    pub(crate) provider: SharedCredentialsProvider,
    /// The account that they belong to, if their source names it.
    pub(crate) account_id: Option<String>,
}

/// Keeps the values that requests are signed with out of every text.
fn hide(credentials: &Credentials, secrets: &Secrets) {
    secrets.add(credentials.access_key_id());
    secrets.add(credentials.secret_access_key());
    secrets.add(credentials.session_token().unwrap_or_default());
}

/// Returns the credentials that were loaded first, then asks the provider, so that no `credential_process` runs twice.
#[derive(Debug)]
struct PrefetchedCredentials {
    first: Mutex<Option<Credentials>>,
    provider: SharedCredentialsProvider,
    secrets: Arc<Secrets>,
}

impl ProvideCredentials for PrefetchedCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let first = self.first.lock().ok().and_then(|mut first| first.take());
        future::ProvideCredentials::new(async move {
            if let Some(credentials) = first {
                return provider::Result::Ok(credentials);
            }
            let credentials = account::without_invalid_id(self.provider.provide_credentials().await?);
            hide(&credentials, &self.secrets);
            Ok(credentials)
        })
    }
}

/// Returns whether a text has only characters that credentials have. Key ID and session token are parts of HTTP headers.
fn is_valid_credential(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn invalid_credential(source: &CredentialSource, what: &str) -> Error {
    let code = match source {
        CredentialSource::ProjectFile(_) => ErrorCode::InvalidAwsConfig,
        _ => ErrorCode::MissingCredentials,
    };
    let message =
        format!("the {what} in the AWS credentials of {source} contains characters that AWS credentials never contain");
    Error::new(code, message).hint("Copy it again, without spaces and line breaks")
}

fn timed_out(source: &CredentialSource) -> Error {
    let message =
        format!("loading the AWS credentials of {source} timed out after {} s", CREDENTIALS_TIMEOUT.as_secs());
    Error::new(ErrorCode::MissingCredentials, message).hint(
        "Check what the credential source is waiting for: a `credential_process`, a sign-in, or a service that does not respond",
    )
}

fn load_error(source: &CredentialSource, profiles: &Profiles, error: &CredentialsError) -> Error {
    let cause = secrets::redact_unknown(&profiles.with_own_names(&error_chain(error)));
    let (profile, otherwise) = match source {
        CredentialSource::DefaultChain { environment: false, profile } => {
            if matches!(error, CredentialsError::CredentialsNotLoaded(_)) {
                return none_found(profile, None);
            }
            // Then the failure is that of a source after the profile.
            if !profile_problems::has_source(profiles, profile) {
                return match MachineSource::of_chain(&|name| std::env::var(name).ok()) {
                    Some(machine) => cannot_be_used(&machine, &cause).hint(machine.hint()),
                    None => none_found(profile, Some(&cause)),
                };
            }
            (profile, "")
        }
        CredentialSource::NamedProfile(profile) => (profile, use_variables()),
        CredentialSource::ProjectFile(_) | CredentialSource::DefaultChain { .. } => {
            return cannot_be_used(source, &cause).hint("Check with `aws sts get-caller-identity`");
        }
    };
    match profile_problems::find_problem(profiles, profile) {
        Some(ProfileProblem { problem, hint }) => cannot_be_used(source, &problem).hint(hint + otherwise),
        None => cannot_be_used(source, &cause).hint(profile_problems::renewal_hint(profiles, profile) + otherwise),
    }
}

fn cannot_be_used(source: &dyn fmt::Display, problem: &str) -> Error {
    let message = format!("the AWS credentials of {source} cannot be used: {problem}");
    Error::new(ErrorCode::MissingCredentials, message)
}

/// Returns the error where no source has credentials. The machine's metadata service, the last of them, may have failed.
fn none_found(profile: &str, failure: Option<&str>) -> Error {
    let checked = format!(
        "{} in the project, awsProfile in the deployment target, the environment variables {} and {}, the AWS profile '{profile}', web identity, container and instance credentials",
        project_credentials::FILE_NAME,
        env::AWS_ACCESS_KEY_ID,
        env::AWS_SECRET_ACCESS_KEY,
    );
    let failure = failure.map(|failure| format!(". Those of the instance failed: {failure}")).unwrap_or_default();
    Error::new(ErrorCode::MissingCredentials, format!("no AWS credentials found: checked {checked}{failure}"))
        .hint("Set awsProfile in the Litexa config to a profile that the AWS CLI works with")
}

/// Returns the addition to a hint where an awsProfile hides keys in the environment, as those of an emulator or a CI
/// system.
fn use_variables() -> &'static str {
    match has_keys(&|name| env::aws(name)) {
        Ok(true) => ". Without an awsProfile, the keys in the environment variables are used",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_no_source_has_credentials_the_failure_of_the_last_one_is_named() {
        let message = none_found("default", Some("denied")).to_string();
        assert!(message.starts_with("no AWS credentials found: checked "), "{message}");
        assert!(message.contains(". Those of the instance failed: denied. Set awsProfile "), "{message}");
    }

    #[test]
    fn half_of_a_key_in_the_environment_is_an_error_that_names_the_other_half() {
        let found = |variables: &[(&str, &str)]| {
            has_keys(&|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
        };
        let (id, secret) = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY");
        assert_eq!(found(&[(id, "AKIA"), (secret, "s")]), Ok(true));
        assert_eq!(found(&[(id, "AKIA"), (secret, ""), ("SECRET_ACCESS_KEY", "s")]), Ok(true));
        for none in [&[][..], &[(id, ""), (secret, " ")], &[("SECRET_ACCESS_KEY", "s")]] {
            assert_eq!(found(none), Ok(false), "{none:?}");
        }
        for (variables, missing) in [
            (&[(id, "AKIA")][..], secret),
            (&[(id, "AKIA"), (secret, " ")], secret),
            (&[(secret, "s")], id),
            (&[(id, ""), (secret, "s"), ("SECRET_ACCESS_KEY", "s")], id),
        ] {
            let error = found(variables).unwrap_err();
            assert_eq!(error.code, ErrorCode::MissingCredentials);
            assert!(error.message.ends_with(&format!("but {missing} is not set, or empty")), "{error}");
        }
    }
}
