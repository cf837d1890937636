//! Helpers for the tests of several modules.

pub(crate) mod prop;
pub(crate) mod regions;

use crate::config::options::Options;
use crate::config::project::Project;
use crate::deploy::request::DeployRequest;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// Returns a request for the target `beta` of the project `cats` with these options, without assets and handler.
pub(crate) fn deploy_request(options: &Value) -> DeployRequest {
    let (name, variant) = ("cats".into(), "beta".into());
    DeployRequest {
        project: Project { name, variant, root: "/p".into(), litexa_root: "/p/litexa".into() },
        options: Options::parse(options.as_object().unwrap()).unwrap(),
        deploy_root: "/p/.deploy/beta".into(),
        use_cache: true,
        persistent_store: true,
        current_version: 0,
        previous_artifacts: Map::new(),
        assets: None,
        handler: None,
        only: None,
        dry_run: false,
    }
}

/// Writes a file into a folder, and returns its path.
pub(crate) fn write_file(folder: &Path, name: &str, content: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path
}
