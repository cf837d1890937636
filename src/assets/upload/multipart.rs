//! Uploads a large file in parts, concurrently, each read while it is sent.

use crate::assets::etag;
use crate::assets::object::{DesiredObject, UploadedContent};
use crate::assets::remote_objects::listed_key;
use crate::assets::upload::file_body::{self, is_bad_digest, is_truncated, modified_during_upload, unreadable};
use crate::assets::upload::object_request::ObjectRequest;
use crate::assets::upload::uploader::{MAX_CONCURRENCY, Uploader, upload_error};
use crate::aws::call;
use crate::aws::lost_answers::LostAnswers;
use crate::error::{Error, ErrorCode, Result};
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart, EncodingType};
use futures_util::stream::{self, StreamExt};

/// A range of a file that is uploaded with one request.
#[derive(Clone, Copy)]
struct Part {
    index: usize,
    /// In bytes.
    start: u64,
    /// In bytes.
    size: u64,
}

impl Part {
    /// Divides an object into its parts.
    fn all(object: &DesiredObject<'_>) -> impl Iterator<Item = Part> {
        let (total, part_size) = (object.digest.size, etag::part_size(object.digest.size));
        (0..).map_while(move |index: usize| {
            let start = index as u64 * part_size;
            (start < total).then(|| Part { index, start, size: part_size.min(total - start) })
        })
    }

    /// S3 counts parts from 1.
    fn number(self) -> i32 {
        i32::try_from(self.index + 1).unwrap_or(i32::MAX)
    }
}

/// How an upload that was begun has ended.
enum Outcome {
    Uploaded(UploadedContent),
    /// Another upload has failed.
    Cancelled,
    /// S3 does not know the upload anymore, and the object may be there or not.
    Forgotten(Error),
}

impl Uploader<'_> {
    /// Returns the uploaded content, or `None` after the failure of another upload.
    pub(super) async fn multipart_upload(&self, object: &DesiredObject<'_>) -> Result<Option<UploadedContent>> {
        let mut outcome = self.upload_once(object).await?;
        if let Outcome::Forgotten(_) = outcome {
            // Where S3 encrypts with a KMS key, the object's ETag does not identify its content.
            self.reporter.log(format!("uploading {} again, since S3 has lost the upload", object.key));
            outcome = self.upload_once(object).await?;
        }
        match outcome {
            Outcome::Uploaded(content) => Ok(Some(content)),
            Outcome::Cancelled => Ok(None),
            Outcome::Forgotten(error) => Err(error),
        }
    }

    async fn upload_once(&self, object: &DesiredObject<'_>) -> Result<Outcome> {
        // Before the first request, so that the next deployment can abort the upload if this one is interrupted.
        self.journal.record_start(&object.key)?;
        let lost_answers = LostAnswers::default();
        let id = match self.create_multipart_upload(object, &lost_answers).await {
            Ok(id) => id,
            Err(error) => {
                // Without an answer from S3, the upload may exist.
                if error.code != ErrorCode::AwsUnavailable && !lost_answers.any() {
                    self.journal.record_end(&object.key, None)?;
                }
                return Err(error);
            }
        };
        self.journal.record_id(&object.key, &id, lost_answers.any())?;
        let outcome = self.upload_parts(object, &id).await;
        let has_ended = matches!(outcome, Ok(Outcome::Uploaded(_) | Outcome::Forgotten(_)));
        if !has_ended && !self.abort(object, &id).await {
            // The journal keeps it, and the next deployment aborts it.
            return outcome;
        }
        self.journal.record_end(&object.key, Some(&id))?;
        outcome
    }

    async fn create_multipart_upload(&self, object: &DesiredObject<'_>, lost_answers: &LostAnswers) -> Result<String> {
        loop {
            let acl = self.canned_acl();
            let request = self.s3.create_multipart_upload().bucket(self.bucket).key(&object.key);
            let request = request.with_params(object, acl.clone());
            let send = || request.clone().customize().interceptor(lost_answers.clone()).send();
            match self.call(object).send(send).await {
                Ok(output) => {
                    return output.upload_id.ok_or_else(|| {
                        let message = format!("uploading {} failed: S3 returned no upload ID", object.key);
                        Error::new(ErrorCode::Internal, message)
                    });
                }
                Err(error) => self.retry_without_acl(error, acl)?,
            }
        }
    }

    async fn upload_parts(&self, object: &DesiredObject<'_>, id: &str) -> Result<Outcome> {
        // All parts in flight are finished even if one fails: S3 may keep a part that arrives after the abort.
        let outcomes: Vec<Result<Option<CompletedPart>>> = stream::iter(Part::all(object))
            .map(|part| self.upload_part(object, id, part))
            .buffered(MAX_CONCURRENCY)
            .collect()
            .await;
        let Some(parts) = outcomes.into_iter().collect::<Result<Option<Vec<CompletedPart>>>>()? else {
            return Ok(Outcome::Cancelled);
        };
        let completed = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let request = self.s3.complete_multipart_upload().bucket(self.bucket).key(&object.key).upload_id(id);
        let request = request.multipart_upload(completed);
        let lost_answers = LostAnswers::default();
        let send = || {
            // S3 answers only after it has put the parts together.
            let request = request.clone().customize().config_override(self.overrides(object, object.digest.size));
            request.interceptor(lost_answers.clone()).send()
        };
        let etag = match self.call(object).send(send).await {
            Ok(output) => output.e_tag,
            // S3 may have forgotten the upload since an earlier attempt has completed it
            // (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>).
            Err(error) if error.is("NoSuchUpload") && (lost_answers.any() || error.may_be_done()) => {
                let is_completed = self.has_object(object).await;
                if !is_completed {
                    return Ok(Outcome::Forgotten(upload_error(error)));
                }
                None
            }
            Err(error) => return Err(upload_error(error)),
        };
        let md5 = object.digest.md5.clone();
        let etag = etag.map_or_else(|| md5.clone(), |etag| etag::unquoted(&etag).to_owned());
        Ok(Outcome::Uploaded(UploadedContent { etag, md5 }))
    }

    /// Returns whether the bucket has the object with the content of its digest. A listing shows that without the
    /// permission to read assets.
    async fn has_object(&self, object: &DesiredObject<'_>) -> bool {
        let request = self.s3.list_objects_v2().bucket(self.bucket).prefix(&object.key).max_keys(1);
        let request = request.encoding_type(EncodingType::Url);
        let operation = format!("looking for {} in {}", object.key, self.bucket);
        let outcome = call(operation, "s3:ListBucket").after(self.recent_change).send(|| request.clone().send()).await;
        let Ok(page) = outcome else { return false };
        // The key itself comes before all others that begin with it.
        let found = page.contents.and_then(|objects| objects.into_iter().next());
        found.is_some_and(|found| {
            found.key.map(|key| listed_key(key, page.encoding_type.as_ref())).as_ref() == Some(&object.key)
                && found.e_tag.is_some_and(|etag| etag::unquoted(&etag) == object.digest.md5)
        })
    }

    async fn upload_part(&self, object: &DesiredObject<'_>, id: &str, part: Part) -> Result<Option<CompletedPart>> {
        let _permit = self.concurrency.acquire().await;
        let _reserved = self.reserve_bytes(part.size).await?;
        if self.is_cancelled() {
            return Ok(None);
        }
        let send = async || {
            let request = self.s3.upload_part().bucket(self.bucket).key(&object.key).upload_id(id);
            let algorithm = object.params.checksum_algorithm.as_deref().map(ChecksumAlgorithm::from);
            let request = request.part_number(part.number()).set_checksum_algorithm(algorithm);
            let request = request.set_content_md5(object.digest.parts.get(part.index).cloned());
            let request = request.body(file_body::file_range(object, part.start, part.size).await?).customize();
            Ok(request.config_override(self.overrides(object, part.size)).send().await)
        };
        match self.call(object).try_send(send).await {
            Ok(output) => {
                self.progress.bytes_uploaded(part.size);
                let completed = CompletedPart::builder()
                    .part_number(part.number())
                    .set_e_tag(output.e_tag)
                    .set_checksum_crc32(output.checksum_crc32)
                    .set_checksum_crc32_c(output.checksum_crc32_c)
                    .set_checksum_crc64_nvme(output.checksum_crc64_nvme)
                    .set_checksum_sha1(output.checksum_sha1)
                    .set_checksum_sha256(output.checksum_sha256)
                    .build();
                Ok(Some(completed))
            }
            Err(error) => {
                self.cancel();
                if error.status().is_none()
                    && let Some(error) = unreadable(object)
                {
                    return Err(error);
                }
                // The other parts are those of another version of the file.
                if is_bad_digest(&error) || is_truncated(object, part.start + part.size).await {
                    return Err(modified_during_upload(object));
                }
                Err(upload_error(error))
            }
        }
    }

    /// Returns whether the upload is aborted. The reason for it is reported, and a failure of the abort is not.
    async fn abort(&self, object: &DesiredObject<'_>, id: &str) -> bool {
        let request = self.s3.abort_multipart_upload().bucket(self.bucket).key(&object.key).upload_id(id);
        let operation = format!("aborting the upload of {}", object.key);
        let call = call(operation, "s3:AbortMultipartUpload").after(self.recent_change);
        call.send(|| request.clone().send()).await.is_ok()
    }
}
