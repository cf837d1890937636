//! Helpers for the tests of several modules.

pub(crate) mod prop;
pub(crate) mod regions;

use std::path::{Path, PathBuf};

/// Writes a file into a folder, and returns its path.
pub(crate) fn write_file(folder: &Path, name: &str, content: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path
}
