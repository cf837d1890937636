//! Signs in: loads the configuration that every client of a deployment is made from.

use crate::aws::{credentials, http_client, region, timeouts};
use crate::config::options::Options;
use crate::config::project::Project;
use crate::error::Result;
use crate::output::reporter::Reporter;
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use std::time::Duration;

/// Attempts at a call that the SDK makes, where AWS throttles or does not answer.
const MAX_ATTEMPTS: u32 = 6;

/// The longest pause between two of these attempts.
const MAX_BACKOFF: Duration = Duration::from_secs(10);

/// Chooses credentials and region, tries the credentials, and reports both.
///
/// `deployed_function_arn` is the ARN that an earlier deployment of this target saved: the target stays in its region.
///
/// # Errors
/// `InvalidAwsConfig`, `UnknownProfile`, `MissingCredentials`; `InvalidOption` for an impossible region or time limit.
pub(crate) async fn load_sdk_config(
    project: &Project,
    options: &Options,
    deployed_function_arn: Option<&str>,
    reporter: &dyn Reporter,
) -> Result<SdkConfig> {
    let timeouts = timeouts::from_env()?;
    let source = credentials::find_source(&project.root, &project.variant, options.aws_profile.as_deref()).await?;
    let region = region::resolve(options.aws_region.as_deref(), &source, deployed_function_arn).await?;
    reporter.log(format!("AWS credentials: {source}; region: {region}"));
    let http_client = http_client::http_client();
    let provider = credentials::load(&source, &region.name, http_client.clone()).await?;
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .region(aws_config::Region::new(region.name))
        .credentials_provider(provider)
        .http_client(http_client)
        .retry_config(RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS).with_max_backoff(MAX_BACKOFF))
        .timeout_config(timeouts);
    if let Some(profile) = source.profile() {
        loader = loader.profile_name(profile);
    }
    Ok(loader.load().await)
}
