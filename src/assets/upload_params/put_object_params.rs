//! The parameters of `PutObject` that an entry of `uploadParams` sets.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::marker::PhantomData;

/// Parameters that are sent along with an asset. Declared in `config/schema/upload_params.rs`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct PutObjectParams {
    pub(crate) cache_control: Option<String>,
    pub(crate) content_disposition: Option<String>,
    pub(crate) content_encoding: Option<String>,
    pub(crate) content_language: Option<String>,
    /// Seconds since 1970.
    pub(crate) expires: Option<i64>,
    pub(crate) metadata: Option<BTreeMap<String, String>>,
    /// `name=value&name=value`, encoded as in the query of a URL.
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
    /// A parameter of the request, which is not part of the fingerprint.
    #[serde(skip_serializing)]
    pub(crate) request_payer: Option<String>,
    /// A parameter of the request, which is not part of the fingerprint.
    #[serde(skip_serializing)]
    pub(crate) expected_bucket_owner: Option<String>,
}

impl PutObjectParams {
    /// S3 rejects a request with both a canned ACL and grants, so with grants no canned ACL is sent.
    pub(crate) fn has_grants(&self) -> bool {
        [&self.grant_full_control, &self.grant_read, &self.grant_read_acp, &self.grant_write_acp]
            .into_iter()
            .any(Option::is_some)
    }

    /// Whether no parameter is set.
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Returns a fingerprint that differs when an object of the same content differs in what is sent along with it.
    ///
    /// Parameters that are not set do not contribute, so that a later version that supports more of them does not
    /// upload every asset again.
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
    known: HashMap<(*const PutObjectParams, String), String>,
    _params: PhantomData<&'p PutObjectParams>,
}

impl<'p> FingerprintCache<'p> {
    pub(crate) fn of(&mut self, params: &'p PutObjectParams, content_type: &str) -> String {
        let key = (std::ptr::from_ref(params), content_type.to_owned());
        self.known.entry(key).or_insert_with(|| params.fingerprint(content_type)).clone()
    }
}
