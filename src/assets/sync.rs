//! Makes the decided changes of the objects: uploads, and deletes.

use crate::assets::object::{DesiredObject, ObjectChange, PendingUpload, UploadedObjects};
use crate::assets::owner::Ownership;
use crate::assets::plan::Plan;
use crate::assets::remote::Remote;
use crate::assets::remote_objects::RemoteObjects;
use crate::assets::upload::multipart_cleanup::{self, UploadJournal};
use crate::assets::upload_manifest::{StoredManifest, UploadManifest};
use crate::assets::{delete, upload};
use crate::error::{ErrorCode, Result};
use std::collections::HashMap;

/// The changes of a target's objects.
pub(crate) struct Sync<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) desired: &'a [DesiredObject<'a>],
    pub(crate) existing: &'a RemoteObjects,
    pub(crate) changes: &'a [ObjectChange],
    /// The multipart uploads that earlier deployments have not ended.
    pub(crate) journal: &'a UploadJournal,
}

impl Sync<'_> {
    /// Makes the changes, and returns how many objects were deleted.
    ///
    /// If only S3's rejection of an upload shows that the bucket belongs to another account, and that is accepted, the
    /// changes are made again: no write has waited for the check.
    pub(crate) async fn apply_as_owner(&self, remote: &Remote<'_>, stored: &mut StoredManifest) -> Result<usize> {
        let result = self.apply(remote, stored).await;
        let Some(owner) = remote.owner.filter(|owner| !owner.is_checked()) else { return result };
        match result {
            Err(error) if error.code == ErrorCode::AccessDenied => {
                match owner.ensure(&remote.s3, remote.bucket).await? {
                    Ownership::Accepted => self.apply(remote, stored).await,
                    Ownership::Expected | Ownership::Unknown => Err(error),
                }
            }
            result => result,
        }
    }

    /// The upload manifest is correct at every moment, even if the process ends in between.
    async fn apply(&self, remote: &Remote<'_>, stored: &mut StoredManifest) -> Result<usize> {
        let Sync { plan, desired, existing, journal, .. } = self;
        let (access, uploads) = (plan.public_access, self.uploads());
        if !uploads.is_empty() {
            remote.expect_owner().await;
        }
        if let Some(invalidated) = stored.manifest.invalidated(&uploads, access) {
            stored.write(remote, &invalidated).await?;
        }
        multipart_cleanup::abort_recorded(remote, journal).await?;
        let uploaded = upload::upload_all(remote, journal, &uploads).await;
        multipart_cleanup::abort_orphaned(remote, journal).await?;
        if !uploads.iter().all(|upload| matches_digest(upload.object, &uploaded)) {
            plan.digest_cache.clear();
        }
        let manifest = UploadManifest::after_upload(desired, existing, &uploaded?, access);
        stored.write(remote, &manifest).await?;
        self.delete_removed(remote).await
    }

    /// Returns the uploads among the changes, with their objects.
    fn uploads(&self) -> Vec<PendingUpload<'_>> {
        let uploads = self.changes.iter().filter_map(|change| match change {
            ObjectChange::Upload { key, .. } => Some((key.as_str(), change)),
            ObjectChange::Delete { .. } => None,
        });
        let changes: HashMap<&str, &ObjectChange> = uploads.collect();
        let pending = |object| Some(PendingUpload { object, change: changes.get(object.key.as_str()).copied()? });
        self.desired.iter().filter_map(pending).collect()
    }

    async fn delete_removed(&self, remote: &Remote<'_>) -> Result<usize> {
        let mut keys = Vec::new();
        for change in self.changes {
            if let ObjectChange::Delete { key } = change {
                remote.reporter.log(change.line());
                keys.push(key.as_str());
            }
        }
        delete::delete_objects(remote, &keys).await
    }
}

/// Returns whether S3 received the content of the digest. Otherwise the file has changed during the deployment, or the
/// digest cache is wrong.
fn matches_digest(object: &DesiredObject<'_>, uploaded: &Result<UploadedObjects>) -> bool {
    match uploaded {
        Ok(uploaded) => uploaded.get(&object.key).is_none_or(|content| content.md5 == object.digest.md5),
        Err(error) => error.code != ErrorCode::FileError,
    }
}
