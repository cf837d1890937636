//! Compares the desired objects with the existing ones: which are uploaded, and which are deleted. Values only.

use crate::assets::object::{DesiredObject, ObjectChange, UploadReason};
use crate::assets::remote_objects::RemoteObjects;
use crate::assets::upload_manifest::UploadManifest;
use crate::config::options::{PublicAccess, RemovedAssets};
use crate::output::format;
use std::collections::HashSet;

/// The objects of a target that the bucket must hold.
#[derive(Clone, Copy)]
pub(crate) struct DesiredObjects<'a> {
    pub(crate) objects: &'a [DesiredObject<'a>],
    /// The prefix of their keys.
    pub(crate) prefix: &'a str,
    pub(crate) public_access: PublicAccess,
    /// Whether objects of removed assets are deleted.
    pub(crate) removed_assets: RemovedAssets,
}

/// The objects of a target that the bucket holds.
#[derive(Clone, Copy)]
pub(crate) struct ObservedObjects<'a> {
    pub(crate) existing: &'a RemoteObjects,
    pub(crate) manifest: &'a UploadManifest,
    /// The keys among [`unrecognized`] whose objects have the content of their file.
    pub(crate) same_content: &'a HashSet<String>,
}

/// Returns the uploads in the order of the desired objects, and then the deletions.
///
/// Returns a warning as well if objects of removed assets are left.
pub(crate) fn changes(
    desired: &DesiredObjects<'_>,
    observed: &ObservedObjects<'_>,
) -> (Vec<ObjectChange>, Option<String>) {
    let upload = |object| upload(object, desired.public_access, observed);
    let uploads = desired.objects.iter().filter_map(upload);
    match deletions(desired, observed.existing) {
        Ok(keys) => (uploads.chain(keys.into_iter().map(|key| ObjectChange::Delete { key })).collect(), None),
        Err(warning) => (uploads.collect(), Some(warning)),
    }
}

/// Returns the objects that exist with another ETag than the desired content has by this module's part size, with their
/// ETags: another tool may have uploaded the same content.
pub(crate) fn unrecognized<'a>(
    desired: &'a [DesiredObject<'a>],
    existing: &'a RemoteObjects,
    manifest: &'a UploadManifest,
) -> impl Iterator<Item = (&'a DesiredObject<'a>, &'a str)> {
    let with_etag = desired.iter().filter_map(move |object| Some((object, existing.etag(&object.key)?)));
    with_etag.filter(move |(object, etag)| !is_recognized(object, etag, manifest))
}

/// Returns the upload of an object, if it must be uploaded.
fn upload(
    object: &DesiredObject<'_>,
    public_access: PublicAccess,
    observed: &ObservedObjects<'_>,
) -> Option<ObjectChange> {
    let access_changed = !observed.manifest.is_for(public_access);
    let reason = match content_change(object, observed) {
        None if access_changed => UploadReason::ParamsChanged,
        None => params_change(object, observed)?,
        Some(content_change) => content_change,
    };
    let is_new = reason == UploadReason::New;
    let becomes_public = match public_access {
        PublicAccess::None => false,
        PublicAccess::BucketPolicy => is_new,
        // Grants take the place of the ACL.
        PublicAccess::Acl => (is_new || access_changed) && !object.params.has_grants(),
    };
    Some(ObjectChange::Upload { key: object.key.clone(), size: object.digest.size, reason, becomes_public })
}

fn content_change(object: &DesiredObject<'_>, observed: &ObservedObjects<'_>) -> Option<UploadReason> {
    let Some(etag) = observed.existing.etag(&object.key) else { return Some(UploadReason::New) };
    let same = is_recognized(object, etag, observed.manifest) || observed.same_content.contains(&object.key);
    (!same).then_some(UploadReason::ContentChanged)
}

/// Returns whether the ETag shows that an object has the desired content. Where S3 encrypts with a KMS key, an ETag does
/// not depend on the content alone; the manifest has both.
fn is_recognized(object: &DesiredObject<'_>, etag: &str, manifest: &UploadManifest) -> bool {
    let md5 = &object.digest.md5;
    etag == md5 || manifest.entry(&object.key).is_some_and(|entry| entry.etag == etag && entry.md5 == *md5)
}

/// Compares with the parameters in the manifest, unless something else has written the object since.
fn params_change(object: &DesiredObject<'_>, observed: &ObservedObjects<'_>) -> Option<UploadReason> {
    let etag = observed.existing.etag(&object.key);
    let entry = observed.manifest.entry(&object.key);
    let is_replaced = entry.is_some_and(|entry| Some(entry.etag.as_str()) != etag);
    let uploaded = entry.map_or(&object.default_fingerprint, |entry| &entry.fingerprint);
    match observed.manifest.records(&object.key) {
        _ if is_replaced => Some(UploadReason::ParamsNotRecorded),
        _ if *uploaded == object.fingerprint => None,
        true => Some(UploadReason::ParamsChanged),
        false => Some(UploadReason::ParamsNotRecorded),
    }
}

/// Returns the keys of removed assets that are deleted, but never all keys, and most of them only with `"always"`: a
/// folder without assets is probably a mistake.
///
/// # Errors
/// The warning if they are not deleted for that reason.
fn deletions(desired: &DesiredObjects<'_>, existing: &RemoteObjects) -> Result<Vec<String>, String> {
    let DesiredObjects { objects, prefix, removed_assets, .. } = *desired;
    if removed_assets == RemovedAssets::Keep {
        return Ok(Vec::new());
    }
    let removed = removed_keys(prefix, objects, existing);
    let (count, left) = (format::count(removed.len(), "object"), objects.len());
    if !removed.is_empty() && left == 0 {
        return Err(format!("the project has no assets at all, so none of the {count} under {prefix} is deleted"));
    }
    if removed_assets == RemovedAssets::DeleteFew && removed.len() > left {
        let left = if left == 1 { "1 is".to_owned() } else { format!("{left} are") };
        return Err(format!(
            "the assets of {count} under {prefix} were removed, and only {left} left, so nothing is deleted. Check that no folder of assets is missing; to delete them, set s3Configuration.deleteRemovedAssets to \"always\"."
        ));
    }
    Ok(removed)
}

/// Returns the keys under the prefix that do not belong to an asset, in their order.
fn removed_keys(prefix: &str, objects: &[DesiredObject<'_>], existing: &RemoteObjects) -> Vec<String> {
    let desired: HashSet<&str> = objects.iter().map(|object| object.key.as_str()).collect();
    let is_removed = |key: &&str| key.starts_with(prefix) && !desired.contains(key);
    let mut removed: Vec<String> = existing.keys().filter(is_removed).map(str::to_owned).collect();
    removed.sort();
    removed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets::etag::Digest;
    use crate::assets::object::PendingUpload;
    use crate::assets::upload_params::{PutObjectParams, UploadParams};
    use serde_json::json;
    use std::path::Path;

    const KEY: &str = "cats/beta/default/a.mp3";

    fn digest(md5: &str) -> Digest {
        Digest { size: 5, md5: md5.into(), parts: Vec::new(), is_utf8_text: false }
    }

    fn object<'a>(digest: &Digest, params: &'a PutObjectParams) -> DesiredObject<'a> {
        DesiredObject {
            key: KEY.into(),
            source: Path::new("/nowhere/a.mp3"),
            content_type: "audio/mpeg".into(),
            params,
            fingerprint: params.fingerprint("audio/mpeg"),
            default_fingerprint: PutObjectParams::default().fingerprint("audio/mpeg"),
            digest: digest.clone(),
        }
    }

    fn decide(
        objects: &[DesiredObject<'_>],
        existing: &RemoteObjects,
        manifest: &UploadManifest,
        options: (PublicAccess, RemovedAssets),
    ) -> (Vec<ObjectChange>, Option<String>) {
        let (public_access, removed_assets) = options;
        let desired = DesiredObjects { objects, prefix: "cats/beta/", public_access, removed_assets };
        changes(&desired, &ObservedObjects { existing, manifest, same_content: &HashSet::new() })
    }

    fn uploads(
        object: &DesiredObject<'_>,
        existing: &RemoteObjects,
        manifest: &UploadManifest,
        public_access: PublicAccess,
    ) -> Vec<ObjectChange> {
        decide(std::slice::from_ref(object), existing, manifest, (public_access, RemovedAssets::Keep)).0
    }

    fn reason(object: &DesiredObject<'_>, existing: &RemoteObjects, manifest: &UploadManifest) -> Option<UploadReason> {
        match uploads(object, existing, manifest, PublicAccess::Acl).as_slice() {
            [] => None,
            [ObjectChange::Upload { reason, .. }] => Some(*reason),
            other => panic!("{other:?}"),
        }
    }

    fn manifest_after(object: &DesiredObject<'_>, existing: &RemoteObjects) -> UploadManifest {
        let uploaded = Default::default();
        UploadManifest::after_upload(std::slice::from_ref(object), existing, &uploaded, PublicAccess::Acl)
    }

    fn cached_for_an_hour() -> UploadParams {
        UploadParams::parse(Some(&json!([{"params": {"CacheControl": "max-age=3600"}}]))).unwrap()
    }

    #[test]
    fn an_object_is_uploaded_if_it_is_missing_or_its_content_differs() {
        let (content, default) = (digest("aa"), PutObjectParams::default());
        let object = object(&content, &default);
        let manifest = UploadManifest::default();
        assert_eq!(reason(&object, &RemoteObjects::default(), &manifest), Some(UploadReason::New));
        assert_eq!(reason(&object, &RemoteObjects::of(&[(KEY, "aa")]), &manifest), None);
        let other = RemoteObjects::of(&[(KEY, "bb")]);
        assert_eq!(reason(&object, &other, &manifest), Some(UploadReason::ContentChanged));
    }

    #[test]
    fn an_unchanged_object_is_uploaded_if_its_parameters_change() {
        let (content, upload_params) = (digest("aa"), cached_for_an_hour());
        let with_params = object(&content, upload_params.params_for("a.mp3"));
        let existing = RemoteObjects::of(&[(KEY, "aa")]);
        let after = manifest_after(&with_params, &existing);
        assert_eq!(reason(&with_params, &existing, &after), None);
        let default = PutObjectParams::default();
        assert_eq!(reason(&object(&content, &default), &existing, &after), Some(UploadReason::ParamsChanged));
        let another_day = json!([{"params": {"CacheControl": "max-age=86400"}}]);
        let another_day = UploadParams::parse(Some(&another_day)).unwrap();
        let changed = object(&content, another_day.params_for("a.mp3"));
        assert_eq!(reason(&changed, &existing, &after), Some(UploadReason::ParamsChanged));
    }

    #[test]
    fn parameters_that_no_manifest_has_are_not_called_changed() {
        let (content, upload_params) = (digest("aa"), cached_for_an_hour());
        let with_params = object(&content, upload_params.params_for("a.mp3"));
        let existing = RemoteObjects::of(&[(KEY, "aa")]);
        let manifest = |text: &str| serde_json::from_str::<UploadManifest>(text).unwrap();
        let none = UploadManifest::default();
        assert_eq!(reason(&with_params, &existing, &none), Some(UploadReason::ParamsNotRecorded));
        // That of another object shows that this one has been uploaded without parameters.
        let other =
            manifest(r#"{"publicReadAcl": true, "objects": {"other": {"md5": "a", "etag": "a", "fingerprint": "f"}}}"#);
        assert_eq!(reason(&with_params, &existing, &other), Some(UploadReason::ParamsChanged));
        // Changed content is the better reason.
        let changed = RemoteObjects::of(&[(KEY, "bb")]);
        assert_eq!(reason(&with_params, &changed, &none), Some(UploadReason::ContentChanged));
    }

    #[test]
    fn the_parameters_of_an_object_that_another_tool_has_replaced_are_not_known() {
        let (content, upload_params) = (digest("aa"), cached_for_an_hour());
        let with_params = object(&content, upload_params.params_for("a.mp3"));
        let recorded = manifest_after(&with_params, &RemoteObjects::of(&[(KEY, "bb")]));
        let existing = RemoteObjects::of(&[(KEY, "aa")]);
        assert_eq!(reason(&with_params, &existing, &recorded), Some(UploadReason::ParamsNotRecorded));
    }

    #[test]
    fn an_interrupted_change_of_parameters_is_repeated() {
        let (content, upload_params, default) = (digest("aa"), cached_for_an_hour(), PutObjectParams::default());
        let (with, without) = (object(&content, upload_params.params_for("a.mp3")), object(&content, &default));
        let existing = RemoteObjects::of(&[(KEY, "aa")]);
        let change = ObjectChange::Delete { key: KEY.into() };
        let invalidated = |object| {
            UploadManifest::default().invalidated(&[PendingUpload { object, change: &change }], PublicAccess::Acl)
        };
        let during = invalidated(&with).unwrap();
        assert_eq!(reason(&with, &existing, &during), Some(UploadReason::ParamsNotRecorded));
        assert_eq!(reason(&without, &existing, &during), Some(UploadReason::ParamsNotRecorded));
        // An object without parameters is recognized by its ETag alone.
        assert_eq!(invalidated(&without), None);
    }

    #[test]
    fn an_encrypted_object_is_recognized_by_the_etag_in_the_manifest() {
        let (content, default) = (digest("aa"), PutObjectParams::default());
        let same = object(&content, &default);
        let existing = RemoteObjects::of(&[(KEY, "opaque")]);
        assert_eq!(reason(&same, &existing, &UploadManifest::default()), Some(UploadReason::ContentChanged));
        let after = manifest_after(&same, &existing);
        assert_eq!(reason(&same, &existing, &after), None);
        let changed = digest("bb");
        assert_eq!(reason(&object(&changed, &default), &existing, &after), Some(UploadReason::ContentChanged));
    }

    #[test]
    fn an_object_with_the_content_of_its_file_is_not_uploaded_whatever_its_etag_is() {
        let (content, default) = (digest("aa-2"), PutObjectParams::default());
        let object = object(&content, &default);
        let existing = RemoteObjects::of(&[(KEY, "bb-3")]);
        let manifest = UploadManifest::default();
        let found: Vec<_> = unrecognized(std::slice::from_ref(&object), &existing, &manifest).collect();
        assert_eq!((found[0].0.key.as_str(), found[0].1, found.len()), (KEY, "bb-3", 1));
        let uploaded = |same_content: &HashSet<String>| {
            let observed = ObservedObjects { existing: &existing, manifest: &manifest, same_content };
            upload(&object, PublicAccess::Acl, &observed).is_some()
        };
        assert!(uploaded(&HashSet::new()));
        assert!(!uploaded(&HashSet::from([KEY.to_owned()])));
    }

    #[test]
    fn a_change_of_public_access_reaches_every_object() {
        let (content, default) = (digest("aa"), PutObjectParams::default());
        let object = object(&content, &default);
        let existing = RemoteObjects::of(&[(KEY, "aa")]);
        let by_acl = UploadManifest::default();
        let none = Default::default();
        let private = UploadManifest::after_upload(&[], &existing, &none, PublicAccess::None);
        for (manifest, access, becomes_public) in [
            (&by_acl, PublicAccess::BucketPolicy, false),
            (&by_acl, PublicAccess::None, false),
            (&private, PublicAccess::Acl, true),
        ] {
            let (key, size, reason) = (KEY.to_owned(), 5, UploadReason::ParamsChanged);
            let expected = ObjectChange::Upload { key, size, reason, becomes_public };
            assert_eq!(uploads(&object, &existing, manifest, access), [expected]);
        }
        assert_eq!(uploads(&object, &existing, &private, PublicAccess::BucketPolicy), []);
    }

    #[test]
    fn a_new_object_becomes_public_unless_nothing_makes_it_so() {
        let (content, default) = (digest("aa"), PutObjectParams::default());
        let grants = json!([{"params": {"GrantRead": "id=\"1\""}}]);
        let grants = UploadParams::parse(Some(&grants)).unwrap();
        let becomes_public = |params, access| {
            let object = object(&content, params);
            match uploads(&object, &RemoteObjects::default(), &UploadManifest::default(), access).as_slice() {
                [ObjectChange::Upload { becomes_public, .. }] => *becomes_public,
                other => panic!("{other:?}"),
            }
        };
        assert!(becomes_public(&default, PublicAccess::Acl));
        assert!(becomes_public(&default, PublicAccess::BucketPolicy));
        assert!(!becomes_public(&default, PublicAccess::None));
        assert!(!becomes_public(grants.params_for("a.mp3"), PublicAccess::Acl));
    }

    /// Returns the keys to delete, and whether there is a warning, if one object is left.
    fn deleted(left: usize, removed: &[&str], option: RemovedAssets) -> (Vec<String>, bool) {
        let (content, default) = (digest("aa"), PutObjectParams::default());
        let objects: Vec<_> = (0..left).map(|_| object(&content, &default)).collect();
        let existing: Vec<_> =
            removed.iter().chain(&[KEY]).take(removed.len() + left).map(|key| (*key, "aa")).collect();
        let existing = RemoteObjects::of(&existing);
        let (changes, warning) = decide(&objects, &existing, &UploadManifest::default(), (PublicAccess::Acl, option));
        let keys = changes.into_iter().map(|change| match change {
            ObjectChange::Delete { key } => key,
            ObjectChange::Upload { .. } => panic!("{change:?}"),
        });
        (keys.collect(), warning.is_some())
    }

    #[test]
    fn only_objects_of_this_target_belong_to_removed_assets() {
        let old = "cats/beta/default/old.mp3";
        let others = [".litexa-deploy-aws/cats/beta/upload-manifest.json", "cats/beta2/default/a.mp3", old];
        assert_eq!(deleted(1, &others, RemovedAssets::DeleteFew), (vec![old.to_owned()], false));
    }

    #[test]
    fn few_objects_are_deleted_by_default_and_never_all() {
        let old = ["cats/beta/a", "cats/beta/b"];
        let all: Vec<_> = old.map(str::to_owned).into();
        assert_eq!(deleted(1, &old, RemovedAssets::Keep), (vec![], false));
        assert_eq!(deleted(1, &old[..1], RemovedAssets::DeleteFew), (all[..1].to_vec(), false));
        assert_eq!(deleted(1, &old, RemovedAssets::DeleteFew), (vec![], true));
        assert_eq!(deleted(1, &old, RemovedAssets::DeleteAll), (all, false));
        assert_eq!(deleted(0, &old, RemovedAssets::DeleteAll), (vec![], true));
        assert_eq!(deleted(0, &[], RemovedAssets::DeleteFew), (vec![], false));
    }
}
