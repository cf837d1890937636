//! Determines whether a bucket belongs to the account that the deployment expects, before anything is written to it.
//!
//! Bucket names are global: a bucket may belong to someone who has taken the name, and let everyone in. S3 does not show
//! the owner of a bucket, but rejects requests that expect another one
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html>).

use crate::aws::call;
use crate::aws::retry::RecentChange;
use crate::error::Result;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use aws_sdk_s3::types::EncodingType;
use std::sync::{Arc, PoisonError, RwLock};

const HEADER: &str = "x-amz-expected-bucket-owner";

/// Returns whether a bucket in which a prefix can be listed belongs to an account. HeadBucket would need the right to list
/// all prefixes.
pub(crate) async fn belongs_to(s3: &Client, bucket: &str, prefix: &str, account: &str) -> Result<bool> {
    let request = s3.list_objects_v2().bucket(bucket).prefix(prefix).max_keys(1).expected_bucket_owner(account);
    // XML cannot hold every key.
    let request = request.encoding_type(EncodingType::Url);
    let operation = format!("checking the owner of the bucket {bucket}");
    // The bucket has been seen, so an answer that it does not exist passes.
    match call(operation, "s3:ListBucket").after(RecentChange::BucketAppeared).send(|| request.clone().send()).await {
        Ok(_) => Ok(true),
        Err(error) if error.status() == Some(403) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The owner that S3 has to verify with every request that writes, once it is known.
#[derive(Clone, Debug, Default)]
pub(crate) struct ExpectedOwner(Arc<RwLock<Option<String>>>);

impl ExpectedOwner {
    /// Sets the owner for all following requests; with `None`, any is accepted.
    pub(crate) fn set(&self, account: Option<&str>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = account.map(str::to_owned);
    }

    fn get(&self) -> Option<String> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns a client whose requests that write expect the owner.
    pub(crate) fn client(&self, s3: &Client) -> Client {
        Client::from_conf(s3.config().to_builder().interceptor(self.clone()).build())
    }
}

impl Intercept for ExpectedOwner {
    fn name(&self) -> &'static str {
        "ExpectedOwner"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(account) = self.get() else { return Ok(()) };
        let request = context.request_mut();
        // An owner that `uploadParams` sets stays.
        if !matches!(request.method(), "GET" | "HEAD") && request.headers().get(HEADER).is_none() {
            request.headers_mut().try_insert(HEADER, account)?;
        }
        Ok(())
    }
}
