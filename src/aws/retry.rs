//! Waiting for AWS to be ready for a change, instead of failing or sleeping for a fixed time.

use crate::aws::Refusal;
use crate::output::reporter::Reporter;
use aws_sdk_lambda::error::{ProvideErrorMetadata, SdkError};
use std::future::Future;
use std::time::Duration;
use tokio::time::Instant;

/// How long a function may take to become ready, and a new role to be known everywhere. Others wait up to a quarter
/// of an hour for a role; a minute is the most that is commonly seen.
pub(crate) const PATIENCE: Duration = Duration::from_mins(5);

/// Sends a change again for as long as AWS refuses it for a reason that passes.
pub(crate) async fn patiently<T, E, F>(reporter: &dyn Reporter, send: impl Fn() -> F) -> Result<T, SdkError<E>>
where
    E: ProvideErrorMetadata,
    F: Future<Output = Result<T, SdkError<E>>>,
{
    let end = Instant::now() + PATIENCE;
    let mut pause = Duration::from_millis(500);
    let mut told = false;
    loop {
        let error = match send().await {
            Err(error) if Instant::now() < end => error,
            outcome => return outcome,
        };
        let Some(reason) = passing(&Refusal::of(&error)) else { return Err(error) };
        if !told {
            reporter.log(format!("waiting: {reason}"));
            told = true;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(Duration::from_secs(10));
    }
}

/// What a refused change is waiting for, if waiting helps. AWS has one code for several reasons; its words tell.
fn passing(refusal: &Refusal) -> Option<&'static str> {
    match refusal.code {
        // A function whose creation failed stays so.
        "ResourceConflictException" if refusal.message.contains("state: Failed") => None,
        "ResourceConflictException" if !is_there_already(refusal) => {
            Some("the function is still busy with another change")
        }
        "InvalidParameterValueException" if refusal.message.contains("cannot be assumed by Lambda") => {
            Some("the role is new, and not known everywhere yet")
        }
        "ConcurrentModification" | "ConcurrentModificationException" => Some("somebody else is changing the role"),
        "NoSuchEntity" if refusal.message.contains("role with name") => {
            Some("the role is new, and not known everywhere yet")
        }
        _ => None,
    }
}

/// What was to be made is there: somebody else was faster, or our own first attempt got through without its answer.
pub(crate) fn is_there_already(refusal: &Refusal) -> bool {
    let words = refusal.message;
    refusal.code == "ResourceConflictException"
        && (words.contains("already exist") || words.contains("provided already"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_tell_what_passes() {
        let passes = |code, message| passing(&Refusal { code, message, status: Some(409) }).is_some();
        assert!(passes(
            "ResourceConflictException",
            "The operation cannot be performed at this time. An update is in progress for resource: arn"
        ));
        assert!(passes(
            "ResourceConflictException",
            "The operation cannot be performed at this time. The function is currently in the following state: Pending"
        ));
        assert!(!passes(
            "ResourceConflictException",
            "The operation cannot be performed at this time. The function is currently in the following state: Failed"
        ));
        assert!(!passes("ResourceConflictException", "Function already exist: cats"));
        assert!(!passes("ResourceConflictException", "Alias already exists: arn"));
        assert!(!passes(
            "ResourceConflictException",
            "The statement id (lc-1) provided already exists. Please provide a new statement id, or remove the existing statement."
        ));
        assert!(passes(
            "InvalidParameterValueException",
            "The role defined for the function cannot be assumed by Lambda."
        ));
        assert!(!passes("InvalidParameterValueException", "Unzipped size must be smaller than 262144000 bytes"));
        assert!(passes("NoSuchEntity", "The role with name litexa_handler_lambda cannot be found."));
        assert!(!passes(
            "NoSuchEntity",
            "Policy arn:aws:iam::aws:policy/CloudWatchFullAccess does not exist or is not attachable."
        ));
    }
}
