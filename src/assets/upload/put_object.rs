//! Uploads a small file in one request.

use crate::assets::etag;
use crate::assets::object::{DesiredObject, UploadedContent};
use crate::assets::upload::file_body::{self, is_bad_digest, is_truncated, modified_during_upload, unreadable};
use crate::assets::upload::object_request::ObjectRequest;
use crate::assets::upload::uploader::Uploader;
use crate::error::Result;

impl Uploader<'_> {
    /// Returns the uploaded content, which is not the digest's if the file has changed since it was hashed.
    pub(super) async fn put_object(&self, object: &DesiredObject<'_>) -> Result<Option<UploadedContent>> {
        let _permit = self.concurrency.acquire().await;
        let _reserved = self.reserve_bytes(object.digest.size).await?;
        let (mut size, mut md5) = (object.digest.size, object.digest.md5.clone());
        loop {
            let acl = self.canned_acl();
            let send = async || {
                let request =
                    self.s3.put_object().bucket(self.bucket).key(&object.key).with_params(object, acl.clone());
                let body = file_body::file_range(object, 0, size).await?;
                let request = request.set_content_md5(etag::content_md5(&md5)).body(body).customize();
                Ok(request.config_override(self.overrides(object, size)).send().await)
            };
            let error = match self.call(object).try_send(send).await {
                Ok(output) => {
                    self.progress.bytes_uploaded(size);
                    let etag = output.e_tag.map_or_else(|| md5.clone(), |etag| etag::unquoted(&etag).to_owned());
                    return Ok(Some(UploadedContent { etag, md5 }));
                }
                Err(error) => error,
            };
            if error.status().is_none()
                && let Some(error) = unreadable(object)
            {
                return Err(error);
            }
            if is_bad_digest(&error) || is_truncated(object, size).await {
                // Hashed once more, since the cached digest may be wrong. A file that still differs keeps changing.
                let now = file_body::hash_now(object).await?;
                if now.is_multipart() || (now.size, &now.md5) == (size, &md5) || md5 != object.digest.md5 {
                    return Err(modified_during_upload(object));
                }
                (size, md5) = (now.size, now.md5);
            } else {
                self.retry_without_acl(error, acl)?;
            }
        }
    }
}
