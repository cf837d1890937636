//! Uploads and deletions: many at once, within a bound of memory, however large a file is.

use super::difference::{Reason, Upload};
use super::digest::{MULTIPART_THRESHOLD, part_size};
use super::leftovers::Note;
use super::progress::Progress;
use super::record::Sent;
use super::upload_rules::PutParameters;
use crate::aws;
use crate::bucket::Bucket;
use crate::error::{Code, Error, Result};
use crate::reporter::Reporter;
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{
    ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart, Delete, ObjectCannedAcl, ObjectIdentifier,
    ObjectLockEventHold, ObjectLockLegalHoldStatus, ObjectLockMode, RequestPayer, ServerSideEncryption, StorageClass,
};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use std::io::SeekFrom;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio::sync::Semaphore;

/// Requests under way at once. S3 takes 3,500 uploads a second to a prefix; beyond that the SDK slows down.
const CONCURRENCY: usize = 64;

/// What all uploads together may hold in memory, in KiB: files up to the multipart threshold, and parts.
const MEMORY: usize = 64 * 1024;

/// DeleteObjects takes so many keys at most.
const DELETED_AT_ONCE: usize = 1000;

/// Sets the parameters that PutObject and CreateMultipartUpload have in common.
macro_rules! set_parameters {
    ($request:expr, $upload:expr, $acl:expr) => {{
        let parameters: &PutParameters = $upload.parameters;
        let seconds = |time: i64| DateTime::from_secs(time);
        $request
            .content_type($upload.content_type)
            .set_acl(($acl && !parameters.has_grants()).then_some(ObjectCannedAcl::PublicRead))
            .set_cache_control(parameters.cache_control.clone())
            .set_content_disposition(parameters.content_disposition.clone())
            .set_content_encoding(parameters.content_encoding.clone())
            .set_content_language(parameters.content_language.clone())
            .set_expires(parameters.expires.map(seconds))
            .set_metadata(parameters.metadata.clone().map(|metadata| metadata.into_iter().collect()))
            .set_tagging(parameters.tagging.clone())
            .set_storage_class(parameters.storage_class.as_deref().map(StorageClass::from))
            .set_website_redirect_location(parameters.website_redirect_location.clone())
            .set_checksum_algorithm(parameters.checksum_algorithm.as_deref().map(ChecksumAlgorithm::from))
            .set_server_side_encryption(parameters.server_side_encryption.as_deref().map(ServerSideEncryption::from))
            .set_ssekms_key_id(parameters.ssekms_key_id.clone())
            .set_ssekms_encryption_context(parameters.ssekms_encryption_context.clone())
            .set_bucket_key_enabled(parameters.bucket_key_enabled)
            .set_grant_full_control(parameters.grant_full_control.clone())
            .set_grant_read(parameters.grant_read.clone())
            .set_grant_read_acp(parameters.grant_read_acp.clone())
            .set_grant_write_acp(parameters.grant_write_acp.clone())
            .set_object_lock_mode(parameters.object_lock_mode.as_deref().map(ObjectLockMode::from))
            .set_object_lock_retain_until_date(parameters.object_lock_retain_until_date.map(seconds))
            .set_object_lock_legal_hold_status(
                parameters.object_lock_legal_hold_status.as_deref().map(ObjectLockLegalHoldStatus::from),
            )
            .set_object_lock_event_hold(parameters.object_lock_event_hold.as_deref().map(ObjectLockEventHold::from))
            .set_object_lock_event_hold_duration_days(parameters.object_lock_event_hold_duration_days)
            .set_object_lock_event_hold_duration_years(parameters.object_lock_event_hold_duration_years)
            .set_request_payer(parameters.request_payer.as_deref().map(RequestPayer::from))
            .set_expected_bucket_owner(parameters.expected_bucket_owner.clone())
    }};
}

/// Uploads what is due, and returns the new ETags.
pub async fn send(
    s3: &Client,
    bucket: &Bucket,
    due: &[(&Upload<'_>, Reason)],
    acl: bool,
    note: &Note,
    reporter: &dyn Reporter,
) -> Result<Sent> {
    if due.is_empty() {
        return Ok(Sent::new());
    }
    let bytes = due.iter().map(|(upload, _)| upload.digest.size).sum();
    reporter.log(format!("{} assets need uploading", due.len()));
    let sender = Sender {
        s3,
        bucket: &bucket.name,
        note,
        acl: AtomicBool::new(acl),
        memory: Semaphore::new(MEMORY),
        progress: Progress::new(reporter, due.len() as u64, bytes),
        reporter,
    };
    let uploads: Vec<_> = due.iter().map(|(upload, reason)| sender.upload(upload, *reason)).collect();
    stream::iter(uploads).buffer_unordered(CONCURRENCY).try_collect().await
}

/// Deletes objects, and returns how many.
pub async fn delete(s3: &Client, bucket: &Bucket, keys: &[&str], reporter: &dyn Reporter) -> Result<usize> {
    for some in keys.chunks(DELETED_AT_ONCE) {
        let doing = format!("deleting {} objects from {}", some.len(), bucket.name);
        let incomplete = |error| Error::new(Code::Internal, format!("{doing} failed: {error}"));
        let objects: std::result::Result<Vec<_>, _> =
            some.iter().map(|key| ObjectIdentifier::builder().key(*key).build()).collect();
        let batch = Delete::builder().set_objects(Some(objects.map_err(incomplete)?)).quiet(true);
        let request = s3.delete_objects().bucket(&bucket.name).delete(batch.build().map_err(incomplete)?);
        let answer = request.send().await.map_err(|error| aws::refused(&doing, "s3:DeleteObject", &error))?;
        if let Some(failed) = answer.errors().first() {
            let (key, message) = (failed.key().unwrap_or_default(), failed.message().unwrap_or_default());
            return Err(Error::new(Code::AwsRefused, format!("deleting {key} from {} failed: {message}", bucket.name))
                .remedy("Allow s3:DeleteObject to the IAM user or role that deploys, or leave out s3Configuration.deleteRemovedAssets"));
        }
        for key in some {
            reporter.log(format!("deleted {key}, which is no asset any more"));
        }
    }
    Ok(keys.len())
}

struct Sender<'a> {
    s3: &'a Client,
    bucket: &'a str,
    note: &'a Note,
    /// False as soon as the bucket has said that it does not take ACLs.
    acl: AtomicBool,
    memory: Semaphore,
    progress: Progress<'a>,
    reporter: &'a dyn Reporter,
}

impl Sender<'_> {
    async fn upload(&self, upload: &Upload<'_>, reason: Reason) -> Result<(String, String)> {
        let etag = match upload.digest.size > MULTIPART_THRESHOLD {
            true => self.in_parts(upload).await?,
            false => self.at_once(upload).await?,
        };
        let why = match reason {
            Reason::New => "new",
            Reason::Content => "changed",
            Reason::Parameters => "other parameters",
        };
        self.reporter.verbose(format!("uploaded {} -> {} ({why})", upload.source.display(), upload.key));
        self.progress.file_sent();
        Ok((upload.key.clone(), etag.unwrap_or_else(|| upload.digest.etag.clone()).trim_matches('"').to_owned()))
    }

    async fn at_once(&self, upload: &Upload<'_>) -> Result<Option<String>> {
        let size = upload.digest.size;
        let _memory = self.reserve(size).await?;
        let body = self.read(upload, 0, size).await?;
        loop {
            let acl = self.acl.load(Ordering::Relaxed);
            let request = self.s3.put_object().bucket(self.bucket).key(&upload.key);
            let request = set_parameters!(request, upload, acl).body(ByteStream::from(body.clone()));
            match request.send().await {
                Ok(answer) => {
                    self.progress.bytes_sent(size);
                    return Ok(answer.e_tag);
                }
                Err(error) if acl && self.refuses_acls(&error) => {}
                Err(error) => return Err(self.refused(upload, &error)),
            }
        }
    }

    async fn in_parts(&self, upload: &Upload<'_>) -> Result<Option<String>> {
        let id = self.begin(upload).await?;
        self.note.begun(self.bucket, &upload.key, &id)?;
        let outcome = self.parts(upload, &id).await;
        if outcome.is_err() {
            let request = self.s3.abort_multipart_upload().bucket(self.bucket).key(&upload.key).upload_id(&id);
            if request.send().await.is_err() {
                // Still noted: the next deployment gives it up.
                return outcome;
            }
        }
        self.note.ended(self.bucket, &upload.key, &id)?;
        outcome
    }

    async fn begin(&self, upload: &Upload<'_>) -> Result<String> {
        loop {
            let acl = self.acl.load(Ordering::Relaxed);
            let request = self.s3.create_multipart_upload().bucket(self.bucket).key(&upload.key);
            match set_parameters!(request, upload, acl).send().await {
                Ok(answer) => {
                    return answer.upload_id.ok_or_else(|| {
                        Error::new(Code::Internal, format!("S3 began the upload of {} without an ID", upload.key))
                    });
                }
                Err(error) if acl && self.refuses_acls(&error) => {}
                Err(error) => return Err(self.refused(upload, &error)),
            }
        }
    }

    async fn parts(&self, upload: &Upload<'_>, id: &str) -> Result<Option<String>> {
        let part_size = part_size(upload.digest.size);
        let count = upload.digest.size.div_ceil(part_size);
        let parts: Vec<_> = (0..count).map(|index| self.part(upload, id, index, part_size)).collect();
        let mut parts: Vec<CompletedPart> = stream::iter(parts).buffer_unordered(CONCURRENCY).try_collect().await?;
        parts.sort_by_key(|part| part.part_number);
        let completed = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let request = self.s3.complete_multipart_upload().bucket(self.bucket).key(&upload.key).upload_id(id);
        match request.multipart_upload(completed).send().await {
            Ok(answer) => Ok(answer.e_tag),
            Err(error) => Err(self.refused(upload, &error)),
        }
    }

    async fn part(&self, upload: &Upload<'_>, id: &str, index: u64, part_size: u64) -> Result<CompletedPart> {
        let start = index * part_size;
        let size = part_size.min(upload.digest.size - start);
        let _memory = self.reserve(size).await?;
        let body = self.read(upload, start, size).await?;
        let number = i32::try_from(index + 1).unwrap_or(i32::MAX);
        let request = self.s3.upload_part().bucket(self.bucket).key(&upload.key).upload_id(id).part_number(number);
        let algorithm = upload.parameters.checksum_algorithm.as_deref().map(ChecksumAlgorithm::from);
        match request.set_checksum_algorithm(algorithm).body(body.into()).send().await {
            Ok(answer) => {
                self.progress.bytes_sent(size);
                Ok(CompletedPart::builder()
                    .part_number(number)
                    .set_e_tag(answer.e_tag)
                    .set_checksum_crc32(answer.checksum_crc32)
                    .set_checksum_crc32_c(answer.checksum_crc32_c)
                    .set_checksum_crc64_nvme(answer.checksum_crc64_nvme)
                    .set_checksum_sha1(answer.checksum_sha1)
                    .set_checksum_sha256(answer.checksum_sha256)
                    .build())
            }
            Err(error) => Err(self.refused(upload, &error)),
        }
    }

    /// Waits until there is room for so many bytes.
    async fn reserve(&self, bytes: u64) -> Result<tokio::sync::SemaphorePermit<'_>> {
        let wanted = usize::try_from(bytes.div_ceil(1024)).unwrap_or(MEMORY).clamp(1, MEMORY);
        let wanted = u32::try_from(wanted).unwrap_or(u32::MAX);
        self.memory.acquire_many(wanted).await.map_err(|error| Error::new(Code::Internal, error.to_string()))
    }

    /// A stretch of the file, which must not have become shorter since it was measured.
    async fn read(&self, upload: &Upload<'_>, start: u64, size: u64) -> Result<bytes::Bytes> {
        let read = async {
            let mut file = tokio::fs::File::open(upload.source).await?;
            file.seek(SeekFrom::Start(start)).await?;
            let mut content = vec![0; usize::try_from(size).map_err(std::io::Error::other)?];
            file.read_exact(&mut content).await?;
            Ok(content.into())
        };
        read.await.map_err(|error| {
            Error::local_file("reading the asset", upload.source, &error)
                .remedy("The file seems to have changed during the deployment: deploy again")
        })
    }

    /// New buckets take no ACLs. What was to be public then depends on a policy.
    fn refuses_acls<E, R>(&self, error: &aws_sdk_s3::error::SdkError<E, R>) -> bool
    where
        E: aws_sdk_s3::error::ProvideErrorMetadata,
        R: aws::HttpStatus,
    {
        if aws::Refusal::of(error).code != "AccessControlListNotSupported" {
            return false;
        }
        if self.acl.swap(false, Ordering::Relaxed) {
            self.reporter.warning(format!(
                "the bucket {} takes no ACLs, so the assets go up without one: unless a policy of the bucket lets everybody read them, set s3Configuration.publicAccess to \"bucketPolicy\"",
                self.bucket
            ));
        }
        true
    }

    fn refused<E, R>(&self, upload: &Upload<'_>, error: &aws_sdk_s3::error::SdkError<E, R>) -> Error
    where
        E: aws_sdk_s3::error::ProvideErrorMetadata + std::error::Error + 'static,
        R: aws::HttpStatus + std::fmt::Debug + Send + Sync + 'static,
    {
        let doing = format!("uploading {} to {}", upload.key, self.bucket);
        let refusal = aws::Refusal::of(error);
        if refusal.message.contains("BlockPublicAcls") {
            return aws::refused(&doing, "s3:PutObject", error).remedy(
                "Block Public Access keeps public ACLs out: set s3Configuration.publicAccess to \"bucketPolicy\", or switch the block off for the bucket, and for the account if it is set there",
            );
        }
        aws::refused(&doing, "s3:PutObject and s3:PutObjectAcl", error)
    }
}
