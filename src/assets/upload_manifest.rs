//! What the bucket's listing does not tell about its objects, kept in one small object of the same bucket.
//!
//! A listing shows ETags only. A changed `uploadParams` has to reach objects whose content is the same, from any
//! machine, so the parameters of the last upload have to be known, and they are known best in the bucket itself. Only
//! what is out of the ordinary is recorded: objects with parameters, and objects whose ETag is not their MD5.
//!
//! The record need not be fetched as long as it says what it should: its own ETag is in the listing.

use crate::assets::Plan;
use crate::assets::diff::{Reason, Upload};
use crate::assets::etag;
use crate::assets::remote_objects::Listing;
use crate::aws;
use crate::aws::s3::with_timeout_for;
use crate::error::{Error, ErrorCode, Result};
use crate::output::reporter::Reporter;
use aws_sdk_s3::Client;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// Outside of every target's prefix, which may be public: names and digests are nobody's business.
const FOLDER: &str = ".litexa-deploy-aws/";

const FILE_NAME: &str = "uploads.json";

/// The prefix under which the listing shows the record of the target with this prefix.
pub(crate) fn prefix(target: &str) -> String {
    format!("{FOLDER}{target}")
}

fn key(target: &str) -> String {
    format!("{}{FILE_NAME}", prefix(target))
}

/// What is known of the objects of one target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Whether the objects were sent with a canned ACL.
    pub(crate) acl: bool,
    objects: BTreeMap<String, Object>,
}

/// An object that is out of the ordinary.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Object {
    pub(crate) md5: String,
    pub(crate) etag: String,
    /// The fingerprint of its content type and parameters.
    pub(crate) parameters: String,
}

impl Object {
    /// No content and no parameters are like it.
    fn unknown() -> Self {
        Object { md5: String::new(), etag: String::new(), parameters: UNKNOWN.to_owned() }
    }
}

impl Default for Record {
    /// What 0.9.0 left: every object sent with an ACL, and nothing known of parameters.
    fn default() -> Self {
        Record { acl: true, objects: BTreeMap::new() }
    }
}

/// What stands for parameters that are not known: no fingerprint is like it.
const UNKNOWN: &str = "unknown";

/// What has been uploaded just now, by key.
pub(crate) type Sent = HashMap<String, Content>;

/// The content of an object: as S3 names it, and the MD5 of the bytes that went up.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Content {
    pub(crate) etag: String,
    pub(crate) md5: String,
}

impl Record {
    pub(crate) fn object(&self, key: &str) -> Option<&Object> {
        self.objects.get(key)
    }

    /// The record once the objects are as wanted: what has been `sent`, and what was there already.
    pub(crate) fn after(wanted: &[Upload], listing: &Listing, sent: &Sent, acl: bool) -> Self {
        let object = |upload: &Upload| {
            let (etag, md5) = match sent.get(&upload.key) {
                Some(sent) => (sent.etag.as_str(), sent.md5.as_str()),
                None => (listing.etag(&upload.key)?, upload.digest.md5.as_str()),
            };
            // An ETag of somebody else's part size tells as much, but only to who reads the whole file once more.
            let ordinary = etag == md5 && upload.fingerprint == upload.plain;
            (!ordinary).then(|| {
                let parameters = upload.fingerprint.clone();
                (upload.key.clone(), Object { md5: md5.to_owned(), etag: etag.to_owned(), parameters })
            })
        };
        Record { acl, objects: wanted.iter().filter_map(object).collect() }
    }

    /// The record while uploads are under way: if they do not all come to their end, nothing is believed of them.
    ///
    /// `None` where the record that is there stays true whatever happens: objects without parameters are told by
    /// their ETags alone.
    pub(crate) fn during(&self, due: &[(&Upload, Reason)], acl: bool) -> Option<Self> {
        let told_by_etag = |upload: &Upload| {
            upload.fingerprint == upload.plain && self.object(&upload.key).is_none() && self.acl == acl
        };
        let mut record = self.clone();
        let uncertain = due.iter().filter(|(upload, _)| !told_by_etag(upload));
        record.objects.extend(uncertain.map(|(upload, _)| (upload.key.clone(), Object::unknown())));
        (record != *self).then_some(record)
    }

    /// The record of objects about which nothing is known.
    fn unknown(wanted: &[Upload], acl: bool) -> Self {
        Record { acl, objects: wanted.iter().map(|upload| (upload.key.clone(), Object::unknown())).collect() }
    }

    fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// A record, and the bytes in which it stands in the bucket, if it does.
pub(crate) struct Found {
    pub(crate) record: Record,
    stored: Stored,
}

enum Stored {
    Nothing,
    Bytes(Vec<u8>),
    /// Something that we may not read, or do not understand.
    Unreadable,
}

/// How often the record is asked for where its answer breaks off.
const TRIES: u32 = 4;

/// The record of the last deployment; the default if there is none.
pub(crate) async fn read(
    s3: &Client,
    plan: &Plan,
    wanted: &[Upload<'_>],
    listing: &Listing,
    acl: bool,
    reporter: &dyn Reporter,
) -> Result<Found> {
    let none = || Found { record: Record::default(), stored: Stored::Nothing };
    let unknown = || Found { record: Record::unknown(wanted, acl), stored: Stored::Unreadable };
    let key = key(&plan.prefix);
    let Some(etag) = listing.etag(&key) else { return Ok(none()) };
    let expected = Record::after(wanted, listing, &Sent::new(), acl);
    let bytes = expected.to_bytes();
    if etag::md5_hex(&bytes) == etag {
        return Ok(Found { record: expected, stored: Stored::Bytes(bytes) });
    }
    let doing = format!("reading the record of earlier uploads in {}/{key}", plan.bucket_name);
    let mut tried = 1;
    let stored = loop {
        let answer = match s3.get_object().bucket(&plan.bucket_name).key(&key).send().await {
            Ok(answer) => answer,
            Err(error) if aws::Refusal::of(&error).status == Some(403) => {
                let refusal = aws::refused(&doing, "s3:GetObject", &error);
                reporter.warning(format!("{refusal} Until then, a change sends all assets again, to be sure."));
                return Ok(unknown());
            }
            Err(error) if aws::Refusal::of(&error).status == Some(404) => return Ok(none()),
            Err(error) => return Err(aws::refused(&doing, "s3:GetObject", &error)),
        };
        match answer.body.collect().await {
            Ok(body) => break body.to_vec(),
            // The SDK asks again only until an answer begins.
            Err(_) if tried < TRIES => tokio::time::sleep(Duration::from_millis(200 << tried)).await,
            Err(error) => {
                let problem = format!("{doing} failed: the answer broke off ({error})");
                return Err(Error::new(ErrorCode::AwsUnavailable, problem).hint("Try again in a while"));
            }
        }
        tried += 1;
    };
    Ok(match serde_json::from_slice(&stored) {
        Ok(record) => Found { record, stored: Stored::Bytes(stored) },
        Err(_) => unknown(),
    })
}

/// Writes the record if it differs from the one that is there. An ordinary target needs none.
pub(crate) async fn write(
    s3: &Client,
    plan: &Plan,
    record: &Record,
    found: &mut Found,
    reporter: &dyn Reporter,
) -> Result<()> {
    let bytes = record.to_bytes();
    let stands = match &found.stored {
        Stored::Nothing => *record == Record::default(),
        Stored::Bytes(stored) => *stored == bytes,
        Stored::Unreadable => false,
    };
    if stands {
        return Ok(());
    }
    let (bucket, key) = (&plan.bucket_name, key(&plan.prefix));
    reporter.verbose(format!("recording the parameters of the uploads in {bucket}/{key}"));
    let request = s3.put_object().bucket(bucket).key(&key).content_type("application/json");
    request
        .body(bytes.clone().into())
        .customize()
        .config_override(with_timeout_for(s3, bytes.len() as u64))
        .send()
        .await
        .map_err(|error| aws::refused(&format!("recording the uploads in {bucket}/{key}"), "s3:PutObject", &error))?;
    found.stored = Stored::Bytes(bytes);
    Ok(())
}
