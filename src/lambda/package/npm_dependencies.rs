//! What the skill's own `package.json` says about node_modules.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::error::{Error, ErrorCode, Result};
use crate::fs;
use crate::output::reporter::Reporter;

/// True if the skill installed `aws-sdk` itself, which then travels with it.
pub(crate) fn brings_own_aws_sdk(litexa_root: &Path) -> bool {
    litexa_root.join("package.json").is_file() && litexa_root.join("node_modules/aws-sdk/package.json").is_file()
}

/// The fields of a `package.json` that say whether something has to be installed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    dependencies: Option<serde_json::Map<String, Value>>,
    optional_dependencies: Option<serde_json::Map<String, Value>>,
}

/// The folder `litexa/node_modules`, if it is to be packed: not without a `litexa/package.json`.
pub(crate) fn installed(litexa_root: &Path, reporter: &dyn Reporter) -> Result<Option<PathBuf>> {
    let folder = litexa_root.join("node_modules");
    let is_there = folder.is_dir();
    let Some(manifest) = manifest(&litexa_root.join("package.json"))? else {
        if is_there {
            reporter.verbose("litexa/node_modules is not packed, since there is no litexa/package.json");
        }
        return Ok(None);
    };
    let missing = missing(&manifest, &folder);
    match (is_there, missing.is_empty()) {
        (false, false) => Err(Error::new(
            ErrorCode::InvalidPackage,
            format!("{} has dependencies, but they are not installed", litexa_root.join("package.json").display()),
        )
        .hint("Run npm install in litexa")),
        (false, true) => Ok(None),
        (true, true) => Ok(Some(folder)),
        (true, false) => {
            reporter.warning(format!(
                "litexa/package.json depends on {}, not found in litexa/node_modules: run npm install in litexa",
                missing.join(", ")
            ));
            Ok(Some(folder))
        }
    }
}

/// Dependencies that are not installed. Optional ones may be missing: that is what the word means to npm, also where
/// they are listed among the others too.
fn missing(manifest: &Manifest, folder: &Path) -> Vec<String> {
    let is_optional = |name: &str| manifest.optional_dependencies.as_ref().is_some_and(|map| map.contains_key(name));
    let names = manifest.dependencies.iter().flat_map(|map| map.keys());
    names.filter(|name| !is_optional(name) && !folder.join(name).exists()).cloned().collect()
}

fn manifest(path: &Path) -> Result<Option<Manifest>> {
    let text = match fs::read(path).and_then(|bytes| String::from_utf8(bytes).map_err(std::io::Error::other)) {
        Ok(text) => text,
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(Error::io("reading", path, &cause)),
    };
    // npm accepts a byte order mark, as some editors of Windows write it.
    serde_json::from_str(text.trim_start_matches('\u{feff}')).map(Some).map_err(|cause| {
        Error::new(ErrorCode::InvalidPackage, format!("{} is no valid package.json: {cause}", path.display()))
    })
}
