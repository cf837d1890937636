//! Lists the files and links of folders, without following links.

use std::ffi::OsStr;
use std::fs::DirEntry;
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
    pub(crate) path: PathBuf,
    /// Its path in the zip.
    pub(crate) name: String,
    pub(crate) fingerprint: FileFingerprint,
}

/// A symbolic link, or a junction of Windows.
pub(crate) struct FoundLink {
    pub(crate) path: PathBuf,
    /// Its path in the zip.
    pub(crate) name: String,
}

/// The content of some folders, and of those below them.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) files: Vec<FoundFile>,
    pub(crate) links: Vec<FoundLink>,
}

/// Lists everything below some folders, level by level, so that all cores list those of one level.
///
/// # Errors
/// `InvalidPackage` for a name that is not Unicode, a pipe or a device; `FileError` if something cannot be read.
pub(crate) fn walk(mut level: Vec<Folder>) -> Result<Found> {
    let mut found = Found::default();
    while !level.is_empty() {
        let listings = parallel_map(&level, Folder::list);
        level.clear();
        for listing in listings {
            let Listing { content, folders } = listing?;
            found.files.extend(content.files);
            found.links.extend(content.links);
            level.extend(folders);
        }
    }
    Ok(found)
}

/// The content of one folder.
#[derive(Default)]
struct Listing {
    content: Found,
    folders: Vec<Folder>,
}

impl Folder {
    /// Lists the folder alone. The metadata of a file is read here, while the folder is open: by its path, it takes longer.
    fn list(&self) -> Result<Listing> {
        let failed = |cause: io::Error| Error::io("reading", &self.path, &cause);
        let mut listing = Listing::default();
        for entry in std::fs::read_dir(&self.path).map_err(failed)? {
            self.add(&entry.map_err(failed)?, &mut listing)?;
        }
        Ok(listing)
    }

    fn add(&self, entry: &DirEntry, to: &mut Listing) -> Result<()> {
        let (path, file_name) = (entry.path(), entry.file_name());
        if self.is_excluded(&path, &file_name) {
            return Ok(());
        }
        let failed = |cause: io::Error| Error::io("reading", &path, &cause);
        let kind = entry.file_type().map_err(failed)?;
        let name = || name_in_zip(&self.name, &path, &file_name);
        if kind.is_dir() {
            to.folders.push(Folder { name: name()?, path, without_modules: false });
        } else if kind.is_symlink() {
            to.content.links.push(FoundLink { name: name()?, path });
        } else if kind.is_file() {
            let fingerprint = FileFingerprint::of(&entry.metadata().map_err(failed)?);
            to.content.files.push(FoundFile { name: name()?, path, fingerprint });
        } else {
            return Err(neither_file_nor_folder(&path));
        }
        Ok(())
    }

    fn is_excluded(&self, path: &Path, name: &OsStr) -> bool {
        is_git(name) || is_installer_file(path, name) || (self.without_modules && name == "node_modules")
    }
}

/// Returns the path in the zip of a file or folder, whose name may not be Unicode, in the folder `parent` of the zip.
fn name_in_zip(parent: &str, path: &Path, name: &OsStr) -> Result<String> {
    let Some(name) = name.to_str() else {
        let message = format!("{} cannot be packaged: its name is not valid Unicode", shown(path));
        return Err(Error::new(ErrorCode::InvalidPackage, message).hint("Rename it"));
    };
    Ok(format!("{parent}/{name}"))
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
