//! A bucket that Alexa can read assets from. Alexa's devices fetch anonymously, so assets are public; the bucket is not.
//!
//! Only buckets that we make are opened, and only as far as the chosen way needs. Other people's settings of theirs
//! stay as they are.

mod statement;

use crate::aws;
use crate::aws::s3::{Bucket, BucketStatus};
use crate::config::options::PublicAccess;
use crate::error::{Error, ErrorCode, Result};
use crate::fs::InProgressMarker;
use crate::output::reporter::Reporter;
use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::types::{
    BucketLocationConstraint, CorsConfiguration, CorsRule, CreateBucketConfiguration, ObjectOwnership,
    PublicAccessBlockConfiguration,
};
use std::future::Future;
use std::time::Duration;

/// Two deployments may edit the bucket's policy at once, and each looks whether its own statement has stayed. S3 may
/// also be busy with the bucket for some seconds.
const ATTEMPTS: u32 = 6;

/// Makes the bucket in its region, readable in the chosen way.
///
/// That takes several requests. `marker` says that they have begun, so that a deployment that dies between
/// them is finished by the next one, to which the bucket would look like somebody's own.
///
/// Returns whether the bucket is being opened to the chosen kind of access, which S3 takes some seconds to know everywhere.
pub(crate) async fn create(
    s3: &Client,
    bucket: &Bucket,
    access: PublicAccess,
    marker: &InProgressMarker,
    reporter: &dyn Reporter,
) -> Result<bool> {
    let begun_before = marker.exists(&bucket.name);
    marker.create(&bucket.name)?;
    match make(s3, bucket, access, reporter).await {
        // Only an attempt of ours whose answer got lost has made it: otherwise it is somebody's, and stays as it is.
        Ok(Made::WasThere) if !begun_before => {
            marker.remove()?;
            return Ok(false);
        }
        Ok(_) => {}
        // AWS may have made it all the same: the mark stays.
        Err(error) if error.code == ErrorCode::AwsUnavailable => return Err(error),
        Err(error) => {
            marker.remove()?;
            return Err(error);
        }
    }
    let opening = open(s3, bucket, access, reporter).await?;
    marker.remove()?;
    Ok(opening)
}

/// How the bucket came to be.
enum Made {
    Now,
    WasThere,
}

/// Finishes what a deployment from this folder began when it made the bucket, if it did not come to its end.
pub(crate) async fn finish_creation(
    s3: &Client,
    bucket: &Bucket,
    access: PublicAccess,
    marker: &InProgressMarker,
    reporter: &dyn Reporter,
) -> Result<bool> {
    if !marker.exists(&bucket.name) {
        return Ok(false);
    }
    reporter.log(format!("finishing the interrupted creation of the S3 bucket {}", bucket.name));
    let opening = open(s3, bucket, access, reporter).await?;
    marker.remove()?;
    Ok(opening)
}

async fn make(s3: &Client, bucket: &Bucket, access: PublicAccess, reporter: &dyn Reporter) -> Result<Made> {
    reporter.log(format!("creating the S3 bucket {} in {}", bucket.name, bucket.region));
    let acls = access == PublicAccess::Acl;
    let request = || {
        // us-east-1 is named by naming no region; S3 refuses the name itself.
        let location = (bucket.region != "us-east-1").then(|| {
            CreateBucketConfiguration::builder()
                .location_constraint(BucketLocationConstraint::from(bucket.region.as_str()))
                .build()
        });
        s3.create_bucket().bucket(&bucket.name).set_create_bucket_configuration(location)
    };
    // Today's buckets take no ACLs unless they are made to.
    let with_acls = acls.then_some(ObjectOwnership::BucketOwnerPreferred);
    let mut outcome = undisturbed(|| request().set_object_ownership(with_acls.clone()).send()).await;
    if acls && outcome.as_ref().is_err_and(|error| aws::Refusal::of(error).code == "AccessDenied") {
        outcome = undisturbed(|| request().send()).await;
        if outcome.is_ok() {
            reporter.warning(format!(
                "the bucket {} takes no ACLs, and so its assets cannot be made public by themselves: allow s3:PutBucketOwnershipControls and s3:PutBucketPublicAccessBlock to the IAM user or role that deploys, delete the empty bucket and deploy again",
                bucket.name
            ));
        }
    }
    if let Err(error) = outcome {
        let refusal = aws::Refusal::of(&error);
        if refusal.code == "BucketAlreadyOwnedByYou" {
            return Ok(Made::WasThere);
        }
        let refused = aws::refused(&format!("creating the bucket {}", bucket.name), "s3:CreateBucket", &error);
        return Err(match refusal.code.as_str() {
            "BucketAlreadyExists" => {
                refused.hint("Somebody else has a bucket of this name: choose another one (s3Configuration.bucketName)")
            }
            _ => refused,
        });
    }
    Ok(Made::Now)
}

/// S3 refuses a change of a bucket while it works on another one.
async fn undisturbed<T, E, F>(send: impl Fn() -> F) -> std::result::Result<T, SdkError<E>>
where
    E: ProvideErrorMetadata,
    F: Future<Output = std::result::Result<T, SdkError<E>>>,
{
    for attempt in 0..ATTEMPTS {
        match send().await {
            Err(error) if aws::Refusal::of(&error).code == "OperationAborted" => {
                tokio::time::sleep(Duration::from_millis(200 << attempt)).await;
            }
            outcome => return outcome,
        }
    }
    send().await
}

/// Lets the chosen kind of public access in, and pages of other origins. Returns whether the former was allowed.
async fn open(s3: &Client, bucket: &Bucket, access: PublicAccess, reporter: &dyn Reporter) -> Result<bool> {
    let opened = access != PublicAccess::None && unblock(s3, bucket, access, reporter).await?;
    allow_cross_origin(s3, bucket, reporter).await?;
    Ok(opened)
}

/// New buckets block every kind of public access. The kind that is not used stays blocked.
async fn unblock(s3: &Client, bucket: &Bucket, access: PublicAccess, reporter: &dyn Reporter) -> Result<bool> {
    let acls = access == PublicAccess::Acl;
    let block = PublicAccessBlockConfiguration::builder()
        .block_public_acls(!acls)
        .ignore_public_acls(!acls)
        .block_public_policy(acls)
        .restrict_public_buckets(acls)
        .build();
    let request = s3.put_public_access_block().bucket(&bucket.name).public_access_block_configuration(block);
    let outcome = undisturbed(|| request.clone().send()).await.map(drop);
    let doing = format!("letting assets in the bucket {} be public", bucket.name);
    tolerated(outcome, &doing, "s3:PutBucketPublicAccessBlock", reporter)
}

/// Skills that show web or APL content read their assets from other origins.
async fn allow_cross_origin(s3: &Client, bucket: &Bucket, reporter: &dyn Reporter) -> Result<bool> {
    let rule = CorsRule::builder()
        .allowed_methods("GET")
        .allowed_methods("HEAD")
        .allowed_origins("*")
        .allowed_headers("*")
        .max_age_seconds(3600)
        .build();
    let rules = rule
        .and_then(|rule| CorsConfiguration::builder().cors_rules(rule).build())
        .map_err(|error| Error::new(ErrorCode::Internal, format!("an incomplete S3 request: {error}")))?;
    let request = s3.put_bucket_cors().bucket(&bucket.name).cors_configuration(rules);
    let outcome = undisturbed(|| request.clone().send()).await.map(drop);
    let doing = format!("allowing cross-origin reads from the bucket {}", bucket.name);
    tolerated(outcome, &doing, "s3:PutBucketCORS", reporter)
}

/// Rights that older policies lack end in a warning: the deployment itself does not depend on them. Returns whether
/// there was none.
fn tolerated<E>(
    outcome: std::result::Result<(), SdkError<E>>,
    doing: &str,
    action: &str,
    reporter: &dyn Reporter,
) -> Result<bool>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match outcome {
        Ok(()) => Ok(true),
        Err(error) if aws::Refusal::of(&error).code == "AccessDenied" => {
            reporter.warning(aws::refused(doing, action, &error).to_string());
            Ok(false)
        }
        Err(error) => Err(aws::refused(doing, action, &error)),
    }
}

/// The bucket's policy; empty if it has none.
pub(crate) async fn policy(s3: &Client, bucket: &Bucket) -> Result<String> {
    match s3.get_bucket_policy().bucket(&bucket.name).send().await {
        Ok(answer) => Ok(answer.policy.unwrap_or_default()),
        Err(error) if aws::Refusal::of(&error).code == "NoSuchBucketPolicy" => Ok(String::new()),
        Err(error) => Err(aws::refused(
            &format!("reading the policy of the bucket {}", bucket.name),
            "s3:GetBucketPolicy",
            &error,
        )),
    }
}

/// Sees to the statement that lets everybody read this target's objects, beside all other statements. `policy` is what
/// was read of it. Returns whether the policy was edited.
///
/// S3 replaces a policy as a whole and knows no versions of it, so the policy is read again until the statement stands.
pub(crate) async fn allow_reading(
    s3: &Client,
    bucket: &Bucket,
    prefix: &str,
    mut policy: Result<String>,
    reporter: &dyn Reporter,
) -> Result<bool> {
    let doing = format!("letting everybody read {}/{prefix}* by the bucket's policy", bucket.name);
    let is_new = bucket.status == BucketStatus::NotFound;
    for attempt in 0..ATTEMPTS {
        let old = match policy {
            Ok(old) => old,
            Err(error) => return unless_denied(error, reporter).map(|()| false),
        };
        let Some(edited) = statement::added(&old, &bucket.name, &bucket.region, prefix)? else {
            return Ok(attempt > 0);
        };
        if attempt == 0 {
            reporter.log(doing.as_str());
        }
        match s3.put_bucket_policy().bucket(&bucket.name).policy(edited).send().await {
            Ok(_) => {}
            Err(error) if aws::Refusal::of(&error).code == "OperationAborted" => {}
            // That we have let public policies in is not known everywhere yet.
            Err(error) if is_new && is_blocked(&error) && attempt + 1 < ATTEMPTS => {}
            Err(error) if is_blocked(&error) => {
                return Err(aws::refused(&doing, "s3:PutBucketPolicy", &error).hint("Block Public Access keeps public policies out: switch BlockPublicPolicy and RestrictPublicBuckets off for the bucket, and for the account if they are set there"));
            }
            Err(error) => {
                return unless_denied(aws::refused(&doing, "s3:PutBucketPolicy", &error), reporter).map(|()| false);
            }
        }
        tokio::time::sleep(Duration::from_millis(200 << attempt)).await;
        policy = self::policy(s3, bucket).await;
    }
    reporter.warning(format!("{doing}: another deployment keeps editing the bucket's policy; deploy again"));
    Ok(true)
}

/// Takes this target's statement out of the bucket's policy, where an earlier deployment has put it there.
pub(crate) async fn withdraw_reading(
    s3: &Client,
    bucket: &Bucket,
    prefix: &str,
    mut policy: Result<String>,
    reporter: &dyn Reporter,
) -> Result<()> {
    let doing = format!("no longer letting everybody read {}/{prefix}* by the bucket's policy", bucket.name);
    for attempt in 0..ATTEMPTS {
        // Who may not read the policy has not let us edit it either.
        let old = match policy {
            Err(error) if error.code == ErrorCode::AccessDenied => return Ok(()),
            policy => policy?,
        };
        let Some(edited) = statement::removed(&old, &bucket.name, &bucket.region, prefix) else { return Ok(()) };
        if attempt == 0 {
            reporter.log(doing.as_str());
        }
        let refusal = if edited.is_empty() {
            let request = s3.delete_bucket_policy().bucket(&bucket.name);
            let outcome = undisturbed(|| request.clone().send()).await;
            outcome.err().map(|error| aws::refused(&doing, "s3:DeleteBucketPolicy", &error))
        } else {
            let request = s3.put_bucket_policy().bucket(&bucket.name).policy(edited);
            let outcome = undisturbed(|| request.clone().send()).await;
            outcome.err().map(|error| aws::refused(&doing, "s3:PutBucketPolicy", &error))
        };
        if let Some(refusal) = refusal {
            return unless_denied(refusal, reporter);
        }
        tokio::time::sleep(Duration::from_millis(200 << attempt)).await;
        policy = self::policy(s3, bucket).await;
    }
    reporter.warning(format!("{doing}: another deployment keeps editing the bucket's policy; deploy again"));
    Ok(())
}

fn is_blocked<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    aws::Refusal::of(error).message.contains("BlockPublicPolicy")
}

/// Without the right to edit the policy the assets go up all the same: somebody else may have let people read them.
fn unless_denied(error: Error, reporter: &dyn Reporter) -> Result<()> {
    if error.code != ErrorCode::AccessDenied {
        return Err(error);
    }
    reporter.warning(error.to_string());
    Ok(())
}

/// How S3 answers an anonymous reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    Possible,
    /// The HTTP status.
    Refused(u16),
    /// There was no answer.
    Unknown,
}

/// Asks for one object as Alexa would, without credentials.
pub(crate) async fn reading(config: &SdkConfig, bucket: &Bucket, key: &str) -> Reading {
    let mut anonymous = config.to_builder();
    anonymous.set_credentials_provider(None);
    let client = bucket.client(&anonymous.build()).config().to_builder().allow_no_auth().build();
    match Client::from_conf(client).head_object().bucket(&bucket.name).key(key).send().await {
        Ok(_) => Reading::Possible,
        Err(error) => match aws::Refusal::of(&error).status {
            Some(status @ 400..500) => Reading::Refused(status),
            _ => Reading::Unknown,
        },
    }
}

/// Says what is wrong where Alexa could not read an object.
pub(crate) fn warn_of_unreadable(bucket: &Bucket, key: &str, reading: Reading, reporter: &dyn Reporter) {
    match reading {
        Reading::Possible => {}
        Reading::Refused(status) => reporter.warning(format!(
            "Alexa cannot read the assets: S3 answers {status} to an anonymous reader of {}/{key}. Look at the bucket's Block Public Access, and the account's, which overrides it; then at the object's ACL, or with s3Configuration.publicAccess \"bucketPolicy\" at the bucket's policy; then at the bucket's default encryption, which may not be a KMS key",
            bucket.url()
        )),
        Reading::Unknown => reporter.verbose(format!("could not check whether {key} is public")),
    }
}
