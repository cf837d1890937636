//! Describes where the bytes of a package entry come from.

use std::path::PathBuf;

use crate::fs::FileFingerprint;

/// Where the bytes of an entry come from.
pub(crate) enum Source {
    Memory(Vec<u8>),
    File { path: PathBuf, stamp: FileFingerprint },
}

impl Source {
    pub(crate) fn size(&self) -> u64 {
        match self {
            Source::Memory(bytes) => bytes.len() as u64,
            Source::File { stamp, .. } => stamp.size,
        }
    }
}
