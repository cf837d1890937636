//! The desired endpoint of the skill.

use crate::lambda::alias::target::{Endpoint, Target};
use crate::lambda::configuration::EndpointVersion;

/// The desired endpoint of the skill.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DesiredAlias<'a> {
    pub(crate) function: &'a str,
    pub(crate) alias: &'a str,
    /// `None` before the skill's manifest is deployed for the first time.
    pub(crate) skill_id: Option<&'a str>,
    pub(crate) endpoint: EndpointVersion,
    /// The name of the deployment target.
    pub(crate) target: &'a str,
    /// The digest of the code to deploy.
    pub(crate) code_sha256: &'a str,
    /// Whether `artifacts.json` records a deployment of the endpoint that was completed, with its permission.
    pub(crate) is_recorded: bool,
}

impl DesiredAlias<'_> {
    /// Returns what the endpoint is to point to; `None` for the version that this deployment publishes.
    pub(super) fn points_to(&self) -> Option<Target> {
        (self.endpoint == EndpointVersion::Latest).then(Target::latest)
    }

    pub(super) fn endpoint<'a>(&'a self, region: &'a str) -> Endpoint<'a> {
        let DesiredAlias { function, alias, target, endpoint: mode, .. } = *self;
        Endpoint { function, alias, region, target, mode }
    }
}
