//! Carries what a deployment reports: lines for the user, artifacts for the CLI, fields of its context.

pub(crate) mod artifacts;
pub(crate) mod format;
pub(crate) mod progress;
pub(crate) mod reporter;

use crate::output::artifacts::Artifacts;
use crate::output::reporter::Reporter;
use serde_json::Value;
use std::sync::Arc;

/// Sets fields of Litexa's live context, for modules that run after this one.
pub(crate) trait ContextFields: Send + Sync {
    fn set_context(&self, field: &str, value: &Value);
}

/// Where a deployment reports to.
#[derive(Clone)]
pub(crate) struct Output<'a> {
    /// Shared, since other threads report as well.
    pub(crate) reporter: Arc<dyn Reporter>,
    pub(crate) artifacts: &'a Artifacts<'a>,
    pub(crate) context: &'a dyn ContextFields,
}

impl Output<'_> {
    /// Sets a field of Litexa's live context.
    pub(crate) fn set_context(&self, field: &str, value: impl Into<Value>) {
        self.context.set_context(field, &value.into());
    }
}
