//! The package on its way to Lambda: in the request itself, or, where it is too large for that, through S3.

use crate::aws;
use crate::aws::s3::{Bucket, BucketLookup, BucketStatus, with_timeout_for};
use crate::error::{Error, ErrorCode, Result};
use crate::fs::{self, assets_are_deploying};
use crate::lambda::package::Package;
use crate::output::reporter::Reporter;
use aws_config::SdkConfig;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::FunctionCode;
use aws_sdk_s3::primitives::ByteStream;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Lambda takes packages up to this size in a request: 50 MiB.
const LARGEST_DIRECT: u64 = 52_428_800;

/// The assets may be deployed at the same time, and make the bucket just now. It is looked for that long in any case,
/// and as long as they are under way.
const PATIENCE: Duration = Duration::from_secs(5);
const LONGEST_PATIENCE: Duration = Duration::from_mins(5);

/// Where Lambda finds the code.
pub(crate) enum Sent {
    Inline(Blob),
    /// A private object, for as long as Lambda needs it.
    Staged {
        s3: aws_sdk_s3::Client,
        bucket: String,
        key: String,
        /// Says that the object is there, for as long as it is.
        note: PathBuf,
    },
}

impl Sent {
    /// Reads the package, or puts it into the target's bucket, outside of what is public.
    ///
    /// # Errors
    /// `InvalidPackage` where a large package has no bucket in the function's region.
    pub(crate) async fn new(
        config: &SdkConfig,
        function: &str,
        package: &Package,
        bucket: Option<&BucketLookup<'_>>,
        reporter: &dyn Reporter,
    ) -> Result<Self> {
        let failed = |error: &std::io::Error| Error::io("reading", &package.path, error);
        if package.size <= LARGEST_DIRECT {
            let bytes = tokio::fs::read(&package.path).await.map_err(|error| failed(&error))?;
            return Ok(Sent::Inline(Blob::new(bytes)));
        }
        let bucket = staging_bucket(config, package, bucket).await?;
        // With the content in its name, a deployment does not take away what another one still needs.
        let digest = package.sha256_base64.replace(['/', '+', '='], "-");
        let key = format!(".litexa-deploy-aws/{function}-{digest}.zip");
        reporter.log(format!(
            "the package has {} MB, so it goes to Lambda through s3://{}/{key}",
            package.size / 1_000_000,
            bucket.name
        ));
        let s3 = bucket.client(config);
        let note = note_beside(package);
        let under_way = UnderWay { bucket: bucket.name.clone(), region: bucket.region.clone(), key: key.clone() };
        fs::write_atomic(&note, &serde_json::to_vec(&under_way).unwrap_or_default())?;
        let body = ByteStream::from_path(&package.path).await.map_err(|error| failed(&std::io::Error::other(error)))?;
        let request = s3.put_object().bucket(&bucket.name).key(&key).content_type("application/zip").body(body);
        let limited = with_timeout_for(&s3, package.size);
        request.customize().config_override(limited).send().await.map_err(|error| {
            aws::refused(&format!("sending the package to {}/{key}", bucket.name), "s3:PutObject", &error)
        })?;
        Ok(Sent::Staged { s3, bucket: bucket.name.clone(), key, note })
    }

    pub(crate) fn for_creation(&self) -> FunctionCode {
        match self {
            Sent::Inline(zip) => FunctionCode::builder().zip_file(zip.clone()).build(),
            Sent::Staged { bucket, key, .. } => FunctionCode::builder().s3_bucket(bucket).s3_key(key).build(),
        }
    }

    /// Removes what was only for the way. Lambda has its own copy now.
    pub(crate) async fn clean_up(self, reporter: &dyn Reporter) {
        let Sent::Staged { s3, bucket, key, note } = self else { return };
        remove(&s3, &bucket, &key, &note, reporter).await;
    }
}

/// A package on its way through S3, as noted for the next deployment, should this one die before it has removed it.
#[derive(Serialize, Deserialize)]
struct UnderWay {
    bucket: String,
    region: String,
    key: String,
}

fn note_beside(package: &Package) -> PathBuf {
    package.path.with_file_name("staged-package.json")
}

/// Removes the package that an earlier deployment from this folder has left on its way.
pub(crate) async fn remove_left(config: &SdkConfig, package: &Package, reporter: &dyn Reporter) {
    let note = note_beside(package);
    let noted = fs::read(&note).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    if let Some(UnderWay { bucket, region, key }) = noted {
        let bucket = Bucket { name: bucket, region, status: BucketStatus::Accessible };
        remove(&bucket.client(config), &bucket.name, &key, &note, reporter).await;
    }
}

async fn remove(s3: &aws_sdk_s3::Client, bucket: &str, key: &str, note: &Path, reporter: &dyn Reporter) {
    match s3.delete_object().bucket(bucket).key(key).send().await {
        // A note that stays does no harm: what it names is removed once more.
        Ok(_) => drop(std::fs::remove_file(note)),
        Err(error) if aws::Refusal::of(&error).status == Some(404) => drop(std::fs::remove_file(note)),
        Err(error) => {
            let refusal = aws::refused(&format!("removing {bucket}/{key}"), "s3:DeleteObject", &error);
            reporter.warning(format!("{refusal} Lambda does not need it any more."));
        }
    }
}

/// How long a request may take that brings so many bytes of code to Lambda: it fetches staged code while we wait.
pub(crate) fn time_limits(config: &SdkConfig, bytes: u64) -> aws_sdk_lambda::config::Builder {
    aws_sdk_lambda::Config::builder().timeout_config(aws::timeouts::for_body(config.timeout_config(), bytes))
}

/// Finds out early whether the package can be sent.
///
/// # Errors
/// `InvalidPackage` where a large package has no bucket in the function's region.
pub(crate) async fn check_way(config: &SdkConfig, package: &Package, bucket: Option<&BucketLookup<'_>>) -> Result<()> {
    if package.size > LARGEST_DIRECT {
        staging_bucket(config, package, bucket).await?;
    }
    Ok(())
}

/// Lambda reads only from buckets of its own region.
async fn staging_bucket(config: &SdkConfig, package: &Package, bucket: Option<&BucketLookup<'_>>) -> Result<Bucket> {
    let region = aws::region::config_region(config);
    let needs =
        format!("the package has {} MB, and Lambda takes more than 50 MiB only from S3", package.size / 1_000_000);
    let Some(lookup) = bucket else {
        return Err(Error::new(ErrorCode::InvalidPackage, format!("{needs}, but no bucket is configured"))
            .hint("Set s3Configuration.bucketName, or install fewer packages in litexa"));
    };
    let mut bucket = lookup.bucket().await?.clone();
    let since = Instant::now();
    while bucket.status == BucketStatus::NotFound {
        // Before the bucket is looked for: it may be made, and the assets be done, at any moment after that.
        let patience =
            if package.path.parent().is_some_and(assets_are_deploying) { LONGEST_PATIENCE } else { PATIENCE };
        tokio::time::sleep(Duration::from_millis(500)).await;
        bucket = lookup.refresh().await?;
        if since.elapsed() > patience {
            break;
        }
    }
    match bucket.status {
        BucketStatus::Accessible if bucket.region == region => Ok(bucket),
        BucketStatus::Accessible => Err(Error::new(
            ErrorCode::InvalidPackage,
            format!("{needs} in {region}, but the bucket {} is in {}", bucket.name, bucket.region),
        )
        .hint(format!("Use a bucket in {region}, or install fewer packages in litexa"))),
        BucketStatus::NotFound | BucketStatus::Forbidden => Err(Error::new(
            ErrorCode::InvalidPackage,
            format!("{needs}, but the bucket {} cannot be used", bucket.name),
        )
        .hint("Deploy the assets first, which creates the bucket, or install fewer packages in litexa")),
    }
}
