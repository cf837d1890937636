//! Where a wing tells what happens: lines for a person, artifacts for the CLI.

pub(crate) mod artifacts;
pub(crate) mod reporter;

use crate::output::artifacts::Artifacts;
use crate::output::reporter::Reporter;
use std::sync::Arc;

#[derive(Clone)]
pub(crate) struct Host<'a> {
    /// Shared, since work on other threads reports too.
    pub(crate) reporter: Arc<dyn Reporter>,
    pub(crate) artifacts: &'a Artifacts<'a>,
}
