//! Lists the files and links of folders, without following links.

use std::ffi::OsStr;
use std::fs::{DirEntry, FileType};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorCode, Result, shown};
use crate::fs::{FileFingerprint, parallel_map};
use crate::lambda::package::source::Source;

/// Files that installers keep in a `node_modules` for themselves: links to programs, which only shells use, and records with
/// times and paths of this machine. Node.js loads none of it.
const INSTALLER_FILES: [&str; 6] =
    [".bin", ".package-lock.json", ".modules.yaml", ".yarn-integrity", ".yarn-state.yml", ".pnpm/lock.yaml"];
const PNPM_STATE: &str = ".pnpm-workspace-state";

/// A folder to package.
#[derive(Debug)]
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
    /// Its path in the zip, with `/` on every machine; `None` if that is not Unicode.
    pub(crate) name: Option<String>,
    /// Whether to leave out its `node_modules`, whose packages are placed one by one.
    pub(crate) without_modules: bool,
}

/// A file of a folder.
pub(crate) struct FoundFile {
    /// Its path in the zip.
    pub(crate) name: String,
    /// An error for a pipe or device, and for a file whose metadata cannot be read.
    pub(crate) source: Result<Source>,
}

/// A symbolic link, or a junction of Windows.
pub(crate) struct FoundLink {
    pub(crate) path: PathBuf,
    /// Its path in the zip.
    pub(crate) name: String,
}

/// The content of folders.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) files: Vec<FoundFile>,
    pub(crate) links: Vec<FoundLink>,
    /// Those that were not listed yet.
    folders: Vec<Folder>,
}

/// Lists everything below some folders, level by level, so that all cores list those of one level.
///
/// # Errors
/// `InvalidPackage` for a name that is not Unicode; `FileError` if a folder cannot be read.
pub(crate) fn walk(folders: Vec<Folder>) -> Result<Found> {
    let mut found = Found { folders, ..Found::default() };
    while !found.folders.is_empty() {
        let level = std::mem::take(&mut found.folders);
        for mut listed in parallel_map(&level, Folder::list).into_iter().collect::<Result<Vec<_>>>()? {
            found.files.append(&mut listed.files);
            found.links.append(&mut listed.links);
            found.folders.append(&mut listed.folders);
        }
    }
    Ok(found)
}

impl Folder {
    /// Lists the folder alone, with the metadata of its files: on most systems, reading it by the path takes longer.
    fn list(&self) -> Result<Found> {
        let failed = |cause: io::Error| Error::io("reading", &self.path, &cause);
        let mut found = Found::default();
        for entry in std::fs::read_dir(&self.path).map_err(failed)? {
            self.add(&entry.map_err(failed)?, &mut found)?;
        }
        Ok(found)
    }

    fn add(&self, entry: &DirEntry, to: &mut Found) -> Result<()> {
        let (path, file_name) = (entry.path(), entry.file_name());
        if self.is_excluded(&path, &file_name) {
            return Ok(());
        }
        let kind = entry.file_type().map_err(|cause| Error::io("reading", &path, &cause))?;
        let name = self.name.as_ref().zip(file_name.to_str()).map(|(folder, name)| format!("{folder}/{name}"));
        if kind.is_dir() {
            to.folders.push(Folder { path, name, without_modules: false });
            return Ok(());
        }
        let name = name.ok_or_else(|| not_unicode(&path))?;
        if kind.is_symlink() {
            to.links.push(FoundLink { path, name });
        } else {
            to.files.push(FoundFile { name, source: source(entry, path, kind) });
        }
        Ok(())
    }

    fn is_excluded(&self, path: &Path, name: &OsStr) -> bool {
        is_git(name) || is_installer_file(path, name) || (self.without_modules && name == "node_modules")
    }
}

fn not_unicode(path: &Path) -> Error {
    let message = format!("{} cannot be packaged: its name is not valid Unicode", shown(path));
    Error::new(ErrorCode::InvalidPackage, message).hint("Rename it")
}

/// Returns the source of an entry other than a folder or link.
fn source(entry: &DirEntry, path: PathBuf, kind: FileType) -> Result<Source> {
    if !kind.is_file() {
        return Err(neither_file_nor_folder(&path));
    }
    let metadata = entry.metadata().map_err(|cause| Error::io("reading", &path, &cause))?;
    Ok(Source::File { fingerprint: FileFingerprint::of(&metadata), path })
}

/// Returns the source of the file `path` that a link leads to.
///
/// # Errors
/// `InvalidPackage` for a pipe or device; `FileError` if its metadata cannot be read.
pub(crate) fn linked_source(link: &str, path: &Path) -> Result<Source> {
    let metadata = std::fs::metadata(path).map_err(|cause| Error::io("reading", path, &cause))?;
    if !metadata.is_file() {
        return Err(neither_file_nor_folder(Path::new(link)));
    }
    Ok(Source::File { fingerprint: FileFingerprint::of(&metadata), path: path.to_path_buf() })
}

fn neither_file_nor_folder(path: &Path) -> Error {
    let message = format!("{} cannot be packaged: it is neither a file nor a folder", shown(path));
    Error::new(ErrorCode::InvalidPackage, message).hint("Remove it")
}

/// Returns whether this is a repository inside node_modules, or the `.git` file of a submodule.
fn is_git(name: &OsStr) -> bool {
    name.as_encoded_bytes().ends_with(b".git")
}

fn is_installer_file(path: &Path, name: &OsStr) -> bool {
    // Most names end here.
    let bytes = name.as_encoded_bytes();
    if !bytes.starts_with(b".") && name != "lock.yaml" {
        return false;
    }
    let is_in_modules = || path.parent().is_some_and(|parent| parent.ends_with("node_modules"));
    INSTALLER_FILES.iter().any(|file| path.ends_with(Path::new("node_modules").join(file)))
        || (bytes.starts_with(PNPM_STATE.as_bytes()) && is_in_modules())
}
