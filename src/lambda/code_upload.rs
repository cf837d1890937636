//! Provides the package to Lambda: in the request, or through S3 if it exceeds the limit of a request.

use crate::aws::retry::RecentChange;
use crate::aws::s3::{Bucket, BucketLookup, BucketStatus, belongs_to, with_timeout_for};
use crate::aws::session::Session;
use crate::aws::{self, CallError, CallResult, retry};
use crate::error::{Error, ErrorCode, Result};
use crate::fs::{self, assets_are_deploying};
use crate::lambda::package::Package;
use crate::lambda::zip_in_request::ZipInRequest;
use crate::output::format;
use crate::output::reporter::Reporter;
use aws_sdk_lambda::types::FunctionCode;
use aws_sdk_s3::primitives::ByteStream;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The size of a package that Lambda accepts in a request; its documentation has 50 MB.
/// See <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>.
const MAX_INLINE_BYTES: u64 = 52_428_800;

/// Time to wait for the bucket, which a deployment of the assets may be creating at the moment.
const BUCKET_TIMEOUT: Duration = Duration::from_secs(5);

/// Time to wait for the bucket while the assets are being deployed.
const BUCKET_TIMEOUT_WHILE_DEPLOYING: Duration = Duration::from_mins(5);

const MAX_BUCKET_POLL_PAUSE: Duration = Duration::from_millis(500);

/// The journal of a package in S3, beside the package.
pub(crate) const JOURNAL_FILE: &str = "staged-package.json";

/// The bucket of the target for a large package, if one is configured.
pub(crate) type StagingBucket<'a> = Option<&'a BucketLookup<'a>>;

/// The place from which Lambda reads the code.
pub(crate) enum CodeSource {
    ZipFile(ZipInRequest),
    S3Object(StagedObject),
}

/// A private object with the package, which is deleted once Lambda has read it.
pub(crate) struct StagedObject {
    pub(crate) bucket: String,
    pub(crate) key: String,
    s3: aws_sdk_s3::Client,
    journal: PathBuf,
}

impl CodeSource {
    pub(crate) fn to_function_code(&self) -> FunctionCode {
        match self {
            CodeSource::ZipFile(_) => FunctionCode::builder().zip_file(ZipInRequest::placeholder()).build(),
            CodeSource::S3Object(object) => {
                FunctionCode::builder().s3_bucket(&object.bucket).s3_key(&object.key).build()
            }
        }
    }

    /// Returns the interceptor of the request that the package is sent with.
    pub(crate) fn interceptor(&self, package: &Package) -> ZipInRequest {
        match self {
            CodeSource::ZipFile(zip) => zip.clone(),
            // It leaves a request without a package as it is.
            CodeSource::S3Object(_) => ZipInRequest::new(&package.path, package.size),
        }
    }

    /// Deletes the object of a package that Lambda has read.
    pub(crate) async fn clean_up(self, reporter: &dyn Reporter) {
        if let CodeSource::S3Object(object) = self {
            object.delete(reporter).await;
        }
    }
}

/// Provides the package for a request, or uploads it to the target's bucket under a key that is not public.
///
/// # Errors
/// `InvalidPackage` if a large package has no bucket in the function's region; the error of the upload.
pub(crate) async fn upload(
    session: Session<'_>,
    function: &str,
    package: &Package,
    bucket: StagingBucket<'_>,
) -> Result<CodeSource> {
    if package.size > MAX_INLINE_BYTES {
        let lookup = required(session, package, bucket)?;
        let bucket = staging_bucket(session, package, lookup).await?;
        let owner = own_account(session, &bucket, lookup).await?;
        return Ok(CodeSource::S3Object(stage(session, (function, owner), package, &bucket).await?));
    }
    Ok(CodeSource::ZipFile(ZipInRequest::new(&package.path, package.size)))
}

/// Returns the account of the credentials if the bucket belongs to it, or `None` if no AWS account owns the bucket. Code
/// never goes to a bucket of another account.
///
/// # Errors
/// `BucketUnavailable` for a bucket of another account.
async fn own_account(session: Session<'_>, bucket: &Bucket, lookup: &BucketLookup<'_>) -> Result<Option<String>> {
    let Some(account) = lookup.account().await? else { return Ok(None) };
    if belongs_to(&bucket.client(session.config), &bucket.name, lookup.prefix(), &account).await? {
        return Ok(Some(account));
    }
    let message = format!(
        "the package is not uploaded to the bucket {}, which belongs to another account than the credentials ({account})",
        bucket.name
    );
    Err(Error::new(ErrorCode::BucketUnavailable, message)
        .hint("Set s3Configuration.bucketName to a bucket of your account, or install fewer packages in litexa"))
}

async fn stage(
    session: Session<'_>,
    (function, owner): (&str, Option<String>),
    package: &Package,
    bucket: &Bucket,
) -> Result<StagedObject> {
    // The key contains the digest, so that a deployment does not delete a package that another one still needs.
    let digest = package.sha256_base64.replace(['/', '+', '='], "-");
    let staged = StagedPackage {
        bucket: bucket.name.clone(),
        region: bucket.region.clone(),
        key: format!("{}{digest}.zip", staged_prefix(function)),
    };
    let operation = format!("uploading the package to s3://{}/{}", staged.bucket, staged.key);
    session.reporter.log(format!("{operation}, because it is larger than {}", format::bytes(MAX_INLINE_BYTES)));
    let journal = journal_path(package);
    fs::write_atomic(&journal, &serde_json::to_vec(&staged).unwrap_or_default())?;
    let s3 = bucket.client(session.config);
    aws::call(operation, "s3:PutObject")
        // The assets may have created the bucket just now.
        .after(RecentChange::BucketAppeared)
        .try_send(|| async {
            let body = ByteStream::from_path(&package.path).await;
            let body = body.map_err(|error| Error::io("reading", &package.path, &std::io::Error::other(error)))?;
            let request = bucket.params.for_own_object(s3.put_object().bucket(&staged.bucket).key(&staged.key));
            let request = request.set_expected_bucket_owner(owner.clone());
            let request = request.content_type("application/zip").body(body).customize();
            Ok(request.config_override(with_timeout_for(&s3, package.size)).send().await)
        })
        .await?;
    Ok(StagedObject { bucket: staged.bucket, key: staged.key, s3, journal })
}

/// The journal entry of an uploaded package, for the next deployment if this one crashes before it deletes the object.
#[derive(Serialize, Deserialize)]
struct StagedPackage {
    bucket: String,
    region: String,
    key: String,
}

/// Returns the beginning of the keys of a function's packages.
pub(crate) fn staged_prefix(function: &str) -> String {
    format!(".litexa-deploy-aws/{function}-")
}

/// Returns whether a key is that of a package of this function, and not of any other object.
pub(crate) fn is_staged_key(function: &str, key: &str) -> bool {
    const SHA256_BASE64_CHARS: usize = 44;
    let digest = key.strip_prefix(&staged_prefix(function)).and_then(|rest| rest.strip_suffix(".zip"));
    let is_digest_char = |c: char| c.is_ascii_alphanumeric() || c == '-';
    digest.is_some_and(|digest| digest.len() == SHA256_BASE64_CHARS && digest.chars().all(is_digest_char))
}

/// Returns the bucket in which a crashed deployment has left a package of the function, by the journal.
pub(crate) fn staged_bucket(deploy_root: &Path, function: &str) -> Option<String> {
    let StagedPackage { bucket, key, .. } = read_journal(&deploy_root.join(JOURNAL_FILE))?;
    is_staged_key(function, &key).then_some(bucket)
}

fn read_journal(path: &Path) -> Option<StagedPackage> {
    fs::read(path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok())
}

fn journal_path(package: &Package) -> PathBuf {
    package.path.with_file_name(JOURNAL_FILE)
}

/// Deletes the package that a crashed deployment has left in a bucket.
///
/// A journal may have been written by someone else, so nothing but a package of this function is deleted.
pub(crate) async fn remove_orphaned_object(
    session: Session<'_>,
    function: &str,
    package: &Package,
    lookup: StagingBucket<'_>,
) {
    let journal = journal_path(package);
    if let Some(StagedPackage { bucket, region, key }) = read_journal(&journal) {
        if !is_staged_key(function, &key) {
            session.reporter.warning(format!(
                "the journal {} names s3://{bucket}/{key}, which is not a package of {function}, so it is not deleted",
                journal.display()
            ));
            drop(std::fs::remove_file(journal));
            return;
        }
        let params = lookup.map(|lookup| lookup.params().clone()).unwrap_or_default();
        let bucket = Bucket { name: bucket, region, status: BucketStatus::Accessible, params };
        let s3 = bucket.client(session.config);
        StagedObject { bucket: bucket.name, key, s3, journal }.delete(session.reporter).await;
    }
}

impl StagedObject {
    /// Deletes the object and its journal. The object is private, so a failure is a warning.
    async fn delete(self, reporter: &dyn Reporter) {
        let StagedObject { bucket, key, s3, journal } = self;
        let request = s3.delete_object().bucket(&bucket).key(&key);
        let call = aws::call(format!("deleting s3://{bucket}/{key}"), "s3:DeleteObject");
        match call.send(|| request.clone().send()).await.optional() {
            // If the journal stays, the next deployment deletes the object again.
            Ok(_) => drop(std::fs::remove_file(journal)),
            Err(error) => reporter.warning(format!("the uploaded package is not needed anymore, but {error}")),
        }
    }
}

/// The deployment of the assets, which creates a bucket that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AssetDeployment {
    InThisRun,
    /// Another process may be doing it.
    Elsewhere,
}

/// Checks what is final before anything is changed: whether the package needs a bucket, and has none that it can use. A
/// bucket that does not exist yet may be created by the assets.
///
/// # Errors
/// `InvalidPackage` if a large package has no bucket in the function's region; `BucketUnavailable` for a bucket of another
/// account.
pub(crate) async fn ensure_uploadable(
    session: Session<'_>,
    package: &Package,
    bucket: StagingBucket<'_>,
    assets: AssetDeployment,
) -> Result<()> {
    if package.size <= MAX_INLINE_BYTES {
        return Ok(());
    }
    let lookup = required(session, package, bucket)?;
    let is_missing = lookup.bucket().await?.status == BucketStatus::NotFound;
    if is_missing && assets == AssetDeployment::InThisRun {
        return Ok(());
    }
    own_account(session, &staging_bucket(session, package, lookup).await?, lookup).await.map(drop)
}

/// Waits for the bucket of a large package, before other resources are changed.
///
/// # Errors
/// `InvalidPackage` if it does not appear, or is in another region.
pub(crate) async fn wait_until_uploadable(
    session: Session<'_>,
    package: &Package,
    bucket: StagingBucket<'_>,
) -> Result<()> {
    if package.size > MAX_INLINE_BYTES {
        staging_bucket(session, package, required(session, package, bucket)?).await?;
    }
    Ok(())
}

/// Returns the bucket for a large package, once it exists.
async fn staging_bucket(session: Session<'_>, package: &Package, lookup: &BucketLookup<'_>) -> Result<Bucket> {
    let bucket = wait_for_bucket(lookup, package.path.parent().unwrap_or(Path::new("."))).await?;
    usable(session, package, bucket)
}

fn required<'a>(session: Session<'_>, package: &Package, bucket: StagingBucket<'a>) -> Result<&'a BucketLookup<'a>> {
    bucket.ok_or_else(|| unusable(session, package, "no bucket is configured", "Set s3Configuration.bucketName"))
}

/// Returns the bucket if Lambda can read from it: it reads only from buckets of its own region.
fn usable(session: Session<'_>, package: &Package, bucket: Bucket) -> Result<Bucket> {
    let region = session.region();
    let invalid = |cause: String, hint: &str| Err(unusable(session, package, &cause, hint));
    match &bucket.status {
        BucketStatus::Accessible if bucket.region == region => Ok(bucket),
        BucketStatus::Accessible => {
            invalid(format!("the bucket {} is in {}", bucket.name, bucket.region), &format!("Use a bucket in {region}"))
        }
        BucketStatus::NotFound => invalid(
            format!("the bucket {} does not exist", bucket.name),
            "Deploy the assets first, which creates the bucket",
        ),
        BucketStatus::Forbidden(message) => invalid(
            format!("S3 denies access to the bucket {}: {}", bucket.name, message.trim_end_matches('.')),
            "Set s3Configuration.bucketName to a bucket of your account",
        ),
    }
}

fn unusable(session: Session<'_>, package: &Package, cause: &str, hint: &str) -> Error {
    let message = format!(
        "the package is {}, and Lambda accepts more than {} only through an S3 bucket in {}, but {cause}",
        format::bytes(package.size),
        format::bytes(MAX_INLINE_BYTES),
        session.region()
    );
    Error::new(ErrorCode::InvalidPackage, message).hint(format!("{hint}, or install fewer packages in litexa"))
}

/// Waits for a bucket that a concurrent deployment of the assets may create.
async fn wait_for_bucket(lookup: &BucketLookup<'_>, deploy_root: &Path) -> Result<Bucket> {
    let bucket = lookup.bucket().await?;
    if bucket.status != BucketStatus::NotFound {
        return Ok(bucket.clone());
    }
    let started = Instant::now();
    let found = retry::poll(BUCKET_TIMEOUT_WHILE_DEPLOYING, MAX_BUCKET_POLL_PAUSE, || async {
        // Checked before the lookup: after it, the bucket may be created and the deployment of the assets may end.
        let may_appear = started.elapsed() < BUCKET_TIMEOUT || assets_are_deploying(deploy_root);
        let bucket = lookup.refresh().await?;
        Ok((bucket.status != BucketStatus::NotFound || !may_appear).then_some(bucket))
    });
    Ok(found.await?.unwrap_or_else(|| bucket.clone()))
}

/// Adds what to do if the storage is full that the code of all functions and versions of a region shares.
pub(crate) fn with_storage_hint(error: CallError) -> CallError {
    if error.is("CodeStorageExceededException") {
        error.hint("Set lambdaConfiguration.keepVersions, with which each deployment deletes old versions, or delete functions that are not needed: their code shares the quota")
    } else {
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_packages_of_the_function_are_deleted() {
        let digest = "a".repeat(43) + "-";
        let key = |function: &str, digest: &str| format!(".litexa-deploy-aws/{function}-{digest}.zip");
        assert!(is_staged_key("cats_beta", &key("cats_beta", &digest)));
        for other in [
            key("dogs_beta", &digest),
            key("cats_beta", "x"),
            key("cats_beta", &("a/".repeat(22))),
            format!("x/{}", key("cats_beta", &digest)),
            "cats/beta/default/meow.mp3".to_owned(),
        ] {
            assert!(!is_staged_key("cats_beta", &other), "{other}");
        }
    }
}
