//! What the bucket's listing does not tell about its objects, kept in one small object of the same bucket.
//!
//! A listing shows ETags only. A changed `uploadParams` has to reach objects whose content is the same, from any
//! machine, so the parameters of the last upload have to be known, and they are known best in the bucket itself. Only
//! what is out of the ordinary is recorded: objects with parameters, and objects whose ETag is not their MD5.
//!
//! The record need not be fetched as long as it says what it should: its own ETag is in the listing.

use super::Plan;
use super::difference::Upload;
use super::digest;
use super::listing::Listing;
use crate::aws;
use crate::bucket::Bucket;
use crate::error::Result;
use crate::reporter::Reporter;
use aws_sdk_s3::Client;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// Outside of every target's prefix, which may be public: names and digests are nobody's business.
const FOLDER: &str = ".litexa-deploy-aws/";

const FILE_NAME: &str = "uploads.json";

/// The prefix under which the listing shows the record of the target with this prefix.
pub fn prefix(target: &str) -> String {
    format!("{FOLDER}{target}")
}

fn key(target: &str) -> String {
    format!("{}{FILE_NAME}", prefix(target))
}

/// What is known of the objects of one target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Whether the objects were sent with a canned ACL.
    pub acl: bool,
    objects: BTreeMap<String, Object>,
}

/// An object that is out of the ordinary.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Object {
    pub md5: String,
    pub etag: String,
    /// The fingerprint of its content type and parameters.
    pub parameters: String,
}

impl Default for Record {
    /// What 0.9.0 left: every object sent with an ACL, and nothing known of parameters.
    fn default() -> Self {
        Record { acl: true, objects: BTreeMap::new() }
    }
}

/// New ETags by key.
pub type Sent = HashMap<String, String>;

impl Record {
    pub fn object(&self, key: &str) -> Option<&Object> {
        self.objects.get(key)
    }

    /// The record once the objects are as wanted: `sent` holds the ETags of what has been uploaded just now.
    pub fn after(wanted: &[Upload], listing: &Listing, sent: &Sent, acl: bool) -> Self {
        let object = |upload: &Upload| {
            let etag = sent.get(&upload.key).map(String::as_str).or_else(|| listing.etag(&upload.key))?;
            let ordinary =
                upload.fingerprint == upload.plain && digest::is_content_of(upload.source, upload.digest, etag);
            (!ordinary).then(|| {
                let object = Object {
                    md5: upload.digest.md5.clone(),
                    etag: etag.to_owned(),
                    parameters: upload.fingerprint.clone(),
                };
                (upload.key.clone(), object)
            })
        };
        Record { acl, objects: wanted.iter().filter_map(object).collect() }
    }

    fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// The record of the last deployment; the default if there is none.
pub async fn read(
    s3: &Client,
    plan: &Plan,
    wanted: &[Upload<'_>],
    listing: &Listing,
    acl: bool,
    reporter: &dyn Reporter,
) -> Result<Record> {
    let key = key(&plan.prefix);
    let Some(etag) = listing.etag(&key) else { return Ok(Record::default()) };
    let expected = Record::after(wanted, listing, &Sent::new(), acl);
    if digest::md5_of(&expected.to_bytes()) == etag {
        return Ok(expected);
    }
    let doing = format!("reading the record of earlier uploads, {}/{key}", plan.bucket_name);
    let answer = match s3.get_object().bucket(&plan.bucket_name).key(&key).send().await {
        Ok(answer) => answer,
        Err(error) if aws::Refusal::of(&error).status == Some(403) => {
            let refusal = aws::refused(&doing, "s3:GetObject", &error);
            reporter.warning(format!("{refusal} Until then, changes of uploadParams may send more than they need."));
            return Ok(Record::default());
        }
        Err(error) if aws::Refusal::of(&error).status == Some(404) => return Ok(Record::default()),
        Err(error) => return Err(aws::refused(&doing, "s3:GetObject", &error)),
    };
    let bytes = answer.body.collect().await.map(|body| body.to_vec()).unwrap_or_default();
    Ok(serde_json::from_slice(&bytes).unwrap_or_default())
}

/// Writes the record if it differs from the one that is there. An ordinary target needs none.
pub async fn write(
    s3: &Client,
    bucket: &Bucket,
    plan: &Plan,
    record: &Record,
    listing: &Listing,
    reporter: &dyn Reporter,
) -> Result<()> {
    let key = key(&plan.prefix);
    let bytes = record.to_bytes();
    match listing.etag(&key) {
        None if *record == Record::default() => return Ok(()),
        Some(etag) if etag == digest::md5_of(&bytes) => return Ok(()),
        _ => {}
    }
    reporter.verbose(format!("recording the parameters of the uploads in {}/{key}", bucket.name));
    let request = s3.put_object().bucket(&bucket.name).key(&key).content_type("application/json");
    request.body(bytes.into()).send().await.map(drop).map_err(|error| {
        aws::refused(&format!("recording the uploads in {}/{key}", bucket.name), "s3:PutObject", &error)
    })
}
