//! Deploys the skill's assets to S3: creates the bucket, uploads what differs, and makes the assets readable for Alexa.

mod content_type;
mod decide;
pub(crate) mod delete;
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
pub(crate) mod public_access;
pub(crate) mod remote;
pub(crate) mod remote_objects;
mod source_file;
mod sync;
pub(crate) mod upload;
pub(crate) mod upload_manifest;
pub(crate) mod upload_params;

pub(crate) use plan::{DIGEST_CACHE_FILE, Plan};

use crate::aws::retry::RecentChange;
use crate::aws::s3::{Bucket, BucketLookup, BucketStatus};
use crate::deploy::change::Change;
use crate::error::{Error, ErrorCode, Result};
use crate::output::{Output, artifacts, format};
use aws_config::SdkConfig;
use decide::{Decision, decide};
use digest_cache::Digests;
use object::{DesiredObject, ObjectChange};
use observe::{Observed, observe};
use owner::OwnerCheck;
use public_access::change::{BucketChange, Creation};
use public_access::read_probe::ProbeResult;
use public_access::{bucket_setup, policy, read_probe};
use remote::Remote;
use serde_json::{Map, Value, json};
use source_file::SourceFile;
use std::time::Instant;
use sync::Sync;
use upload::multipart_cleanup::{self, UploadJournal};
use upload_manifest::StoredManifest;

/// A deployment of the assets that was decided.
pub(crate) struct Prepared<'a> {
    plan: &'a Plan,
    config: &'a SdkConfig,
    output: &'a Output<'a>,
    started: Instant,
    bucket: &'a Bucket,
    owner: OwnerCheck<'a>,
    digests: Digests,
    desired: Vec<DesiredObject<'a>>,
    observed: Observed,
    manifest: StoredManifest,
    journal: UploadJournal,
    decision: Decision,
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
    let desired = plan.desired_objects(&digests)?;
    let owner = OwnerCheck::new(lookup, plan.bucket_owner.as_deref(), !observed.objects.is_empty(), reporter);
    let remote = plan.remote(bucket, config, reporter).after(observed.recent_change);
    // It is fetched only if its ETag is not the expected one, which depends on everything above.
    let manifest = StoredManifest::read(&remote, &desired, &observed.objects).await?;
    let decision = decide(&plan.desired_state(&desired), &remote, &observed, &manifest.manifest)?;
    let uploaded = decision.uploaded_keys();
    let uploads = desired.iter().filter(|object| uploaded.contains(object.key.as_str())).map(|object| object.source);
    if let Some(warning) = plan.folders.check_credentials(uploads)? {
        reporter.warning(warning);
    }
    let journal = UploadJournal::load(plan.deploy_root.join(multipart_cleanup::FILE_NAME), &bucket.name);
    let mut prepared = Prepared {
        plan,
        config,
        output,
        started,
        bucket,
        owner,
        digests,
        desired,
        observed,
        manifest,
        journal,
        decision,
    };
    prepared.observed.recent_change = prepared.check_writable().await?;
    if let Some((key, probe)) = prepared.final_probe() {
        read_probe::warn_unreadable(&remote, &key, probe);
    }
    Ok(prepared)
}

impl Prepared<'_> {
    /// Returns what [`Self::apply`] will change.
    pub(crate) fn changes(&self) -> Vec<Change> {
        let Prepared { bucket, decision, .. } = self;
        let desired = self.remote().desired_bucket();
        let of_bucket = decision.bucket.iter().map(|change| change.describe(&desired));
        of_bucket.chain(decision.objects.iter().map(|change| change.describe(&bucket.name))).collect()
    }

    /// Makes the changes.
    ///
    /// # Errors
    /// The first failure. The next deployment finishes what this one has started.
    pub(crate) async fn apply(mut self) -> Result<()> {
        save_artifacts(self.plan, self.bucket, &self.digests, self.output);
        let mut manifest = std::mem::take(&mut self.manifest);
        let Prepared { plan, observed, decision, .. } = &self;
        let remote = self.remote();
        let setup = set_up_bucket(plan, &remote, observed.creation, &decision.bucket).await?;
        let remote = remote.after(setup.recent_change);
        let (existing, changes) = (&observed.objects, decision.objects.as_slice());
        let sync = Sync { plan, desired: &self.desired, existing, changes, journal: &self.journal };
        let deleted = sync.apply_as_owner(&remote, &mut manifest).await?;
        if let Some(line) = setup.policy_edit {
            // Another deployment may have written a policy that it had read before our edit.
            policy::keep_public_read(&remote, &line).await?;
        }
        if let Some(key) = plan.probe_key().filter(|_| self.final_probe().is_none()) {
            let probe = read_probe::probe_anonymous_read(self.config, &remote, &key).await;
            read_probe::warn_unreadable(&remote, &key, probe);
        }
        remote.reporter.log(self.summary(deleted));
        Ok(())
    }

    /// Returns the target's part of the bucket, which has to belong to the expected owner.
    fn remote(&self) -> Remote<'_> {
        let remote = self.plan.remote(self.bucket, self.config, &*self.output.reporter);
        remote.owned_by(&self.owner).after(self.observed.recent_change)
    }

    /// Checks the owner of an existing bucket before the first write, except of uploads: S3 rejects them, which is an
    /// error.
    ///
    /// Returns a change by another deployment that was met.
    async fn check_writable(&self) -> Result<Option<RecentChange>> {
        let Prepared { plan, observed, decision, .. } = self;
        if observed.creation == Creation::NotBegun {
            return Ok(observed.recent_change);
        }
        let may_be_new = observed.recent_change.is_none() && observed.creation != Creation::Interrupted;
        // Only a target's first deployment can meet the one that creates the bucket, or go to a bucket of a stranger.
        let is_first = may_be_new && observed.objects.is_empty() && !plan.assets.is_empty();
        let remote = self.remote();
        if is_first && plan.must_be_public() {
            let (change, owned) = tokio::join!(bucket_setup::detect_creation(&remote), remote.ensure_writable());
            return owned.map(|()| change);
        }
        if is_first || decision.writes_before_uploads() || !self.journal.is_empty() {
            remote.ensure_writable().await?;
        }
        Ok(observed.recent_change)
    }

    /// Returns the key of the asset that must be publicly readable, and the result of its anonymous request, if that
    /// stays as it is: until the object or the bucket's settings change.
    fn final_probe(&self) -> Option<(String, ProbeResult)> {
        let Prepared { observed, decision, .. } = self;
        let (key, probe) = (self.plan.probe_key()?, observed.probe?);
        let holds = decision.bucket.is_empty() && observed.recent_change.is_none() && !decision.uploads_key(&key);
        holds.then_some((key, probe))
    }

    fn summary(&self, deleted: usize) -> String {
        let sizes: Vec<u64> = self.decision.objects.iter().filter_map(ObjectChange::uploaded_bytes).collect();
        format!(
            "assets: {} uploaded ({}), {} unchanged, {deleted} deleted, in {} ms",
            sizes.len(),
            format::bytes(sizes.iter().sum()),
            self.desired.len() - sizes.len(),
            self.started.elapsed().as_millis()
        )
    }
}

/// The changes that were made to the bucket itself.
struct BucketSetup {
    recent_change: Option<RecentChange>,
    /// The line of the change that has edited the policy.
    policy_edit: Option<String>,
}

/// Makes the changes of the bucket itself.
async fn set_up_bucket(
    plan: &Plan,
    remote: &Remote<'_>,
    creation: Creation,
    changes: &[BucketChange],
) -> Result<BucketSetup> {
    let marker = plan.creation_marker();
    let recent_change = match creation {
        Creation::NotBegun => Some(bucket_setup::create_bucket(remote, changes, &marker).await?),
        Creation::Interrupted => Some(bucket_setup::finish_creation(remote, changes, &marker).await?),
        Creation::InUse => marker.remove().map(|()| None)?,
        Creation::Complete => None,
    };
    if let (Creation::NotBegun, Some(owner)) = (creation, remote.owner) {
        owner.created().await;
    }
    let remote = remote.after(recent_change);
    let mut policy_edit = None;
    for change in changes {
        let line = change.line(&remote.desired_bucket());
        match change {
            BucketChange::GrantPublicRead { .. } => {
                let is_edited = policy::grant_public_read(&remote, &line).await?;
                policy_edit = is_edited.then_some(line);
            }
            BucketChange::RevokePublicRead { .. } => policy::revoke_public_read(&remote, &line).await?,
            // They are steps of the creation.
            BucketChange::Create | BucketChange::AllowPublicAccess | BucketChange::AllowCrossOriginReads => {}
        }
    }
    Ok(BucketSetup { recent_change: remote.recent_change, policy_edit })
}

fn forbidden(bucket: &Bucket, message: &str) -> Error {
    let message = format!("S3 denies access to the bucket {}: {}", bucket.name, message.trim_end_matches('.'));
    Error::new(ErrorCode::BucketUnavailable, message).hint(
        "If it belongs to another account, choose another name (s3Configuration.bucketName), because bucket names are global; if it is yours, allow s3:ListBucket on it to your IAM user or role",
    )
}

/// Computes the digests of all assets on threads of their own, while other requests are in flight.
async fn digests(plan: &Plan) -> Result<Digests> {
    let sources = plan.assets.iter().map(|asset| asset.source.clone().into_os_string()).collect();
    let (folders, cache) = (plan.folders.clone(), plan.digest_cache.clone());
    let hashing = tokio::task::spawn_blocking(move || {
        let sources = SourceFile::find_all(sources);
        folders.validate(&sources)?;
        let digests = digest_cache::digests(sources, &cache)?;
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
    output.artifacts.save(artifacts::ASSETS_ROOT, plan.override_root.clone().unwrap_or_else(|| url.clone()));
    let mut icons = Map::new();
    for asset in plan.assets.icons() {
        let Some(digest) = digests.get(asset.source.as_os_str()) else { continue };
        let of_language = icons.entry(asset.language.clone()).or_insert_with(|| json!({}));
        // Always S3's own URL: the icons of the manifest are fetched from there, even if `overrideAssetsRoot` is set.
        of_language[asset.path.as_str()] = json!({"url": format!("{url}{}", asset.key), "md5": digest.md5});
    }
    output.artifacts.save(artifacts::ICONS, Value::Object(icons));
    output.artifacts.delete("required-assets");
}
