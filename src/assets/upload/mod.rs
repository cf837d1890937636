//! Uploads: many at once, within a bound of memory, however large a file is.

mod adaptive_concurrency;
mod file_body;
mod multipart;
pub(crate) mod multipart_cleanup;

use crate::assets::diff::{Reason, Upload};
use crate::assets::etag::{self, Digest};
use crate::assets::progress::{self, Progress};
use crate::assets::upload::multipart_cleanup::Note;
use crate::assets::upload_manifest::{Content, Sent};
use crate::assets::upload_params::PutParameters;
use crate::aws;
use crate::aws::s3::{Bucket, with_timeout_for};
use crate::error::{Error, ErrorCode, Result};
use crate::output::reporter::Reporter;
use adaptive_concurrency::Pace;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::RequestChecksumCalculation;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{
    ChecksumAlgorithm, ObjectCannedAcl, ObjectLockEventHold, ObjectLockLegalHoldStatus, ObjectLockMode, RequestPayer,
    ServerSideEncryption, StorageClass,
};
use futures_util::stream::{self, StreamExt};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Requests under way at once, as long as S3 does not ask to slow down: it takes 3,500 uploads a second to a prefix.
const CONCURRENCY: usize = 64;

/// What may be under way at once, in KiB. On a slow line, more at the same time would mean that each of it takes too
/// long.
const CONTENT_UNDER_WAY: usize = 64 * 1024;

/// A new bucket's settings take a moment to be known everywhere: so many halves of a second are waited.
const PATIENCE_WITH_NEW_BUCKETS: u32 = 40;

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

use set_parameters;

/// What the uploads have in common.
pub(crate) struct Settings<'a> {
    pub(crate) s3: &'a Client,
    pub(crate) bucket: &'a Bucket,
    /// Whether it has been opened to public access just now.
    pub(crate) opening: bool,
    /// Whether the objects carry the canned ACL `public-read`.
    pub(crate) acl: bool,
    pub(crate) note: &'a Note,
    pub(crate) reporter: &'a dyn Reporter,
}

/// Uploads what is due, and returns what the objects hold now.
///
/// After a failure nothing new is begun, and what is under way comes to an end, so that nothing is left lying about.
pub(crate) async fn send(settings: &Settings<'_>, due: &[(&Upload<'_>, Reason)]) -> Result<Sent> {
    if due.is_empty() {
        return Ok(Sent::new());
    }
    let bytes = due.iter().map(|(upload, _)| upload.digest.size).sum();
    settings.reporter.log(format!("{} to upload", progress::count(due.len())));
    let pace = Pace::new(CONCURRENCY);
    let sender = Sender {
        s3: Client::from_conf(
            settings
                .s3
                .config()
                .to_builder()
                .interceptor(pace.clone())
                // Each request says the MD5 of its content already.
                .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
                .build(),
        ),
        pace,
        bucket: &settings.bucket.name,
        opening: settings.opening,
        note: settings.note,
        acl: AtomicBool::new(settings.acl),
        content: Semaphore::new(CONTENT_UNDER_WAY),
        progress: Progress::new(settings.reporter, due.len() as u64, bytes),
        reporter: settings.reporter,
        stopped: AtomicBool::new(false),
    };
    let sender = &sender;
    let outcomes: Vec<_> = stream::iter(0..due.len())
        .map(|index| sender.upload(due.get(index).copied()))
        .buffer_unordered(CONCURRENCY)
        .collect()
        .await;
    // The first failure is the cause; the others are its consequences.
    let mut sent = Sent::new();
    for outcome in outcomes {
        sent.extend(outcome?);
    }
    Ok(sent)
}

struct Sender<'a> {
    s3: Client,
    pace: Pace,
    bucket: &'a str,
    /// That the bucket lets public ACLs in may not be known everywhere yet.
    opening: bool,
    note: &'a Note,
    /// False as soon as the bucket has said that it does not take ACLs.
    acl: AtomicBool,
    content: Semaphore,
    progress: Progress<'a>,
    reporter: &'a dyn Reporter,
    /// Something has failed: nothing new is begun.
    stopped: AtomicBool,
}

impl Sender<'_> {
    /// The key and its new content; nothing after a failure elsewhere.
    async fn upload(&self, due: Option<(&Upload<'_>, Reason)>) -> Result<Option<(String, Content)>> {
        let Some((upload, reason)) = due.filter(|_| !self.is_stopped()) else { return Ok(None) };
        let outcome =
            if upload.digest.is_multipart() { self.in_parts(upload).await } else { self.at_once(upload).await };
        let content = match outcome {
            Ok(Some(content)) => content,
            Ok(None) => return Ok(None),
            Err(error) => {
                self.stopped.store(true, Ordering::Relaxed);
                return Err(error);
            }
        };
        let why = match reason {
            Reason::New => "new",
            Reason::Content => "changed",
            Reason::Parameters => "other parameters",
        };
        self.reporter.verbose(format!("uploaded {} -> {} ({why})", upload.source.display(), upload.key));
        self.progress.file_sent();
        Ok(Some((upload.key.clone(), content)))
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    async fn at_once(&self, upload: &Upload<'_>) -> Result<Option<Content>> {
        let _turn = self.pace.turn().await;
        let _room = self.room_for(upload.digest.size).await?;
        let mut patience = PATIENCE_WITH_NEW_BUCKETS;
        let (mut size, mut md5) = (upload.digest.size, upload.digest.md5.clone());
        loop {
            let acl = self.acl.load(Ordering::Relaxed);
            let request = self.s3.put_object().bucket(self.bucket).key(&upload.key);
            let request = set_parameters!(request, upload, acl)
                .set_content_md5(etag::content_md5(&md5))
                .body(stretch(upload, 0, size).await?);
            match request.customize().config_override(with_timeout_for(&self.s3, size)).send().await {
                Ok(answer) => {
                    self.progress.bytes_sent(size);
                    return Ok(Some(Content { etag: unquoted(answer.e_tag).unwrap_or_else(|| md5.clone()), md5 }));
                }
                // What was remembered of the file is wrong. Where reading it again says the same, it keeps changing.
                Err(error) if file_body::is_other_content(&error) || is_cut_short(upload, size).await => {
                    let now = digest_now(upload).await?;
                    if now.is_multipart() || (now.size, &now.md5) == (size, &md5) || md5 != upload.digest.md5 {
                        return Err(changed_meanwhile(upload));
                    }
                    (size, md5) = (now.size, now.md5);
                }
                Err(error) => self.try_again(upload, acl, &error, &mut patience).await?,
            }
        }
    }

    /// Waits where that helps, and goes on without an ACL where the bucket takes none.
    async fn try_again<E>(&self, upload: &Upload<'_>, acl: bool, error: &SdkError<E>, patience: &mut u32) -> Result<()>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        if acl && self.refuses_acls(error) {
            return Ok(());
        }
        if self.opening && *patience > 0 && is_blocked(error) {
            *patience -= 1;
            tokio::time::sleep(Duration::from_millis(500)).await;
            return Ok(());
        }
        Err(self.refused(upload, error))
    }

    /// Waits until there is room for so many bytes.
    async fn room_for(&self, bytes: u64) -> Result<tokio::sync::SemaphorePermit<'_>> {
        let wanted = usize::try_from(bytes.div_ceil(1024)).unwrap_or(CONTENT_UNDER_WAY).clamp(1, CONTENT_UNDER_WAY);
        let wanted = u32::try_from(wanted).unwrap_or(u32::MAX);
        self.content.acquire_many(wanted).await.map_err(|error| Error::new(ErrorCode::Internal, error.to_string()))
    }

    /// New buckets take no ACLs. What was to be public then depends on a policy.
    fn refuses_acls<E: ProvideErrorMetadata>(&self, error: &SdkError<E>) -> bool {
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

    fn refused<E>(&self, upload: &Upload<'_>, error: &SdkError<E>) -> Error
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let doing = format!("uploading {} to {}", upload.key, self.bucket);
        if is_blocked(error) {
            return aws::refused(&doing, "s3:PutObject", error).hint(
                "Block Public Access keeps public ACLs out: set s3Configuration.publicAccess to \"bucketPolicy\", or switch the block off for the bucket, and for the account if it is set there. Buckets that this module makes are opened where s3:PutBucketPublicAccessBlock is allowed",
            );
        }
        aws::refused(&doing, "s3:PutObject and s3:PutObjectAcl", error)
    }
}

fn unquoted(etag: Option<String>) -> Option<String> {
    etag.map(|etag| etag::unquoted(&etag).to_owned())
}

/// Block Public Access keeps public ACLs out.
fn is_blocked<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    aws::Refusal::of(error).message.contains("BlockPublicAcls")
}

async fn stretch(upload: &Upload<'_>, start: u64, size: u64) -> Result<ByteStream> {
    match file_body::stretch(upload.source, start, size).await {
        Ok(body) => Ok(body),
        Err(_) if is_cut_short(upload, start + size).await => Err(changed_meanwhile(upload)),
        Err(error) => Err(Error::io("reading the asset", upload.source, &error)),
    }
}

/// Whether the file ends before the content that was announced.
async fn is_cut_short(upload: &Upload<'_>, size: u64) -> bool {
    tokio::fs::metadata(upload.source).await.is_ok_and(|file| file.len() < size)
}

async fn digest_now(upload: &Upload<'_>) -> Result<Digest> {
    let source = upload.source.to_owned();
    let hashing = tokio::task::spawn_blocking(move || etag::hash_file(&source));
    let hashed = hashing.await.unwrap_or_else(|defect| Err(std::io::Error::other(defect)));
    hashed.map_err(|error| Error::io("reading the asset", upload.source, &error))
}

fn changed_meanwhile(upload: &Upload<'_>) -> Error {
    Error::new(ErrorCode::FileError, format!("the asset {} has changed during the deployment", upload.source.display()))
        .hint("Deploy again")
}
