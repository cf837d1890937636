//! The way to AWS: credentials, region, clients and retries. The only room that reads profiles or `aws-config.json`.

mod credentials;
mod error;
mod project_credentials;
mod region;
pub(crate) mod retry;
pub(crate) mod s3;
mod timeouts;

pub(crate) use error::{Refusal, refused};
pub(crate) use timeouts::for_body as time_limits;

use crate::config::options::Options;
use crate::config::project::Project;
use crate::error::Result;
use crate::output::reporter::Reporter;
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::{Builder, tls};
use std::time::Duration;

/// Signs in and says how: every client of a deployment is made of this.
///
/// `standing_in` is the ARN of the function that an earlier deployment of this target left, if any: its region is
/// where the skill stands.
///
/// # Errors
/// `InvalidAwsConfig`, `UnknownProfile`, `MissingCredentials`, `InvalidOption` for an impossible region or time limit.
pub(crate) async fn sign_in(
    project: &Project,
    options: &Options,
    standing_in: Option<&str>,
    reporter: &dyn Reporter,
) -> Result<SdkConfig> {
    let limits = timeouts::from_environment()?;
    let source = credentials::source(&project.root, &project.variant, options.aws_profile.as_deref()).await?;
    let region = region::choose(options.aws_region.as_deref(), &source, standing_in).await?;
    reporter.log(format!("AWS credentials: {source}; region: {region}"));
    let provider = credentials::provider(&source, &region.name).await?;
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .region(aws_config::Region::new(region.name))
        .credentials_provider(provider)
        .http_client(http_client())
        .retry_config(RetryConfig::standard().with_max_attempts(6).with_max_backoff(Duration::from_secs(10)))
        .timeout_config(limits);
    if let Some(profile) = source.profile() {
        loader = loader.profile_name(profile);
    }
    Ok(loader.load().await)
}

/// One for all services: the machine's certificates are read once, and connections are shared.
fn http_client() -> aws_sdk_s3::config::SharedHttpClient {
    let aws_lc = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc);
    Builder::new().tls_provider(aws_lc).build_https()
}

/// What the reader should know about a function in this region.
pub(crate) fn region_warnings(config: &SdkConfig, standing_in: Option<&str>) -> Vec<String> {
    region::warnings(region_of(config), standing_in)
}

/// The region that a configuration points to.
pub(crate) fn region_of(config: &SdkConfig) -> &str {
    config.region().map_or("us-east-1", |region| region.as_ref())
}
