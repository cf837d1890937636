//! What a Litexa project keeps to itself: its credentials, and what it knows of its deployments. A package may bring
//! them along where it is the project, or a copy of it, as of a dependency `file:..`.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use crate::fs::FileFingerprint;
use crate::lambda::package::secret_scan::is_env;
use crate::lambda::package::source::Source;

/// Beside such a file, with whatever extension, a project has its own files.
const CONFIG: &str = "litexa.config";

/// Tells a project's own files from those of dependencies.
pub(crate) struct OwnFiles {
    /// Those of the project that is being deployed.
    originals: Vec<Original>,
    /// The folders among the dependencies that are projects.
    projects: HashSet<PathBuf>,
}

struct Original {
    path: PathBuf,
    stamp: FileFingerprint,
}

impl OwnFiles {
    /// `roots` are the folders in which the project keeps such files, `files` are those of its dependencies.
    pub(crate) fn new(roots: [&Path; 2], files: &[DirEntry]) -> Self {
        let configs = files.iter().filter(|file| Path::new(file.file_name()).file_stem() == Some(OsStr::new(CONFIG)));
        let projects = configs.filter_map(|file| file.path().parent().map(Path::to_path_buf)).collect();
        OwnFiles { originals: roots.iter().flat_map(|root| originals(root)).collect(), projects }
    }

    /// Whether this file of a dependency is in truth a project's own.
    pub(crate) fn include(&self, entry: &DirEntry, source: &Source) -> bool {
        let Source::File { path, stamp } = source else { return false };
        self.is_in_a_project(path) || self.originals.iter().any(|original| original.is_in(entry, stamp))
    }

    fn is_in_a_project(&self, path: &Path) -> bool {
        // Most dependencies are none, and most deployments have none.
        !self.projects.is_empty()
            && path.ancestors().any(|ancestor| {
                let (Some(name), Some(parent)) = (ancestor.file_name(), ancestor.parent()) else { return false };
                let root = if parent.ends_with("litexa") { parent.parent().unwrap_or(parent) } else { parent };
                is_own_name(name) && (self.projects.contains(parent) || self.projects.contains(root))
            })
    }
}

impl Original {
    /// The same file under another name, or a copy of it.
    fn is_in(&self, entry: &DirEntry, stamp: &FileFingerprint) -> bool {
        if self.stamp == *stamp {
            return true;
        }
        let may_be_copy = stamp.size == self.stamp.size && self.path.file_name() == Some(entry.file_name());
        may_be_copy && fs::read(&self.path).ok().is_some_and(|bytes| fs::read(entry.path()).ok() == Some(bytes))
    }
}

/// Whether a path below a project's folder is one of the project's own files.
pub(crate) fn is_own(inside: &Path) -> bool {
    inside.components().next().is_some_and(|first| is_own_name(first.as_os_str()))
}

/// In any case: to macOS and Windows, `AWS-Config.json` is the same file.
fn is_own_name(name: &OsStr) -> bool {
    const NAMES: [&str; 3] = ["aws-config.json", "artifacts.json", ".aws"];
    let is_named = NAMES.iter().any(|own| name.eq_ignore_ascii_case(own));
    is_named || name.to_str().is_some_and(is_env)
}

/// Empty files hold nothing to keep.
fn originals(root: &Path) -> Vec<Original> {
    let own = fs::read_dir(root).into_iter().flatten().flatten().filter(|entry| is_own_name(&entry.file_name()));
    let files = own.flat_map(|entry| WalkDir::new(entry.path()).follow_links(true).into_iter().flatten());
    let stamped = files.filter(|file| file.file_type().is_file()).filter_map(|file| {
        let stamp = FileFingerprint::of(&file.metadata().ok()?);
        Some(Original { path: file.into_path(), stamp })
    });
    stamped.filter(|original| original.stamp.size > 0).collect()
}
