//! Begins a change that was shown before.

use crate::aws;
use crate::aws::call::Call;
use crate::aws::session::Session;
use crate::deploy::change::Change;

/// Reports a change, and returns its call. After an error, later changes have not been reported.
pub(crate) fn begin<'a>(session: Session<'a>, change: &Change) -> Call<'a> {
    session.reporter.log(change.description.as_str());
    aws::call(change.description.as_str(), change.iam_action).reporting(session.reporter)
}
