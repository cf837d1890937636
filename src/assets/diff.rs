//! Compares the desired objects with the existing ones: which must be uploaded, and which belong to removed assets.

use crate::assets::etag;
use crate::assets::local_assets::LocalAssets;
use crate::assets::object::{DesiredObject, PendingUpload, UploadReason};
use crate::assets::remote_objects::RemoteObjects;
use crate::assets::upload_manifest::UploadManifest;
use crate::config::options::PublicAccess;

/// Returns the objects that must be uploaded, in the order of `desired`.
pub(crate) fn pending_uploads<'a>(
    desired: &'a [DesiredObject<'a>],
    existing: &RemoteObjects,
    manifest: &UploadManifest,
    public_access: PublicAccess,
) -> Vec<PendingUpload<'a>> {
    let access_changed = !manifest.is_for(public_access);
    let pending = |object: &'a DesiredObject<'a>| {
        let reason = match content_change(object, existing, manifest) {
            None if access_changed || params_changed(object, manifest) => UploadReason::ParamsChanged,
            content_change => content_change?,
        };
        Some(PendingUpload { object, reason })
    };
    desired.iter().filter_map(pending).collect()
}

fn content_change(
    object: &DesiredObject<'_>,
    existing: &RemoteObjects,
    manifest: &UploadManifest,
) -> Option<UploadReason> {
    let Some(etag) = existing.etag(&object.key) else { return Some(UploadReason::New) };
    // Where S3 encrypts with a KMS key, an ETag does not depend on the content alone; the manifest has both.
    let same_as_uploaded =
        manifest.entry(&object.key).is_some_and(|entry| entry.etag == etag && entry.md5 == object.digest.md5);
    let same = same_as_uploaded || etag::matches_etag(object.source, object.digest, etag);
    (!same).then_some(UploadReason::ContentChanged)
}

fn params_changed(object: &DesiredObject<'_>, manifest: &UploadManifest) -> bool {
    let uploaded = manifest.entry(&object.key).map_or(&object.default_fingerprint, |entry| &entry.fingerprint);
    *uploaded != object.fingerprint
}

/// Returns the keys under the prefix that do not belong to an asset.
pub(crate) fn removed_keys<'a>(
    prefix: &'a str,
    assets: &'a LocalAssets,
    existing: &'a RemoteObjects,
) -> impl Iterator<Item = &'a str> {
    existing.keys().filter(move |key| key.strip_prefix(prefix).is_some_and(|path| !assets.contains_key(path)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets::etag::Digest;
    use crate::assets::upload_params::{PutObjectParams, UploadParams};
    use serde_json::json;
    use std::path::Path;

    const KEY: &str = "cats/beta/default/a.mp3";

    fn digest(md5: &str) -> Digest {
        Digest { size: 5, md5: md5.into(), parts: Vec::new(), is_utf8_text: false }
    }

    fn object<'a>(digest: &'a Digest, params: &'a PutObjectParams) -> DesiredObject<'a> {
        DesiredObject {
            key: KEY.into(),
            source: Path::new("/nowhere/a.mp3"),
            content_type: "audio/mpeg".into(),
            params,
            fingerprint: params.fingerprint("audio/mpeg"),
            default_fingerprint: PutObjectParams::default().fingerprint("audio/mpeg"),
            digest,
        }
    }

    fn reason(object: &DesiredObject<'_>, existing: &RemoteObjects, manifest: &UploadManifest) -> Option<UploadReason> {
        let pending = pending_uploads(std::slice::from_ref(object), existing, manifest, PublicAccess::Acl);
        pending.first().map(|upload| upload.reason)
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
        assert_eq!(reason(&with_params, &existing, &UploadManifest::default()), Some(UploadReason::ParamsChanged));
        let after = manifest_after(&with_params, &existing);
        assert_eq!(reason(&with_params, &existing, &after), None);
        let default = PutObjectParams::default();
        assert_eq!(reason(&object(&content, &default), &existing, &after), Some(UploadReason::ParamsChanged));
    }

    #[test]
    fn an_interrupted_change_of_parameters_is_repeated() {
        let (content, upload_params, default) = (digest("aa"), cached_for_an_hour(), PutObjectParams::default());
        let (with, without) = (object(&content, upload_params.params_for("a.mp3")), object(&content, &default));
        let existing = RemoteObjects::of(&[(KEY, "aa")]);
        let pending = |object, reason| [PendingUpload { object, reason }];
        let during = UploadManifest::default()
            .invalidated(&pending(&with, UploadReason::ParamsChanged), PublicAccess::Acl)
            .unwrap();
        assert_eq!(reason(&with, &existing, &during), Some(UploadReason::ParamsChanged));
        assert_eq!(reason(&without, &existing, &during), Some(UploadReason::ParamsChanged));
        // An object without parameters is recognized by its ETag alone.
        let without_params = pending(&without, UploadReason::ContentChanged);
        assert_eq!(UploadManifest::default().invalidated(&without_params, PublicAccess::Acl), None);
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
    fn a_change_of_public_access_reaches_every_object() {
        let (content, default) = (digest("aa"), PutObjectParams::default());
        let object = object(&content, &default);
        let existing = RemoteObjects::of(&[(KEY, "aa")]);
        let manifest = UploadManifest::default();
        let pending = pending_uploads(std::slice::from_ref(&object), &existing, &manifest, PublicAccess::BucketPolicy);
        assert_eq!(pending[0].reason, UploadReason::ParamsChanged);
    }

    #[test]
    fn only_objects_of_this_target_belong_to_removed_assets() {
        let existing = RemoteObjects::of(&[
            ("cats/beta/default/old.mp3", "x"),
            (".litexa-deploy-aws/cats/beta/upload-manifest.json", "x"),
            ("cats/beta2/default/a.mp3", "x"),
        ]);
        let assets = LocalAssets::default();
        let removed: Vec<_> = removed_keys("cats/beta/", &assets, &existing).collect();
        assert_eq!(removed, ["cats/beta/default/old.mp3"]);
    }
}
