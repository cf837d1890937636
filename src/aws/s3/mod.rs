//! The bucket of a deployment target: its name, its region, its URL. Assets go there, and the handler points there.

use crate::aws::{self, Refusal};
use crate::error::{Error, ErrorCode, Result};
use aws_config::SdkConfig;
use aws_sdk_s3::config::interceptors::InterceptorContext;
use aws_sdk_s3::config::retry::{ClassifyRetry, RetryAction, RetryPartition, TokenBucket};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use tokio::sync::OnceCell;

/// The file in `.deploy/<target>` that is locked while the assets are deployed, which may make the bucket.
pub(crate) const ASSETS_LOCK: &str = "assets.lock";

/// A bucket as S3 shows it to us.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It is there, and may be listed.
    Usable,
    /// Nobody has a bucket of this name.
    Missing,
    /// It is there, and S3 does not let us see it.
    Forbidden,
}

impl Bucket {
    /// `https://s3.<region>.amazonaws.com/<bucket>`: what the contract with the CLI and the handler says.
    pub(crate) fn url(&self) -> String {
        let domain = if self.region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        format!("https://s3.{}.{domain}/{}", self.region, self.name)
    }

    /// A client for the bucket's own region: S3 answers only there.
    pub(crate) fn client(&self, config: &SdkConfig) -> aws_sdk_s3::Client {
        client(config, &self.region)
    }
}

fn client(config: &SdkConfig, region: &str) -> aws_sdk_s3::Client {
    let local = config.endpoint_url().is_some() || std::env::var_os("AWS_ENDPOINT_URL").is_some();
    let builder = aws_sdk_s3::config::Builder::from(config)
        .region(aws_sdk_s3::config::Region::new(region.to_owned()))
        // By default all requests of a process share 500 retries: many uploads at once would use them up when S3
        // asks all of them to slow down. Each upload's own number of attempts is the limit.
        .retry_partition(RetryPartition::custom("assets").token_bucket(TokenBucket::unlimited()).build())
        .retry_classifier(TooManyRequests)
        // `localhost` has no names of buckets below it.
        .force_path_style(local || std::env::var_os("AWS_ENDPOINT_URL_S3").is_some());
    aws_sdk_s3::Client::from_conf(builder.build())
}

/// What a request of this client overrides when it carries so many bytes.
pub(crate) fn with_time_for(s3: &aws_sdk_s3::Client, bytes: u64) -> aws_sdk_s3::config::Builder {
    aws_sdk_s3::Config::builder().timeout_config(aws::time_limits(s3.config().timeout_config(), bytes))
}

const TOO_MANY: u16 = 429;

/// S3 itself asks to slow down by 503, others that speak its language by 429, which the SDK knows by words only: the
/// answer to a HEAD request has none.
#[derive(Debug)]
struct TooManyRequests;

impl ClassifyRetry for TooManyRequests {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        match context.response().map(|answer| answer.status().as_u16()) {
            Some(TOO_MANY) => RetryAction::throttling_error(),
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "TooManyRequests"
    }
}

/// Finds a bucket once for everybody who asks.
pub(crate) struct Lookup<'a> {
    config: &'a SdkConfig,
    name: &'a str,
    found: OnceCell<Result<Bucket>>,
}

impl<'a> Lookup<'a> {
    pub(crate) fn new(config: &'a SdkConfig, name: &'a str) -> Self {
        Lookup { config, name, found: OnceCell::new() }
    }

    /// The bucket as it nearly always is: there, and in the region of the deployment.
    pub(crate) fn expected(&self) -> Bucket {
        Bucket { name: self.name.to_owned(), region: aws::region_of(self.config).to_owned(), state: State::Usable }
    }

    /// The bucket as it is now, whatever was found before.
    pub(crate) async fn look_again(&self) -> Result<Bucket> {
        find(self.config, self.name).await
    }

    pub(crate) async fn bucket(&self) -> Result<&Bucket> {
        self.found.get_or_init(|| find(self.config, self.name)).await.as_ref().map_err(Clone::clone)
    }
}

/// One HeadBucket, which needs `s3:ListBucket` on the bucket, and not the right to list all buckets.
async fn find(config: &SdkConfig, name: &str) -> Result<Bucket> {
    let home = aws::region_of(config);
    let bucket = |region: Option<String>, state| Bucket {
        name: name.to_owned(),
        region: region.unwrap_or_else(|| home.to_owned()),
        state,
    };
    match client(config, home).head_bucket().bucket(name).send().await {
        Ok(head) => Ok(bucket(head.bucket_region, State::Usable)),
        Err(error) => {
            // S3 names the region of a bucket even where it sends the caller away.
            let region =
                error.raw_response().and_then(|answer| answer.headers().get("x-amz-bucket-region")).map(str::to_owned);
            match Refusal::of(&error).status {
                Some(404) => Ok(bucket(None, State::Missing)),
                Some(403) if region.is_some() => Ok(bucket(region, State::Forbidden)),
                Some(301 | 400) if region.as_deref().is_some_and(|region| region != home) => {
                    Ok(bucket(region, State::Usable))
                }
                Some(status @ 400..500) if status != TOO_MANY => Err(in_words(config, name, status).await),
                _ => Err(refused(name, &error)),
            }
        }
    }
}

/// The answer to a HEAD request has no words: a request of the same right that has some says what S3 minds.
async fn in_words(config: &SdkConfig, name: &str, status: u16) -> Error {
    let listing = client(config, aws::region_of(config)).list_objects_v2().bucket(name).max_keys(1).send().await;
    match listing.err().map(|error| refused(name, &error)) {
        Some(told) if matches!(told.code, ErrorCode::AccessDenied | ErrorCode::MissingCredentials) => told,
        _ => Error::new(ErrorCode::AccessDenied, format!("S3 answered {status} when asked for the bucket {name}"))
            .hint("Look whether these are the right credentials, not expired, and whether they allow s3:ListBucket"),
    }
}

fn refused<E>(name: &str, error: &SdkError<E>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    aws::refused(&format!("looking for the S3 bucket {name}"), "s3:ListBucket", error)
}

/// S3's rules for the names of buckets.
///
/// # Errors
/// [`ErrorCode::InvalidBucketName`], with the rule that is broken.
pub(crate) fn validate_name(name: &str) -> Result<()> {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let broken = if !(3..=63).contains(&name.len()) {
        "has 3 to 63 characters"
    } else if !name.chars().all(|c| alphanumeric(c) || c == '-' || c == '.') {
        "consists of lower-case letters, digits, hyphens and dots"
    } else if !name.starts_with(alphanumeric) || !name.ends_with(alphanumeric) {
        "begins and ends with a letter or digit"
    } else if name.contains("..") || name.contains(".-") || name.contains("-.") {
        "has no dot beside a dot or hyphen"
    } else if name.parse::<std::net::Ipv4Addr>().is_ok() {
        "is not an IP address"
    } else if name.starts_with("xn--") || name.starts_with("sthree-") {
        "does not begin with xn-- or sthree-"
    } else if name.ends_with("-s3alias") || name.ends_with("--ol-s3") {
        "does not end with -s3alias or --ol-s3"
    } else {
        return Ok(());
    };
    Err(Error::new(ErrorCode::InvalidBucketName, format!("'{name}' cannot be an S3 bucket: a bucket's name {broken}"))
        .hint("Rename the bucket in the Litexa config (s3Configuration.bucketName)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_what_the_handler_was_always_given() {
        let bucket = |region: &str| Bucket { name: "b".into(), region: region.into(), state: State::Usable };
        assert_eq!(bucket("us-east-1").url(), "https://s3.us-east-1.amazonaws.com/b");
        assert_eq!(bucket("cn-north-1").url(), "https://s3.cn-north-1.amazonaws.com.cn/b");
    }

    #[test]
    fn names_that_s3_refuses_say_why() {
        for good in ["abc", "my-skill.assets-1", "a1b"] {
            assert!(validate_name(good).is_ok(), "{good}");
        }
        for bad in ["", "ab", "Upper", "under_score", "-abc", "abc-", "a..b", "a.-b", "192.168.0.1", "xn--abc", "a b c"]
        {
            assert_eq!(validate_name(bad).unwrap_err().code, ErrorCode::InvalidBucketName, "{bad}");
        }
        assert!(validate_name(&"a".repeat(64)).is_err());
    }
}
