//! Removes what deployments have left on this machine: caches, journals, the package, and artifacts.

use crate::assets;
use crate::assets::upload::multipart_cleanup::{self, UploadJournal};
use crate::config::project::Project;
use crate::deploy::last_change;
use crate::deploy::request::DeployRequest;
use crate::error::{Error, Result};
use crate::fs::InProgressMarker;
use crate::lambda;
use crate::operate::invoke::session;
use crate::output::artifacts::{self, Artifacts};
use std::io::ErrorKind;
use std::path::Path;

/// The files and folders of this module in `.deploy/<target>` without anything of AWS. Locks stay: another process may
/// wait for them. Other files are the CLI's.
const FILES: [&str; 2] = [assets::DIGEST_CACHE_FILE, session::FILE_NAME];

/// The artifacts that this module saves. The skill's ID is the CLI's, and stays.
const ARTIFACTS: [&str; 4] =
    [artifacts::SHARED_ROLE_ARN, artifacts::FUNCTION_ARN, last_change::ARTIFACT, artifacts::LAST_FAILURE];

/// Those whose URLs name the bucket.
const BUCKET_ARTIFACTS: [&str; 2] = [artifacts::ASSETS_ROOT, artifacts::ICONS];

/// The resources that stay on AWS.
pub(crate) struct Left<'a> {
    pub(crate) has_table: bool,
    /// The buckets that keep, or may keep, something of the target.
    pub(crate) buckets: Vec<&'a str>,
}

/// Removes the files and artifacts of a target that has nothing on AWS anymore, except for what is left. Journals keep
/// what they have of that, and of other names.
///
/// # Errors
/// `FileError`, naming a file that cannot be removed.
pub(crate) fn remove(target: &DeployRequest, saved: &Artifacts<'_>, left: &Left<'_>) -> Result<()> {
    let DeployRequest { project, deploy_root, .. } = target;
    for name in FILES.iter().chain(&lambda::LOCAL_FILES) {
        remove_path(&deploy_root.join(name))?;
    }
    remove_journals(project, deploy_root, left)?;
    let of_buckets = BUCKET_ARTIFACTS.into_iter().filter(|_| left.buckets.is_empty());
    let of_table = (!left.has_table).then_some(artifacts::TABLE_ARN);
    for key in ARTIFACTS.into_iter().chain(of_buckets).chain(of_table) {
        saved.delete(key);
    }
    Ok(())
}

fn remove_path(path: &Path) -> Result<()> {
    let removed = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::io("removing", path, &error)),
        _ => Ok(()),
    }
}

/// Removes what journals have of the removed resources. That of a bucket's creation stays, as the bucket does.
fn remove_journals(project: &Project, deploy_root: &Path, left: &Left<'_>) -> Result<()> {
    let (function, table) = (project.function_name(), project.table_name());
    let markers = [
        (lambda::LOG_GROUP_MARKER_FILE, Some(project.log_group_name())),
        (lambda::TABLE_MARKER_FILE, (!left.has_table).then_some(table)),
        (lambda::VERSION_MARKER_FILE, Some(function.clone())),
    ];
    for (file, resource) in markers {
        let marker = InProgressMarker::new(deploy_root.join(file));
        if resource.is_some_and(|name| marker.exists(&name)) {
            marker.remove()?;
        }
    }
    let staged = lambda::staged_bucket(deploy_root, &function);
    if staged.is_some_and(|bucket| !left.buckets.contains(&bucket.as_str())) {
        remove_path(&deploy_root.join(lambda::STAGED_PACKAGE_FILE))?;
    }
    let uploads = UploadJournal::load(deploy_root.join(multipart_cleanup::FILE_NAME), "");
    uploads.forget(&project.asset_prefix(), &left.buckets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::artifacts::ArtifactStore;
    use crate::testing::deploy_request;
    use serde_json::{Map, Value, json};
    use std::path::PathBuf;
    use std::sync::Mutex;

    #[derive(Default)]
    struct Deleted(Mutex<Vec<String>>);

    impl ArtifactStore for Deleted {
        fn save(&self, _: &str, _: &Value) {}
        fn delete(&self, key: &str) {
            self.0.lock().unwrap().push(key.to_owned());
        }
    }

    fn target(deploy_root: PathBuf) -> DeployRequest {
        DeployRequest { deploy_root, ..deploy_request(&json!({})) }
    }

    fn left(has_table: bool, buckets: &[&'static str]) -> Left<'static> {
        Left { has_table, buckets: buckets.to_vec() }
    }

    /// Writes files, removes, and returns the files that are left.
    fn left_files(files: &[(&str, &str)], left: &Left<'_>) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        let store = Deleted::default();
        remove(&target(folder.path().to_owned()), &Artifacts::new(Map::new(), &store), left).unwrap();
        let entries = std::fs::read_dir(folder.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn deleted(left: &Left<'_>) -> Vec<String> {
        let store = Deleted::default();
        let known = json!({
            "assets-root": "u", "deployedIconAssets": {}, "iamRole-litexa_handler_lambda": "r",
            "lambdaARN": "a", "dynamoDBARN": "b", "skillId": "c", "lastDeployment": {},
        });
        let artifacts = Artifacts::new(known.as_object().unwrap().clone(), &store);
        let folder = tempfile::tempdir().unwrap();
        remove(&target(folder.path().to_owned()), &artifacts, left).unwrap();
        store.0.into_inner().unwrap()
    }

    #[test]
    fn the_skill_id_and_the_table_that_stays_are_kept() {
        let own = ["iamRole-litexa_handler_lambda", "lambdaARN", "assets-root", "deployedIconAssets"];
        assert_eq!(deleted(&left(true, &[])), own);
        assert_eq!(deleted(&left(false, &[])), [own.as_slice(), &["dynamoDBARN"]].concat());
    }

    #[test]
    fn records_that_lead_to_a_bucket_stay_while_something_of_it_does() {
        let others = ["iamRole-litexa_handler_lambda", "lambdaARN"];
        assert_eq!(deleted(&left(true, &["b"])), others);
        assert_eq!(deleted(&left(false, &["b"])), [others.as_slice(), &["dynamoDBARN"]].concat());
    }

    #[test]
    fn files_of_others_and_locks_stay() {
        let names = ["lambda/index.js", "lambda.zip", "lambda.lock", "assets.log", "skill.json"];
        let files = names.map(|name| (name, "x"));
        assert_eq!(left_files(&files, &left(false, &[])), ["assets.log", "lambda.lock", "skill.json"]);
    }

    #[test]
    fn journals_keep_what_was_not_removed() {
        let key = format!(".litexa-deploy-aws/cats_beta_litexa_handler-{}.zip", "a".repeat(44));
        let staged = json!({"bucket": "b", "region": "r", "key": key}).to_string();
        let upload = |key: &str| json!([{"bucket": "b", "key": key, "uploadId": "u", "startedAt": 1}]).to_string();
        let uploads = upload("cats/beta/default/film.mp4");
        let journals = [
            ("bucket.in-progress", "b"),
            ("log-group.in-progress", "/aws/lambda/cats_beta_litexa_handler"),
            ("multipart-uploads.json", uploads.as_str()),
            ("staged-package.json", staged.as_str()),
            ("table.in-progress", "cats_beta_litexa_handler_state"),
            ("version.in-progress", "cats_beta_litexa_handler"),
        ];
        assert_eq!(left_files(&journals, &left(false, &["c"])), ["bucket.in-progress"]);
        let kept = ["bucket.in-progress", "multipart-uploads.json", "staged-package.json", "table.in-progress"];
        assert_eq!(left_files(&journals, &left(true, &["b"])), kept);
        let of_others = upload("dogs/beta/default/film.mp4");
        let others = [
            ("log-group.in-progress", "/team/logs"),
            ("multipart-uploads.json", of_others.as_str()),
            ("staged-package.json", r#"{"bucket": "b", "region": "r", "key": "dogs"}"#),
            ("table.in-progress", "dogs"),
            ("version.in-progress", "dogs"),
        ];
        assert_eq!(left_files(&others, &left(false, &[])), others.map(|(name, _)| name));
    }
}
