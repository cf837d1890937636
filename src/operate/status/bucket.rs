//! Reads the objects of a target.

use crate::aws;
use crate::aws::s3::{BucketLookup, BucketStatus};
use crate::aws::session::Session;
use crate::config::options::PublicAccess;
use crate::error::{Error, ErrorCode, Result};
use serde::Serialize;

/// The bucket, and the objects of the target in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BucketPart {
    name: String,
    region: String,
    /// Where the objects are.
    prefix: String,
    objects: u64,
    bytes: u64,
    /// How the config makes them public: `s3Configuration.publicAccess`.
    public_access: &'static str,
}

/// Reads the bucket; `None` if it does not exist.
///
/// # Errors
/// `AccessDenied`; the error of a call.
pub(crate) async fn read(
    session: Session<'_>,
    lookup: &BucketLookup<'_>,
    public_access: PublicAccess,
) -> Result<Option<BucketPart>> {
    let bucket = lookup.bucket().await?;
    match &bucket.status {
        BucketStatus::Accessible => {}
        BucketStatus::NotFound => return Ok(None),
        BucketStatus::Forbidden(message) => {
            let message = format!("looking up the bucket {} failed: {message}", bucket.name);
            return Err(
                Error::new(ErrorCode::AccessDenied, message).hint("Allow s3:ListBucket to your IAM user or role")
            );
        }
    }
    let request = bucket.client(session.config).list_objects_v2().bucket(&bucket.name).prefix(lookup.prefix());
    // Keys are not read, so they are not decoded.
    let request = request.encoding_type(aws_sdk_s3::types::EncodingType::Url);
    let objects = aws::call(format!("listing the objects of {}/{}", bucket.name, lookup.prefix()), "s3:ListBucket")
        .send(|| request.clone().into_paginator().send().try_collect())
        .await?;
    let sizes = objects.iter().flat_map(|page| page.contents()).map(|object| object.size().unwrap_or_default());
    let sizes: Vec<u64> = sizes.map(|size| u64::try_from(size).unwrap_or_default()).collect();
    Ok(Some(BucketPart {
        name: bucket.name.clone(),
        region: bucket.region.clone(),
        prefix: lookup.prefix().to_owned(),
        objects: sizes.len() as u64,
        bytes: sizes.iter().sum(),
        public_access: match public_access {
            PublicAccess::Acl => "acl",
            PublicAccess::BucketPolicy => "bucketPolicy",
            PublicAccess::None => "none",
        },
    }))
}
