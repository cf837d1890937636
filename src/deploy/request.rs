//! Describes one deployment as plain data.

use crate::config::options::Options;
use crate::config::project::{Language, Project};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::path::PathBuf;

/// The parts of a deployment, as the Litexa CLI names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Part {
    Assets,
    Lambda,
}

/// The parts of a skill to deploy, their sources and options.
#[derive(Clone, Debug)]
pub(crate) struct DeployRequest {
    pub(crate) project: Project,
    pub(crate) options: Options,
    /// `<root>/.deploy/<target>`: caches, journals, locks, and the deployed handler and package.
    pub(crate) deploy_root: PathBuf,
    /// Whether the caches of earlier deployments about local files are used.
    pub(crate) use_cache: bool,
    /// Whether the skill has a table; else it keeps its state in session attributes.
    pub(crate) persistent_store: bool,
    /// Litexa's version counter of the artifacts.
    pub(crate) current_version: u32,
    /// The artifacts of earlier deployments.
    pub(crate) previous_artifacts: Map<String, Value>,
    /// The languages whose assets are deployed, if assets are.
    pub(crate) assets: Option<Vec<Language>>,
    /// The handler's source, if the handler is deployed. A dry run of everything may lack it: see
    /// [`Self::is_without_code`].
    pub(crate) handler: Option<String>,
    /// The only part that is deployed. The other one is checked with it, and deployed by another call.
    pub(crate) only: Option<Part>,
    /// Whether the changes are only shown.
    pub(crate) dry_run: bool,
}

impl DeployRequest {
    /// Returns whether a part that is checked is deployed as well.
    pub(crate) fn deploys(&self, part: Part) -> bool {
        self.only.is_none_or(|only| only == part)
    }

    /// Returns whether this is a dry run of everything but the code, which the caller cannot compile.
    pub(crate) fn is_without_code(&self) -> bool {
        self.dry_run && self.only.is_none() && self.handler.is_none()
    }
}
