//! A note that something of several steps has begun, for the next deployment to finish if this one dies between them.

use crate::error::{Error, Result};
use crate::fs::write;
use std::path::PathBuf;

/// A small file with the name of what is being made.
pub(crate) struct Mark(PathBuf);

impl Mark {
    pub(crate) fn at(path: PathBuf) -> Self {
        Mark(path)
    }

    /// Before the first step.
    pub(crate) fn set(&self, name: &str) -> Result<()> {
        write(&self.0, name.as_bytes())
    }

    /// Whether an earlier deployment has begun and not ended.
    pub(crate) fn is_set(&self, name: &str) -> bool {
        super::read(&self.0).is_ok_and(|content| content == name.as_bytes())
    }

    /// After the last step.
    pub(crate) fn clear(&self) -> Result<()> {
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
    fn a_mark_stands_until_it_is_cleared() {
        let folder = tempfile::tempdir().unwrap();
        let mark = Mark::at(folder.path().join("table-in-the-making"));
        assert!(!mark.is_set("cats"));
        mark.set("cats").unwrap();
        assert!(mark.is_set("cats") && !mark.is_set("dogs"));
        mark.clear().unwrap();
        mark.clear().unwrap();
        assert!(!mark.is_set("cats"));
    }
}
