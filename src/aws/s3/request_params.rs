//! Reads from `uploadParams` what the bucket demands of requests other than those that upload assets.
//!
//! A bucket's policy may deny objects without an encryption, and a requester-pays bucket denies each request that does
//! not accept the charge. This module's own objects, such as the upload manifest, are subject to that, too.

use crate::config::object_reader::{self, Values};
use crate::config::schema::target::UPLOAD_PARAMS;
use crate::config::upload_entries::{UPLOAD_PARAMS_KEY, is_default};
use crate::error::Result;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::types::ServerSideEncryption;
use serde::Deserialize;
use serde_json::Value;

/// The parameters of requests for a bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RequestParams {
    own_objects: OwnObjectParams,
    /// Whether the requester accepts the charges, as any entry has it: the setting is one of the bucket.
    pub(crate) requester_pays: bool,
}

/// The parameters of the default entry that this module's own objects are uploaded with. The others describe assets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OwnObjectParams {
    server_side_encryption: Option<String>,
    #[serde(rename = "SSEKMSKeyId")]
    ssekms_key_id: Option<String>,
    #[serde(rename = "SSEKMSEncryptionContext")]
    ssekms_encryption_context: Option<String>,
    bucket_key_enabled: Option<bool>,
    expected_bucket_owner: Option<String>,
}

impl RequestParams {
    /// Reads the value of `uploadParams`.
    ///
    /// # Errors
    /// `InvalidOption`, naming the key.
    pub(crate) fn parse(upload_params: Option<&Value>) -> Result<Self> {
        let mut params = Self::default();
        let Some(value) = upload_params.filter(|value| !value.is_null()) else { return Ok(params) };
        let entries: Vec<Values> = object_reader::read_value(UPLOAD_PARAMS_KEY, value, &UPLOAD_PARAMS)?;
        for entry in entries {
            let sent = entry.get::<Values>("params")?.unwrap_or_default();
            params.requester_pays |= sent.get::<String>("RequestPayer")?.is_some();
            if is_default(entry.get::<Vec<String>>("filter")?.as_deref()) {
                params.own_objects = sent.into_struct()?;
            }
        }
        Ok(params)
    }

    /// Sets the parameters of an object that is not an asset.
    pub(crate) fn for_own_object(&self, request: PutObjectFluentBuilder) -> PutObjectFluentBuilder {
        let params = self.own_objects.clone();
        request
            .set_server_side_encryption(params.server_side_encryption.as_deref().map(ServerSideEncryption::from))
            .set_ssekms_key_id(params.ssekms_key_id)
            .set_ssekms_encryption_context(params.ssekms_encryption_context)
            .set_bucket_key_enabled(params.bucket_key_enabled)
            .set_expected_bucket_owner(params.expected_bucket_owner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn own_objects_have_the_encryption_and_the_owner_of_the_last_default_entry() {
        let parse = |value: Value| RequestParams::parse(Some(&value)).unwrap().own_objects;
        let entry = |filter: Value, encryption: &str| json!({"filter": filter, "params": {"ServerSideEncryption": encryption, "CacheControl": "no-cache"}});
        let encrypted = |value: &str| OwnObjectParams { server_side_encryption: Some(value.into()), ..<_>::default() };
        assert_eq!(parse(json!([entry(Value::Null, "AES256")])), encrypted("AES256"));
        assert_eq!(parse(json!([entry(json!(["*.mp3", "*"]), "AES256")])), encrypted("AES256"));
        assert_eq!(parse(json!([entry(Value::Null, "aws:kms"), entry(Value::Null, "AES256")])), encrypted("AES256"));
        assert_eq!(parse(json!([entry(json!(["*.mp3"]), "AES256")])), OwnObjectParams::default());
        assert_eq!(RequestParams::parse(None).unwrap(), RequestParams::default());
    }

    #[test]
    fn the_requester_pays_if_any_entry_has_it() {
        let pays = |value: Value| RequestParams::parse(Some(&value)).unwrap().requester_pays;
        assert!(pays(json!([{"filter": ["*.mp3"], "params": {"RequestPayer": "requester"}}, {"params": {}}])));
        assert!(!pays(json!([{"params": {"CacheControl": "no-cache"}}])));
    }
}
