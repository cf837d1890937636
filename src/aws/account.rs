//! Determines the account of credentials: from their source, or by GetCallerIdentity, which needs no permission.
//!
//! See <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>.

use crate::aws::call;
use crate::aws::server_time::ServerTime;
use crate::error::{Error, ErrorCode, Result};
use aws_config::SdkConfig;
use aws_credential_types::provider::ProvideCredentials;
use std::time::{Duration, SystemTime};

/// The time after which a deployment continues without STS, which a network may not reach.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Returns the ID of the account if the source of the credentials names it, without a request. Roles and SSO do, and so
/// does `AWS_ACCOUNT_ID`.
pub(crate) async fn known_account_id(config: &SdkConfig) -> Option<String> {
    let credentials = config.credentials_provider()?.provide_credentials().await.ok()?;
    credentials.account_id().map(|account| account.as_str().to_owned())
}

/// The user or role of the credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) account: String,
    pub(crate) arn: String,
    /// The time of AWS's clock.
    pub(crate) server_time: Option<SystemTime>,
}

/// Returns the ID of the account to which the credentials belong.
///
/// # Errors
/// That of GetCallerIdentity.
pub(crate) async fn account_id(config: &SdkConfig) -> Result<String> {
    Ok(identity(config).await?.account)
}

/// Returns to whom the credentials belong.
///
/// # Errors
/// That of GetCallerIdentity.
pub(crate) async fn identity(config: &SdkConfig) -> Result<Identity> {
    let request = aws_sdk_sts::Client::new(config).get_caller_identity();
    let operation = "reading the account of the credentials";
    let clock = ServerTime::default();
    let asking =
        call(operation, "sts:GetCallerIdentity").send(|| request.clone().customize().interceptor(clock.clone()).send());
    let unavailable = |cause: &str| Error::new(ErrorCode::AwsUnavailable, format!("{operation} failed: {cause}"));
    let found = match tokio::time::timeout(TIMEOUT, asking).await {
        Ok(identity) => identity?,
        Err(_) => return Err(unavailable("STS does not answer").hint("Check the network and its proxy")),
    };
    let account = found.account.ok_or_else(|| unavailable("the answer has no account"))?;
    Ok(Identity { account, arn: found.arn.unwrap_or_default(), server_time: clock.of_answer() })
}
