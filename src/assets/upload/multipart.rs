//! Large files: in parts, side by side, read as they are sent.

use super::{
    CONCURRENCY, PATIENCE_WITH_NEW_BUCKETS, Sender, changed_meanwhile, file_body, is_cut_short, set_parameters,
    stretch, unquoted,
};
use crate::assets::diff::Upload;
use crate::assets::etag::part_size;
use crate::assets::upload_manifest::Content;
use crate::assets::upload_params::PutParameters;
use crate::aws::s3::with_timeout_for;
use crate::error::{Error, ErrorCode, Result};
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{
    ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart, ObjectCannedAcl, ObjectLockEventHold,
    ObjectLockLegalHoldStatus, ObjectLockMode, RequestPayer, ServerSideEncryption, StorageClass,
};
use futures_util::stream::{self, StreamExt};
use std::sync::atomic::Ordering;

impl Sender<'_> {
    /// The new content; none after a failure elsewhere.
    pub(super) async fn in_parts(&self, upload: &Upload<'_>) -> Result<Option<Content>> {
        // Before S3 hears of it: whoever dies in between has left a trace.
        self.note.begins(self.bucket, &upload.key)?;
        let id = match self.begin(upload).await {
            Ok(id) => id,
            Err(error) => {
                // Where S3 has refused it, there is none.
                if error.code != ErrorCode::AwsUnavailable {
                    self.note.ended(self.bucket, &upload.key, None)?;
                }
                return Err(error);
            }
        };
        self.note.has_id(self.bucket, &upload.key, &id)?;
        let outcome = self.complete(upload, &id).await;
        if !matches!(outcome, Ok(Some(_))) {
            let request = self.s3.abort_multipart_upload().bucket(self.bucket).key(&upload.key).upload_id(&id);
            if request.send().await.is_err() {
                // Still noted: the next deployment gives it up.
                return outcome;
            }
        }
        self.note.ended(self.bucket, &upload.key, Some(&id))?;
        outcome
    }

    async fn begin(&self, upload: &Upload<'_>) -> Result<String> {
        let mut patience = PATIENCE_WITH_NEW_BUCKETS;
        loop {
            let acl = self.acl.load(Ordering::Relaxed);
            let request = self.s3.create_multipart_upload().bucket(self.bucket).key(&upload.key);
            match set_parameters!(request, upload, acl).send().await {
                Ok(answer) => {
                    return answer.upload_id.ok_or_else(|| {
                        Error::new(ErrorCode::Internal, format!("S3 began the upload of {} without an ID", upload.key))
                    });
                }
                Err(error) => self.try_again(upload, acl, &error, &mut patience).await?,
            }
        }
    }

    async fn complete(&self, upload: &Upload<'_>, id: &str) -> Result<Option<Content>> {
        let part_size = part_size(upload.digest.size);
        let count = upload.digest.size.div_ceil(part_size);
        // All that have begun come to their end, even if one fails: S3 may take a part that arrives after the abort.
        let outcomes: Vec<Result<Option<CompletedPart>>> = stream::iter(0..count)
            .map(|index| self.part(upload, id, index, part_size))
            .buffered(CONCURRENCY)
            .collect()
            .await;
        let Some(parts) = outcomes.into_iter().collect::<Result<Option<Vec<CompletedPart>>>>()? else {
            return Ok(None);
        };
        let completed = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let request = self.s3.complete_multipart_upload().bucket(self.bucket).key(&upload.key).upload_id(id);
        // S3 puts the parts together while we wait.
        let limited = with_timeout_for(&self.s3, upload.digest.size);
        match request.multipart_upload(completed).customize().config_override(limited).send().await {
            Ok(answer) => {
                let etag = unquoted(answer.e_tag).unwrap_or_else(|| upload.digest.md5.clone());
                Ok(Some(Content { etag, md5: upload.digest.md5.clone() }))
            }
            Err(error) => Err(self.refused(upload, &error)),
        }
    }

    /// What S3 has of one part.
    async fn part(&self, upload: &Upload<'_>, id: &str, index: u64, part_size: u64) -> Result<Option<CompletedPart>> {
        let start = index * part_size;
        let size = part_size.min(upload.digest.size - start);
        let _turn = self.pace.turn().await;
        let _room = self.room_for(size).await?;
        if self.is_stopped() {
            return Ok(None);
        }
        let md5 = usize::try_from(index).ok().and_then(|index| upload.digest.parts.get(index)).cloned();
        let number = i32::try_from(index + 1).unwrap_or(i32::MAX);
        let request = self.s3.upload_part().bucket(self.bucket).key(&upload.key).upload_id(id).part_number(number);
        let algorithm = upload.parameters.checksum_algorithm.as_deref().map(ChecksumAlgorithm::from);
        let request = request.set_checksum_algorithm(algorithm).set_content_md5(md5);
        let request = request.body(stretch(upload, start, size).await?);
        match request.customize().config_override(with_timeout_for(&self.s3, size)).send().await {
            Ok(answer) => {
                self.progress.bytes_sent(size);
                let completed = CompletedPart::builder()
                    .part_number(number)
                    .set_e_tag(answer.e_tag)
                    .set_checksum_crc32(answer.checksum_crc32)
                    .set_checksum_crc32_c(answer.checksum_crc32_c)
                    .set_checksum_crc64_nvme(answer.checksum_crc64_nvme)
                    .set_checksum_sha1(answer.checksum_sha1)
                    .set_checksum_sha256(answer.checksum_sha256)
                    .build();
                Ok(Some(completed))
            }
            Err(error) => {
                self.stopped.store(true, Ordering::Relaxed);
                // Parts of two versions of a file make no file.
                if file_body::is_other_content(&error) || is_cut_short(upload, start + size).await {
                    return Err(changed_meanwhile(upload));
                }
                Err(self.refused(upload, &error))
            }
        }
    }
}
