//! Where a wing tells what happens: lines for a person, artifacts for the CLI.

pub mod artifacts;
pub mod reporter;

use crate::output::artifacts::Artifacts;
use crate::output::reporter::Reporter;
use std::sync::Arc;

#[derive(Clone)]
pub struct Host<'a> {
    /// Shared, since work on other threads reports too.
    pub reporter: Arc<dyn Reporter>,
    pub artifacts: &'a Artifacts<'a>,
}
