//! Describes what an examination has found.

use crate::error::Error;
use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Status {
    Ok,
    Warning,
    Problem,
}

/// The result of one check, and how to fix it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Finding {
    pub(crate) check: &'static str,
    pub(crate) status: Status,
    pub(crate) detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fix: Option<String>,
}

impl Finding {
    pub(crate) fn ok(check: &'static str, detail: impl Into<String>) -> Self {
        Finding { check, status: Status::Ok, detail: detail.into(), fix: None }
    }

    pub(crate) fn warning(check: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Finding { check, status: Status::Warning, detail: detail.into(), fix: Some(fix.into()) }
    }

    pub(crate) fn problem(check: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Finding { check, status: Status::Problem, detail: detail.into(), fix: Some(fix.into()) }
    }

    /// Returns a problem whose fix is the hint of an error.
    pub(crate) fn failed(check: &'static str, error: &Error) -> Self {
        let fix = Some(error.hint.clone()).filter(|hint| !hint.is_empty());
        Finding { check, status: Status::Problem, detail: error.message.clone(), fix }
    }
}
