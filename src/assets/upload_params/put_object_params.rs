//! The `PutObject` parameters that an entry of `uploadParams` may hold, in AWS' own spelling.

use crate::assets::upload_params::setting::Setting;
use crate::error::Result;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::marker::PhantomData;

/// What is sent along with an asset, beside its key, its content, its content type and its canned ACL.
///
/// The texts are fit for HTTP headers, and the enumerations hold values that S3 knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PutObjectParams {
    pub(crate) cache_control: Option<String>,
    pub(crate) content_disposition: Option<String>,
    pub(crate) content_encoding: Option<String>,
    pub(crate) content_language: Option<String>,
    /// Seconds since 1970.
    pub(crate) expires: Option<i64>,
    pub(crate) metadata: Option<BTreeMap<String, String>>,
    /// `name=value&name=value`, encoded as in a URL's query.
    pub(crate) tagging: Option<String>,
    pub(crate) storage_class: Option<String>,
    pub(crate) website_redirect_location: Option<String>,
    pub(crate) checksum_algorithm: Option<String>,
    pub(crate) server_side_encryption: Option<String>,
    #[serde(rename = "SSEKMSKeyId")]
    pub(crate) ssekms_key_id: Option<String>,
    #[serde(rename = "SSEKMSEncryptionContext")]
    pub(crate) ssekms_encryption_context: Option<String>,
    pub(crate) bucket_key_enabled: Option<bool>,
    pub(crate) grant_full_control: Option<String>,
    pub(crate) grant_read: Option<String>,
    #[serde(rename = "GrantReadACP")]
    pub(crate) grant_read_acp: Option<String>,
    #[serde(rename = "GrantWriteACP")]
    pub(crate) grant_write_acp: Option<String>,
    pub(crate) object_lock_mode: Option<String>,
    /// Seconds since 1970.
    pub(crate) object_lock_retain_until_date: Option<i64>,
    pub(crate) object_lock_legal_hold_status: Option<String>,
    pub(crate) object_lock_event_hold: Option<String>,
    pub(crate) object_lock_event_hold_duration_days: Option<i32>,
    pub(crate) object_lock_event_hold_duration_years: Option<i32>,
    /// Of the request, not of the object: no part of the fingerprint.
    #[serde(skip)]
    pub(crate) request_payer: Option<String>,
    /// Of the request, not of the object: no part of the fingerprint.
    #[serde(skip)]
    pub(crate) expected_bucket_owner: Option<String>,
}

impl PutObjectParams {
    /// S3 refuses a request with both a canned ACL and grants, so with grants no canned ACL is sent.
    pub(crate) fn has_grants(&self) -> bool {
        [&self.grant_full_control, &self.grant_read, &self.grant_read_acp, &self.grant_write_acp]
            .into_iter()
            .any(Option::is_some)
    }

    /// Whether nothing is set.
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Tells objects apart that have the same content: it changes when what is sent along with it changes.
    ///
    /// Parameters that are not set take no part, so that a later version that knows more of them does not upload
    /// every asset anew.
    pub(crate) fn fingerprint(&self, content_type: &str) -> String {
        let mut parts = BTreeMap::from([("ContentType".to_string(), serde_json::Value::from(content_type))]);
        if let Ok(serde_json::Value::Object(fields)) = serde_json::to_value(self) {
            parts.extend(fields.into_iter().filter(|(_, value)| !value.is_null()));
        }
        let text: String = parts.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
        Sha256::digest(text).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// FingerprintCache that are computed once: thousands of assets share a few rules and content types.
#[derive(Default)]
pub(crate) struct FingerprintCache<'p> {
    known: HashMap<(*const PutObjectParams, &'static str), String>,
    _rules: PhantomData<&'p PutObjectParams>,
}

impl<'p> FingerprintCache<'p> {
    pub(crate) fn of(&mut self, parameters: &'p PutObjectParams, content_type: &'static str) -> String {
        let key = (std::ptr::from_ref(parameters), content_type);
        self.known.entry(key).or_insert_with(|| parameters.fingerprint(content_type)).clone()
    }
}

type Take = fn(&mut PutObjectParams, &Setting) -> Result<()>;

/// Every parameter that may be set, and how it is read.
pub(super) const KNOWN: [(&str, Take); 26] = [
    ("BucketKeyEnabled", |p, s| s.flag().map(|v| p.bucket_key_enabled = v)),
    ("CacheControl", |p, s| s.header().map(|v| p.cache_control = v)),
    ("ChecksumAlgorithm", |p, s| s.one_of(&CHECKSUM_ALGORITHMS).map(|v| p.checksum_algorithm = v)),
    ("ContentDisposition", |p, s| s.header().map(|v| p.content_disposition = v)),
    ("ContentEncoding", |p, s| s.header().map(|v| p.content_encoding = v)),
    ("ContentLanguage", |p, s| s.header().map(|v| p.content_language = v)),
    ("ExpectedBucketOwner", |p, s| s.account().map(|v| p.expected_bucket_owner = v)),
    ("Expires", |p, s| s.date().map(|v| p.expires = v)),
    ("GrantFullControl", |p, s| s.grant().map(|v| p.grant_full_control = v)),
    ("GrantRead", |p, s| s.grant().map(|v| p.grant_read = v)),
    ("GrantReadACP", |p, s| s.grant().map(|v| p.grant_read_acp = v)),
    ("GrantWriteACP", |p, s| s.grant().map(|v| p.grant_write_acp = v)),
    ("Metadata", |p, s| s.metadata().map(|v| p.metadata = v)),
    ("ObjectLockEventHold", |p, s| s.one_of(&["ON", "OFF"]).map(|v| p.object_lock_event_hold = v)),
    ("ObjectLockEventHoldDurationDays", |p, s| s.count().map(|v| p.object_lock_event_hold_duration_days = v)),
    ("ObjectLockEventHoldDurationYears", |p, s| s.count().map(|v| p.object_lock_event_hold_duration_years = v)),
    ("ObjectLockLegalHoldStatus", |p, s| s.one_of(&["ON", "OFF"]).map(|v| p.object_lock_legal_hold_status = v)),
    ("ObjectLockMode", |p, s| s.one_of(&["GOVERNANCE", "COMPLIANCE"]).map(|v| p.object_lock_mode = v)),
    ("ObjectLockRetainUntilDate", |p, s| s.date().map(|v| p.object_lock_retain_until_date = v)),
    ("RequestPayer", |p, s| s.one_of(&["requester"]).map(|v| p.request_payer = v)),
    ("SSEKMSEncryptionContext", |p, s| s.header().map(|v| p.ssekms_encryption_context = v)),
    ("SSEKMSKeyId", |p, s| s.header().map(|v| p.ssekms_key_id = v)),
    ("ServerSideEncryption", |p, s| s.one_of(&ENCRYPTIONS).map(|v| p.server_side_encryption = v)),
    ("StorageClass", |p, s| s.one_of(&STORAGE_CLASSES).map(|v| p.storage_class = v)),
    ("Tagging", |p, s| s.tagging().map(|v| p.tagging = v)),
    ("WebsiteRedirectLocation", |p, s| s.redirect().map(|v| p.website_redirect_location = v)),
];

/// Parameters of `PutObject` that are not the user's here, with the reason.
pub(super) const REFUSED: [(&str, &str); 25] = [
    ("ACL", "is reserved: how assets become readable is s3Configuration.publicAccess"),
    ("Body", "is reserved: it is the asset's file"),
    ("Bucket", "is reserved: it is s3Configuration.bucketName"),
    ("ContentType", "is reserved: it is told by the end of the file's name"),
    ("Key", "is reserved: it is made of the deployment's and the asset's name"),
    ("ChecksumCRC32", CONTENT),
    ("ChecksumCRC32C", CONTENT),
    ("ChecksumCRC64NVME", CONTENT),
    ("ChecksumMD5", CONTENT),
    ("ChecksumSHA1", CONTENT),
    ("ChecksumSHA256", CONTENT),
    ("ChecksumSHA512", CONTENT),
    ("ChecksumXXHASH128", CONTENT),
    ("ChecksumXXHASH3", CONTENT),
    ("ChecksumXXHASH64", CONTENT),
    ("ContentLength", CONTENT),
    ("ContentMD5", CONTENT),
    ("IfMatch", CONDITION),
    ("IfNoneMatch", CONDITION),
    ("SSECustomerAlgorithm", CUSTOMER_KEY),
    ("SSECustomerKey", CUSTOMER_KEY),
    ("SSECustomerKeyMD5", CUSTOMER_KEY),
    ("SSECustomerProvidedKey", CUSTOMER_KEY),
    ("WriteOffsetBytes", "appends to an object: an asset is uploaded whole"),
    ("GrantWrite", "exists for buckets only: an object has GrantFullControl, GrantRead, GrantReadACP, GrantWriteACP"),
];

const CONTENT: &str = "is told by each file's content and computed for it (ChecksumAlgorithm selects which checksum)";
const CONDITION: &str = "would hold for one state of one object: what differs is uploaded";
const CUSTOMER_KEY: &str = "encrypts with a key that every reader has to send: Alexa could not read the asset";

/// Those of S3's checksums that the SDK can compute while it sends.
const CHECKSUM_ALGORITHMS: [&str; 5] = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"];
const ENCRYPTIONS: [&str; 3] = ["AES256", "aws:kms", "aws:kms:dsse"];
const STORAGE_CLASSES: [&str; 10] = [
    "STANDARD",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER_IR",
    "REDUCED_REDUNDANCY",
    "EXPRESS_ONEZONE",
    "OUTPOSTS",
    "GLACIER",
    "DEEP_ARCHIVE",
];
