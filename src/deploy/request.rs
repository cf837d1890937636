//! One deployment, as plain data.

use crate::config::options::Options;
use crate::config::project::{Language, Project};
use serde_json::{Map, Value};
use std::path::PathBuf;

/// What is deployed, from where, with which options.
#[derive(Clone, Debug)]
pub(crate) struct Deployment {
    pub(crate) project: Project,
    pub(crate) options: Options,
    /// `<root>/.deploy/<target>`: for what speeds up the next deployment, and for the curious.
    pub(crate) deploy_root: PathBuf,
    /// False: what an earlier deployment remembered about local files is not trusted.
    pub(crate) trust_cache: bool,
    /// False: the skill keeps its state in session attributes, and has no table.
    pub(crate) persistent_store: bool,
    /// Litexa's version counter of the artifacts.
    pub(crate) current_version: u32,
    /// What an earlier deployment left in `artifacts.json`.
    pub(crate) known_artifacts: Map<String, Value>,
    /// The languages whose assets are deployed, if assets are.
    pub(crate) assets: Option<Vec<Language>>,
    /// The handler's source, if the handler is deployed.
    pub(crate) handler: Option<String>,
}
