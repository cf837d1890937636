//! Lists the files and links of a folder, without following links.

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use crate::error::{Error, ErrorCode, Result, shown};
use crate::fs::FileFingerprint;
use crate::lambda::package::source::Source;

/// Files that installers keep in a `node_modules` for themselves: links to programs, which only shells use, and records with
/// times and paths of this machine. Node.js loads none of it.
const INSTALLER_FILES: [&str; 6] =
    [".bin", ".package-lock.json", ".modules.yaml", ".yarn-integrity", ".yarn-state.yml", ".pnpm/lock.yaml"];
const PNPM_STATE: &str = ".pnpm-workspace-state";

/// A folder to package.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
    /// Its path in the zip, with `/` on every machine.
    pub(crate) name: String,
    /// Whether to leave out its `node_modules`, whose packages are placed one by one.
    pub(crate) without_modules: bool,
}

/// A file of a folder.
pub(crate) struct FoundFile {
    pub(crate) entry: DirEntry,
    /// Its path in the zip.
    pub(crate) name: String,
}

/// A symbolic link, or a junction of Windows.
pub(crate) struct FoundLink {
    pub(crate) path: PathBuf,
    /// Its path in the zip.
    pub(crate) name: String,
}

/// The content of a folder.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) files: Vec<FoundFile>,
    pub(crate) links: Vec<FoundLink>,
}

impl Folder {
    /// Lists everything below the folder.
    ///
    /// # Errors
    /// `InvalidPackage` for a name that is not Unicode; `FileError` if something cannot be read.
    pub(crate) fn walk(&self) -> Result<Found> {
        let mut found = Found::default();
        let is_needed = |entry: &DirEntry| entry.depth() == 0 || !self.is_excluded(entry);
        for entry in WalkDir::new(&self.path).into_iter().filter_entry(is_needed) {
            let entry = entry.map_err(|cause| self.walk_error(&cause))?;
            if entry.depth() == 0 || entry.file_type().is_dir() {
                continue;
            }
            let name = self.name_in_zip(entry.path())?;
            if entry.path_is_symlink() {
                found.links.push(FoundLink { path: entry.into_path(), name });
            } else {
                found.files.push(FoundFile { entry, name });
            }
        }
        Ok(found)
    }

    fn is_excluded(&self, entry: &DirEntry) -> bool {
        let name = entry.file_name();
        is_git(name)
            || is_installer_file(entry.path(), name)
            || (self.without_modules && entry.depth() == 1 && name == "node_modules")
    }

    fn walk_error(&self, cause: &walkdir::Error) -> Error {
        let path = cause.path().unwrap_or(&self.path);
        let (kind, reason) =
            cause.io_error().map_or((ErrorKind::Other, cause.to_string()), |io| (io.kind(), io.to_string()));
        Error::io("reading", path, &std::io::Error::new(kind, reason))
    }

    fn name_in_zip(&self, path: &Path) -> Result<String> {
        let mut name = self.name.clone();
        for component in path.strip_prefix(&self.path).unwrap_or(path).components() {
            let part = match component {
                Component::Normal(part) => part.to_str(),
                _ => None,
            };
            let Some(part) = part else {
                let message = format!("{} cannot be packaged: its name is not valid Unicode", shown(path));
                return Err(Error::new(ErrorCode::InvalidPackage, message).hint("Rename it"));
            };
            name.push('/');
            name.push_str(part);
        }
        Ok(name)
    }
}

/// Returns the source of an entry other than a link.
///
/// # Errors
/// `InvalidPackage` for a pipe or device; `FileError` if its metadata cannot be read.
pub(crate) fn source(entry: &DirEntry) -> Result<Source> {
    if !entry.file_type().is_file() {
        return Err(neither_file_nor_folder(entry.path()));
    }
    let metadata = entry.metadata().map_err(|cause| Error::io("reading", entry.path(), &cause.into()))?;
    Ok(Source::File { fingerprint: FileFingerprint::of(&metadata), path: entry.path().to_path_buf() })
}

/// Returns the source of the file `path` that a link leads to.
///
/// # Errors
/// As [`source`].
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
