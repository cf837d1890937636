//! Rejects assets that are not files of the project: links that lead out of it, and the project's own credentials.
//!
//! The Litexa CLI follows links when it collects the assets, and an asset is public.

use crate::config::project_files::{is_project_file, is_project_file_name};
use crate::error::{Error, ErrorCode, Result};
use crate::output::format;
use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

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
        let invalid: Vec<String> = sources.into_iter().filter_map(problem).collect();
        if invalid.is_empty() {
            return Ok(());
        }
        let count = format::count(invalid.len(), "asset file");
        Err(Error::new(ErrorCode::InvalidAssets, format!("{count} cannot be uploaded: {}", invalid.join(", ")))
            .hint("Remove these files from the assets; copy what the skill needs into the project, in place of a link"))
    }

    /// Returns why the file at `path`, which is at `resolved` without links, must not be public.
    fn problem(&self, path: &Path, resolved: &Path) -> Option<String> {
        let is_own = |project: &PathBuf| resolved.strip_prefix(project).is_ok_and(is_project_file);
        if self.projects.iter().any(is_own) || self.is_copy(resolved) {
            return Some("a file of the project that may contain credentials".to_owned());
        }
        let is_inside = self.projects.iter().chain(&self.assets).any(|folder| resolved.starts_with(folder));
        (!is_inside).then(|| {
            let target = if path == resolved { String::new() } else { format!(" to {}", resolved.display()) };
            format!("a link{target}, which is outside of the project")
        })
    }

    /// Returns whether a file is a copy of one of the project's own files.
    fn is_copy(&self, file: &Path) -> bool {
        let Some(name) = file.file_name().filter(|name| is_project_file_name(name)) else { return false };
        let content = fs::read(file).unwrap_or_default();
        let is_same = |project: &PathBuf| fs::read(project.join(name)).is_ok_and(|own| own == content);
        !content.is_empty() && self.projects.iter().any(is_same)
    }
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
