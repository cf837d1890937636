//! Uploads the pending objects, and deletes the objects of removed assets if that is wanted.

use crate::assets::digest_cache;
use crate::assets::object::{DesiredObject, PendingUpload, UploadedObjects};
use crate::assets::owner::Ownership;
use crate::assets::plan::Plan;
use crate::assets::remote::Remote;
use crate::assets::remote_objects::RemoteObjects;
use crate::assets::upload::multipart_cleanup::{self, UploadJournal};
use crate::assets::upload_manifest::{StoredManifest, UploadManifest};
use crate::assets::{delete, diff, upload};
use crate::config::options::RemovedAssets;
use crate::error::{ErrorCode, Result};
use crate::output::format;

/// The changes of a synchronization.
pub(crate) struct SyncResult<'a> {
    pub(crate) uploads: Vec<PendingUpload<'a>>,
    pub(crate) deleted: usize,
}

impl SyncResult<'_> {
    pub(crate) fn has_uploaded(&self, key: &str) -> bool {
        self.uploads.iter().any(|upload| upload.object.key == key)
    }
}

/// Makes the existing objects match the desired ones. The owner of the bucket is checked only if S3 rejects a write, so
/// that no write waits for the check.
pub(crate) async fn sync_as_owner<'a>(
    plan: &Plan,
    remote: &Remote<'_>,
    desired: &'a [DesiredObject<'a>],
    existing: &RemoteObjects,
) -> Result<SyncResult<'a>> {
    let result = sync(plan, remote, desired, existing).await;
    let Some(owner) = remote.owner.filter(|owner| !owner.is_checked()) else { return result };
    match result {
        Err(error) if error.code == ErrorCode::AccessDenied => match owner.ensure(&remote.s3, remote.bucket).await? {
            Ownership::Accepted => sync(plan, remote, desired, existing).await,
            Ownership::Expected | Ownership::Unknown => Err(error),
        },
        result => result,
    }
}

/// Makes the existing objects match the desired ones.
///
/// The upload manifest is correct at every moment, even if the process ends in between.
async fn sync<'a>(
    plan: &Plan,
    remote: &Remote<'_>,
    desired: &'a [DesiredObject<'a>],
    existing: &RemoteObjects,
) -> Result<SyncResult<'a>> {
    let access = plan.public_access;
    let mut stored = StoredManifest::read(remote, desired, existing).await?;
    let uploads = diff::pending_uploads(desired, existing, &stored.manifest, access);
    let journal = UploadJournal::load(plan.deploy_root.join(multipart_cleanup::FILE_NAME), &remote.bucket.name);
    let will_delete = plan.removed_assets != RemovedAssets::Keep
        && diff::removed_keys(&plan.prefix, &plan.assets, existing).next().is_some();
    // A rejected upload is an error, which `sync_as_owner` follows up.
    if !journal.is_empty() || (will_delete && uploads.is_empty()) {
        remote.ensure_writable().await?;
    } else if !uploads.is_empty() {
        remote.expect_owner().await;
    }
    if let Some(invalidated) = stored.manifest.invalidated(&uploads, access) {
        stored.write(remote, &invalidated).await?;
    }
    multipart_cleanup::abort_recorded(remote, &journal).await?;
    let uploaded = upload::upload_all(remote, &journal, &uploads).await;
    multipart_cleanup::abort_orphaned(remote, &journal).await?;
    if !uploads.iter().all(|upload| matches_digest(upload.object, &uploaded)) {
        digest_cache::clear_cache(&plan.digest_cache());
    }
    let manifest = UploadManifest::after_upload(desired, existing, &uploaded?, access);
    stored.write(remote, &manifest).await?;
    let deleted = match plan.removed_assets {
        RemovedAssets::Keep => 0,
        RemovedAssets::DeleteFew | RemovedAssets::DeleteAll => delete_removed(plan, remote, existing).await?,
    };
    Ok(SyncResult { uploads, deleted })
}

/// Returns whether S3 received the content of the digest. Otherwise the file has changed during the deployment, or the
/// digest cache is wrong.
fn matches_digest(object: &DesiredObject<'_>, uploaded: &Result<UploadedObjects>) -> bool {
    match uploaded {
        Ok(uploaded) => uploaded.get(&object.key).is_none_or(|content| content.md5 == object.digest.md5),
        Err(error) => error.code != ErrorCode::FileError,
    }
}

/// Deletes the objects of removed assets, but never all objects, and most of them only with `"always"`: a folder
/// without assets is probably a mistake.
async fn delete_removed(plan: &Plan, remote: &Remote<'_>, existing: &RemoteObjects) -> Result<usize> {
    let removed: Vec<_> = diff::removed_keys(&plan.prefix, &plan.assets, existing).collect();
    if removed.is_empty() {
        return Ok(0);
    }
    if plan.assets.is_empty() {
        remote.reporter.warning(format!(
            "the project has no assets at all, so none of the {} objects under {} is deleted",
            removed.len(),
            plan.prefix
        ));
        return Ok(0);
    }
    let left = plan.assets.iter().count();
    if plan.removed_assets == RemovedAssets::DeleteFew && removed.len() > left {
        remote.reporter.warning(format!(
            "the assets of {} under {} were removed, and only {} left, so nothing is deleted. Check that no folder of assets is missing; to delete them, set s3Configuration.deleteRemovedAssets to \"always\".",
            format::count(removed.len(), "object"),
            plan.prefix,
            match left {
                1 => "1 is".to_owned(),
                _ => format!("{left} are"),
            }
        ));
        return Ok(0);
    }
    delete::delete_objects(remote, &removed).await
}
