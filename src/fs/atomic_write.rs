//! Files that are replaced in one step: a reader sees the old or the new one, whenever a process dies.
//!
//! On Unix only their owner may read or write them: logs hold what users said, and a package may hold anything.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::NamedTempFile;

use crate::error::{Error, ErrorCode, Result};

const SUFFIX: &str = ".tmp";

/// What is older than this has been left by a crash, whoever else may be writing.
const ABANDONED: Duration = Duration::from_hours(1);

/// A temporary file beside `target`, for who holds the folder's lock: those that a crash left there are removed.
pub(crate) fn draft(target: &Path) -> Result<NamedTempFile> {
    draft_after_sweeping(target, Duration::ZERO)
}

/// A temporary file beside `target`, where others may be writing at the same time.
pub(crate) fn draft_in_company(target: &Path) -> Result<NamedTempFile> {
    draft_after_sweeping(target, ABANDONED)
}

fn draft_after_sweeping(target: &Path, age: Duration) -> Result<NamedTempFile> {
    let failed = |cause| Error::io("writing", target, &cause);
    let folder = target.parent().unwrap_or(Path::new("."));
    create_folder(folder).map_err(failed)?;
    let prefix = format!(".{}.", target.file_name().and_then(OsStr::to_str).unwrap_or("draft"));
    remove_drafts(folder, &prefix, age);
    tempfile::Builder::new().prefix(&prefix).suffix(SUFFIX).tempfile_in(folder).map_err(failed)
}

/// Makes a folder and those above it, in which only the owner may write, however generous the process' umask is.
pub(crate) fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o755);
    builder.recursive(true).create(folder)
}

/// How often a file that somebody has open is tried to be replaced once more: Windows refuses it, and a virus scanner
/// opens every new file for a moment.
const MORE_TRIES: u32 = 10;

/// Puts the draft in the place of `target`.
pub(crate) fn publish(mut draft: NamedTempFile, target: &Path) -> Result<()> {
    let mut tried = 0;
    loop {
        match draft.persist(target) {
            Ok(_) => return Ok(()),
            Err(failed) if is_in_use(&failed.error) && tried < MORE_TRIES => {
                tried += 1;
                std::thread::sleep(Duration::from_millis(20) * tried);
                draft = failed.file;
            }
            Err(failed) => return Err(Error::io("writing", target, &failed.error)),
        }
    }
}

/// Access denied, sharing violation, lock violation: Windows answers any of them.
fn is_in_use(error: &io::Error) -> bool {
    cfg!(windows) && matches!(error.raw_os_error(), Some(5 | 32 | 33))
}

/// Gives the draft the first of these names that nobody has, and returns it. What is there stays.
pub(crate) fn publish_new(mut draft: NamedTempFile, names: impl Iterator<Item = PathBuf>) -> Result<PathBuf> {
    for name in names {
        match draft.persist_noclobber(&name) {
            Ok(_) => return Ok(name),
            Err(failed) if failed.error.kind() == ErrorKind::AlreadyExists => draft = failed.file,
            // Some file systems cannot give a file a new name only if it is free: an empty file takes the name first.
            // It is closed at once, since Windows replaces no file that is open.
            Err(failed) => match fs::File::create_new(&name).map(drop) {
                Ok(()) => return publish(failed.file, &name).map(|()| name),
                Err(taken) if taken.kind() == ErrorKind::AlreadyExists => draft = failed.file,
                Err(_) => return Err(Error::io("writing", &name, &failed.error)),
            },
        }
    }
    Err(Error::new(ErrorCode::Internal, "there is no name left for a file"))
}

/// Replaces `target` by `bytes`.
pub(crate) fn write(target: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = draft(target)?;
    file.write_all(bytes).map_err(|cause| Error::io("writing", target, &cause))?;
    publish(file, target)
}

/// Nothing depends on it, so failures do not matter.
fn remove_drafts(folder: &Path, prefix: &str, age: Duration) {
    let is_draft = |name: &OsStr| name.to_str().is_some_and(|name| name.starts_with(prefix) && name.ends_with(SUFFIX));
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        let is_old = || modified.is_ok_and(|time| time.elapsed().unwrap_or_default() >= age);
        if is_draft(&entry.file_name()) && is_old() {
            let _ = fs::remove_file(entry.path());
        }
    }
}
