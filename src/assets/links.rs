//! Rejects assets that are not files of the project: links that lead out of it, and the project's own credentials, which
//! are recognized by their content, too.
//!
//! The Litexa CLI follows links when it collects the assets, and an asset is public.

use crate::assets::digest_cache::Digests;
use crate::assets::etag::{Digest, md5_hex};
use crate::config::project_files::{is_project_file, is_project_file_name};
use crate::error::{Error, ErrorCode, Result};
use crate::output::format;
use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

const OWN_FILE: &str = "a file of the project that may contain credentials";

/// A smaller file does not hold credentials: an access key ID has 16 characters or more
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKey.html>), and a secret is longer.
const MIN_CREDENTIALS_BYTES: u64 = 32;

/// The folders that assets may come from, without links.
#[derive(Clone, Debug)]
pub(crate) struct ProjectFolders {
    /// The project, and the folder with its handler.
    projects: Vec<PathBuf>,
    /// The folders of the languages, which may be links themselves.
    assets: Vec<PathBuf>,
}

impl ProjectFolders {
    /// Resolves the folders. Those that do not exist have no files.
    pub(crate) fn new<'p>(projects: [&Path; 2], assets: impl IntoIterator<Item = &'p Path>) -> Self {
        let resolve = |folder: &Path| fs::canonicalize(folder).ok();
        ProjectFolders {
            projects: projects.into_iter().filter_map(resolve).collect(),
            assets: assets.into_iter().filter_map(resolve).collect(),
        }
    }

    /// Checks where the files are that the assets' paths lead to. A file that does not exist is an error later.
    ///
    /// # Errors
    /// `InvalidAssets`, which names all files that must not be uploaded.
    pub(crate) fn validate<'s>(&self, sources: impl IntoIterator<Item = &'s OsString>) -> Result<()> {
        let mut parents = HashMap::new();
        let problem = |source: &'s OsString| {
            let path = Path::new(source);
            let problem = self.problem(path, &resolved(path, &mut parents)?)?;
            Some(format!("{} ({problem})", path.display()))
        };
        reject(&sources.into_iter().filter_map(problem).collect::<Vec<_>>())
    }

    /// Checks that no asset has the content of one of the project's own files: a copy or a hard link, by any name.
    ///
    /// # Errors
    /// `InvalidAssets`, which names all files that must not be uploaded.
    pub(crate) fn validate_contents(&self, digests: &Digests) -> Result<()> {
        let own = self.own_contents();
        let is_own = |digest: &Digest| digest.size >= MIN_CREDENTIALS_BYTES && own.contains(&digest.md5);
        let copies = digests.iter().filter(|(_, digest)| is_own(digest));
        let mut invalid: Vec<String> =
            copies.map(|(source, _)| format!("{} ({OWN_FILE})", Path::new(source).display())).collect();
        invalid.sort();
        reject(&invalid)
    }

    /// Returns the MD5s of the project's own files.
    fn own_contents(&self) -> HashSet<String> {
        let entries = self.projects.iter().filter_map(|project| fs::read_dir(project).ok()).flatten().flatten();
        let own = entries.filter(|entry| is_project_file_name(&entry.file_name()));
        let files = own.flat_map(|entry| WalkDir::new(entry.path()).into_iter().flatten());
        let contents =
            files.filter(|file| file.file_type().is_file()).filter_map(|file| crate::fs::read(file.path()).ok());
        contents.map(|content| md5_hex(&content)).collect()
    }

    /// Returns why the file at `path`, which is at `resolved` without links, must not be public.
    fn problem(&self, path: &Path, resolved: &Path) -> Option<String> {
        let is_own = |project: &PathBuf| resolved.strip_prefix(project).is_ok_and(is_project_file);
        if self.projects.iter().any(is_own) {
            return Some(OWN_FILE.to_owned());
        }
        let is_inside = self.projects.iter().chain(&self.assets).any(|folder| resolved.starts_with(folder));
        (!is_inside).then(|| {
            let target = if path == resolved { String::new() } else { format!(" to {}", resolved.display()) };
            format!("a link{target}, which is outside of the project")
        })
    }
}

fn reject(invalid: &[String]) -> Result<()> {
    if invalid.is_empty() {
        return Ok(());
    }
    let count = format::count(invalid.len(), "asset file");
    Err(Error::new(ErrorCode::InvalidAssets, format!("{count} cannot be uploaded: {}", invalid.join(", ")))
        .hint("Remove these files from the assets; copy what the skill needs into the project, in place of a link"))
}

/// Returns a path without links, or `None` if there is no regular file. Resolves each folder once.
fn resolved(path: &Path, parents: &mut HashMap<PathBuf, Option<PathBuf>>) -> Option<PathBuf> {
    if fs::symlink_metadata(path).ok()?.is_symlink() {
        return fs::canonicalize(path).ok().filter(|target| target.is_file());
    }
    let parent = path.parent()?;
    if !parents.contains_key(parent) {
        parents.insert(parent.to_owned(), fs::canonicalize(parent).ok());
    }
    Some(parents.get(parent)?.as_ref()?.join(path.file_name()?))
}
