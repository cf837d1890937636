//! Creates S3 clients.

use crate::aws::endpoints;
use crate::aws::s3::request_params::RequestParams;
use crate::aws::timeouts;
use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::interceptors::{BeforeTransmitInterceptorContextMut, InterceptorContext};
use aws_sdk_s3::config::retry::{ClassifyRetry, RetryAction, RetryPartition, TokenBucket};
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;

/// Returns a client for one region: S3 serves a bucket in its own region only.
pub(crate) fn client(config: &SdkConfig, region: &str, params: &RequestParams) -> Client {
    let mut builder = aws_sdk_s3::config::Builder::from(config)
        .region(aws_sdk_s3::config::Region::new(region.to_owned()))
        // By default, all requests of a process share 500 retries: many uploads at once would use them up when S3
        // throttles all of them. The number of attempts of each upload is the limit.
        .retry_partition(RetryPartition::custom("assets").token_bucket(TokenBucket::unlimited()).build())
        .retry_classifier(TooManyRequests)
        // Buckets are not subdomains of `localhost`.
        .force_path_style(endpoints::of_service(config, "S3").is_some());
    if params.requester_pays {
        builder = builder.interceptor(RequesterPays);
    }
    Client::from_conf(builder.build())
}

/// Returns the overrides for a request whose body has this many bytes.
pub(crate) fn with_timeout_for(s3: &Client, bytes: u64) -> aws_sdk_s3::config::Builder {
    aws_sdk_s3::Config::builder().timeout_config(timeouts::for_body(s3.config().timeout_config(), bytes))
}

/// Accepts the charges of every request. The SDK's requests for the bucket itself do not have the parameter, but
/// requester-pays buckets demand it of all requests
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/ObjectsinRequesterPaysBuckets.html>).
#[derive(Debug)]
struct RequesterPays;

impl Intercept for RequesterPays {
    fn name(&self) -> &'static str {
        "RequesterPays"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        context.request_mut().headers_mut().insert("x-amz-request-payer", "requester");
        Ok(())
    }
}

/// The status with which S3-compatible services throttle.
pub(crate) const TOO_MANY_REQUESTS: u16 = 429;

/// Recognizes throttling by its status. S3 throttles with 503; S3-compatible services use 429, which the SDK recognizes
/// only by error code, and answers to HEAD requests do not have one.
#[derive(Debug)]
struct TooManyRequests;

impl ClassifyRetry for TooManyRequests {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        match context.response().map(|response| response.status().as_u16()) {
            Some(TOO_MANY_REQUESTS) => RetryAction::throttling_error(),
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "TooManyRequests"
    }
}
