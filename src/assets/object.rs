//! Describes the objects of the assets, before and after their upload: values only.

use crate::assets::etag::Digest;
use crate::assets::upload_params::PutObjectParams;
use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

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
    pub(crate) digest: &'a Digest,
}

/// An object that must be uploaded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PendingUpload<'a> {
    pub(crate) object: &'a DesiredObject<'a>,
    pub(crate) reason: UploadReason,
}

/// Why an object is uploaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UploadReason {
    New,
    ContentChanged,
    /// `uploadParams` or `publicAccess` have changed, or their values at the last upload are unknown.
    ParamsChanged,
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
