//! Uploads objects concurrently, with bounded memory however large the files are.

mod adaptive_concurrency;
mod file_body;
mod multipart;
pub(crate) mod multipart_cleanup;
mod object_request;
mod progress;
mod put_object;
mod uploader;

use crate::assets::object::{PendingUpload, UploadedContent, UploadedObjects};
use crate::assets::remote::Remote;
use crate::error::Result;
use crate::output::format;
use futures_util::stream::{self, StreamExt};
use multipart_cleanup::UploadJournal;
use uploader::{MAX_CONCURRENCY, Uploader};

/// Uploads all pending objects, and returns their contents.
///
/// After a failure no further upload is started, but those in flight are finished, so that none is left incomplete.
///
/// # Errors
/// The first failure.
pub(crate) async fn upload_all(
    remote: &Remote<'_>,
    journal: &UploadJournal,
    pending: &[PendingUpload<'_>],
) -> Result<UploadedObjects> {
    if pending.is_empty() {
        return Ok(UploadedObjects::new());
    }
    remote.reporter.log(format!("uploading {}", format::count(pending.len(), "asset")));
    let uploader = &Uploader::new(remote, journal, pending);
    let outcomes: Vec<_> = stream::iter(0..pending.len())
        .map(|index| upload(uploader, pending.get(index).copied()))
        .buffer_unordered(MAX_CONCURRENCY)
        .collect()
        .await;
    let mut objects = UploadedObjects::new();
    for outcome in outcomes {
        objects.extend(outcome?);
    }
    Ok(objects)
}

/// Returns the key of the object and its content, or `None` after the failure of another upload.
async fn upload(
    uploader: &Uploader<'_>,
    pending: Option<PendingUpload<'_>>,
) -> Result<Option<(String, UploadedContent)>> {
    let Some(PendingUpload { object, change }) = pending.filter(|_| !uploader.is_cancelled()) else { return Ok(None) };
    uploader.reporter.verbose(change.line());
    let outcome = if object.digest.is_multipart() {
        uploader.multipart_upload(object).await
    } else {
        uploader.put_object(object).await
    };
    let Some(content) = outcome.inspect_err(|_| uploader.cancel())? else { return Ok(None) };
    uploader.progress.file_uploaded();
    Ok(Some((object.key.clone(), content)))
}
