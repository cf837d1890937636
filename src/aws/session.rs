//! Carries what a call to AWS needs: its configuration, and a reporter for what happens.

use crate::aws::region::config_region;
use crate::output::reporter::Reporter;
use aws_config::SdkConfig;

/// The SDK's configuration of a deployment, with its reporter.
#[derive(Clone, Copy)]
pub(crate) struct Session<'a> {
    pub(crate) config: &'a SdkConfig,
    pub(crate) reporter: &'a dyn Reporter,
}

impl<'a> Session<'a> {
    /// Returns the name of the region.
    pub(crate) fn region(self) -> &'a str {
        config_region(self.config)
    }
}
