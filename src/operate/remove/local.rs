//! Removes what deployments have left on this machine: caches, journals, the package, and artifacts.

use crate::error::{Error, Result};
use crate::output::artifacts::Artifacts;
use std::io::ErrorKind;
use std::path::Path;

/// The files and folders of this module in `.deploy/<target>`. Locks stay: another process may wait for them. Other files
/// are the CLI's.
const FILES: [&str; 11] = [
    "asset-digests.json",
    "bucket.in-progress",
    "invoke-session.json",
    "lambda",
    "lambda.zip",
    "log-group.in-progress",
    "multipart-uploads.json",
    "package-cache.json",
    "staged-package.json",
    "table.in-progress",
    "version.in-progress",
];

/// The artifacts that this module saves. The skill's ID is the CLI's, and stays.
const ARTIFACTS: [&str; 4] = ["assets-root", "deployedIconAssets", "iamRole-litexa_handler_lambda", "lambdaARN"];

const TABLE_ARTIFACT: &str = "dynamoDBARN";

/// Removes the files and artifacts of a target that has nothing on AWS any more, except for a table that stays.
///
/// # Errors
/// `FileError`, naming a file that cannot be removed.
pub(crate) fn remove(deploy_root: &Path, artifacts: &Artifacts<'_>, keeps_table: bool) -> Result<()> {
    for name in FILES {
        let path = deploy_root.join(name);
        let removed = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        match removed {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(Error::io("removing", &path, &error)),
            _ => {}
        }
    }
    for key in ARTIFACTS.into_iter().chain((!keeps_table).then_some(TABLE_ARTIFACT)) {
        artifacts.delete(key);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::artifacts::ArtifactStore;
    use serde_json::Value;
    use std::sync::Mutex;

    #[derive(Default)]
    struct Deleted(Mutex<Vec<String>>);

    impl ArtifactStore for Deleted {
        fn save(&self, _: &str, _: &Value) {}
        fn delete(&self, key: &str) {
            self.0.lock().unwrap().push(key.to_owned());
        }
    }

    fn deleted(keeps_table: bool) -> Vec<String> {
        let store = Deleted::default();
        let known = serde_json::json!({"lambdaARN": "a", "dynamoDBARN": "b", "skillId": "c", "lastDeployment": {}});
        let artifacts = Artifacts::new(known.as_object().unwrap().clone(), &store);
        remove(tempfile::tempdir().unwrap().path(), &artifacts, keeps_table).unwrap();
        store.0.into_inner().unwrap()
    }

    #[test]
    fn the_skill_id_and_the_table_that_stays_are_kept() {
        assert_eq!(deleted(true), ["lambdaARN"]);
        assert_eq!(deleted(false), ["lambdaARN", "dynamoDBARN"]);
    }

    #[test]
    fn files_of_others_and_locks_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir(path("lambda")).unwrap();
        for name in ["lambda/index.js", "lambda.zip", "lambda.lock", "assets.log", "skill.json"] {
            std::fs::write(path(name), "x").unwrap();
        }
        let store = Deleted::default();
        let artifacts = Artifacts::new(serde_json::Map::new(), &store);
        remove(folder.path(), &artifacts, false).unwrap();
        let mut left: Vec<_> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(left, ["assets.log", "lambda.lock", "skill.json"]);
    }
}
