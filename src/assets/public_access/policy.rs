//! Grants and revokes public read access to a target's objects in the bucket's policy.
//!
//! S3 replaces a policy as a whole and does not detect concurrent edits, so after each edit the policy is read again,
//! until it has this target's statement, or no longer has it.

use crate::assets::public_access::statement::{with_statement, without_statement};
use crate::assets::remote::Remote;
use crate::aws::{CallError, CallResult, policy_document, retry};
use crate::config::options::PublicAccess;
use crate::error::{Error, Result};
use crate::output::reporter::Reporter;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Edits and checks until this deployment stops competing with others that edit the same policy: dozens of targets may be deployed
/// to one bucket at the same time.
const MAX_EDITS: u32 = 40;

/// The time for which the policy must stay unchanged after it was edited by several deployments.
const COMPETITION_PAUSE: Duration = Duration::from_secs(2);

const MAX_PAUSE: Duration = Duration::from_secs(3);

/// Returns the bucket's policy, or an empty string if it does not have one.
pub(crate) async fn read(remote: &Remote<'_>) -> Result<String, CallError> {
    let name = &remote.bucket.name;
    let request = remote.s3.get_bucket_policy().bucket(name);
    let operation = format!("reading the policy of the bucket {name}");
    let output = remote.call(operation, "s3:GetBucketPolicy").send(|| request.clone().send()).await.optional()?;
    Ok(output.and_then(|output| output.policy).unwrap_or_default())
}

/// Returns the policy as it was read, or `None` if reading it is denied. Warns of that where the assets depend on it.
pub(crate) fn unless_denied(
    policy: Result<String, CallError>,
    public_access: PublicAccess,
    reporter: &dyn Reporter,
) -> Result<Option<String>> {
    match policy {
        // Without the right to read the policy, no deployment has edited it.
        Err(error) if error.is_denied() && public_access != PublicAccess::BucketPolicy => Ok(None),
        policy => policy.or_warn_denied(reporter),
    }
}

/// Adds the statement that lets anyone read this target's objects, and logs this line.
///
/// Returns whether the policy was edited. Warns if that is denied: the assets may be readable in another way.
///
/// # Errors
/// `AccessDenied`, if Block Public Access is the cause.
pub(crate) async fn grant_public_read(remote: &Remote<'_>, line: &str) -> Result<bool> {
    remote.reporter.log(line);
    keep_public_read(remote, line).await
}

/// Adds the statement if the policy does not have it. Others may have edited the policy since it was read, so it is read
/// before each edit.
///
/// # Errors
/// As of [`grant_public_read`].
pub(crate) async fn keep_public_read(remote: &Remote<'_>, operation: &str) -> Result<bool> {
    let (bucket, reporter) = (remote.bucket, remote.reporter);
    let mut written = None;
    for attempt in 1..MAX_EDITS {
        let Some(current) = read(remote).await.or_warn_denied(reporter)? else { return Ok(false) };
        let Some(edited) = with_statement(&current, bucket, remote.prefix)? else {
            // Until the policy stays as it is, others edit it, and one may still write what it read before our edit.
            if written.is_none()
                || written.as_deref().is_some_and(|last| policy_document::is_equivalent(last, &current))
            {
                return Ok(written.is_some());
            }
            written = Some(current);
            tokio::time::sleep(jittered(COMPETITION_PAUSE)).await;
            continue;
        };
        let edit = |policy: &str| with_statement(policy, bucket, remote.prefix);
        match put(remote, operation, edited.clone(), edit).await {
            Err(error) if error.message_contains("BlockPublicPolicy") => return Err(public_policy_blocked(error)),
            outcome => {
                if outcome.or_warn_denied(reporter)?.is_none() {
                    return Ok(false);
                }
            }
        }
        written = Some(edited);
        tokio::time::sleep(jittered(retry::pause(attempt, MAX_PAUSE))).await;
    }
    if with_statement(&read(remote).await?, bucket, remote.prefix)?.is_some() {
        warn_contended(remote, operation);
    }
    Ok(true)
}

/// Removes the statement of [`grant_public_read`], and logs this line. Warns if that is denied.
pub(crate) async fn revoke_public_read(remote: &Remote<'_>, operation: &str) -> Result<()> {
    let (bucket, reporter) = (remote.bucket, remote.reporter);
    reporter.log(operation);
    for edits in 0..MAX_EDITS {
        // Others may have edited the policy since it was read.
        let Some(current) = unless_denied(read(remote).await, remote.public_access, reporter)? else { return Ok(()) };
        let Some(edited) = without_statement(&current, bucket, remote.prefix) else { return Ok(()) };
        let outcome = if edited.is_empty() {
            delete(remote, operation).await
        } else {
            let edit = |policy: &str| Ok(without_statement(policy, bucket, remote.prefix).filter(|it| !it.is_empty()));
            put(remote, operation, edited, edit).await
        };
        if outcome.or_warn_denied(reporter)?.is_none() {
            return Ok(());
        }
        tokio::time::sleep(jittered(retry::pause(edits, MAX_PAUSE))).await;
    }
    warn_contended(remote, operation);
    Ok(())
}

/// Writes the edited policy. If S3 refuses that while it applies another edit, the next attempt edits the policy that
/// is there then, so that the other edit is not lost.
async fn put(
    remote: &Remote<'_>,
    operation: &str,
    edited: String,
    edit: impl Fn(&str) -> Result<Option<String>>,
) -> Result<(), CallError> {
    let request = remote.s3.put_bucket_policy().bucket(&remote.bucket.name);
    let is_resent = AtomicBool::new(false);
    let send = async || {
        let is_resent = is_resent.swap(true, Ordering::Relaxed);
        let edited = if is_resent { edit(&read(remote).await?)? } else { Some(edited.clone()) };
        let Some(edited) = edited else { return Ok(Ok(())) };
        Ok(request.clone().policy(edited).send().await.map(drop))
    };
    remote.call(operation, "s3:PutBucketPolicy").try_send(send).await
}

async fn delete(remote: &Remote<'_>, operation: &str) -> Result<(), CallError> {
    let request = remote.s3.delete_bucket_policy().bucket(&remote.bucket.name);
    remote.call(operation, "s3:DeleteBucketPolicy").send(|| request.clone().send()).await.map(drop)
}

/// Returns half to one and a half times a pause, at random, so that concurrent deployments do not stay in step.
fn jittered(pause: Duration) -> Duration {
    const STEPS: u32 = 1000;
    let random = u32::try_from(RandomState::new().hash_one(()) % u64::from(STEPS)).unwrap_or(0);
    pause / 2 + pause * random / STEPS
}

fn public_policy_blocked(error: CallError) -> Error {
    error.hint("Block Public Access denies public policies: switch BlockPublicPolicy and RestrictPublicBuckets off for the bucket, and for the account if they are set there").into()
}

fn warn_contended(remote: &Remote<'_>, operation: &str) {
    remote.reporter.warning(format!("{operation}: another deployment keeps editing the bucket's policy; deploy again"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_differ_by_half_at_most() {
        let pause = Duration::from_secs(2);
        let pauses: Vec<_> = (0..100).map(|_| jittered(pause)).collect();
        assert!(pauses.iter().all(|jittered| (pause / 2..pause * 3 / 2).contains(jittered)));
        assert!(pauses.iter().any(|jittered| *jittered != pauses[0]));
    }
}
