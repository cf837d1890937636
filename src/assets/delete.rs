//! Deletes the objects of removed assets.

use crate::assets::remote::Remote;
use crate::aws::{CallResult, retry};
use crate::error::{Error, ErrorCode, Result};
use crate::output::format;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use std::collections::HashMap;
use std::time::Duration;

/// The maximum of one DeleteObjects request.
/// See <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html>.
pub(crate) const MAX_KEYS_PER_REQUEST: usize = 1000;

/// Attempts to delete objects for which S3 answers that they may be tried again.
pub(crate) const MAX_ATTEMPTS: u32 = 5;

pub(crate) const MAX_PAUSE: Duration = Duration::from_secs(2);

/// Errors of single objects that pass. DeleteObjects answers with status 200, so the SDK does not see them.
/// See <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList>.
pub(crate) const TRANSIENT_CODES: [&str; 5] =
    ["InternalError", "OperationAborted", "RequestTimeout", "ServiceUnavailable", "SlowDown"];

/// Deletes objects, and returns how many were deleted.
///
/// Warns of objects that S3 does not delete, because the assets are up to date without it.
pub(crate) async fn delete_objects(remote: &Remote<'_>, keys: &[&str]) -> Result<usize> {
    let (batched, single): (Vec<&str>, Vec<&str>) = keys.iter().partition(|key| key.chars().all(is_xml_char));
    let mut deleted = 0;
    for batch in batched.chunks(MAX_KEYS_PER_REQUEST) {
        deleted += delete_batch(remote, batch).await?;
    }
    for key in single {
        deleted += delete_single(remote, key).await?;
    }
    Ok(deleted)
}

/// Returns whether XML 1.0 has a character (<https://www.w3.org/TR/xml/#charsets>). S3 rejects a DeleteObjects request
/// with another one as a whole.
pub(crate) fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

/// Deletes an object whose key DeleteObjects does not accept.
async fn delete_single(remote: &Remote<'_>, key: &str) -> Result<usize> {
    let bucket = &remote.bucket.name;
    let request = remote.s3.delete_object().bucket(bucket).key(key);
    let deletion =
        remote.call(format!("deleting {key:?} from {bucket}"), "s3:DeleteObject").send(|| request.clone().send());
    Ok(usize::from(deletion.await.or_warn_denied(remote.reporter)?.is_some()))
}

async fn delete_batch(remote: &Remote<'_>, keys: &[&str]) -> Result<usize> {
    let mut failed: HashMap<String, KeyError> = HashMap::new();
    let mut pending = keys.to_vec();
    for attempt in 1..=MAX_ATTEMPTS {
        let Some(errors) = send(remote, &pending).await? else { return Ok(keys.len() - failed.len() - pending.len()) };
        pending.retain(|key| errors.get(*key).is_some_and(KeyError::is_transient));
        let is_last = attempt == MAX_ATTEMPTS || pending.is_empty();
        failed.extend(errors.into_iter().filter(|(key, _)| is_last || !pending.contains(&key.as_str())));
        if is_last {
            break;
        }
        tokio::time::sleep(retry::pause(attempt, MAX_PAUSE)).await;
    }
    warn_failed(remote, &failed);
    Ok(keys.len() - failed.len())
}

/// Why S3 has not deleted one of several objects.
struct KeyError {
    code: String,
    message: String,
}

impl KeyError {
    fn is_transient(&self) -> bool {
        TRANSIENT_CODES.contains(&self.code.as_str())
    }
}

/// Returns the keys that were not deleted. Warns and returns `None` if deleting is denied.
async fn send(remote: &Remote<'_>, keys: &[&str]) -> Result<Option<HashMap<String, KeyError>>> {
    let bucket = &remote.bucket.name;
    let operation = format!("deleting {} from {bucket}", format::count(keys.len(), "object"));
    let incomplete = |error| Error::new(ErrorCode::Internal, format!("{operation} failed: {error}"));
    let objects: Result<Vec<_>, _> = keys.iter().map(|key| ObjectIdentifier::builder().key(*key).build()).collect();
    let delete = Delete::builder().set_objects(Some(objects.map_err(incomplete)?)).quiet(true);
    let request = remote.s3.delete_objects().bucket(bucket).delete(delete.build().map_err(incomplete)?);
    let deletion = remote.call(operation, "s3:DeleteObject").send(|| request.clone().send()).await;
    let Some(output) = deletion.or_warn_denied(remote.reporter)? else { return Ok(None) };
    let entry = |error: aws_sdk_s3::types::Error| {
        let (code, message) = (error.code.unwrap_or_default(), error.message.unwrap_or_default());
        Some((error.key?, KeyError { code, message }))
    };
    Ok(Some(output.errors.unwrap_or_default().into_iter().filter_map(entry).collect()))
}

fn warn_failed(remote: &Remote<'_>, failed: &HashMap<String, KeyError>) {
    let Some((key, KeyError { code, message })) = failed.iter().min_by_key(|(key, _)| *key) else { return };
    let hint = match code.as_str() {
        "AccessDenied" => {
            "Allow s3:DeleteObject to your IAM user or role, or unset s3Configuration.deleteRemovedAssets"
        }
        _ => "The next deployment tries again",
    };
    remote.reporter.warning(format!(
        "deleting {} from {} failed, among them {key}: {code}: {}. {hint}.",
        format::count(failed.len(), "object"),
        remote.bucket.name,
        message.trim_end_matches('.')
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_has_all_characters_but_most_control_characters_and_two_that_are_not_characters() {
        assert!("\t\n\r ~\u{7f}\u{d7ff}\u{e000}\u{fffd}\u{10000}\u{10ffff}&<".chars().all(is_xml_char));
        assert!(!"\0\u{1}\u{8}\u{b}\u{c}\u{10}\u{1f}\u{fffe}\u{ffff}".chars().any(is_xml_char));
    }
}
