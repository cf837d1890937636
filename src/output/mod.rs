//! Connects a run with the process that it runs in: lines for the user, artifacts for the CLI, fields of its context.

pub(crate) mod artifacts;
pub(crate) mod format;
pub(crate) mod interrupt;
pub(crate) mod progress;
pub(crate) mod reporter;
pub(crate) mod secrets;

use crate::output::artifacts::Artifacts;
use crate::output::reporter::Reporter;
use futures_util::future::BoxFuture;
use serde_json::Value;
use std::sync::Arc;

/// Provides the certificate authorities that Node.js brings along.
pub(crate) trait RootCertificates: Send + Sync {
    /// Returns them as PEM text; empty if they cannot be had.
    fn root_certificates(&self) -> BoxFuture<'_, String>;
}

/// The process that a run takes place in.
#[derive(Clone)]
pub(crate) struct Host {
    /// Shared, since other threads report as well.
    pub(crate) reporter: Arc<dyn Reporter>,
    pub(crate) certificates: Arc<dyn RootCertificates>,
}

/// Sets fields of Litexa's live context, for modules that run after this one.
pub(crate) trait ContextFields: Send + Sync {
    fn set_context(&self, field: &str, value: &Value);
}

/// Where a deployment reports to.
#[derive(Clone)]
pub(crate) struct Output<'a> {
    /// Shared, since other threads report as well.
    pub(crate) reporter: Arc<dyn Reporter>,
    pub(crate) certificates: Arc<dyn RootCertificates>,
    pub(crate) artifacts: &'a Artifacts<'a>,
    pub(crate) context: &'a dyn ContextFields,
}

impl Output<'_> {
    pub(crate) fn host(&self) -> Host {
        Host { reporter: self.reporter.clone(), certificates: self.certificates.clone() }
    }

    /// Sets a field of Litexa's live context.
    pub(crate) fn set_context(&self, field: &str, value: impl Into<Value>) {
        self.context.set_context(field, &value.into());
    }
}
