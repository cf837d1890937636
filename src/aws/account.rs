//! Determines the account of credentials: from their source, or by GetCallerIdentity, which needs no permission.
//!
//! See <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>.

use crate::aws::network_problem::{NetworkProblem, causes, host_of};
use crate::aws::server_time::ServerTime;
use crate::aws::{call, timeouts};
use crate::config::env;
use crate::config::schema::formats::is_account_id;
use crate::error::{Error, ErrorCode, Result};
use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_sdk_s3::config::interceptors::{BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef};
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// The time after which a deployment continues without STS, which a network may not reach.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Returns the ID of the account if the source of the credentials names it, without a request. Roles and SSO do, and so
/// do `AWS_ACCOUNT_ID` and a profile.
pub(crate) async fn known_account_id(config: &SdkConfig) -> Option<String> {
    of_credentials(&config.credentials_provider()?.provide_credentials().await.ok()?)
}

/// Returns the ID of the account if credentials have it.
pub(crate) fn of_credentials(credentials: &Credentials) -> Option<String> {
    credentials.account_id().map(|account| account.as_str().to_owned())
}

/// Returns credentials without an account ID that is not one, such as a user's own variable `AWS_ACCOUNT_ID`: the SDK
/// would write it into the host name of DynamoDB
/// (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-account-endpoints.html>). The SDK's notes in them for its
/// user agent are lost.
pub(crate) fn without_invalid_id(credentials: Credentials) -> Credentials {
    if credentials.account_id().is_none_or(|account| is_account_id(account.as_str())) {
        return credentials;
    }
    let mut without = Credentials::builder()
        .access_key_id(credentials.access_key_id())
        .secret_access_key(credentials.secret_access_key())
        .provider_name("without its account");
    without.set_session_token(credentials.session_token().map(str::to_owned));
    without.set_expiry(credentials.expiry());
    without.build()
}

/// The user or role of the credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) account: String,
    pub(crate) arn: String,
    /// The time of AWS's clock.
    pub(crate) server_time: Option<SystemTime>,
}

/// Returns the ID of the account to which the credentials belong, for what can be done without it.
///
/// # Errors
/// That of GetCallerIdentity.
pub(crate) async fn account_id(config: &SdkConfig) -> Result<String> {
    Ok(identity_within(TIMEOUT, config).await?.account)
}

/// Returns to whom the credentials belong. The user's limit for answers is that of this one.
///
/// # Errors
/// That of GetCallerIdentity.
pub(crate) async fn identity(config: &SdkConfig) -> Result<Identity> {
    identity_within(limit_of_answer(), config).await
}

/// Returns the ID of the account, for what cannot be done without it: an answer that is missing is asked for again.
///
/// # Errors
/// That of GetCallerIdentity.
pub(crate) async fn required_account_id(config: &SdkConfig) -> Result<String> {
    let config = config.to_builder().timeout_config(timeouts::timeout_config(limit_of_answer())).build();
    Ok(request_identity(&config, &Waiting::default()).await?.account)
}

fn limit_of_answer() -> Duration {
    let is_set = env::AWS_TIMEOUT_SECONDS.get().is_ok_and(|text| text.is_some());
    if is_set { Duration::from_secs(timeouts::seconds()) } else { TIMEOUT }
}

const OPERATION: &str = "reading the account of the credentials";

async fn identity_within(limit: Duration, config: &SdkConfig) -> Result<Identity> {
    let waiting = Waiting::default();
    let found = tokio::time::timeout(limit, request_identity(config, &waiting)).await;
    found.map_err(|_| waiting.problem(limit).error(OPERATION))?
}

async fn request_identity(config: &SdkConfig, waiting: &Waiting) -> Result<Identity> {
    let request = aws_sdk_sts::Client::new(config).get_caller_identity();
    let clock = ServerTime::default();
    let send = || request.clone().customize().interceptor(clock.clone()).interceptor(waiting.clone()).send();
    let found = call(OPERATION, "sts:GetCallerIdentity").send(send).await?;
    let incomplete = || Error::new(ErrorCode::AwsUnavailable, format!("{OPERATION} failed: the answer has no account"));
    let account = found.account.ok_or_else(incomplete)?;
    Ok(Identity { account, arn: found.arn.unwrap_or_default(), server_time: clock.of_answer() })
}

/// Notes what a request waits for, as an interceptor of it: the host, and why the last attempt has not reached it. All
/// clones share the notes.
#[derive(Clone, Debug, Default)]
struct Waiting(Arc<Mutex<Notes>>);

#[derive(Debug, Default)]
struct Notes {
    host: String,
    problem: Option<NetworkProblem>,
}

impl Waiting {
    /// Returns the reason for which no answer has come within this time.
    fn problem(&self, limit: Duration) -> NetworkProblem {
        let Notes { host, problem } = &*self.notes();
        problem.clone().unwrap_or_else(|| NetworkProblem::NoAnswer { host: host.clone(), limit })
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Intercept for Waiting {
    fn name(&self) -> &'static str {
        "Waiting"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.notes().host = host_of(context.request().uri());
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let failure = context.output_or_error().and_then(|outcome| outcome.err()?.as_connector_error());
        let problem = failure.and_then(|error| causes(error).find_map(|cause| cause.downcast_ref::<NetworkProblem>()));
        self.notes().problem = problem.cloned();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_that_is_not_an_id_is_left_out_of_credentials() {
        let expiry = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
        let credentials = |account: &str| {
            let keys = Credentials::builder().access_key_id("AKIA").secret_access_key("s").session_token("t");
            without_invalid_id(keys.account_id(account).expiry(expiry).provider_name("test").build())
        };
        assert_eq!(of_credentials(&credentials("123456789012")).as_deref(), Some("123456789012"));
        for account in ["main", "12345678901", "1234-5678-9012", ""] {
            let found = credentials(account);
            assert_eq!(found.account_id(), None, "{account}");
            assert_eq!((found.access_key_id(), found.secret_access_key()), ("AKIA", "s"));
            assert_eq!((found.session_token(), found.expiry()), (Some("t"), Some(expiry)));
        }
    }
}
