//! Checks that the dependencies of the skill's `package.json` are installed in node_modules.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::error::{Error, ErrorCode, Result};
use crate::fs;
use crate::output::reporter::Reporter;

/// Returns whether the skill has installed `aws-sdk` itself, which is then packaged with it.
pub(crate) fn bundles_aws_sdk_v2(litexa_root: &Path) -> bool {
    litexa_root.join("package.json").is_file() && litexa_root.join("node_modules/aws-sdk/package.json").is_file()
}

/// The fields of a `package.json` that list dependencies.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    dependencies: Option<serde_json::Map<String, Value>>,
    optional_dependencies: Option<serde_json::Map<String, Value>>,
}

/// Returns the folder `litexa/node_modules` if it will be packaged: only with a `litexa/package.json`.
///
/// # Errors
/// `InvalidPackage` if there are dependencies but no folder, or for an invalid `package.json`; `FileError` if that
/// cannot be read.
pub(crate) fn installed(litexa_root: &Path, reporter: &dyn Reporter) -> Result<Option<PathBuf>> {
    let folder = litexa_root.join("node_modules");
    let exists = folder.is_dir();
    let Some(manifest) = manifest(&litexa_root.join("package.json"))? else {
        if exists {
            reporter.verbose("litexa/node_modules is not packaged, because litexa/package.json does not exist");
        }
        return Ok(None);
    };
    let missing = missing(&manifest, &folder);
    match (exists, missing.is_empty()) {
        (false, false) => Err(Error::new(
            ErrorCode::InvalidPackage,
            format!("{} lists dependencies, but they are not installed", litexa_root.join("package.json").display()),
        )
        .hint("Run `npm install` in litexa")),
        (false, true) => Ok(None),
        (true, true) => Ok(Some(folder)),
        (true, false) => {
            reporter.warning(format!(
                "dependencies of litexa/package.json are not installed in litexa/node_modules: {}. Run `npm install` in litexa",
                missing.join(", ")
            ));
            Ok(Some(folder))
        }
    }
}

/// Returns the dependencies that are not installed. Optional ones may be missing: as with npm, also if `dependencies`
/// lists them too.
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
    // npm accepts a byte order mark, which some Windows editors write.
    serde_json::from_str(text.trim_start_matches('\u{feff}')).map(Some).map_err(|cause| {
        Error::new(ErrorCode::InvalidPackage, format!("{} is not a valid package.json: {cause}", path.display()))
    })
}
