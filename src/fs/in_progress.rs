//! Journals creations that take several steps, so that the next deployment finishes one that was interrupted.

use crate::error::{Error, Result};
use crate::fs::atomic_write::write_atomic;
use crate::fs::regular_file;
use std::path::PathBuf;

/// A small file that contains the name of the resource that is being created.
pub(crate) struct InProgressMarker(PathBuf);

impl InProgressMarker {
    pub(crate) fn new(path: PathBuf) -> Self {
        InProgressMarker(path)
    }

    /// Records, before the first step, that the creation begins.
    pub(crate) fn create(&self, name: &str) -> Result<()> {
        write_atomic(&self.0, name.as_bytes())
    }

    /// Returns whether an earlier deployment began to create this resource and did not finish.
    pub(crate) fn exists(&self, name: &str) -> bool {
        regular_file::read(&self.0).is_ok_and(|content| content == name.as_bytes())
    }

    /// Records, after the last step, that the resource is complete.
    pub(crate) fn remove(&self) -> Result<()> {
        match std::fs::remove_file(&self.0) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io("removing", &self.0, &error)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_exists_until_it_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let marker = InProgressMarker::new(folder.path().join("table.in-progress"));
        assert!(!marker.exists("cats"));
        marker.create("cats").unwrap();
        assert!(marker.exists("cats") && !marker.exists("dogs"));
        marker.remove().unwrap();
        marker.remove().unwrap();
        assert!(!marker.exists("cats"));
    }
}
