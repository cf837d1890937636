//! Replaces files as a whole: a reader sees the old or the new one, even if a process dies, or none of a file that can be
//! made again.
//!
//! On Unix, only their owner may read or write them: logs contain the requests of users, and a package may contain anything.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::NamedTempFile;

use crate::error::{Error, ErrorCode, Result};

const SUFFIX: &str = ".tmp";

/// A temporary file older than this was left by a crash, not by a process that is still writing.
const TEMP_FILE_MAX_AGE: Duration = Duration::from_hours(1);

/// Creates a temporary file next to `target`, and removes those that a crash left there. The caller holds the lock of
/// the folder.
pub(crate) fn temp_file_for(target: &Path) -> Result<NamedTempFile> {
    create_temp_file(target, Duration::ZERO)
}

/// Creates a temporary file next to `target`, where other processes may be writing at the same time.
pub(crate) fn temp_file_in_shared_dir(target: &Path) -> Result<NamedTempFile> {
    create_temp_file(target, TEMP_FILE_MAX_AGE)
}

/// Creates a temporary file in the system's folder for such files. It is deleted with the returned value.
pub(crate) fn temp_file() -> Result<NamedTempFile> {
    NamedTempFile::new().map_err(|cause| Error::io("writing", &std::env::temp_dir(), &cause))
}

fn create_temp_file(target: &Path, age: Duration) -> Result<NamedTempFile> {
    let failed = |cause| Error::io("writing", target, &cause);
    let folder = target.parent().unwrap_or(Path::new("."));
    create_dir_all(folder).map_err(failed)?;
    let prefix = format!(".{}.", target.file_name().and_then(OsStr::to_str).unwrap_or("file"));
    remove_stale_temp_files(folder, &prefix, age);
    tempfile::Builder::new().prefix(&prefix).suffix(SUFFIX).tempfile_in(folder).map_err(failed)
}

/// Creates a folder and its parents, writable by their owner only, whatever the umask of the process is.
pub(crate) fn create_dir_all(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o755);
    builder.recursive(true).create(folder)
}

/// Retries for replacing a file that another process has open: Windows refuses that, and virus scanners open every new
/// file for a moment.
const MAX_REPLACE_RETRIES: u32 = 10;

/// Replaces `target` with a temporary file, in one step.
fn persist<F>(mut file: NamedTempFile<F>, target: &Path) -> Result<()> {
    let mut retries = 0;
    loop {
        match file.persist(target) {
            Ok(_) => return Ok(()),
            Err(failed) if is_sharing_violation(&failed.error) && retries < MAX_REPLACE_RETRIES => {
                retries += 1;
                std::thread::sleep(Duration::from_millis(20) * retries);
                file = failed.file;
            }
            Err(failed) => return Err(Error::io("writing", target, &failed.error)),
        }
    }
}

/// Removes `target`, and gives its name to a temporary file. A crash between the two leaves neither, so this is for files that
/// can be made again.
///
/// It is faster for large files: ext4 begins to write a file to the disk when it gets the name of another one
/// (`auto_da_alloc` in <https://www.kernel.org/doc/html/latest/admin-guide/ext4.html>), unless that was removed before.
pub(crate) fn remove_and_persist(file: NamedTempFile, target: &Path) -> Result<()> {
    // A file that cannot be removed is replaced, and a folder is an error.
    let _ = fs::remove_file(target);
    persist(file, target)
}

/// Returns whether Windows refuses to replace a file since it is open: access denied, sharing violation or lock
/// violation (<https://learn.microsoft.com/en-us/windows/win32/debug/system-error-codes--0-499->).
fn is_sharing_violation(error: &io::Error) -> bool {
    cfg!(windows) && matches!(error.raw_os_error(), Some(5 | 32 | 33))
}

/// Gives a temporary file the first of these names that is free, and returns that name.
pub(crate) fn persist_noclobber(mut file: NamedTempFile, names: impl Iterator<Item = PathBuf>) -> Result<PathBuf> {
    for name in names {
        match file.persist_noclobber(&name) {
            Ok(_) => return Ok(name),
            Err(failed) if failed.error.kind() == ErrorKind::AlreadyExists => file = failed.file,
            // Some file systems cannot rename a file only if the new name is free: an empty file reserves the name.
            // It is closed at once, since Windows does not replace open files.
            Err(failed) => match fs::File::create_new(&name).map(drop) {
                Ok(()) => return persist(failed.file, &name).map(|()| name),
                Err(taken) if taken.kind() == ErrorKind::AlreadyExists => file = failed.file,
                Err(_) => return Err(Error::io("writing", &name, &failed.error)),
            },
        }
    }
    Err(Error::new(ErrorCode::Internal, "no free name is left for a file"))
}

/// Replaces the content of `target`.
pub(crate) fn write_atomic(target: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = temp_file_for(target)?;
    file.write_all(bytes).map_err(|cause| Error::io("writing", target, &cause))?;
    persist(file, target)
}

/// Makes `target` another name of `file`, in one step, in a folder where other processes may do the same: as a hard link,
/// which needs no right on Windows, unlike a symbolic one, and no space; as a copy where the file system has none.
pub(crate) fn link_or_copy(file: &Path, target: &Path) -> Result<()> {
    let failed = |cause| Error::io("writing", target, &cause);
    let folder = target.parent().unwrap_or(Path::new("."));
    let link =
        tempfile::Builder::new().prefix(".link.").suffix(SUFFIX).make_in(folder, |path| fs::hard_link(file, path));
    let Ok(link) = link else {
        let mut copy = temp_file_in_shared_dir(target)?;
        io::copy(&mut fs::File::open(file).map_err(failed)?, copy.as_file_mut()).map_err(failed)?;
        return persist(copy, target);
    };
    let path = link.path().to_owned();
    persist(link, target)?;
    // Unix leaves both names if they are of one file already.
    let _ = fs::remove_file(path);
    Ok(())
}

/// Ignores failures: nothing depends on it.
fn remove_stale_temp_files(folder: &Path, prefix: &str, age: Duration) {
    let is_temp_file =
        |name: &OsStr| name.to_str().is_some_and(|name| name.starts_with(prefix) && name.ends_with(SUFFIX));
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        let is_old = || modified.is_ok_and(|time| time.elapsed().unwrap_or_default() >= age);
        if is_temp_file(&entry.file_name()) && is_old() {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_can_be_made_again_is_replaced_and_a_folder_is_not() {
        let root = tempfile::tempdir().unwrap();
        let target = root.path().join("target");
        let replace = |text: &str| {
            let mut file = temp_file_for(&target).unwrap();
            file.write_all(text.as_bytes()).unwrap();
            remove_and_persist(file, &target)
        };
        for text in ["new", "other"] {
            replace(text).unwrap();
            assert_eq!(fs::read_to_string(&target).unwrap(), text);
        }
        fs::remove_file(&target).unwrap();
        fs::create_dir_all(target.join("kept")).unwrap();
        assert_eq!(replace("new").unwrap_err().code, ErrorCode::FileError);
        assert!(target.join("kept").is_dir());
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1, "no temporary file is left");
    }
}
