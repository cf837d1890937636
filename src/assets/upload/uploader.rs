//! Holds what concurrent uploads share: the client, the limits, and whether one of them has failed.

use crate::assets::object::{DesiredObject, PendingUpload};
use crate::assets::remote::Remote;
use crate::assets::upload::adaptive_concurrency::AdaptiveConcurrency;
use crate::assets::upload::multipart_cleanup::UploadJournal;
use crate::assets::upload::progress::UploadProgress;
use crate::aws::call;
use crate::aws::call::{Call, CallError};
use crate::aws::retry::RecentChange;
use crate::aws::s3::with_timeout_for;
use crate::config::options::PublicAccess;
use crate::error::{Error, ErrorCode, Result};
use crate::fs;
use crate::output::reporter::Reporter;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::RequestChecksumCalculation;
use aws_sdk_s3::types::ObjectCannedAcl;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Requests in flight while S3 does not throttle. S3 accepts at least 3,500 PutObject requests per second and prefix
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html>).
pub(super) const MAX_CONCURRENCY: usize = 64;

/// An upload needs its file and a connection.
const OPEN_FILES_PER_UPLOAD: usize = 2;

/// Files and connections that are left to the rest of the deployment, which packages the handler at the same time.
const RESERVED_OPEN_FILES: usize = 16;

/// Content in flight, in KiB. On a slow connection, each request of more concurrent ones would take too long.
const MAX_IN_FLIGHT_KIB: usize = 64 * 1024;

pub(super) struct Uploader<'a> {
    pub(super) s3: Client,
    pub(super) bucket: &'a str,
    pub(super) journal: &'a UploadJournal,
    pub(super) concurrency: AdaptiveConcurrency,
    pub(super) progress: UploadProgress<'a>,
    pub(super) reporter: &'a dyn Reporter,
    pub(super) recent_change: Option<RecentChange>,
    /// Whether objects get the canned ACL `public-read`: until the bucket turns out to have ACLs disabled.
    sends_acl: AtomicBool,
    kib_in_flight: Semaphore,
    cancelled: AtomicBool,
}

impl<'a> Uploader<'a> {
    pub(super) fn new(remote: &Remote<'a>, journal: &'a UploadJournal, pending: &[PendingUpload<'_>]) -> Self {
        let concurrency = AdaptiveConcurrency::new(max_concurrency(fs::spare_open_files()));
        let mut config = remote
            .s3
            .config()
            .to_builder()
            .interceptor(concurrency.clone())
            // Each request has a Content-MD5 already. `overrides` adds what the parameters demand.
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired);
        config.set_http_client(remote.s3.config().http_client().map(|client| concurrency.client(client)));
        let bytes = pending.iter().map(|upload| upload.object.digest.size).sum();
        Uploader {
            s3: Client::from_conf(config.build()),
            bucket: &remote.bucket.name,
            journal,
            concurrency,
            progress: UploadProgress::new(remote.reporter, pending.len() as u64, bytes),
            reporter: remote.reporter,
            recent_change: remote.recent_change,
            sends_acl: AtomicBool::new(remote.public_access == PublicAccess::Acl),
            kib_in_flight: Semaphore::new(MAX_IN_FLIGHT_KIB),
            cancelled: AtomicBool::new(false),
        }
    }

    /// Returns whether an upload has failed, so that no other one is started.
    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    pub(super) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Returns the ACL to send with the next object, if any.
    pub(super) fn canned_acl(&self) -> Option<ObjectCannedAcl> {
        self.sends_acl.load(Ordering::Relaxed).then_some(ObjectCannedAcl::PublicRead)
    }

    /// Waits until this much content may be in flight.
    pub(super) async fn reserve_bytes(&self, bytes: u64) -> Result<SemaphorePermit<'_>> {
        let kib = usize::try_from(bytes.div_ceil(1024)).unwrap_or(MAX_IN_FLIGHT_KIB).clamp(1, MAX_IN_FLIGHT_KIB);
        let permits = self.kib_in_flight.acquire_many(u32::try_from(kib).unwrap_or(u32::MAX)).await;
        permits.map_err(|error| Error::new(ErrorCode::Internal, error.to_string()))
    }

    /// Returns the overrides for a request that sends `bytes` of an object.
    ///
    /// S3 rejects (InvalidRequest) a request that names a checksum algorithm without a checksum
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>).
    pub(super) fn overrides(&self, object: &DesiredObject<'_>, bytes: u64) -> aws_sdk_s3::config::Builder {
        let mut overrides = with_timeout_for(&self.s3, bytes);
        if object.params.checksum_algorithm.is_some() {
            overrides = overrides.request_checksum_calculation(RequestChecksumCalculation::WhenSupported);
        }
        overrides
    }

    /// Returns the call that uploads an object or a part of it.
    pub(super) fn call(&self, object: &DesiredObject<'_>) -> Call<'a> {
        let operation = format!("uploading {} to {}", object.key, self.bucket);
        call(operation, "s3:PutObject and s3:PutObjectAcl").after(self.recent_change)
    }

    /// Returns `Ok` if the request, which had this ACL, must be sent again without one, because the bucket has ACLs
    /// disabled.
    ///
    /// # Errors
    /// Every other error of an upload.
    pub(super) fn retry_without_acl(&self, error: CallError, acl: Option<ObjectCannedAcl>) -> Result<()> {
        if acl.is_none() || !error.is("AccessControlListNotSupported") {
            return Err(upload_error(error));
        }
        if self.sends_acl.swap(false, Ordering::Relaxed) {
            self.reporter.warning(format!(
                "the bucket {} has ACLs disabled, so the assets are uploaded without an ACL: unless the bucket's policy allows anyone to read them, set s3Configuration.publicAccess to \"bucketPolicy\"",
                self.bucket
            ));
        }
        Ok(())
    }
}

/// Returns how many requests may be in flight where the system allows this many more open files.
fn max_concurrency(spare_open_files: Option<usize>) -> usize {
    let uploads = spare_open_files.map(|files| files.saturating_sub(RESERVED_OPEN_FILES) / OPEN_FILES_PER_UPLOAD);
    uploads.unwrap_or(MAX_CONCURRENCY).clamp(1, MAX_CONCURRENCY)
}

/// Returns the error of a failed upload, with a hint if Block Public Access is the cause.
pub(super) fn upload_error(error: CallError) -> Error {
    if !error.message_contains("BlockPublicAcls") {
        return error.into();
    }
    let hint = "Block Public Access denies public ACLs: set s3Configuration.publicAccess to \"bucketPolicy\", or switch the block off for the bucket, and for the account if it is set there. Buckets that this module creates allow public ACLs if s3:PutBucketPublicAccessBlock is allowed";
    error.hint(hint).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_files_are_uploaded_at_once_where_the_system_allows_few() {
        assert_eq!(max_concurrency(None), 64);
        assert_eq!(max_concurrency(Some(1_000_000)), 64);
        assert_eq!(max_concurrency(Some(40)), 12);
        assert_eq!(max_concurrency(Some(0)), 1);
    }
}
