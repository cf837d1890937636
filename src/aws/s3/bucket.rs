//! Looks up the bucket of a deployment target: its region, its URL, and whether it can be used.

use crate::aws::account;
use crate::aws::arn::Partition;
use crate::aws::error::{Failure, to_error};
use crate::aws::foreign_answer;
use crate::aws::region::config_region;
use crate::aws::s3::client::{TOO_MANY_REQUESTS, client};
use crate::aws::s3::provider::is_served_by_other_provider;
use crate::aws::s3::request_params::RequestParams;
use crate::aws::sdk_config::SignedIn;
use crate::error::{Error, Result};
use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::types::EncodingType;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use tokio::sync::OnceCell;

/// A bucket as S3 shows it to us.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) status: BucketStatus,
    pub(crate) params: RequestParams,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BucketStatus {
    /// It exists and can be listed.
    Accessible,
    /// No account has a bucket of this name.
    NotFound,
    /// It exists, and S3 denies access, with this message.
    Forbidden(String),
}

impl Bucket {
    /// Returns `https://s3.<region>.amazonaws.com/<bucket>`, as 0.9.0 gave it to the CLI and to the handler.
    pub(crate) fn url(&self) -> String {
        format!("https://s3.{}.{}/{}", self.region, Partition::of_region(&self.region).dns_suffix, self.name)
    }

    /// Returns a client for the bucket's region.
    pub(crate) fn client(&self, config: &SdkConfig) -> Client {
        client(config, &self.region, &self.params)
    }
}

/// Looks a bucket up once for all who ask.
pub(crate) struct BucketLookup<'a> {
    config: &'a SdkConfig,
    name: &'a str,
    /// The prefix of the target's keys: a policy may allow listing by prefix only.
    prefix: String,
    params: RequestParams,
    found: OnceCell<Result<Bucket>>,
    /// The account of the credentials. A request for it goes on if its caller stops waiting.
    account: Shared<BoxFuture<'static, Result<Option<String>>>>,
}

impl<'a> BucketLookup<'a> {
    pub(crate) fn new(signed_in: &'a SignedIn, name: &'a str, prefix: String, params: RequestParams) -> Self {
        let SignedIn { config, account_id, .. } = signed_in;
        let (own_config, known) = (config.clone(), account_id.clone());
        let account = async move {
            match known {
                _ if is_served_by_other_provider(&own_config) => Ok(None),
                Some(account) => Ok(Some(account)),
                None => account::account_id(&own_config).await.map(Some),
            }
        };
        let account = account.boxed().shared();
        BucketLookup { config, name, prefix, params, found: OnceCell::new(), account }
    }

    /// Returns the bucket as it nearly always is: accessible, and in the region of the deployment.
    pub(crate) fn expected(&self) -> Bucket {
        self.bucket_in(None, BucketStatus::Accessible)
    }

    /// Returns the parameters of requests for the bucket.
    pub(crate) fn params(&self) -> &RequestParams {
        &self.params
    }

    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Returns the account of the credentials, which the bucket should belong to; `None` if no AWS account owns buckets
    /// there.
    pub(crate) async fn account(&self) -> Result<Option<String>> {
        self.account.clone().await
    }

    /// Looks the bucket up again.
    pub(crate) async fn refresh(&self) -> Result<Bucket> {
        self.find().await
    }

    /// Returns the bucket as the first lookup found it.
    pub(crate) async fn bucket(&self) -> Result<&Bucket> {
        self.found.get_or_init(|| self.find()).await.as_ref().map_err(Clone::clone)
    }

    /// Sends a HeadBucket request, which needs `s3:ListBucket` on the bucket, and not the right to list all buckets.
    ///
    /// It is not made by `aws::call`, whose errors do not have the headers of the answer.
    async fn find(&self) -> Result<Bucket> {
        let default_region = config_region(self.config);
        let error = match self.client(default_region).head_bucket().bucket(self.name).send().await {
            Ok(head) => return Ok(self.bucket_in(head.bucket_region, BucketStatus::Accessible)),
            Err(error) => error,
        };
        let region = region_of(&error);
        match status_of(&error) {
            Some(404) if error.raw_response().is_some_and(foreign_answer::has_id) => {
                Ok(self.bucket_in(None, BucketStatus::NotFound))
            }
            Some(status) if is_redirect(status) && region.as_deref().is_some_and(|region| region != default_region) => {
                Ok(self.bucket_in(region, BucketStatus::Accessible))
            }
            Some(status @ 300..500) if status != TOO_MANY_REQUESTS => self.find_by_listing(region).await,
            _ => Err(lookup_error(self.name, &error)),
        }
    }

    /// Looks the bucket up by a request that needs the same permission and whose answer has a body.
    ///
    /// The answer to a HEAD request does not have a body, and so no error code: 403 may mean a missing right, unknown
    /// credentials, or a wrong clock, which the SDK corrects if it reads the code.
    async fn find_by_listing(&self, region: Option<String>) -> Result<Bucket> {
        let client = self.client(region.as_deref().unwrap_or(config_region(self.config)));
        let listing = client.list_objects_v2().bucket(self.name).prefix(&self.prefix).max_keys(1);
        let listing = listing.encoding_type(EncodingType::Url).send().await;
        // S3 lists a bucket only in its region.
        let Err(error) = listing else { return Ok(self.bucket_in(region, BucketStatus::Accessible)) };
        // The status of an answer that broke off shows nothing.
        match (Failure::of(&error).info.status, error.code().unwrap_or_default()) {
            (Some(404), _) => Ok(self.bucket_in(None, BucketStatus::NotFound)),
            (Some(status), _) if is_redirect(status) && region_of(&error).is_some_and(|it| Some(it) != region) => {
                Ok(self.bucket_in(region_of(&error), BucketStatus::Accessible))
            }
            (_, "AccessDenied") if region.is_some() => {
                let message = Failure::of(&error).info.message;
                Ok(self.bucket_in(region, BucketStatus::Forbidden(message)))
            }
            (_, "AccountProblem" | "AllAccessDisabled") => {
                Err(lookup_error(self.name, &error)
                    .hint("Contact AWS Support: AWS has disabled the account or the bucket"))
            }
            _ => Err(lookup_error(self.name, &error)),
        }
    }

    /// `region` is that of the deployment by default.
    fn bucket_in(&self, region: Option<String>, status: BucketStatus) -> Bucket {
        let region = region.unwrap_or_else(|| config_region(self.config).to_owned());
        Bucket { name: self.name.to_owned(), region, status, params: self.params.clone() }
    }

    fn client(&self, region: &str) -> Client {
        client(self.config, region, &self.params)
    }
}

/// Returns whether S3 answers with this status where it serves a bucket in another region
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html>).
fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 307 | 400)
}

fn status_of<E>(error: &SdkError<E>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

/// Returns the bucket's region, which S3 names also where it denies access or redirects.
fn region_of<E>(error: &SdkError<E>) -> Option<String> {
    error.raw_response()?.headers().get("x-amz-bucket-region").map(str::to_owned)
}

fn lookup_error<E>(name: &str, error: &SdkError<E>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    to_error(&format!("looking up the bucket {name}"), "s3:ListBucket", &Failure::of(error), &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_those_of_0_9_0() {
        assert_eq!(bucket_in("us-east-1").url(), "https://s3.us-east-1.amazonaws.com/b");
        assert_eq!(bucket_in("cn-north-1").url(), "https://s3.cn-north-1.amazonaws.com.cn/b");
    }

    #[tokio::test]
    async fn in_every_region_the_url_is_the_one_to_which_the_sdk_sends_requests() {
        use aws_sdk_s3::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
        for region in crate::testing::regions::all() {
            let params = Params::builder().region(&region.name).bucket("b").force_path_style(true).build().unwrap();
            let endpoint = DefaultResolver::new().resolve_endpoint(&params).await.unwrap();
            assert_eq!(bucket_in(&region.name).url(), endpoint.url());
        }
    }

    fn bucket_in(region: &str) -> Bucket {
        Bucket {
            name: "b".into(),
            region: region.into(),
            status: BucketStatus::Accessible,
            params: RequestParams::default(),
        }
    }
}
