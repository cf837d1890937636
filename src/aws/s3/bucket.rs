//! Looks up the bucket of a deployment target: its region, its URL, and whether it can be used.

use crate::aws::arn::Partition;
use crate::aws::error::{Failure, to_error};
use crate::aws::region::config_region;
use crate::aws::s3::client::{TOO_MANY_REQUESTS, client};
use crate::error::{Error, ErrorCode, Result};
use aws_config::SdkConfig;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use tokio::sync::OnceCell;

/// A bucket as S3 shows it to us.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) status: BucketStatus,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BucketStatus {
    /// It exists and can be listed.
    Accessible,
    /// No account has a bucket of this name.
    NotFound,
    /// It exists, and S3 denies access.
    Forbidden,
}

impl Bucket {
    /// Returns `https://s3.<region>.amazonaws.com/<bucket>`, as 0.9.0 gave it to the CLI and to the handler.
    pub(crate) fn url(&self) -> String {
        format!("https://s3.{}.{}/{}", self.region, Partition::of_region(&self.region).dns_suffix, self.name)
    }

    /// Returns a client for the bucket's region.
    pub(crate) fn client(&self, config: &SdkConfig) -> aws_sdk_s3::Client {
        client(config, &self.region)
    }
}

/// Looks a bucket up once for all who ask.
pub(crate) struct BucketLookup<'a> {
    config: &'a SdkConfig,
    name: &'a str,
    found: OnceCell<Result<Bucket>>,
}

impl<'a> BucketLookup<'a> {
    pub(crate) fn new(config: &'a SdkConfig, name: &'a str) -> Self {
        BucketLookup { config, name, found: OnceCell::new() }
    }

    /// Returns the bucket as it nearly always is: accessible, and in the region of the deployment.
    pub(crate) fn expected(&self) -> Bucket {
        let region = config_region(self.config).to_owned();
        Bucket { name: self.name.to_owned(), region, status: BucketStatus::Accessible }
    }

    /// Looks the bucket up again.
    pub(crate) async fn refresh(&self) -> Result<Bucket> {
        find(self.config, self.name).await
    }

    /// Returns the bucket as the first lookup found it.
    pub(crate) async fn bucket(&self) -> Result<&Bucket> {
        self.found.get_or_init(|| find(self.config, self.name)).await.as_ref().map_err(Clone::clone)
    }
}

/// Sends a HeadBucket request, which needs `s3:ListBucket` on the bucket, and not the right to list all buckets.
async fn find(config: &SdkConfig, name: &str) -> Result<Bucket> {
    let default_region = config_region(config);
    let bucket = |region: Option<String>, status| Bucket {
        name: name.to_owned(),
        region: region.unwrap_or_else(|| default_region.to_owned()),
        status,
    };
    let error = match client(config, default_region).head_bucket().bucket(name).send().await {
        Ok(head) => return Ok(bucket(head.bucket_region, BucketStatus::Accessible)),
        Err(error) => error,
    };
    // S3 names the region of a bucket also where it denies access or redirects
    // (https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html).
    let header = error.raw_response().and_then(|response| response.headers().get("x-amz-bucket-region"));
    let region = header.map(str::to_owned);
    match error.raw_response().map(|response| response.status().as_u16()) {
        Some(404) => Ok(bucket(None, BucketStatus::NotFound)),
        Some(403) if region.is_some() => Ok(bucket(region, BucketStatus::Forbidden)),
        Some(301 | 400) if region.as_deref().is_some_and(|region| region != default_region) => {
            Ok(bucket(region, BucketStatus::Accessible))
        }
        Some(status @ 400..500) if status != TOO_MANY_REQUESTS => Err(explain_head_error(config, name, status).await),
        _ => Err(lookup_error(name, &error)),
    }
}

/// Repeats the request as a GET that needs the same permission: HEAD responses do not have a body, and so no error code.
async fn explain_head_error(config: &SdkConfig, name: &str, status: u16) -> Error {
    let listing = client(config, config_region(config)).list_objects_v2().bucket(name).max_keys(1).send().await;
    match listing.err().map(|error| lookup_error(name, &error)) {
        Some(error) if matches!(error.code, ErrorCode::AccessDenied | ErrorCode::MissingCredentials) => error,
        _ => Error::new(ErrorCode::AccessDenied, format!("looking up the bucket {name} failed: S3 answered {status}"))
            .hint("Check that these are the right credentials, that they have not expired, and that they allow s3:ListBucket"),
    }
}

fn lookup_error<E>(name: &str, error: &SdkError<E>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    to_error(&format!("looking up the bucket {name}"), "s3:ListBucket", &Failure::of(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_those_of_0_9_0() {
        let url =
            |region: &str| Bucket { name: "b".into(), region: region.into(), status: BucketStatus::Accessible }.url();
        assert_eq!(url("us-east-1"), "https://s3.us-east-1.amazonaws.com/b");
        assert_eq!(url("cn-north-1"), "https://s3.cn-north-1.amazonaws.com.cn/b");
    }
}
