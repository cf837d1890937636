//! Objects that no asset stands for any more.

use crate::aws;
use crate::aws::s3::Bucket;
use crate::error::{Error, ErrorCode, Result};
use crate::output::reporter::Reporter;
use aws_sdk_s3::Client;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};

/// DeleteObjects takes so many keys at most.
const AT_ONCE: usize = 1000;

/// Deletes objects, and returns how many. Without the right to do so they stay, with a warning: the assets themselves
/// are up to date.
pub(crate) async fn delete(s3: &Client, bucket: &Bucket, keys: &[&str], reporter: &dyn Reporter) -> Result<usize> {
    let mut deleted = 0;
    for some in keys.chunks(AT_ONCE) {
        let doing = format!("deleting {} objects from {}", some.len(), bucket.name);
        let incomplete = |error| Error::new(ErrorCode::Internal, format!("{doing} failed: {error}"));
        let objects: std::result::Result<Vec<_>, _> =
            some.iter().map(|key| ObjectIdentifier::builder().key(*key).build()).collect();
        let batch = Delete::builder().set_objects(Some(objects.map_err(incomplete)?)).quiet(true);
        let request = s3.delete_objects().bucket(&bucket.name).delete(batch.build().map_err(incomplete)?);
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => {
                let refused = aws::refused(&doing, "s3:DeleteObject", &error);
                if refused.code != ErrorCode::AccessDenied {
                    return Err(refused);
                }
                reporter.warning(refused.to_string());
                continue;
            }
        };
        let kept: Vec<_> = answer.errors().iter().filter_map(|error| error.key()).collect();
        if let Some(error) = answer.errors().first() {
            reporter.warning(format!(
                "{} objects could not be deleted from {}, among them {}: {}. Allow s3:DeleteObject to the IAM user or role that deploys, or leave out s3Configuration.deleteRemovedAssets.",
                kept.len(),
                bucket.name,
                error.key().unwrap_or_default(),
                error.message().or(error.code()).unwrap_or_default()
            ));
        }
        for key in some.iter().filter(|key| !kept.contains(*key)) {
            reporter.log(format!("deleted {key}, which is no asset any more"));
            deleted += 1;
        }
    }
    Ok(deleted)
}
