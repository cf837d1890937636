//! What has to be uploaded, and what is left over: values only.

use crate::assets::etag::{self, Digest};
use crate::assets::local_assets::Inventory;
use crate::assets::remote_objects::Listing;
use crate::assets::upload_manifest::Record;
use crate::assets::upload_params::PutParameters;
use std::path::Path;

/// An object as it is to be.
#[derive(Debug)]
pub(crate) struct Upload<'a> {
    /// The whole key.
    pub(crate) key: String,
    pub(crate) source: &'a Path,
    pub(crate) content_type: &'static str,
    pub(crate) parameters: &'a PutParameters,
    /// Of the content type and parameters.
    pub(crate) fingerprint: String,
    /// The fingerprint without any parameters.
    pub(crate) plain: String,
    pub(crate) digest: &'a Digest,
}

/// Why an object is uploaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    New,
    Content,
    /// `uploadParams` or `publicAccess` have changed, or are not known to have been the same.
    Parameters,
}

/// The uploads that are due, each with its reason.
pub(crate) fn due<'u, 'a>(
    wanted: &'u [Upload<'a>],
    listing: &Listing,
    recorded: &Record,
    acl: bool,
) -> Vec<(&'u Upload<'a>, Reason)> {
    wanted.iter().filter_map(|upload| Some((upload, reason(upload, listing, recorded, acl)?))).collect()
}

fn reason(upload: &Upload, listing: &Listing, recorded: &Record, acl: bool) -> Option<Reason> {
    let Some(etag) = listing.etag(&upload.key) else { return Some(Reason::New) };
    let known = recorded.object(&upload.key);
    // Where S3 encrypts with a KMS key, ETags say nothing about the content; the record does.
    let same_content = known.is_some_and(|known| known.etag == etag && known.md5 == upload.digest.md5)
        || etag::matches_etag(upload.source, upload.digest, etag);
    if !same_content {
        return Some(Reason::Content);
    }
    let fingerprint = known.map_or(upload.plain.as_str(), |known| known.parameters.as_str());
    (fingerprint != upload.fingerprint || recorded.acl != acl).then_some(Reason::Parameters)
}

/// Objects under the prefix that no asset stands for.
pub(crate) fn gone<'l>(
    prefix: &'l str,
    inventory: &'l Inventory,
    listing: &'l Listing,
) -> impl Iterator<Item = &'l str> {
    listing.keys().filter(move |key| key.strip_prefix(prefix).is_some_and(|path| !inventory.assets.contains_key(path)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets::upload_params::UploadRules;
    use serde_json::json;

    const PREFIX: &str = "cats/beta/";

    fn digest(md5: &str) -> Digest {
        Digest { size: 5, md5: md5.into(), parts: Vec::new() }
    }

    fn upload<'a>(digest: &'a Digest, parameters: &'a PutParameters) -> Upload<'a> {
        Upload {
            key: "cats/beta/default/a.mp3".into(),
            source: Path::new("/nowhere/a.mp3"),
            content_type: "audio/mpeg",
            parameters,
            fingerprint: parameters.fingerprint("audio/mpeg"),
            plain: PutParameters::default().fingerprint("audio/mpeg"),
            digest,
        }
    }

    fn reason_for(upload: &Upload, listing: &Listing, recorded: &Record) -> Option<Reason> {
        due(std::slice::from_ref(upload), listing, recorded, true).first().map(|(_, reason)| *reason)
    }

    fn cached_for_an_hour() -> UploadRules {
        UploadRules::parse(Some(&json!([{"params": {"CacheControl": "max-age=3600"}}]))).unwrap()
    }

    #[test]
    fn what_is_there_with_the_same_content_stays() {
        let (content, plain) = (digest("aa"), PutParameters::default());
        let upload = upload(&content, &plain);
        let record = Record::default();
        assert_eq!(reason_for(&upload, &Listing::default(), &record), Some(Reason::New));
        assert_eq!(reason_for(&upload, &Listing::of(&[("cats/beta/default/a.mp3", "aa")]), &record), None);
        let other = Listing::of(&[("cats/beta/default/a.mp3", "bb")]);
        assert_eq!(reason_for(&upload, &other, &record), Some(Reason::Content));
    }

    #[test]
    fn changed_parameters_reach_objects_of_the_same_content() {
        let (content, rules) = (digest("aa"), cached_for_an_hour());
        let upload = upload(&content, rules.parameters_for("a.mp3"));
        let listing = Listing::of(&[("cats/beta/default/a.mp3", "aa")]);
        assert_eq!(reason_for(&upload, &listing, &Record::default()), Some(Reason::Parameters));
        let after = Record::after(std::slice::from_ref(&upload), &listing, &Default::default(), true);
        assert_eq!(reason_for(&upload, &listing, &after), None);
        // And back again to none.
        let plain = PutParameters::default();
        let plain = super::tests::upload(&content, &plain);
        assert_eq!(reason_for(&plain, &listing, &after), Some(Reason::Parameters));
    }

    #[test]
    fn an_interrupted_change_of_parameters_is_not_believed() {
        let (content, rules, plain) = (digest("aa"), cached_for_an_hour(), PutParameters::default());
        let (with, without) = (upload(&content, rules.parameters_for("a.mp3")), upload(&content, &plain));
        let listing = Listing::of(&[("cats/beta/default/a.mp3", "aa")]);
        let during = Record::default().during(&[(&with, Reason::Parameters)], true).unwrap();
        assert_eq!(reason_for(&with, &listing, &during), Some(Reason::Parameters));
        assert_eq!(reason_for(&without, &listing, &during), Some(Reason::Parameters));
        // What has no parameters needs no such care.
        assert_eq!(Record::default().during(&[(&without, Reason::Content)], true), None);
    }

    #[test]
    fn etags_of_encrypted_objects_are_remembered() {
        let (content, plain) = (digest("aa"), PutParameters::default());
        let upload = upload(&content, &plain);
        let listing = Listing::of(&[("cats/beta/default/a.mp3", "opaque")]);
        assert_eq!(reason_for(&upload, &listing, &Record::default()), Some(Reason::Content));
        let after = Record::after(std::slice::from_ref(&upload), &listing, &Default::default(), true);
        assert_eq!(reason_for(&upload, &listing, &after), None);
        let changed = digest("bb");
        assert_eq!(reason_for(&super::tests::upload(&changed, &plain), &listing, &after), Some(Reason::Content));
    }

    #[test]
    fn another_way_of_public_access_reaches_every_object() {
        let (content, plain) = (digest("aa"), PutParameters::default());
        let upload = upload(&content, &plain);
        let listing = Listing::of(&[("cats/beta/default/a.mp3", "aa")]);
        let due = due(std::slice::from_ref(&upload), &listing, &Record::default(), false);
        assert_eq!(due[0].1, Reason::Parameters);
    }

    #[test]
    fn only_this_targets_leftovers_are_gone() {
        let listing = Listing::of(&[
            ("cats/beta/default/old.mp3", "x"),
            (".litexa-deploy-aws/cats/beta/uploads.json", "x"),
            ("cats/beta2/default/a.mp3", "x"),
        ]);
        let inventory = Inventory::default();
        let gone: Vec<_> = gone(PREFIX, &inventory, &listing).collect();
        assert_eq!(gone, ["cats/beta/default/old.mp3"]);
    }
}
