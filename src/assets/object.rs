//! Describes the objects of the assets, before and after their upload: values only.

use crate::assets::etag::Digest;
use crate::assets::upload_params::PutObjectParams;
use crate::deploy::change::{Action, Change};
use crate::output::format;
use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

/// The name of CloudTrail.
const OBJECT: &str = "AWS::S3::Object";

/// An asset's object as it must be in the bucket.
#[derive(Debug)]
pub(crate) struct DesiredObject<'a> {
    /// With the target's prefix.
    pub(crate) key: String,
    pub(crate) source: &'a Path,
    /// With the charset of text.
    pub(crate) content_type: Cow<'static, str>,
    pub(crate) params: &'a PutObjectParams,
    /// The fingerprint of the content type and the parameters.
    pub(crate) fingerprint: String,
    /// The fingerprint of the content type without parameters.
    pub(crate) default_fingerprint: String,
    pub(crate) digest: Digest,
}

/// A change of an object: a request that writes it, or the requests of an upload in parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ObjectChange {
    Upload {
        key: String,
        /// In bytes.
        size: u64,
        reason: UploadReason,
        /// Whether anyone can read the object afterwards, and could not before.
        becomes_public: bool,
    },
    Delete {
        key: String,
    },
}

impl ObjectChange {
    /// Returns the size of an upload in bytes.
    pub(crate) fn uploaded_bytes(&self) -> Option<u64> {
        match self {
            ObjectChange::Upload { size, .. } => Some(*size),
            ObjectChange::Delete { .. } => None,
        }
    }

    /// Returns the key of an upload.
    pub(crate) fn uploaded_key(&self) -> Option<&str> {
        match self {
            ObjectChange::Upload { key, .. } => Some(key),
            ObjectChange::Delete { .. } => None,
        }
    }

    /// Returns the line that a deployment logs for the change.
    pub(crate) fn line(&self) -> String {
        match self {
            ObjectChange::Upload { key, size, reason, .. } => {
                format!("uploading {} ({}, {})", printable(key), format::bytes(*size), reason.as_str())
            }
            ObjectChange::Delete { key } => format!("deleting {} (asset removed)", printable(key)),
        }
    }

    /// Describes the change of an object in a bucket.
    pub(crate) fn describe(&self, bucket: &str) -> Change {
        let (action, key, iam_action) = match self {
            ObjectChange::Upload { key, reason: UploadReason::New, .. } => (Action::Create, key, "s3:PutObject"),
            ObjectChange::Upload { key, .. } => (Action::Update, key, "s3:PutObject"),
            ObjectChange::Delete { key } => (Action::Delete, key, "s3:DeleteObject"),
        };
        let change = Change::new(action, (OBJECT, &format!("{bucket}/{key}")), iam_action, self.line());
        match self {
            ObjectChange::Upload { becomes_public: true, .. } => change.effect("anyone can read the object"),
            ObjectChange::Upload { .. } => change,
            // https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjects.html
            ObjectChange::Delete { .. } => change.effect("cannot be undone, unless the bucket keeps versions"),
        }
    }
}

/// Returns a key with quotes if it has characters that are not shown as they are.
fn printable(key: &str) -> Cow<'_, str> {
    if key.escape_debug().eq(key.chars()) { Cow::Borrowed(key) } else { Cow::Owned(format!("{key:?}")) }
}

/// An object that must be uploaded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PendingUpload<'a> {
    pub(crate) object: &'a DesiredObject<'a>,
    pub(crate) change: &'a ObjectChange,
}

/// Why an object is uploaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UploadReason {
    New,
    ContentChanged,
    /// `uploadParams` or `publicAccess` have changed.
    ParamsChanged,
    /// The parameters of the last upload are not known: 0.9.0 did not record them, and nothing records defaults.
    ParamsNotRecorded,
}

impl UploadReason {
    fn as_str(self) -> &'static str {
        match self {
            UploadReason::New => "new",
            UploadReason::ContentChanged => "content changed",
            UploadReason::ParamsChanged => "parameters changed",
            UploadReason::ParamsNotRecorded => "parameters changed or not recorded",
        }
    }
}

/// The objects that this deployment has uploaded, by key.
pub(crate) type UploadedObjects = HashMap<String, UploadedContent>;

/// The content of an uploaded object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct UploadedContent {
    /// The ETag that S3 returned, without quotes.
    pub(crate) etag: String,
    /// The ETag that this module computed. S3's is another one where it encrypts with a KMS key.
    pub(crate) md5: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_names_key_size_and_reason_and_what_becomes_public() {
        let upload = |reason, becomes_public| {
            ObjectChange::Upload { key: "cats/beta/default/a.mp3".into(), size: 52_000, reason, becomes_public }
                .describe("cats-assets")
        };
        let new = upload(UploadReason::New, true);
        assert_eq!(new.description, "uploading cats/beta/default/a.mp3 (52.0 KB, new)");
        assert_eq!((new.action, new.resource.as_str()), (Action::Create, "cats-assets/cats/beta/default/a.mp3"));
        assert_eq!(new.effects, ["anyone can read the object"]);
        let changed = upload(UploadReason::ParamsChanged, false);
        assert_eq!(changed.description, "uploading cats/beta/default/a.mp3 (52.0 KB, parameters changed)");
        assert_eq!((changed.action, changed.effects.len()), (Action::Update, 0));
        let unknown = upload(UploadReason::ParamsNotRecorded, false);
        assert_eq!(
            unknown.description,
            "uploading cats/beta/default/a.mp3 (52.0 KB, parameters changed or not recorded)"
        );
    }

    #[test]
    fn a_deletion_shows_any_key_on_one_line() {
        let line = |key: &str| ObjectChange::Delete { key: key.to_owned() }.line();
        assert_eq!(line("cats/beta/a b+c.mp3"), "deleting cats/beta/a b+c.mp3 (asset removed)");
        assert_eq!(line("a\rb\u{1}"), r#"deleting "a\rb\u{1}" (asset removed)"#);
    }
}
