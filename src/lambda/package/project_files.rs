//! Recognizes a Litexa project's own files among those of its dependencies, so that they are not packaged.
//!
//! These are its credentials and its record of deployments. A dependency such as `file:..` is the project or a copy of
//! it, and contains them.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::config::project_files::is_project_file_name;
use crate::fs::FileFingerprint;
use crate::lambda::package::source::Source;

/// The name, without extension, of the file that identifies the folder of a Litexa project.
const CONFIG_STEM: &str = "litexa.config";

/// The files of Litexa projects.
pub(crate) struct ProjectFiles {
    /// Those of the project that is being deployed.
    files: Vec<ProjectFile>,
    /// The folders among the dependencies that are Litexa projects.
    dependencies: HashSet<PathBuf>,
}

struct ProjectFile {
    path: PathBuf,
    fingerprint: FileFingerprint,
}

impl ProjectFiles {
    /// Collects the project's own files in `roots`, and the projects among the files of its dependencies.
    pub(crate) fn collect<'a>(roots: [&Path; 2], dependencies: impl Iterator<Item = &'a Path>) -> Self {
        let configs = dependencies.filter(|path| path.file_stem() == Some(OsStr::new(CONFIG_STEM)));
        let folders = configs.filter_map(|path| path.parent().map(Path::to_path_buf));
        ProjectFiles { files: roots.iter().flat_map(|root| files_of(root)).collect(), dependencies: folders.collect() }
    }

    /// Returns whether this file of a dependency is a project's own.
    pub(crate) fn contains(&self, source: &Source) -> bool {
        let Source::File { path, fingerprint } = source else { return false };
        self.is_in_a_project(path) || self.files.iter().any(|file| file.is_same_or_copy(path, fingerprint))
    }

    fn is_in_a_project(&self, path: &Path) -> bool {
        // Rarely is a dependency a project: this check comes first.
        !self.dependencies.is_empty()
            && path.ancestors().any(|ancestor| {
                let (Some(name), Some(parent)) = (ancestor.file_name(), ancestor.parent()) else { return false };
                let root = if parent.ends_with("litexa") { parent.parent().unwrap_or(parent) } else { parent };
                is_project_file_name(name) && (self.dependencies.contains(parent) || self.dependencies.contains(root))
            })
    }
}

impl ProjectFile {
    /// Returns whether the entry is this file under another name, or a copy of it.
    fn is_same_or_copy(&self, path: &Path, fingerprint: &FileFingerprint) -> bool {
        if self.fingerprint == *fingerprint {
            return true;
        }
        let may_be_copy = fingerprint.size == self.fingerprint.size && self.path.file_name() == path.file_name();
        may_be_copy && fs::read(&self.path).ok().is_some_and(|bytes| fs::read(path).ok() == Some(bytes))
    }
}

/// Returns the own files in a folder of the project. Empty ones contain no secrets.
fn files_of(root: &Path) -> Vec<ProjectFile> {
    let own =
        fs::read_dir(root).into_iter().flatten().flatten().filter(|entry| is_project_file_name(&entry.file_name()));
    let files = own.flat_map(|entry| WalkDir::new(entry.path()).follow_links(true).into_iter().flatten());
    let stamped = files.filter(|file| file.file_type().is_file()).filter_map(|file| {
        let fingerprint = FileFingerprint::of(&file.metadata().ok()?);
        Some(ProjectFile { path: file.into_path(), fingerprint })
    });
    stamped.filter(|file| file.fingerprint.size > 0).collect()
}
