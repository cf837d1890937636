//! Collects the files of node_modules.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use crate::config::project_files::is_project_file;
use crate::error::{Error, ErrorCode, Result};
use crate::fs::{FileFingerprint, parallel_map};
use crate::lambda::package::project_files::ProjectFiles;
use crate::lambda::package::size_limit::package_of;
use crate::lambda::package::source::Source;
use crate::output::reporter::Reporter;

/// The files of a folder `node_modules`.
pub(crate) struct NodeModules {
    /// The files to package by their path in the zip.
    pub(crate) sources: BTreeMap<String, Source>,
    /// The paths of files that belong to a Litexa project: see [`ProjectFiles`].
    pub(crate) excluded: Vec<String>,
}

/// Collects all files of `folder`. Links are followed, since a package for Lambda contains none.
///
/// # Errors
/// `InvalidPackage` for what cannot be packaged, such as a link that leads nowhere, in a circle, or to the project's
/// credentials; `FileError` if something cannot be read.
pub(crate) fn node_modules(folder: &Path, project_root: &Path, reporter: &dyn Reporter) -> Result<NodeModules> {
    let files = visit(folder, project_root, reporter)?;
    if folder.join(".pnpm").is_dir() {
        reporter.warning(
            "litexa/node_modules was installed by pnpm, whose links between packages are lost in the package: \
             install with `node-linker=hoisted` in litexa/.npmrc",
        );
    }
    let project_files = ProjectFiles::collect([project_root, folder.parent().unwrap_or(folder)], &files);
    let walked = stat_all(&files, folder, &project_files)?;
    let (excluded, included): (Vec<_>, Vec<_>) = walked.into_iter().partition(|file| file.is_project_file);
    Ok(NodeModules {
        sources: included.into_iter().map(|file| (file.name, file.source)).collect(),
        excluded: excluded.into_iter().map(|file| file.name).collect(),
    })
}

fn visit(folder: &Path, project_root: &Path, reporter: &dyn Reporter) -> Result<Vec<DirEntry>> {
    let mut symlinks = SymlinkChecker::new(folder, project_root, reporter);
    let mut files = Vec::new();
    for entry in WalkDir::new(folder).follow_links(true).into_iter().filter_entry(|entry| !is_git(entry.file_name())) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(cause) => match walk_error(&cause, folder, reporter) {
                Some(error) => return Err(error),
                None => continue,
            },
        };
        if entry.path_is_symlink() {
            symlinks.check(entry.path(), &name_in_zip(entry.path(), folder)?)?;
        }
        if !entry.file_type().is_dir() {
            files.push(entry);
        }
    }
    Ok(files)
}

/// A file of a dependency.
struct WalkedFile {
    /// Its path in the zip.
    name: String,
    source: Source,
    is_project_file: bool,
}

/// Reads the metadata of every file on all cores: if nothing changed, this is most of the work.
fn stat_all(files: &[DirEntry], folder: &Path, project_files: &ProjectFiles) -> Result<Vec<WalkedFile>> {
    let stat = |entry: &DirEntry| {
        let (name, source) = (name_in_zip(entry.path(), folder)?, source(entry)?);
        Ok(WalkedFile { is_project_file: project_files.contains(entry, &source), name, source })
    };
    parallel_map(files, stat).into_iter().collect()
}

/// Returns whether this is a repository inside node_modules, or the `.git` file of a submodule.
fn is_git(name: &OsStr) -> bool {
    name.as_encoded_bytes().ends_with(b".git")
}

fn source(entry: &DirEntry) -> Result<Source> {
    if !entry.file_type().is_file() {
        let message = format!("{} cannot be packaged: it is neither a file nor a folder", entry.path().display());
        return Err(Error::new(ErrorCode::InvalidPackage, message).hint("Remove it"));
    }
    let metadata = entry.metadata().map_err(|cause| Error::io("reading", entry.path(), &cause.into()))?;
    Ok(Source::File { fingerprint: FileFingerprint::of(&metadata), path: entry.path().to_path_buf() })
}

/// Returns the error for a link to a folder that contains the link.
fn symlink_cycle(link: &Path, folder: &Path) -> Error {
    let message = format!("{} is a link to {}, which contains the link", link.display(), folder.display());
    Error::new(ErrorCode::InvalidPackage, message).hint("Remove the link")
}

/// Converts a failure to visit a path, or returns `None` if the path is not needed.
fn walk_error(cause: &walkdir::Error, folder: &Path, reporter: &dyn Reporter) -> Option<Error> {
    let path = cause.path().unwrap_or(folder);
    if path.file_name().is_some_and(is_git) {
        return None;
    }
    if let Some(ancestor) = cause.loop_ancestor() {
        return Some(symlink_cycle(path, ancestor));
    }
    if fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink()) {
        // Only shells use `.bin`, and it often contains links to packages that are not installed for production.
        if path.parent().and_then(Path::file_name) == Some(OsStr::new(".bin")) {
            reporter.verbose(format!("skipping the broken link {}", path.display()));
            return None;
        }
        return Some(broken_link(path, cause));
    }
    let (kind, reason) =
        cause.io_error().map_or((ErrorKind::Other, cause.to_string()), |io| (io.kind(), io.to_string()));
    Some(Error::io("reading", path, &std::io::Error::new(kind, reason)))
}

fn broken_link(link: &Path, cause: &walkdir::Error) -> Error {
    let target = fs::read_link(link).unwrap_or_default();
    let reason = cause.io_error().map_or_else(|| cause.to_string(), ToString::to_string);
    let message = format!("following the link {} to {} failed: {reason}", link.display(), target.display());
    Error::new(ErrorCode::InvalidPackage, message).hint("Run `npm install` in litexa, or remove the link")
}

/// Returns the path in the zip, with `/` on every machine.
fn name_in_zip(path: &Path, folder: &Path) -> Result<String> {
    let mut name = String::from("node_modules");
    for component in path.strip_prefix(folder).unwrap_or(path).components() {
        let part = match component {
            Component::Normal(part) => part.to_str(),
            _ => None,
        };
        let Some(part) = part else {
            let message = format!("{} cannot be packaged: its name is not valid Unicode", path.display());
            return Err(Error::new(ErrorCode::InvalidPackage, message).hint("Rename it"));
        };
        name.push('/');
        name.push_str(part);
    }
    Ok(name)
}

/// Checks the targets of links.
struct SymlinkChecker<'a> {
    folder: PathBuf,
    project_root: PathBuf,
    reporter: &'a dyn Reporter,
    /// The package with the last link out of the project. All links of a package come in succession.
    warned: Option<String>,
}

impl<'a> SymlinkChecker<'a> {
    fn new(folder: &Path, project_root: &Path, reporter: &'a dyn Reporter) -> Self {
        let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        SymlinkChecker { folder: real(folder), project_root: real(project_root), reporter, warned: None }
    }

    /// Warns once for each package that is outside of the project, as with `npm link` or a workspace.
    ///
    /// # Errors
    /// `InvalidPackage` for a link to the project's own secrets, or to a folder that contains it.
    fn check(&mut self, link: &Path, name: &str) -> Result<()> {
        let target = fs::canonicalize(link).map_err(|cause| Error::io("reading", link, &cause))?;
        // Checked here, since following such a link could visit the whole disk before it is reached again.
        if name != "node_modules" && self.folder.starts_with(&target) {
            return Err(symlink_cycle(link, &target));
        }
        let Ok(inside) = target.strip_prefix(&self.project_root) else {
            self.warn_outside(name, &target);
            return Ok(());
        };
        let in_litexa = self.folder.parent().and_then(|litexa_root| target.strip_prefix(litexa_root).ok());
        if is_project_file(inside) || in_litexa.is_some_and(is_project_file) {
            let message = format!("{} is a link to the project's own {}", link.display(), inside.display());
            return Err(Error::new(ErrorCode::InvalidPackage, message).hint("Remove the link"));
        }
        Ok(())
    }

    fn warn_outside(&mut self, name: &str, target: &Path) {
        let package = package_of(name);
        // The warning about a package also covers its commands in `.bin`.
        if package == ".bin" || self.warned.as_deref() == Some(package) {
            return;
        }
        self.warned = Some(package.to_string());
        self.reporter.warning(format!(
            "{name} is a link out of the project, to {}: its current content is packaged",
            target.display()
        ));
    }
}
