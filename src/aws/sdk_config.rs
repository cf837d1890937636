//! Signs in: loads the configuration that every client of a deployment is made from.

use crate::aws::config_files::ConfigFiles;
use crate::aws::credentials::{self, CredentialSource, Loading};
use crate::aws::endpoints;
use crate::aws::http_client::{self, HttpSettings};
use crate::aws::profile_names;
use crate::aws::proxy::{self, ProxySettings};
use crate::aws::region::{self, ResolvedRegion};
use crate::aws::request_observer::Observer;
use crate::aws::timeouts;
use crate::aws::trust_store::{self, CaBundle, Certificates};
use crate::config::env;
use crate::config::options::Options;
use crate::config::project::Project;
use crate::error::{Error, ErrorCode, Result};
use crate::output::Host;
use aws_config::profile::Profile;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use std::time::Duration;

/// Attempts at a call that the SDK makes, where AWS throttles or does not answer.
const MAX_ATTEMPTS: u32 = 6;

/// The longest pause between two of these attempts.
const MAX_BACKOFF: Duration = Duration::from_secs(10);

/// The target that the credentials are for.
pub(crate) struct SignIn<'a> {
    pub(crate) project: &'a Project,
    pub(crate) options: &'a Options,
    /// The ARN that an earlier deployment of this target saved: the target stays in its region.
    pub(crate) deployed_arn: Option<&'a str>,
}

/// The configuration of a deployment's calls.
pub(crate) struct SignedIn {
    pub(crate) config: SdkConfig,
    /// The account of the credentials, if their source names it.
    pub(crate) account_id: Option<String>,
    /// The source of the credentials, for people.
    pub(crate) source: String,
    /// The region and the reason for it.
    pub(crate) region: ResolvedRegion,
    /// The files with certificates that the user names.
    pub(crate) ca_bundles: Vec<CaBundle>,
}

/// Chooses credentials and region, tries the credentials, and reports both.
///
/// # Errors
/// `InvalidAwsConfig`, `UnknownProfile`, `MissingCredentials`; `InvalidOption` for an impossible region, time limit or
/// address.
pub(crate) async fn load_sdk_config(sign_in: &SignIn<'_>, host: &Host) -> Result<SignedIn> {
    let SignIn { options, deployed_arn, .. } = sign_in;
    let reporter = &*host.reporter;
    let timeouts = timeouts::from_env()?;
    for warning in env::check_names()? {
        reporter.warning(warning);
    }
    let (source, files) = find_source(sign_in).await?;
    let profile = source.profile().map_or_else(credentials::default_profile, str::to_owned);
    endpoints::check(files.profiles.get(&profile))?;
    let region = region::resolve(options.aws_region.as_deref(), &source, &files, *deployed_arn).await?;
    reporter.log(format!("AWS credentials: {source}; region: {region}"));
    if let CredentialSource::ProjectFile(keys) = &source
        && let Some(warning) = keys.warning()
    {
        reporter.warning(warning);
    }
    if let Some(warning) = credentials::warning_of_cli_profile(&source) {
        reporter.warning(warning);
    }
    let profile_bundle = credentials::profile_ca_bundle(&source, &files);
    let ca_bundles = trust_store::named_bundles(profile_bundle.as_deref());
    let http_client = http_client::http_client(http_settings(&ca_bundles, host).await?);
    let loading =
        Loading { files: &files, region: &region.name, http_client: http_client.clone(), secrets: reporter.secrets() };
    let credentials = credentials::load(&source, loading).await?;
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .profile_files(files.sdk)
        .profile_name(profile_names::encode(&profile))
        .region(aws_config::Region::new(region.name.clone()))
        .credentials_provider(credentials.provider)
        .http_client(http_client)
        .retry_config(RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS).with_max_backoff(MAX_BACKOFF))
        .stalled_stream_protection(stalled_stream_protection())
        .timeout_config(timeouts);
    let config = loader.load().await;
    endpoints::check_services(&config)?;
    Ok(SignedIn { config, account_id: credentials.account_id, source: source.to_string(), region, ca_bundles })
}

/// Returns the profile of signing in, as it is in the files.
pub(crate) async fn profile_of(sign_in: &SignIn<'_>) -> Option<Profile> {
    let (source, files) = find_source(sign_in).await.ok()?;
    let name = source.profile().map_or_else(credentials::default_profile, str::to_owned);
    files.profiles.get(&name).cloned()
}

async fn find_source(sign_in: &SignIn<'_>) -> Result<(CredentialSource, ConfigFiles)> {
    let SignIn { project, options, .. } = sign_in;
    credentials::find_source(&project.root, &project.variant, options.aws_profile.as_deref()).await
}

/// Chooses the region as for signing in, also if that would fail: without credentials, and with an unknown profile.
///
/// # Errors
/// `InvalidOption` for an impossible region.
pub(crate) async fn resolve_region(sign_in: &SignIn<'_>) -> Result<ResolvedRegion> {
    let SignIn { options, deployed_arn, .. } = sign_in;
    let (source, files) = match find_source(sign_in).await {
        Ok(found) => found,
        Err(_) => credentials::without_keys(options.aws_profile.as_deref()).await?,
    };
    region::resolve(options.aws_region.as_deref(), &source, &files, *deployed_arn).await
}

/// Returns the region as for signing in; `None` if the source of the credentials, which may name it, is not known.
pub(crate) async fn known_region(sign_in: &SignIn<'_>) -> Option<ResolvedRegion> {
    let SignIn { options, deployed_arn, .. } = sign_in;
    let (source, files) = find_source(sign_in).await.ok()?;
    region::resolve(options.aws_region.as_deref(), &source, &files, *deployed_arn).await.ok()
}

/// Leaves the pauses of an upload to the HTTP client (`request_observer.rs`), whose limit grows with the body. The SDK ends
/// one after 20 s without progress, and the operating system buffers more of it than a slow line carries in that time.
fn stalled_stream_protection() -> StalledStreamProtectionConfig {
    StalledStreamProtectionConfig::enabled().upload_enabled(false).build()
}

/// Reads the proxies and certificate authorities that the machine and the user name.
async fn http_settings(bundles: &[CaBundle], host: &Host) -> Result<HttpSettings> {
    let ProxySettings { no_proxy, proxies, secrets } = proxy::from_env()?;
    for secret in &secrets {
        host.reporter.secrets().add(secret);
    }
    let bundles = bundles.to_vec();
    let loading = tokio::task::spawn_blocking(move || Certificates::load(&bundles));
    let mut certificates = loading.await.unwrap_or_else(|panic| {
        Err(Error::new(ErrorCode::Internal, format!("reading the certificates of the machine failed: {panic}")))
    })?;
    if !certificates.has_native {
        host.reporter.verbose("this machine does not have certificates, so those of Node.js are used");
        certificates.add_pem(&host.certificates.root_certificates().await);
    }
    let observer = Observer::new(host.reporter.clone());
    Ok(HttpSettings { no_proxy, proxies, tls: certificates.into_tls_context()?, observer })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sdk_ends_responses_without_progress_and_leaves_uploads_to_the_http_client() {
        let protection = stalled_stream_protection();
        assert!(protection.download_enabled() && !protection.upload_enabled());
    }
}
