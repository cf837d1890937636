//! Reads the bucket before anything is changed, with concurrent requests.

use crate::assets::plan::Plan;
use crate::assets::public_access::change::Creation;
use crate::assets::public_access::{
    bucket_setup, policy,
    read_probe::{self, ProbeResult},
};
use crate::assets::remote::Remote;
use crate::assets::remote_objects::{self, RemoteObjects};
use crate::assets::upload_manifest;
use crate::aws::CallError;
use crate::aws::retry::RecentChange;
use crate::aws::s3::{Bucket, BucketLookup, BucketStatus};
use crate::config::options::PublicAccess;
use crate::error::Result;
use crate::output::reporter::Reporter;
use aws_config::SdkConfig;

/// The state of this target in the bucket.
#[derive(Default)]
pub(crate) struct Observed {
    /// The objects of the assets and of the upload manifest.
    pub(crate) objects: RemoteObjects,
    pub(crate) creation: Creation,
    /// The bucket's policy, if the kind of public access depends on it.
    pub(crate) policy: Option<Result<String, CallError>>,
    /// Whether the object at [`Plan::probe_key`] can be read anonymously.
    pub(crate) probe: Option<ProbeResult>,
    /// A change by another deployment that the reads have met.
    pub(crate) recent_change: Option<RecentChange>,
}

/// Looks up the bucket and reads its state.
///
/// A bucket is nearly always in the region of the deployment, so its state is read there while it is looked up, and
/// read again only if it is in another region.
pub(crate) async fn observe<'l>(
    plan: &Plan,
    config: &SdkConfig,
    lookup: &'l BucketLookup<'_>,
    reporter: &dyn Reporter,
) -> Result<(&'l Bucket, Observed)> {
    let expected = lookup.expected();
    let (bucket, observed) =
        tokio::join!(lookup.bucket(), observe_bucket(plan, config, plan.remote(&expected, config, reporter)));
    let bucket = bucket?;
    let observed = match (&bucket.status, observed) {
        (BucketStatus::NotFound | BucketStatus::Forbidden(_), _) => Observed::default(),
        (BucketStatus::Accessible, Err(error)) if error.is("NoSuchBucket") => {
            let remote = plan.remote(bucket, config, reporter).after(RecentChange::BucketAppeared);
            observe_bucket(plan, config, remote).await?
        }
        (BucketStatus::Accessible, observed) if bucket.region == expected.region => observed?,
        (BucketStatus::Accessible, _) => observe_bucket(plan, config, plan.remote(bucket, config, reporter)).await?,
    };
    Ok((bucket, observed))
}

async fn observe_bucket(plan: &Plan, config: &SdkConfig, remote: Remote<'_>) -> Result<Observed, CallError> {
    let keys: Vec<String> = plan.assets.iter().map(|asset| plan.key_of(asset)).collect();
    let manifest_prefix = upload_manifest::prefix(&plan.prefix);
    let policy = async {
        match plan.public_access {
            PublicAccess::Acl => None,
            PublicAccess::BucketPolicy | PublicAccess::None => Some(policy::read(&remote).await),
        }
    };
    let probe = async {
        match plan.probe_key() {
            Some(key) => Some(read_probe::probe_anonymous_read(config, &remote.without_waiting(), &key).await),
            None => None,
        }
    };
    let marker = plan.creation_marker();
    let (objects, manifest, creation, policy, probe) = tokio::join!(
        remote_objects::list(&remote, &plan.prefix, &keys),
        remote_objects::list(&remote, &manifest_prefix, &[]),
        bucket_setup::read_creation(&remote, &marker),
        policy,
        probe,
    );
    let (objects, creation) = (objects?.merge(manifest?), creation?);
    Ok(Observed { objects, creation, policy, probe, recent_change: remote.recent_change })
}
