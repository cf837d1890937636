//! Determines the account of credentials: from their source, or by GetCallerIdentity, which needs no permission.
//!
//! See <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>.

use crate::aws::call;
use crate::error::{Error, ErrorCode, Result};
use aws_config::SdkConfig;
use aws_credential_types::provider::ProvideCredentials;
use std::time::Duration;

/// The time after which a deployment continues without STS, which a network may not reach.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Returns the ID of the account if the source of the credentials names it, without a request. Roles and SSO do, and so
/// does `AWS_ACCOUNT_ID`.
pub(crate) async fn known_account_id(config: &SdkConfig) -> Option<String> {
    let credentials = config.credentials_provider()?.provide_credentials().await.ok()?;
    credentials.account_id().map(|account| account.as_str().to_owned())
}

/// Returns the ID of the account to which the credentials belong.
///
/// # Errors
/// That of GetCallerIdentity.
pub(crate) async fn account_id(config: &SdkConfig) -> Result<String> {
    let request = aws_sdk_sts::Client::new(config).get_caller_identity();
    let operation = "reading the account of the credentials";
    let asking = call(operation, "sts:GetCallerIdentity").send(|| request.clone().send());
    let unavailable = |cause: &str| Error::new(ErrorCode::AwsUnavailable, format!("{operation} failed: {cause}"));
    match tokio::time::timeout(TIMEOUT, asking).await {
        Ok(identity) => identity?.account.ok_or_else(|| unavailable("the answer has no account")),
        Err(_) => Err(unavailable("STS does not answer")),
    }
}
