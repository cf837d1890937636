//! Deploys the skill's assets to S3: creates the bucket, uploads what differs, and makes the assets readable for Alexa.

mod content_type;
mod delete;
mod diff;
mod digest_cache;
mod etag;
mod glob;
mod links;
mod local_assets;
mod object;
mod observe;
mod owner;
mod plan;
mod public_access;
mod remote;
mod remote_objects;
mod source_file;
mod sync;
mod upload;
mod upload_manifest;
mod upload_params;

pub(crate) use plan::Plan;

use crate::aws::CallError;
use crate::aws::retry::RecentChange;
use crate::aws::s3::{Bucket, BucketLookup, BucketStatus};
use crate::config::options::PublicAccess;
use crate::deploy::change::Change;
use crate::error::{Error, ErrorCode, Result};
use crate::fs::{ASSETS_LOCK_FILE, InProgressMarker, Lock};
use crate::output::reporter::Reporter;
use crate::output::{Output, format};
use aws_config::SdkConfig;
use digest_cache::Digests;
use observe::{Observed, observe};
use owner::OwnerCheck;
use public_access::{bucket_setup, policy, read_probe};
use remote::Remote;
use remote_objects::RemoteObjects;
use serde_json::{Map, Value, json};
use source_file::SourceFile;
use std::time::Instant;
use sync::{SyncResult, sync_as_owner};

/// Waits until another deployment of the same assets on this machine ends.
///
/// # Errors
/// `DeploymentLocked` if it does not end in time.
pub(crate) async fn lock(plan: &Plan, reporter: &dyn Reporter) -> Result<Lock> {
    Lock::acquire(&plan.deploy_root.join(ASSETS_LOCK_FILE), reporter).await
}

/// A deployment of the assets that was decided.
pub(crate) struct Prepared<'a> {
    plan: &'a Plan,
    config: &'a SdkConfig,
    lookup: &'a BucketLookup<'a>,
    output: &'a Output<'a>,
    started: Instant,
    bucket: &'a Bucket,
    digests: Digests,
    observed: Observed,
}

/// Reads what is there, and decides what to change so that the bucket's objects under this target's prefix match the plan.
///
/// # Errors
/// The first failure of reading; `BucketUnavailable` for a bucket that cannot be used.
pub(crate) async fn prepare<'a>(
    plan: &'a Plan,
    config: &'a SdkConfig,
    lookup: &'a BucketLookup<'a>,
    output: &'a Output<'a>,
) -> Result<Prepared<'a>> {
    let started = Instant::now();
    let reporter = &*output.reporter;
    for warning in plan.upload_params.warnings() {
        reporter.warning(warning);
    }
    for warning in plan.upload_params.unmatched(plan.assets.iter().map(|asset| asset.path.as_str())) {
        reporter.warning(warning);
    }
    let reading = async { tokio::try_join!(digests(plan), observe(plan, config, lookup, reporter)) };
    tokio::pin!(reading);
    // The account is asked for at the same time, but only writes wait for it.
    let (digests, (bucket, observed)) = tokio::select! {
        biased;
        read = &mut reading => read?,
        _ = lookup.account() => reading.await?,
    };
    if let BucketStatus::Forbidden(message) = &bucket.status {
        return Err(forbidden(bucket, message));
    }
    Ok(Prepared { plan, config, lookup, output, started, bucket, digests, observed })
}

impl Prepared<'_> {
    /// Returns what [`Self::apply`] will change.
    pub(crate) fn changes(&self) -> Vec<Change> {
        Vec::new()
    }

    /// Makes the changes.
    ///
    /// # Errors
    /// The first failure. The next deployment finishes what this one has started.
    pub(crate) async fn apply(self) -> Result<()> {
        let Prepared { plan, config, lookup, output, started, bucket, digests, observed } = self;
        let reporter = &*output.reporter;
        save_artifacts(plan, bucket, &digests, output);
        let Observed { objects, policy, probe, recent_change } = observed;
        let owner = OwnerCheck::new(lookup, plan.bucket_owner.as_deref(), !objects.is_empty(), reporter);
        let remote = plan.remote(bucket, config, reporter);
        let remote = Remote { s3: owner.client(&remote.s3), owner: Some(&owner), ..remote };
        let setup = set_up_bucket(plan, &remote.after(recent_change), &objects, policy).await?;
        let remote = remote.after(setup.recent_change);
        let desired = plan.desired_objects(&digests)?;
        let result = sync_as_owner(plan, &remote, &desired, &objects).await?;
        if setup.policy_edited {
            // Another deployment may have written a policy that it had read before our edit.
            policy::grant_public_read(&remote, policy::read(&remote).await).await?;
        }
        if let Some(key) = plan.probe_key() {
            let probe = match probe {
                // An earlier result holds until this object or the bucket's settings change.
                Some(probe) if !result.has_uploaded(&key) && !setup.has_changed() => probe,
                _ => read_probe::probe_anonymous_read(config, &remote, &key).await,
            };
            read_probe::warn_unreadable(&remote, &key, probe);
        }
        reporter.log(summary(&result, desired.len(), started));
        Ok(())
    }
}

fn summary(result: &SyncResult<'_>, assets: usize, started: Instant) -> String {
    format!(
        "assets: {} uploaded ({}), {} unchanged, {} deleted, in {} ms",
        result.uploads.len(),
        format::bytes(result.uploads.iter().map(|upload| upload.object.digest.size).sum()),
        assets - result.uploads.len(),
        result.deleted,
        started.elapsed().as_millis()
    )
}

/// The changes to the bucket itself.
struct BucketSetup {
    recent_change: Option<RecentChange>,
    policy_edited: bool,
}

impl BucketSetup {
    fn has_changed(&self) -> bool {
        self.policy_edited || self.recent_change.is_some()
    }
}

/// Creates the bucket if it does not exist, and grants or revokes public access. `policy` is the bucket's policy if it
/// exists and the kind of public access depends on it.
async fn set_up_bucket(
    plan: &Plan,
    remote: &Remote<'_>,
    objects: &RemoteObjects,
    policy: Option<Result<String, CallError>>,
) -> Result<BucketSetup> {
    let marker = InProgressMarker::new(plan.deploy_root.join("bucket.in-progress"));
    let recent_change = match &remote.bucket.status {
        BucketStatus::NotFound => Some(bucket_setup::create_bucket(remote, &marker).await?),
        BucketStatus::Accessible | BucketStatus::Forbidden(_) => bucket_setup::resume_creation(remote, &marker).await?,
    };
    let recent_change = match recent_change.or(remote.recent_change) {
        // Only a target's first deployment can meet the one that creates the bucket, or go to a bucket of a stranger.
        None if objects.is_empty() && plan.must_be_public() => {
            let (change, owned) = tokio::join!(bucket_setup::detect_creation(remote), remote.ensure_writable());
            owned?;
            change
        }
        None if objects.is_empty() && !plan.assets.is_empty() => remote.ensure_writable().await.map(|()| None)?,
        change => change,
    };
    let remote = remote.after(recent_change);
    if let (BucketStatus::NotFound, Some(owner)) = (&remote.bucket.status, remote.owner) {
        owner.created().await;
    }
    // A new bucket does not have a policy.
    let policy = policy.unwrap_or_else(|| Ok(String::new()));
    let policy_edited = match plan.public_access {
        PublicAccess::BucketPolicy => policy::grant_public_read(&remote, policy).await?,
        PublicAccess::None => {
            policy::revoke_public_read(&remote, policy).await?;
            false
        }
        PublicAccess::Acl => false,
    };
    Ok(BucketSetup { recent_change, policy_edited })
}

fn forbidden(bucket: &Bucket, message: &str) -> Error {
    let message = format!("S3 denies access to the bucket {}: {}", bucket.name, message.trim_end_matches('.'));
    Error::new(ErrorCode::BucketUnavailable, message).hint(
        "If it belongs to another account, choose another name (s3Configuration.bucketName), because bucket names are global; if it is yours, allow s3:ListBucket on it to the IAM user or role that deploys",
    )
}

/// Computes the digests of all assets on threads of their own, while other requests are in flight.
async fn digests(plan: &Plan) -> Result<Digests> {
    let sources = plan.assets.iter().map(|asset| asset.source.clone().into_os_string()).collect();
    let (folders, cache, use_cache) = (plan.folders.clone(), plan.digest_cache(), plan.use_cache);
    let hashing = tokio::task::spawn_blocking(move || {
        let sources = SourceFile::find_all(sources);
        folders.validate(&sources)?;
        let digests = digest_cache::digests(sources, &cache, use_cache)?;
        folders.validate_contents(&digests)?;
        Ok(digests)
    });
    hashing
        .await
        .unwrap_or_else(|panic| Err(Error::new(ErrorCode::Internal, format!("reading the assets failed: {panic}"))))
}

/// Saves what the CLI puts into the skill's manifest, as soon as it is known.
fn save_artifacts(plan: &Plan, bucket: &Bucket, digests: &Digests, output: &Output<'_>) {
    let url = format!("{}/{}", bucket.url(), plan.prefix);
    output.artifacts.save("assets-root", plan.override_root.clone().unwrap_or_else(|| url.clone()));
    let mut icons = Map::new();
    for asset in plan.assets.icons() {
        let Some(digest) = digests.get(asset.source.as_os_str()) else { continue };
        let of_language = icons.entry(asset.language.clone()).or_insert_with(|| json!({}));
        // Always S3's own URL: the icons of the manifest are fetched from there, even if `overrideAssetsRoot` is set.
        of_language[asset.path.as_str()] = json!({"url": format!("{url}{}", asset.key), "md5": digest.md5});
    }
    output.artifacts.save("deployedIconAssets", Value::Object(icons));
    output.artifacts.delete("required-assets");
}
