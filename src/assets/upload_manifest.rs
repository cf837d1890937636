//! Reads and writes the upload manifest: an object of the bucket that records how the assets were uploaded.
//!
//! A listing shows only ETags, and a changed `uploadParams` must reach objects whose content is unchanged, from every
//! machine. The manifest lists objects with parameters, and objects whose ETag is not the one that this module
//! computes. A target without such objects has no manifest.
//!
//! The manifest is downloaded only if its ETag, which is in the listing, is not the one that is expected.

use crate::assets::etag;
use crate::assets::object::{DesiredObject, PendingUpload, UploadedObjects};
use crate::assets::remote::Remote;
use crate::assets::remote_objects::RemoteObjects;
use crate::aws::s3::with_timeout_for;
use crate::aws::{CallError, CallResult, retry};
use crate::config::options::PublicAccess;
use crate::error::{Error, ErrorCode, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// Outside of the prefixes of all targets, which may be public.
const FOLDER: &str = ".litexa-deploy-aws/";

const FILE_NAME: &str = "upload-manifest.json";

/// The fingerprint of unknown parameters, which is not equal to any other one.
const UNKNOWN: &str = "unknown";

/// Attempts to read an answer that breaks off.
const MAX_READ_ATTEMPTS: u32 = 4;

const MAX_READ_PAUSE: Duration = Duration::from_secs(2);

/// Returns the prefix of the manifest's key, for a target with this prefix.
pub(crate) fn prefix(target_prefix: &str) -> String {
    format!("{FOLDER}{target_prefix}")
}

fn key(target_prefix: &str) -> String {
    format!("{}{FILE_NAME}", prefix(target_prefix))
}

/// How the objects of one target were uploaded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UploadManifest {
    /// Whether the objects were uploaded with the canned ACL `public-read`.
    public_read_acl: bool,
    objects: BTreeMap<String, ManifestEntry>,
}

/// How one object was uploaded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ManifestEntry {
    /// The ETag that this module computed.
    pub(crate) md5: String,
    /// The ETag that S3 returned.
    pub(crate) etag: String,
    /// The fingerprint of the content type and the parameters.
    pub(crate) fingerprint: String,
}

impl ManifestEntry {
    /// Returns an entry that does not match any content or parameters.
    fn unknown() -> Self {
        ManifestEntry { md5: String::new(), etag: String::new(), fingerprint: UNKNOWN.to_owned() }
    }
}

impl Default for UploadManifest {
    /// Returns the manifest of objects that 0.9.0 uploaded: with an ACL, and without parameters.
    fn default() -> Self {
        UploadManifest { public_read_acl: true, objects: BTreeMap::new() }
    }
}

impl UploadManifest {
    fn new(public_access: PublicAccess, objects: BTreeMap<String, ManifestEntry>) -> Self {
        UploadManifest { public_read_acl: public_access == PublicAccess::Acl, objects }
    }

    /// Returns whether the objects were uploaded for this kind of public access.
    pub(crate) fn is_for(&self, public_access: PublicAccess) -> bool {
        self.public_read_acl == (public_access == PublicAccess::Acl)
    }

    pub(crate) fn entry(&self, key: &str) -> Option<&ManifestEntry> {
        self.objects.get(key)
    }

    /// Returns whether it is known with which parameters the object was uploaded. A manifest of other objects only means
    /// that it has none. Without a manifest, another tool or 0.9.0 may have uploaded it.
    pub(crate) fn records(&self, key: &str) -> bool {
        self.entry(key).map_or(*self != UploadManifest::default(), |entry| entry.fingerprint != UNKNOWN)
    }

    /// Returns the manifest for the time after the upload, when all objects are as desired.
    pub(crate) fn after_upload(
        desired: &[DesiredObject<'_>],
        existing: &RemoteObjects,
        uploaded: &UploadedObjects,
        public_access: PublicAccess,
    ) -> Self {
        let entry = |object: &DesiredObject<'_>| {
            let (etag, md5) = match uploaded.get(&object.key) {
                Some(content) => (content.etag.as_str(), content.md5.as_str()),
                None => (existing.etag(&object.key)?, object.digest.md5.as_str()),
            };
            // The ETag of another tool's part size also identifies the content, but to check it the file must be read.
            let is_default = etag == md5 && object.fingerprint == object.default_fingerprint;
            (!is_default).then(|| {
                let fingerprint = object.fingerprint.clone();
                (object.key.clone(), ManifestEntry { md5: md5.to_owned(), etag: etag.to_owned(), fingerprint })
            })
        };
        UploadManifest::new(public_access, desired.iter().filter_map(entry).collect())
    }

    /// Returns the manifest for the time of the uploads: if they are interrupted, the pending objects are uploaded
    /// again.
    ///
    /// Returns `None` if this manifest stays correct whatever happens: objects without parameters are recognized by
    /// their ETags.
    pub(crate) fn invalidated(&self, pending: &[PendingUpload<'_>], public_access: PublicAccess) -> Option<Self> {
        let recognized_by_etag = |object: &DesiredObject<'_>| {
            object.fingerprint == object.default_fingerprint
                && self.entry(&object.key).is_none()
                && self.is_for(public_access)
        };
        let mut manifest = self.clone();
        let uncertain = pending.iter().map(|upload| upload.object).filter(|object| !recognized_by_etag(object));
        manifest.objects.extend(uncertain.map(|object| (object.key.clone(), ManifestEntry::unknown())));
        (manifest != *self).then_some(manifest)
    }

    /// Returns the manifest that makes every object be uploaded again.
    fn untrusted(desired: &[DesiredObject<'_>], public_access: PublicAccess) -> Self {
        let entries = desired.iter().map(|object| (object.key.clone(), ManifestEntry::unknown()));
        UploadManifest::new(public_access, entries.collect())
    }

    fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// The manifest as it is in the bucket.
#[derive(Default)]
pub(crate) struct StoredManifest {
    pub(crate) manifest: UploadManifest,
    source: ManifestSource,
}

#[derive(Default)]
enum ManifestSource {
    #[default]
    /// The bucket has no manifest.
    Missing,
    Bytes(Vec<u8>),
    /// Reading it is denied, or its content is not a manifest.
    Unreadable,
}

impl StoredManifest {
    /// Reads the manifest of the last deployment. Without one, returns the default.
    ///
    /// Warns if reading it is denied; all assets are uploaded again then.
    pub(crate) async fn read(
        remote: &Remote<'_>,
        desired: &[DesiredObject<'_>],
        existing: &RemoteObjects,
    ) -> Result<Self> {
        let stored = |manifest, source| Ok(StoredManifest { manifest, source });
        let untrusted = || UploadManifest::untrusted(desired, remote.public_access);
        let Some(etag) = existing.etag(&key(remote.prefix)) else {
            return stored(UploadManifest::default(), ManifestSource::Missing);
        };
        let none = UploadedObjects::new();
        let expected = UploadManifest::after_upload(desired, existing, &none, remote.public_access);
        let bytes = expected.to_bytes();
        if etag::md5_hex(&bytes) == etag {
            return stored(expected, ManifestSource::Bytes(bytes));
        }
        match download(remote).await.optional() {
            Ok(None) => stored(UploadManifest::default(), ManifestSource::Missing),
            Ok(Some(bytes)) => match serde_json::from_slice(&bytes) {
                Ok(manifest) => stored(manifest, ManifestSource::Bytes(bytes)),
                Err(_) => stored(untrusted(), ManifestSource::Unreadable),
            },
            Err(error) if error.status() == Some(403) => {
                remote.reporter.warning(format!("{error} Until then, every change uploads all assets again."));
                stored(untrusted(), ManifestSource::Unreadable)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Writes a manifest unless the bucket has it already.
    pub(crate) async fn write(&mut self, remote: &Remote<'_>, manifest: &UploadManifest) -> Result<()> {
        let bytes = manifest.to_bytes();
        let is_current = match &self.source {
            ManifestSource::Missing => *manifest == UploadManifest::default(),
            ManifestSource::Bytes(stored) => *stored == bytes,
            ManifestSource::Unreadable => false,
        };
        if is_current {
            return Ok(());
        }
        remote.expect_owner().await;
        let (bucket, key) = (&remote.bucket.name, key(remote.prefix));
        let operation = format!("writing the upload manifest {bucket}/{key}");
        remote.reporter.verbose(operation.as_str());
        let send = || {
            let request = remote.s3.put_object().bucket(bucket).key(&key).content_type("application/json");
            let timeout = with_timeout_for(&remote.s3, bytes.len() as u64);
            let request = remote.bucket.params.for_own_object(request.body(bytes.clone().into()));
            request.customize().config_override(timeout).send()
        };
        remote.call(operation, "s3:PutObject").send(send).await?;
        self.source = ManifestSource::Bytes(bytes);
        Ok(())
    }
}

async fn download(remote: &Remote<'_>) -> Result<Vec<u8>, CallError> {
    let (bucket, key) = (&remote.bucket.name, key(remote.prefix));
    let operation = format!("reading the upload manifest {bucket}/{key}");
    let request = remote.s3.get_object().bucket(bucket).key(&key);
    let mut attempt = 1;
    loop {
        let output = remote.call(operation.as_str(), "s3:GetObject").send(|| request.clone().send()).await?;
        match output.body.collect().await {
            Ok(body) => return Ok(body.to_vec()),
            // The SDK retries only until an answer begins.
            Err(_) if attempt < MAX_READ_ATTEMPTS => {
                tokio::time::sleep(retry::pause(attempt, MAX_READ_PAUSE)).await;
                attempt += 1;
            }
            Err(error) => {
                let message = format!("{operation} failed: the connection was lost ({error})");
                return Err(Error::new(ErrorCode::AwsUnavailable, message).hint("Try again in a while").into());
            }
        }
    }
}
