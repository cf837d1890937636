//! Files that are replaced in one step: a reader sees the old or the new one, whenever a process dies.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::Path;

use tempfile::NamedTempFile;

use crate::error::{Error, Result};

const SUFFIX: &str = ".tmp";

/// A temporary file beside `target`. Those that a crash left there are removed.
pub fn draft(target: &Path) -> Result<NamedTempFile> {
    let failed = |cause| Error::local_file("writing", target, &cause);
    let folder = target.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    let prefix = format!(".{}.", target.file_name().and_then(OsStr::to_str).unwrap_or("draft"));
    remove_drafts(folder, &prefix);
    tempfile::Builder::new().prefix(&prefix).suffix(SUFFIX).tempfile_in(folder).map_err(failed)
}

/// Puts the draft in the place of `target`.
pub fn publish(draft: NamedTempFile, target: &Path) -> Result<()> {
    draft.persist(target).map(drop).map_err(|cause| Error::local_file("writing", target, &cause.error))
}

/// Replaces `target` by `bytes`.
pub fn write(target: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = draft(target)?;
    file.write_all(bytes).map_err(|cause| Error::local_file("writing", target, &cause))?;
    publish(file, target)
}

/// Nothing depends on it, so failures do not matter.
fn remove_drafts(folder: &Path, prefix: &str) {
    let is_draft = |name: &OsStr| name.to_str().is_some_and(|name| name.starts_with(prefix) && name.ends_with(SUFFIX));
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if is_draft(&entry.file_name()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}
