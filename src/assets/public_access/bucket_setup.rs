//! Creates the bucket and configures public access to it.
//!
//! That takes several requests. A marker is created before the first one and removed after the last one, so that the
//! next deployment finishes an interrupted creation. Without the marker, it would take the bucket for one of the user.

use crate::assets::public_access::change::{BucketChange, Creation};
use crate::assets::remote::Remote;
use crate::aws::lost_answers::LostAnswers;
use crate::aws::retry::RecentChange;
use crate::aws::server_time::ServerTime;
use crate::aws::{CallError, CallResult, call};
use crate::config::options::PublicAccess;
use crate::error::{Error, ErrorCode, Result};
use crate::fs::InProgressMarker;
use aws_sdk_s3::types::{
    BucketLocationConstraint, CorsConfiguration, CorsRule, CreateBucketConfiguration, EncodingType, ObjectOwnership,
    PublicAccessBlockConfiguration,
};
use std::time::{Duration, SystemTime};

/// The region that CreateBucket does not accept as a location: it is the default.
/// See <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html>.
const DEFAULT_LOCATION: &str = "us-east-1";

/// The age up to which the creation of a bucket is finished if the bucket has objects, which other targets have uploaded.
const MAX_CREATION_AGE: Duration = Duration::from_hours(1);

const CORS_MAX_AGE_SECONDS: i32 = 3600;

/// The age up to which the objects of a bucket are taken for those of the deployment that is creating it.
const NEW_BUCKET_AGE: Duration = Duration::from_mins(5);

/// Returns how far the creation of an existing bucket has come. Sends a request only if it was interrupted.
pub(crate) async fn read_creation(remote: &Remote<'_>, marker: &InProgressMarker) -> Result<Creation, CallError> {
    if !marker.exists(&remote.bucket.name) {
        return Ok(Creation::Complete);
    }
    // A marker may have been written by someone else, and must not open a bucket that was in use before.
    let is_new = has_only_new_objects(remote, MAX_CREATION_AGE).await?;
    Ok(if is_new { Creation::Interrupted } else { Creation::InUse })
}

/// Warns that a bucket is not configured although its creation seems to have been interrupted.
pub(crate) fn warn_in_use(remote: &Remote<'_>) {
    remote.reporter.warning(format!(
        "the bucket {} has objects that are older than its interrupted creation, so its settings are left unchanged: check its Block Public Access and its CORS configuration",
        remote.bucket.name
    ));
}

/// Creates the bucket in its region, and configures it.
///
/// Returns what has happened to the bucket, which S3 does not apply everywhere at once.
pub(crate) async fn create_bucket(
    remote: &Remote<'_>,
    changes: &[BucketChange],
    marker: &InProgressMarker,
) -> Result<RecentChange> {
    let resumed = marker.exists(&remote.bucket.name);
    marker.create(&remote.bucket.name)?;
    match send_create(remote).await {
        // Only S3's answer shows this: without an earlier attempt of ours, another deployment has created the bucket,
        // and makes the changes that follow.
        Ok(CreateOutcome::Existed) if !resumed => {
            marker.remove()?;
            return Ok(RecentChange::BucketAppeared);
        }
        Ok(CreateOutcome::Created | CreateOutcome::Existed) => {}
        // S3 may have created the bucket although its answer is lost, so the marker is kept.
        Err(error) if error.code == ErrorCode::AwsUnavailable => return Err(error),
        Err(error) => {
            marker.remove()?;
            return Err(error);
        }
    }
    configure(remote, changes, marker).await
}

/// Finishes the creation that an earlier deployment of this project has started.
pub(crate) async fn finish_creation(
    remote: &Remote<'_>,
    changes: &[BucketChange],
    marker: &InProgressMarker,
) -> Result<RecentChange> {
    remote.reporter.log(format!("finishing the interrupted creation of the S3 bucket {}", remote.bucket.name));
    configure(remote, changes, marker).await
}

/// Returns [`RecentChange::BucketAppeared`] if another deployment may have created the bucket a moment ago.
///
/// Without the permission to list the account's buckets, which show their age, the bucket counts as a new one if it does
/// not have old objects.
pub(crate) async fn detect_creation(remote: &Remote<'_>) -> Option<RecentChange> {
    let is_new = match age(remote).await {
        Some(age) => age < NEW_BUCKET_AGE,
        // Some policies allow to list a prefix only. The bucket counts as an old one then.
        None => has_only_new_objects(remote, NEW_BUCKET_AGE).await.unwrap_or(false),
    };
    is_new.then_some(RecentChange::BucketAppeared)
}

/// Returns the age of the bucket; `None` if the account's buckets cannot be listed, or the list does not have this one yet.
/// A bucket may be older, since a change to it can count as its creation
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_Bucket.html>).
async fn age(remote: &Remote<'_>) -> Option<Duration> {
    let (name, server_time) = (&remote.bucket.name, ServerTime::default());
    let request = remote.s3.list_buckets().prefix(name);
    let send = || request.clone().customize().interceptor(server_time.clone()).send();
    let listing = remote.call(format!("reading the age of the bucket {name}"), "s3:ListAllMyBuckets");
    let buckets = match listing.send(send).await {
        Ok(output) => output.buckets.unwrap_or_default(),
        Err(error) => {
            remote.reporter.verbose(error.to_string());
            return None;
        }
    };
    let own = buckets.into_iter().find(|bucket| bucket.name.as_ref() == Some(name))?;
    let created = SystemTime::try_from(own.creation_date?).ok()?;
    Some(server_time.get().duration_since(created).unwrap_or_default())
}

/// Returns whether all objects of the bucket are younger than an age. S3 does not show the age of a bucket without the
/// right to list all buckets.
async fn has_only_new_objects(remote: &Remote<'_>, max_age: Duration) -> Result<bool> {
    let name = &remote.bucket.name;
    let (request, server_time) = (remote.s3.list_objects_v2().bucket(name), ServerTime::default());
    let request = request.encoding_type(EncodingType::Url);
    let operation = format!("listing the objects of {name}");
    let send = || request.clone().customize().interceptor(server_time.clone()).send();
    let page = remote.call(operation, "s3:ListBucket").send(send).await?;
    let oldest = server_time.get() - max_age;
    let modified = page.contents().iter().map(|object| SystemTime::try_from(*object.last_modified()?).ok());
    let are_new = modified.into_iter().all(|time| time.is_some_and(|time| time > oldest));
    Ok(are_new && page.is_truncated() != Some(true))
}

enum CreateOutcome {
    Created,
    /// The caller's account owns the bucket already.
    Existed,
}

async fn send_create(remote: &Remote<'_>) -> Result<CreateOutcome> {
    let bucket = remote.bucket;
    let operation = BucketChange::Create.line(&remote.desired_bucket());
    remote.reporter.log(operation.as_str());
    let location = (bucket.region != DEFAULT_LOCATION).then(|| {
        let location = BucketLocationConstraint::from(bucket.region.as_str());
        CreateBucketConfiguration::builder().location_constraint(location).build()
    });
    let request = remote.s3.create_bucket().bucket(&bucket.name).set_create_bucket_configuration(location);
    let lost_answers = LostAnswers::default();
    let create = async |ownership: Option<ObjectOwnership>| {
        let request = request.clone().set_object_ownership(ownership);
        let send = || request.clone().customize().interceptor(lost_answers.clone()).send();
        call(operation.as_str(), "s3:CreateBucket").reporting(remote.reporter).send(send).await
    };
    // New buckets have ACLs disabled by default
    // (https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html).
    let ownership = (remote.public_access == PublicAccess::Acl).then_some(ObjectOwnership::BucketOwnerPreferred);
    let enables_acls = ownership.is_some();
    let mut outcome = create(ownership).await;
    if enables_acls && outcome.as_ref().is_err_and(CallError::is_denied) {
        outcome = create(None).await;
        if outcome.is_ok() {
            remote.reporter.warning(format!(
                "the bucket {} has ACLs disabled, so its assets cannot be made public with object ACLs: allow s3:PutBucketOwnershipControls and s3:PutBucketPublicAccessBlock to your IAM user or role, delete the empty bucket and deploy again",
                bucket.name
            ));
        }
    }
    match outcome {
        Ok(_) => Ok(CreateOutcome::Created),
        // An attempt may have been carried out if its answer was lost, or if it was refused as a conflict.
        Err(error) if error.is_already_exists() && (error.may_be_done() || lost_answers.any()) => {
            Ok(CreateOutcome::Created)
        }
        Err(error) if error.is_already_exists() => Ok(CreateOutcome::Existed),
        Err(error) if error.is("BucketAlreadyExists") => {
            let hint = "Another account has a bucket of this name: choose another name (s3Configuration.bucketName)";
            Err(error.hint(hint).into())
        }
        Err(error) => Err(error.into()),
    }
}

/// Makes those changes that belong to the creation of the bucket. Removes the marker at the end.
async fn configure(remote: &Remote<'_>, changes: &[BucketChange], marker: &InProgressMarker) -> Result<RecentChange> {
    let remote = &remote.after(RecentChange::BucketCreated);
    let mut latest = RecentChange::BucketCreated;
    for change in changes {
        match change {
            BucketChange::AllowPublicAccess => latest = allow_public_access(remote).await?.unwrap_or(latest),
            BucketChange::AllowCrossOriginReads => allow_cross_origin_reads(remote).await?,
            BucketChange::Create | BucketChange::GrantPublicRead { .. } | BucketChange::RevokePublicRead { .. } => {}
        }
    }
    marker.remove()?;
    Ok(latest)
}

/// Allows one kind of public access. New buckets block every kind
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>).
async fn allow_public_access(remote: &Remote<'_>) -> Result<Option<RecentChange>> {
    let name = &remote.bucket.name;
    let acls = remote.public_access == PublicAccess::Acl;
    let block = PublicAccessBlockConfiguration::builder()
        .block_public_acls(!acls)
        .ignore_public_acls(!acls)
        .block_public_policy(acls)
        .restrict_public_buckets(acls)
        .build();
    let request = remote.s3.put_public_access_block().bucket(name).public_access_block_configuration(block);
    let operation = BucketChange::AllowPublicAccess.line(&remote.desired_bucket());
    remote.reporter.log(operation.as_str());
    let outcome = remote.call(operation, "s3:PutBucketPublicAccessBlock").send(|| request.clone().send()).await;
    Ok(outcome.or_warn_denied(remote.reporter)?.map(|_| RecentChange::PublicAccessAllowed))
}

/// Allows web and APL content of other origins to read the assets.
async fn allow_cross_origin_reads(remote: &Remote<'_>) -> Result<()> {
    let name = &remote.bucket.name;
    let rule = CorsRule::builder()
        .allowed_methods("GET")
        .allowed_methods("HEAD")
        .allowed_origins("*")
        .allowed_headers("*")
        .max_age_seconds(CORS_MAX_AGE_SECONDS)
        .build();
    let rules = rule
        .and_then(|rule| CorsConfiguration::builder().cors_rules(rule).build())
        .map_err(|error| Error::new(ErrorCode::Internal, format!("incomplete PutBucketCors request: {error}")))?;
    let request = remote.s3.put_bucket_cors().bucket(name).cors_configuration(rules);
    let operation = BucketChange::AllowCrossOriginReads.line(&remote.desired_bucket());
    remote.reporter.log(operation.as_str());
    let outcome = remote.call(operation, "s3:PutBucketCORS").send(|| request.clone().send()).await;
    outcome.or_warn_denied(remote.reporter)?;
    Ok(())
}
