//! Who deploys: which of the places that may hold credentials is used.

use crate::aws::project_credentials::{self, Keys};
use crate::error::{Error, ErrorCode, Result};
use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileSet};
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::{
    self, ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future,
};
use aws_types::os_shim_internal::{Env, Fs};
use std::fmt;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

/// The place that the credentials come from, in the order in which they are looked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Source {
    /// `aws-config.json` in the project.
    ConfigFile(Keys),
    /// The profile that the deployment target names.
    NamedProfile(String),
    /// What every AWS tool looks at: environment variables, the profile `AWS_PROFILE` or `default`, web identity,
    /// container and instance credentials.
    Chain { environment: bool, profile: String },
}

impl Source {
    pub(crate) fn profile(&self) -> Option<&str> {
        match self {
            Source::ConfigFile(_) => None,
            Source::NamedProfile(profile) | Source::Chain { profile, .. } => Some(profile),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::ConfigFile(_) => f.write_str(project_credentials::FILE_NAME),
            Source::NamedProfile(profile) => write!(f, "profile '{profile}'"),
            Source::Chain { environment: true, .. } => f.write_str("environment variables"),
            Source::Chain { profile, .. } => write!(f, "profile '{profile}', or what this machine provides"),
        }
    }
}

/// Finds the place. `aws-config.json` beats a profile, as it always did.
pub(crate) async fn source(project_root: &Path, target: &str, named_profile: Option<&str>) -> Result<Source> {
    if let Some(keys) = project_credentials::read(project_root, target)? {
        return Ok(Source::ConfigFile(keys));
    }
    match named_profile {
        Some(profile) => {
            let profiles = profiles().await?;
            // The SDK would pass over an unknown profile in silence and ask the machine's metadata service.
            if profiles.get_profile(profile).is_none() {
                return Err(unknown_profile(profile, &profiles));
            }
            Ok(Source::NamedProfile(profile.to_owned()))
        }
        None => Ok(Source::Chain {
            environment: std::env::var_os("AWS_ACCESS_KEY_ID").is_some_and(|key| !key.is_empty()),
            profile: std::env::var("AWS_PROFILE").ok().filter(|name| !name.is_empty()).unwrap_or("default".into()),
        }),
    }
}

async fn profiles() -> Result<ProfileSet> {
    aws_config::profile::load(&Fs::real(), &Env::real(), &Default::default(), None).await.map_err(|error| {
        Error::new(ErrorCode::UnknownProfile, format!("the AWS configuration files cannot be read: {}", causes(&error)))
    })
}

fn unknown_profile(profile: &str, profiles: &ProfileSet) -> Error {
    let mut known: Vec<_> = profiles.profiles().collect();
    known.sort_unstable();
    let known = if known.is_empty() { "no profile at all".into() } else { known.join(", ") };
    Error::new(
        ErrorCode::UnknownProfile,
        format!("awsProfile is '{profile}', and the AWS configuration files hold {known}"),
    )
    .hint(format!("Run `aws configure --profile {profile}`, or correct awsProfile in the Litexa config"))
}

/// How long credentials may take: a `credential_process` may ask a person to sign in.
const PATIENCE: Duration = Duration::from_mins(5);

/// Credentials that have been tried once: what is missing is found before anything else begins.
pub(crate) async fn provider(source: &Source, region: &str) -> Result<SharedCredentialsProvider> {
    let region = Some(aws_config::Region::new(region.to_owned()));
    let provider = match source {
        Source::ConfigFile(keys) => SharedCredentialsProvider::new(Credentials::new(
            &keys.access_key_id,
            &keys.secret_access_key,
            keys.session_token.clone(),
            None,
            project_credentials::FILE_NAME,
        )),
        Source::NamedProfile(profile) => SharedCredentialsProvider::new(
            ProfileFileCredentialsProvider::builder()
                .configure(&ProviderConfig::without_region().with_region(region))
                .profile_name(profile)
                .build(),
        ),
        Source::Chain { .. } => {
            let chain =
                DefaultCredentialsChain::builder().configure(ProviderConfig::without_region().with_region(region));
            SharedCredentialsProvider::new(chain.build().await)
        }
    };
    let first = tokio::time::timeout(PATIENCE, provider.provide_credentials()).await;
    let first = first.map_err(|_| not_given(source))?.map_err(|error| unusable(source, &error))?;
    if !is_sendable(first.access_key_id()) {
        return Err(not_sendable(source, "access key ID"));
    }
    if !first.session_token().is_none_or(is_sendable) {
        return Err(not_sendable(source, "session token"));
    }
    Ok(SharedCredentialsProvider::new(Primed { first: Mutex::new(Some(first)), provider }))
}

/// Gives out the credentials that were fetched for the trial first, so that no `credential_process` runs twice.
#[derive(Debug)]
struct Primed {
    first: Mutex<Option<Credentials>>,
    provider: SharedCredentialsProvider,
}

impl ProvideCredentials for Primed {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let first = self.first.lock().ok().and_then(|mut first| first.take());
        future::ProvideCredentials::new(async move {
            match first {
                Some(credentials) => provider::Result::Ok(credentials),
                None => self.provider.provide_credentials().await,
            }
        })
    }
}

/// Key ID and session token become parts of HTTP headers.
fn is_sendable(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn not_sendable(source: &Source, what: &str) -> Error {
    let code = match source {
        Source::ConfigFile(_) => ErrorCode::InvalidAwsConfig,
        _ => ErrorCode::MissingCredentials,
    };
    let problem = format!("the {what} in the AWS credentials of {source} has characters that none has");
    Error::new(code, problem).hint("Copy it once more, without spaces and line breaks")
}

fn not_given(source: &Source) -> Error {
    let problem = format!("the AWS credentials of {source} were not given within {} s", PATIENCE.as_secs());
    Error::new(ErrorCode::MissingCredentials, problem).hint(
        "Look what their source is waiting for: a `credential_process`, a sign-in, or a service that does not answer",
    )
}

fn unusable(source: &Source, error: &CredentialsError) -> Error {
    match source {
        Source::Chain { profile, .. } if matches!(error, CredentialsError::CredentialsNotLoaded(_)) => Error::new(
            ErrorCode::MissingCredentials,
            format!(
                "no AWS credentials found: looked for {} in the project, awsProfile in the deployment target, the environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, the AWS profile '{profile}', web identity, container and instance credentials",
                project_credentials::FILE_NAME
            ),
        )
        .hint("Set awsProfile in the Litexa config to a profile that the AWS CLI works with"),
        _ => Error::new(ErrorCode::MissingCredentials, format!("the AWS credentials of {source} cannot be used: {}", causes(error)))
            .hint("Sign in again, as with `aws sso login`, and check with `aws sts get-caller-identity`"),
    }
}

/// An error and what lies beneath it. The SDK's own `Display` shows the topmost layer only.
pub(crate) fn causes(error: &dyn std::error::Error) -> String {
    let layers = std::iter::successors(Some(error), |error| error.source());
    let mut texts: Vec<String> = layers.map(ToString::to_string).collect();
    texts.dedup();
    texts.join(": ")
}
