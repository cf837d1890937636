//! Collects the rights that are missing for several reads, so that the user learns of all of them at once.

use crate::error::{Error, ErrorCode, Result};
use std::future::Future;
use std::sync::{Mutex, PoisonError};

/// How the hint of a missing right begins and ends, if it names nothing but the right.
const ALLOW: &str = "Allow ";
const TO_CALLER: &str = " to your IAM user or role";

/// Makes reads, and keeps the errors of those that AWS does not allow.
#[derive(Debug, Default)]
pub(crate) struct MissingRights(Mutex<Vec<Error>>);

impl MissingRights {
    /// Returns what is read; the default if a right is missing for it, which [`Self::check`] reports.
    ///
    /// # Errors
    /// Any other error.
    pub(crate) async fn read<T: Default>(&self, read: impl Future<Output = Result<T>>) -> Result<T> {
        match read.await {
            Err(error) if error.code == ErrorCode::AccessDenied => {
                self.0.lock().unwrap_or_else(PoisonError::into_inner).push(error);
                Ok(T::default())
            }
            outcome => outcome,
        }
    }

    /// Adds those that are missing for other reads.
    pub(crate) fn extend(&self, others: MissingRights) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(others.into_errors());
    }

    /// Checks that no right is missing.
    ///
    /// # Errors
    /// `AccessDenied`, with all of them.
    pub(crate) fn check(self) -> Result<()> {
        match combined(self.into_errors()) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    fn into_errors(self) -> Vec<Error> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns one error for several. The order does not depend on the time of the answers.
fn combined(mut errors: Vec<Error>) -> Option<Error> {
    errors.sort_by(|one, other| one.message.cmp(&other.message));
    if errors.len() < 2 {
        return errors.pop();
    }
    let failed = |error: &Error| match error.message.split_once(" failed: ") {
        Some((operation, _)) => operation.to_owned(),
        None => error.message.clone(),
    };
    let operations: Vec<_> = errors.iter().map(failed).collect();
    // It names the user or role that is denied.
    let answer = errors.first().and_then(|error| error.message.split_once(" failed: "));
    let answer = answer.map_or(String::new(), |(_, cause)| format!("; the first answer: {cause}"));
    let message = format!("AWS denies {} reads: {}{answer}", operations.len(), operations.join(", "));
    let hints = distinct(errors.into_iter().map(|error| error.hint));
    let right = |hint: &String| Some(hint.strip_prefix(ALLOW)?.strip_suffix(TO_CALLER)?.to_owned());
    let rights: Vec<_> = hints.iter().filter_map(right).collect();
    let allow = (!rights.is_empty()).then(|| format!("{ALLOW}{}{TO_CALLER}", rights.join(", ")));
    let others = hints.into_iter().filter(|hint| right(hint).is_none());
    let hint = allow.into_iter().chain(others).collect::<Vec<_>>().join(". ");
    Some(Error::new(ErrorCode::AccessDenied, message).hint(hint))
}

/// Returns each text once, sorted.
fn distinct(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut texts: Vec<_> = texts.filter(|text| !text.is_empty()).collect();
    texts.sort();
    texts.dedup();
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn denied(operation: &str, hint: &str) -> Error {
        Error::new(ErrorCode::AccessDenied, format!("{operation} failed: AccessDenied: no")).hint(hint)
    }

    async fn check(errors: &[Error]) -> Result<()> {
        let rights = MissingRights::default();
        for error in errors {
            assert_eq!(rights.read(async { Err::<usize, _>(error.clone()) }).await, Ok(0));
        }
        rights.check()
    }

    #[tokio::test]
    async fn all_rights_that_are_missing_are_named_once() {
        let role = denied("looking up the role cats", "Allow iam:GetRole on arn:1 to your IAM user or role");
        let versions = |prefix| denied(prefix, "Allow s3:ListBucketVersions to your IAM user or role");
        let explicit = denied("looking up the table cats", "To allow x elsewhere does not help: change the statement");
        let errors = [role, versions("listing cats/b/"), versions("listing cats/a/"), explicit];
        assert_eq!(
            check(&errors).await.unwrap_err().to_string(),
            "AWS denies 4 reads: listing cats/a/, listing cats/b/, looking up the role cats, looking up the table cats; the first answer: AccessDenied: no. Allow iam:GetRole on arn:1, s3:ListBucketVersions to your IAM user or role. To allow x elsewhere does not help: change the statement."
        );
    }

    #[tokio::test]
    async fn a_single_error_stays_as_it_is_and_others_are_not_collected() {
        let one = denied("looking up the role cats", "Allow iam:GetRole to your IAM user or role");
        assert_eq!(check(std::slice::from_ref(&one)).await, Err(one.clone()));
        assert_eq!(check(&[]).await, Ok(()));
        let rights = MissingRights::default();
        let other = Error::new(ErrorCode::AwsUnavailable, "no answer");
        assert_eq!(rights.read(async { Err::<usize, _>(other.clone()) }).await, Err(other));
        assert_eq!(rights.read(async { Ok(7) }).await, Ok(7));
        let nested = MissingRights::default();
        nested.read(async { Err::<usize, _>(one.clone()) }).await.unwrap();
        rights.extend(nested);
        assert_eq!(rights.check(), Err(one));
    }
}
