//! Decides what to change, from what is wanted and what was observed.

use crate::assets::diff::{self, DesiredObjects, ObservedObjects};
use crate::assets::etag;
use crate::assets::object::ObjectChange;
use crate::assets::observe::Observed;
use crate::assets::public_access::change::{self, BucketChange, Creation, ObservedBucket};
use crate::assets::public_access::{bucket_setup, policy};
use crate::assets::remote::Remote;
use crate::assets::upload_manifest::UploadManifest;
use crate::error::Result;
use std::collections::HashSet;

/// The changes of a deployment, in their order.
pub(crate) struct Decision {
    pub(crate) bucket: Vec<BucketChange>,
    pub(crate) objects: Vec<ObjectChange>,
}

impl Decision {
    /// Returns whether an object is uploaded.
    pub(crate) fn uploads_key(&self, key: &str) -> bool {
        self.objects.iter().any(|change| change.uploaded_key() == Some(key))
    }

    /// Returns the keys of the objects that are uploaded.
    pub(crate) fn uploaded_keys(&self) -> HashSet<&str> {
        self.objects.iter().filter_map(ObjectChange::uploaded_key).collect()
    }

    /// Returns whether something other than an object is written first, or an object deleted.
    pub(crate) fn writes_before_uploads(&self) -> bool {
        !self.bucket.is_empty() || matches!(self.objects.first(), Some(ObjectChange::Delete { .. }))
    }
}

/// Decides, and warns of what is left as it is.
///
/// # Errors
/// The failure of reading the policy; `AwsRequestRejected` for a policy that cannot be edited.
pub(crate) fn decide(
    desired: &DesiredObjects<'_>,
    remote: &Remote<'_>,
    observed: &Observed,
    manifest: &UploadManifest,
) -> Result<Decision> {
    let Observed { objects: existing, creation, .. } = observed;
    if *creation == Creation::InUse {
        bucket_setup::warn_in_use(remote);
    }
    let policy = match observed.policy.clone() {
        Some(policy) => policy::unless_denied(policy, desired.public_access, remote.reporter)?,
        // A new bucket does not have one.
        None => Some(String::new()),
    };
    let observed_bucket = ObservedBucket { creation: *creation, policy: policy.as_deref() };
    let bucket = change::changes(&remote.desired_bucket(), &observed_bucket)?;

    // Reads only files whose objects another tool has uploaded in parts.
    let same_content: HashSet<String> = diff::unrecognized(desired.objects, existing, manifest)
        .filter(|(object, etag)| etag::matches_etag(object.source, &object.digest, etag))
        .map(|(object, _)| object.key.clone())
        .collect();
    let observed_objects = ObservedObjects { existing, manifest, same_content: &same_content };
    let (objects, warning) = diff::changes(desired, &observed_objects);
    if let Some(warning) = warning {
        remote.reporter.warning(warning);
    }
    Ok(Decision { bucket, objects })
}
