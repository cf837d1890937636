//! Deletes the objects of removed assets.

use crate::assets::remote::Remote;
use crate::aws::{CallResult, call};
use crate::error::{Error, ErrorCode, Result};
use crate::output::format;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};

/// The maximum of one DeleteObjects request.
/// See <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html>.
const MAX_KEYS_PER_REQUEST: usize = 1000;

/// Deletes objects, and returns how many were deleted.
///
/// Warns of objects that S3 does not delete, because the assets are up to date without it.
pub(crate) async fn delete_objects(remote: &Remote<'_>, keys: &[&str]) -> Result<usize> {
    let mut deleted = 0;
    for batch in keys.chunks(MAX_KEYS_PER_REQUEST) {
        deleted += delete_batch(remote, batch).await?;
    }
    Ok(deleted)
}

async fn delete_batch(remote: &Remote<'_>, keys: &[&str]) -> Result<usize> {
    let (bucket, reporter) = (&remote.bucket.name, remote.reporter);
    let operation = format!("deleting {} from {bucket}", format::count(keys.len(), "object"));
    let incomplete = |error| Error::new(ErrorCode::Internal, format!("{operation} failed: {error}"));
    let objects: Result<Vec<_>, _> = keys.iter().map(|key| ObjectIdentifier::builder().key(*key).build()).collect();
    let delete = Delete::builder().set_objects(Some(objects.map_err(incomplete)?)).quiet(true);
    let request = remote.s3.delete_objects().bucket(bucket).delete(delete.build().map_err(incomplete)?);
    let deletion = call(operation, "s3:DeleteObject").send(|| request.clone().send()).await;
    let Some(output) = deletion.or_warn_denied(reporter)? else { return Ok(0) };
    let failed: Vec<_> = output.errors().iter().filter_map(|error| error.key()).collect();
    if let Some(error) = output.errors().first() {
        reporter.warning(format!(
            "deleting {} from {bucket} failed, among them {}: {}. Allow s3:DeleteObject to the IAM user or role that deploys, or unset s3Configuration.deleteRemovedAssets.",
            format::count(failed.len(), "object"),
            error.key().unwrap_or_default(),
            error.message().or(error.code()).unwrap_or_default()
        ));
    }
    let deleted: Vec<_> = keys.iter().filter(|key| !failed.contains(*key)).collect();
    for key in &deleted {
        reporter.log(format!("deleted {key} (asset removed)"));
    }
    Ok(deleted.len())
}
