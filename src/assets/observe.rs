//! What is there before anything is changed, asked for all at once: no question waits for an answer it does not need.

use crate::assets::Plan;
use crate::assets::public_access::{self, Reading};
use crate::assets::remote_objects::{self, Listing};
use crate::assets::upload_manifest;
use crate::aws::s3::{Bucket, BucketLookup, BucketStatus};
use crate::config::options::PublicAccess;
use crate::error::Result;
use aws_config::SdkConfig;

/// What a bucket shows of this target.
#[derive(Default)]
pub(crate) struct Seen {
    /// The assets' objects and the record of their uploads.
    pub(crate) listing: Listing,
    /// The bucket's policy, where the chosen way of access depends on it.
    pub(crate) policy: Option<Result<String>>,
    /// What somebody without credentials is answered for the sample, if there is one.
    pub(crate) reading: Option<Reading>,
}

/// Finds the bucket and looks into it.
///
/// A bucket is nearly always in the region of the deployment, so that is looked into without waiting to be told.
pub(crate) async fn survey<'l>(
    plan: &Plan,
    config: &SdkConfig,
    lookup: &'l BucketLookup<'_>,
) -> Result<(&'l Bucket, Seen)> {
    let expected = lookup.expected();
    let (bucket, seen) = tokio::join!(lookup.bucket(), look(plan, config, &expected));
    let bucket = bucket?;
    let seen = match bucket.status {
        BucketStatus::NotFound | BucketStatus::Forbidden => Seen::default(),
        BucketStatus::Accessible if bucket.region == expected.region => seen?,
        BucketStatus::Accessible => look(plan, config, bucket).await?,
    };
    Ok((bucket, seen))
}

async fn look(plan: &Plan, config: &SdkConfig, bucket: &Bucket) -> Result<Seen> {
    let s3 = bucket.client(config);
    let keys: Vec<String> = plan.inventory.assets.keys().map(|key| format!("{}{key}", plan.prefix)).collect();
    let record = upload_manifest::prefix(&plan.prefix);
    let policy = async {
        match plan.public_access {
            PublicAccess::Acl => None,
            PublicAccess::BucketPolicy | PublicAccess::None => Some(public_access::policy(&s3, bucket).await),
        }
    };
    let reading = async {
        match sample(plan) {
            Some(key) => Some(public_access::reading(config, bucket, &key).await),
            None => None,
        }
    };
    let (listing, record, policy, reading) = tokio::join!(
        remote_objects::read(&s3, &bucket.name, &plan.prefix, &keys),
        remote_objects::read(&s3, &bucket.name, &record, &[]),
        policy,
        reading,
    );
    Ok(Seen { listing: listing?.and(record?), policy, reading })
}

/// The key of an asset that everybody should be able to read, if any should. One without parameters, if there is one:
/// some of these close an asset on purpose.
pub(crate) fn sample(plan: &Plan) -> Option<String> {
    if plan.public_access == PublicAccess::None {
        return None;
    }
    let assets = || plan.inventory.assets.values();
    let ordinary = assets().find(|asset| plan.rules.parameters_for(&asset.path).is_ordinary());
    ordinary.or(assets().next()).map(|asset| format!("{}{}", plan.prefix, asset.key))
}
