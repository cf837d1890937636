//! Collects what may not be read, so that it does not stop the rest.

use crate::error::{Error, ErrorCode, Result};
use serde::Serialize;
use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A part of the status that is not shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NotShown {
    what: &'static str,
    /// The right that is missing, such as `lambda:GetPolicy`, or another hint.
    needs: String,
}

/// Reads the parts of the status.
#[derive(Default)]
pub(crate) struct Reads(Mutex<Vec<NotShown>>);

impl Reads {
    /// Returns what is read; `None`, with a note, if the right is missing.
    ///
    /// # Errors
    /// Any other error.
    pub(crate) async fn part<T>(
        &self,
        what: &'static str,
        read: impl Future<Output = Result<Option<T>>>,
    ) -> Result<Option<T>> {
        match read.await {
            Err(error) if error.code == ErrorCode::AccessDenied => {
                let note = NotShown { what, needs: needs(&error) };
                self.lock().push(note);
                Ok(None)
            }
            outcome => outcome,
        }
    }

    /// Returns whether a part may not be read.
    pub(crate) fn hides(&self, what: &str) -> bool {
        self.lock().iter().any(|note| note.what == what)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<NotShown>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the parts that are not shown, in an order that does not depend on the time of the answers.
    pub(crate) fn into_not_shown(self) -> Vec<NotShown> {
        let mut notes = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        notes.sort_by_key(|note| note.what);
        notes
    }
}

/// Returns the right that a hint names.
fn needs(error: &Error) -> String {
    let action = error.hint.strip_prefix("Allow ").and_then(|rest| rest.split(' ').next());
    action.unwrap_or(&error.hint).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_missing_right_is_a_note_and_another_error_is_one() {
        let reads = Reads::default();
        let denied = Error::new(ErrorCode::AccessDenied, "reading failed: AccessDenied")
            .hint("Allow lambda:GetPolicy on arn:aws:lambda:r:1:function:f to your IAM user or role");
        assert_eq!(reads.part("Alexa access", async { Err::<Option<u8>, _>(denied) }).await, Ok(None));
        assert_eq!(reads.part("a", async { Ok(Some(1)) }).await, Ok(Some(1)));
        let explicit = Error::new(ErrorCode::AccessDenied, "no").hint("change the statement that denies it");
        assert_eq!(reads.part("table", async { Err::<Option<u8>, _>(explicit) }).await, Ok(None));
        let other = Error::new(ErrorCode::AwsUnavailable, "no answer");
        assert_eq!(reads.part("b", async { Err::<Option<u8>, _>(other.clone()) }).await, Err(other));
        assert!(reads.hides("table") && !reads.hides("a"));
        let notes = reads.into_not_shown();
        assert_eq!(
            notes.iter().map(|note| (note.what, note.needs.as_str())).collect::<Vec<_>>(),
            [("Alexa access", "lambda:GetPolicy"), ("table", "change the statement that denies it")]
        );
    }
}
